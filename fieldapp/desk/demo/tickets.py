"""Tickets of the demo's first reps in every state, told through the real actions at moments that have passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.desk.tickets import sources
from fieldapp.fieldwork.remediation import actions
from fieldapp.fieldwork.remediation.actions import Complaint, Proposal
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import (
    RemedyKind,
    RootCause,
    Severity,
    TicketKind,
    TicketState,
    TicketVerb,
)
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

TICKETS = 30
S, K, R = TicketState, TicketKind, RemedyKind


class Case(NamedTuple):
    """A complaint. `yuan`: what is proposed; `cause`, `lesson`: what it taught."""

    kind: TicketKind
    severity: Severity
    story: str
    wish: str
    remedy: RemedyKind
    yuan: int
    plan: str
    cause: RootCause
    lesson: str


class Way(NamedTuple):
    """How far a ticket has come, begun how many days ago. `reopened`: the customer was not content the first time;
    `silent`: nobody has answered him yet."""

    state: TicketState
    days: int
    reopened: bool = False
    silent: bool = False


# Data of the demo, in the language of its people.
CASES = (
    Case(
        K.PACKAGING,
        Severity.MINOR,
        "到货时有六包外袋破损，漏料约三十公斤。",
        "补六包或折价。",
        R.REPLACEMENT,
        420,
        "下次送货补六包，司机当面点数。",
        RootCause.TRANSPORT,
        "高栏车装货要垫护角，破包当场拍照签字。",
    ),
    Case(
        K.QUALITY,
        Severity.NORMAL,
        "本批颗粒粉率偏高，猪挑食，料槽底剩粉多。",
        "要求换货。",
        R.REPLACEMENT,
        1800,
        "换同品种另一批号，旧料退回检测。",
        RootCause.PRODUCTION,
        "粉率超过百分之八的批次要先筛分再出厂。",
    ),
    Case(
        K.DELIVERY,
        Severity.NORMAL,
        "说好周三到货，周五下午才到，店里断货两天。",
        "以后准时，给点补偿。",
        R.DISCOUNT,
        300,
        "下一车每吨优惠十五元，并提前一天电话确认。",
        RootCause.TRANSPORT,
        "旺季排车要在前一天下午四点前锁定。",
    ),
    Case(
        K.WEIGHT,
        Severity.NORMAL,
        "抽称十包，平均少零点四公斤。",
        "补足差额。",
        R.CREDIT_NOTE,
        460,
        "按抽称结果开红字发票冲减。",
        RootCause.PRODUCTION,
        "三号线打包秤每班校一次并留记录。",
    ),
    Case(
        K.EFFECT,
        Severity.NORMAL,
        "蛋鸡换料后产蛋率从九成二降到八成七。",
        "请技术员来看看。",
        R.TECHNICIAN,
        0,
        "技术员本周到场，查换料方法和舍温。",
        RootCause.USE,
        "换料要七天过渡，随货附换料卡。",
    ),
    Case(
        K.PRICE,
        Severity.MINOR,
        "九月返利少算了一车。",
        "补发返利。",
        R.CREDIT_NOTE,
        950,
        "核对后补差，随下月对账单。",
        RootCause.BILLING,
        "月底对账前由内勤先核一遍车次。",
    ),
    Case(
        K.SERVICE,
        Severity.MINOR,
        "打了三次电话没人回。",
        "道歉，有事能找到人。",
        R.APOLOGY,
        0,
        "当面道歉，留两个电话。",
        RootCause.PROMISE,
        "请假期间电话转给搭档。",
    ),
    Case(
        K.QUALITY,
        Severity.NORMAL,
        "有十一包受潮结块，袋内有霉味。",
        "受潮的全部退掉。",
        R.REPLACEMENT,
        6200,
        "受潮包全退，补发新货；库房一起整改。",
        RootCause.STORAGE,
        "经销商仓库离地十公分，先进先出贴日期。",
    ),
)
DANGEROUS = Case(
    K.ANIMALS, Severity.SEVERE, "一个养户昨晚死了七头，同栏还有二十多头拉稀，都是吃的这一批料。",
    "马上停用，派兽医，查清楚再谈赔偿。", R.CREDIT_NOTE, 5600, "先停用封存，技术员和兽医今天到场，按检测结果赔付。",
    RootCause.PRODUCTION, "每批料留样，异常反馈两小时内停发同批次。",
)  # fmt: skip
WAYS = (
    Way(S.REPORTED, 0, silent=True), Way(S.REPORTED, 7, silent=True), Way(S.REPORTED, 1), Way(S.PROPOSED, 1),
    Way(S.PROPOSED, 2), Way(S.SECOND, 2), Way(S.RETURNED, 3), Way(S.APPROVED, 2), Way(S.UNDER_WAY, 4),
    Way(S.UNDER_WAY, 17), Way(S.CARRIED_OUT, 4), Way(S.CARRIED_OUT, 6), Way(S.REPORTED, 8, reopened=True),
    Way(S.SOLVED, 5), Way(S.SOLVED, 9), Way(S.DECLINED, 7), Way(S.WITHDRAWN, 6), Way(S.CLOSED, 14, reopened=True),
)  # fmt: skip
ANSWER = "已电话联系，说明会在三天内给出处理办法。"
QUESTION = "请补一张批号照片，并说明剩余库存。"
REFUSED = "检测合格，属使用方法问题，改派技术员指导，不再赔付。"
STEP = "已安排，客户已知道时间。"
DONE = "已办好，客户签字。"
CONTENT = ("处理得快，可以。", "满意。", "以后别再出就行。")
NOT_CONTENT = "补的货又少了两包。"
TAKEN_BACK = "客户说是自己看错批号，不追究。"


class _Store(NamedTuple):
    """A distributor as the action takes it."""

    id: UUID
    region_code: str | None
    rep_id: UUID


@dataclass(frozen=True, slots=True)
class _People:
    rep: Viewer
    boss: Viewer
    admin: Viewer


def write(boss: str, admin: str, now: datetime, today: date) -> None:
    """Some of the distributors of the first two reps complain; one batch makes animals ill."""
    found_users = db.session.scalars(sa.select(User).where(User.username.in_((boss, admin))))
    users = {user.username: viewer_of(user) for user in found_users}
    found = db.session.execute(
        sa.select(Distributor.id, Distributor.region_code, Distributor.rep_id)
        .where(Distributor.rep_id.is_not(None), Distributor.status != Status.ENDED)
        .order_by(Distributor.code_key)
        .limit(TICKETS)
    ).all()
    if len(found) < TICKETS // 2:
        return
    reps = {row.rep_id: viewer_of(db.session.get_one(User, row.rep_id)) for row in found}
    for number, (store, case, way) in enumerate(zip(found, _cases(), _ways(), strict=False)):
        people = _People(reps[store.rep_id], users[boss], users[admin])
        if people.boss.covers(store.region_code):
            _Told(people, _Store(*store), case, way, number, now, today).tell()
    actions.escalate(now, today)


def _cases() -> Iterator[Case]:
    for number in range(TICKETS):
        yield DANGEROUS if number == 3 else CASES[number * 5 % len(CASES)]


def _ways() -> Iterator[Way]:
    for number in range(TICKETS):
        if number < len(WAYS):
            yield WAYS[number]
        else:  # the past: what is done with
            yield Way(S.CLOSED, 12 + number * 4, reopened=number % 7 == 0)


class _Told:
    """One ticket, move by move; each a few hours after the one before, and never after now."""

    def __init__(
        self, people: _People, store: _Store, case: Case, way: Way, number: int, now: datetime, today: date
    ) -> None:
        self.people, self.store, self.case, self.way, self.number = people, store, case, way, number
        self.now, self.today = now, today
        day = now.astimezone(SHANGHAI).date() - timedelta(days=way.days)
        self.at = min(datetime.combine(day, time(9, 10 + number), SHANGHAI), now - timedelta(hours=2))

    def tell(self) -> None:
        """As far as its way goes."""
        bought = [line for line in sources.deliveries(self.store.id) if line.date <= self._day()]
        line = bought[self.number % len(bought)] if bought else None
        complaint = Complaint(
            kind=self.case.kind,
            severity=self.case.severity,
            story=self.case.story,
            wish=self.case.wish,
            product_id=line.product_id if line else None,
            batch=line.batch if line else "",
            invoice_id=line.invoice_id if line else None,
        )
        ticket = actions.open_ticket(
            self.people.rep, key=uuid7(), distributor=self.store, complaint=complaint, when=self._when()
        )
        if not self.way.silent:
            self._advance(ticket, TicketVerb.ANSWER, ANSWER)
        if self.way.reopened:
            self._to_the_end(ticket)
            actions.hear(None, ticket, "partly", 2, self._when(), NOT_CONTENT)
        if self.way.state is not S.REPORTED:
            self._on(ticket)

    def _on(self, ticket: Ticket) -> None:
        state = self.way.state
        if state is S.WITHDRAWN:
            self._advance(ticket, TicketVerb.WITHDRAW, TAKEN_BACK)
            return
        self._propose(ticket)
        if state is S.PROPOSED:
            return
        if state in (S.RETURNED, S.DECLINED):
            verb, words = (TicketVerb.RETURN, QUESTION) if state is S.RETURNED else (TicketVerb.DECLINE, REFUSED)
            actions.turn_down(self.people.boss, ticket, verb, words, self._when(), seen=self._remedy(ticket).id)
            return
        self._approve(ticket, once=state is S.SECOND)
        if state in (S.SECOND, S.APPROVED):
            return
        self._advance(ticket, TicketVerb.START, STEP)
        if state is S.UNDER_WAY:
            self._advance(ticket, TicketVerb.STEP, STEP)
            return
        self._advance(ticket, TicketVerb.CARRY_OUT, DONE)
        if state is S.CARRIED_OUT:
            return
        actions.hear(None, ticket, "yes", 4 + self.number % 2, self._when(), CONTENT[self.number % len(CONTENT)])
        if state is S.CLOSED:
            standing = self.number % 3 == 0
            actions.close(self.people.rep, ticket, self.case.cause, self.case.lesson, standing, self._when())

    def _to_the_end(self, ticket: Ticket) -> None:
        self._propose(ticket)
        self._approve(ticket)
        self._advance(ticket, TicketVerb.CARRY_OUT, DONE)

    def _propose(self, ticket: Ticket) -> None:
        yuan = max(self.case.yuan, 2600) if self.way.state is S.SECOND else self.case.yuan
        proposal = Proposal(self.case.remedy, yuan * 100, self._day() + timedelta(days=3), self.case.plan)
        actions.propose(self.people.rep, ticket, proposal, self._when())

    def _approve(self, ticket: Ticket, *, once: bool = False) -> None:
        """As high as it needs; every fifth a little less than was asked for."""
        remedy = self._remedy(ticket)
        less = remedy.amount * 4 // 5 // 100 * 100 if self.number % 5 == 2 and remedy.amount and not once else None
        actions.approve(self.people.boss, ticket, "同意。", self._when(), seen=remedy.id, less=less)
        if ticket.state is S.SECOND and not once:
            actions.approve(self.people.admin, ticket, "同意，按流程赔付。", self._when(), seen=remedy.id)

    def _remedy(self, ticket: Ticket) -> Remedy:
        remedy = actions.latest_remedy(ticket)
        if remedy is None:
            raise LookupError(ticket.id)
        return remedy

    def _advance(self, ticket: Ticket, verb: TicketVerb, words: str) -> None:
        actions.advance(self.people.rep, ticket, verb, words, self._when())

    def _day(self) -> date:
        return self.today - (self.now.astimezone(SHANGHAI).date() - self.at.astimezone(SHANGHAI).date())

    def _when(self) -> When:
        when = When(self.at, self.at, self._day())
        self.at = min(self.at + timedelta(hours=3 + self.number % 4), self.now)
        return when
