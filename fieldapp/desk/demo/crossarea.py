"""Cross-area sales of the demo: what its invoices say by themselves, and reports in every state."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import actions
from fieldapp.standing.crossarea.actions import Agreement, Found
from fieldapp.standing.crossarea.models import CrossCase
from fieldapp.standing.crossarea.rules import CaseState, CaseVerb, MeasureKind, Verdict
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product

S, V = CaseState, CaseVerb
FIRST = 27  # the distributors before it are the cases of the deal check


class Told(NamedTuple):
    """A report: how far it has come, begun how many days ago, what was seen and said. `bags`, `yuan` for a bag."""

    state: CaseState
    days: int
    note: str
    outlet: str
    bags: int
    yuan: int
    verdict: Verdict = Verdict.BENIGN


# Data of the demo, in the language of its people.
CASES = (
    Told(S.REPORTED, 0, "货架上二十来包，标签是邻县的批号，价格比我们客户低五块。", "惠农饲料店", 22, 128),
    Told(S.REPORTED, 2, "司机说是从外县拉来的，不肯说是谁家。", "老刘农资", 60, 131),
    Told(S.INVESTIGATING, 5, "养殖户群里有人低价接龙，送货车是外地牌照。", "", 120, 126),
    Told(S.HEARD, 8, "第二次在同一家店看到，批号相同。", "兴旺兽药饲料", 85, 127, Verdict.MALICIOUS),
    Told(S.CONFIRMED, 12, "客户的亲戚在本县办场，自己拉了一车。", "", 40, 133),
    Told(S.AGREED, 30, "整车卸在本县冷库旁，连续三次。", "城东批发部", 300, 122, Verdict.MALICIOUS),
    Told(S.SETTLED, 75, "老客户搬家后仍从原经销商拿货。", "", 30, 134),
    Told(S.APPEALED, 14, "两家店同时出现同一批号，低于目录价。", "汇丰饲料", 90, 125, Verdict.MALICIOUS),
    Told(S.OVERTURNED, 50, "有一车货标签是外县的。", "", 60, 130),
    Told(S.DISMISSED, 20, "疑似外县货，包装旧。", "便民农资", 8, 132),
)
SELLER_SAYS = "承认货是从我这里出去的，说是养殖户自己来拉，没有往外县送。"
HARMED_SAYS = "有五个老客户改从外面拿货，要求停止并补偿。"
BENIGN = "属于养殖户自行拉货，价格未低于目录价，提醒一次。"
MALICIOUS = "多次、成车、低价，明知故犯。"
NO_CASE = "查明是两年前的旧包装，批号对不上。"
AGREED = "双方当面商定：补偿受影响方，三个月内再犯扣保证金。"
APPEAL = "货是转手两次的，不是我主动送的。"
OVERTURNED = "补交的运单显示货发往本区域，撤销认定。"


class _People(NamedTuple):
    boss: Viewer
    admin: Viewer


def write(boss: str, admin: str, now: datetime, today: date) -> None:
    """Reports by the reps whose patch the goods were found in; the seller is always a neighbour of the boss's patch."""
    users = {one.username: viewer_of(one) for one in db.session.scalars(sa.select(User))}
    people = _People(users[boss], users[admin])
    found = [
        row
        for row in db.session.scalars(
            sa.select(Distributor)
            .where(Distributor.rep_id.is_not(None), Distributor.status == Status.ACTIVE)
            .order_by(Distributor.code_key)
            .offset(FIRST)
            .limit(4 * len(CASES))
        )
        if people.boss.covers(row.region_code)
    ]
    if len(found) < 2 * len(CASES):
        return
    by_id = {one.id: one for one in users.values()}
    for number, told in enumerate(CASES):
        seller, harmed = found[number], found[number + len(CASES)]
        day = now.astimezone(SHANGHAI).date() - timedelta(days=told.days)
        at = min(datetime.combine(day, time(9, 40 + number), SHANGHAI), now - timedelta(hours=1))
        _tell(
            people, by_id[harmed.rep_id or users[boss].id], seller, harmed, told, at, today - timedelta(days=told.days)
        )


def _tell(
    people: _People, rep: Viewer, seller: Distributor, harmed: Distributor, told: Told, at: datetime, day: date
) -> None:
    when = When(at, at, day)
    line = _bought(seller, day)
    found = Found(
        region=(harmed.region_code or "")[:6],
        product_id=line.product_id if line else None,
        product_words="" if line else "育肥猪配合饲料",
        line=line.line.casefold() if line else "",
        batch=(line.batch or "") if line else "",
        outlet=told.outlet,
        seller_id=seller.id if told.state is not S.REPORTED or not told.outlet else None,
        seller_words="" if told.outlet else "听说是邻县的老板",
        harmed_id=harmed.id,
        weight=told.bags * 40_000,
        price=told.yuan * 2500,
        note=told.note,
    )
    case = actions.report(rep, key=uuid7(), found=found, when=when)
    if told.state is not S.REPORTED:
        _on(people, rep, case, told, when)


def _on(people: _People, rep: Viewer, case: CrossCase, told: Told, when: When) -> None:
    boss, state = people.boss, told.state
    actions.advance(boss, case, V.INVESTIGATE, "", when)
    if state is S.DISMISSED:
        actions.rule(boss, case, V.DISMISS, NO_CASE, when, seen=case.version)
        return
    actions.advance(boss, case, V.HEAR_SELLER, SELLER_SAYS, when)
    if state is S.INVESTIGATING:
        return
    actions.advance(rep if rep.covers(case.region_code) else boss, case, V.HEAR_HARMED, HARMED_SAYS, when)
    if state is S.HEARD:
        return
    malicious = told.verdict is Verdict.MALICIOUS
    verb, words = (V.MALICIOUS, MALICIOUS) if malicious else (V.BENIGN, BENIGN)
    actions.rule(boss, case, verb, words, when, seen=case.version)
    if state in (S.AGREED, S.SETTLED):
        kind = MeasureKind.COMPENSATION if malicious else MeasureKind.WARNING
        measure = Agreement(kind, 600_000 if malicious else 0, when.today + timedelta(days=45), AGREED)
        agreed = actions.agree(boss, case, measure, when, seen=case.version)
        if state is S.SETTLED:
            actions.settle_measure(boss, case, agreed.id, "", when)
    if state in (S.APPEALED, S.OVERTURNED):
        actions.appeal(_seller_side(case) or boss, case, APPEAL, when)
    if state is S.OVERTURNED:
        actions.rule_on_appeal(people.admin, case, V.OVERTURN, OVERTURNED, when, seen=case.version)


def _seller_side(case: CrossCase) -> Viewer | None:
    """The rep of the seller, if his patch holds it."""
    row = db.session.execute(
        sa.select(User, Distributor.region_code)
        .join(Distributor, Distributor.rep_id == User.id)
        .where(Distributor.id == case.seller_id)
    ).first()
    if row is None:
        return None
    viewer = viewer_of(row[0])
    return viewer if viewer.covers(row[1]) else None


class _Line(NamedTuple):
    product_id: UUID
    line: str
    batch: str | None


def _bought(seller: Distributor, day: date) -> _Line | None:
    """The last thing that a distributor bought before a day."""
    row = db.session.execute(
        sa.select(InvoiceLine.product_id, Product.line, InvoiceLine.batch)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Product, Product.id == InvoiceLine.product_id)
        .where(Invoice.distributor_id == seller.id, Invoice.date <= day, InvoiceLine.weight > 0)
        .order_by(Invoice.date.desc(), Invoice.id.desc(), InvoiceLine.line_no)
        .limit(1)
    ).first()
    return _Line(*row) if row else None
