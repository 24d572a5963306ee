"""Conflicts of the demo's first reps in every state, told through the real actions at moments that have passed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from fieldapp.core.clock import When
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.conflicts import actions, agreements, meetings, queries
from fieldapp.fieldwork.conflicts.actions import Account
from fieldapp.fieldwork.conflicts.agreements import Promise, Seen
from fieldapp.fieldwork.conflicts.meetings import Sitting
from fieldapp.fieldwork.conflicts.models import Conflict
from fieldapp.fieldwork.conflicts.rules import ConflictKind, ConflictState, Outcome, PointState
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

from .network import PER_REP

S, K = ConflictState, ConflictKind


class Case(NamedTuple):
    """A quarrel: how far it has come, begun how many days ago. `points`: (who: 0 we, 1 and 2 the parties, what, by how
    many days from today)."""

    kind: ConflictKind
    state: ConflictState
    days: int
    story: str
    said: str
    minutes: str
    points: tuple[tuple[int, str, int], ...] = ()
    reopened: bool = False


# Data of the demo, in the language of its people.
CASES = (
    Case(K.AREA, S.OPEN, 2, "两家都往交界的三个村送猪料，养殖户两头比价。", "那三个村一直是我在跑，有送货单。", ""),
    Case(K.PRICE, S.OPEN, 12, "同一款育肥料，一家比另一家每吨低四十元出货。", "他肯定拿了别的返利。", ""),
    Case(
        K.ACCOUNTS, S.TALKING, 9, "一位规模场原由甲家供货，上月改从乙家提货，户头没有变更。",
        "场长是我介绍进来的。", "双方同意先核对提货单，下次会上定户头归属。",
    ),
    Case(
        K.AREA, S.AGREED, 20, "县城东街新开的门店离对方门店不到三百米。", "当初说好一条街只设一家。",
        "以东风路为界，门店各自不再外设；规模场按老户头。",
        ((1, "东风路以西不再设点", 5), (2, "撤掉东街门口的促销堆头", -3), (0, "重新标注两家的区域图并盖章", 9)),
    ),
    Case(
        K.PRICE, S.FOLLOWED_UP, 35, "一家在朋友圈发特价，另一家的客户要求同价。", "特价没有报备。",
        "特价须提前三天报备，双方同步。",
        ((1, "删除朋友圈特价信息", -25), (0, "统一下月促销方案并发两家", 3)),
    ),
    Case(
        K.AREA, S.CLOSED, 70, "拉料车绕到对方村里卸货。", "司机是他亲戚。", "司机路线写进合同，违者停供一车。",
        ((2, "司机路线写进合同", -50), (0, "每月抽查一次发货去向", -30)),
    ),
    Case(
        K.AREA, S.TALKING, 48, "去年的划界又起争议，两家都在抢同一个养殖小区。", "说好的又不算数。",
        "小区内按栋划分，年底前不变。", ((1, "只供一至四栋", -28), (2, "只供五至九栋", -28)), reopened=True,
    ),
    Case(K.OTHER, S.DROPPED, 15, "一家在群里说另一家的料不行。", "截图都留着。", ""),
)  # fmt: skip
BROKEN = "又往五栋送了两车。"
SEEN = "到店看过，照约定执行。"
DROPPED = "双方已自行和解，群里公开道歉。"


@dataclass(frozen=True, slots=True)
class _People:
    boss: Viewer
    reps: dict[Any, Viewer]


def write(boss: str, now: datetime, today: date) -> None:
    """Neighbours of the first two reps quarrel, each pair once."""
    leader = viewer_of(db.session.scalars(sa.select(User).where(User.username == boss)).one())
    found = db.session.execute(
        sa.select(Distributor.id, Distributor.region_code, Distributor.rep_id)
        .where(Distributor.rep_id.is_not(None), Distributor.status != Status.ENDED)
        .order_by(Distributor.code_key)
        .limit(2 * PER_REP)
    ).all()
    stores = [row for row in found if leader.covers(row.region_code)]
    if len(stores) < 2 * len(CASES):
        return
    reps = {row.rep_id: viewer_of(db.session.get_one(User, row.rep_id)) for row in stores}
    people = _People(leader, reps)
    for number, case in enumerate(CASES):
        # The first pairs lie in one patch; the last but one is between the two reps.
        first, second = stores[2 * number], stores[2 * number + 1]
        if number in (3, 6):
            other = next((row for row in reversed(stores) if row.rep_id != first.rep_id), None)
            second = other or second
        _Told(people, case, (first, second), now, today).tell()


class _Told:
    """One conflict, move by move; each a while after the one before, and never after now."""

    def __init__(self, people: _People, case: Case, parties: Any, now: datetime, today: date) -> None:
        self.people, self.case, self.parties, self.now, self.today = people, case, parties, now, today
        self.rep = people.reps[parties[0].rep_id]
        self.at = min(now - timedelta(days=case.days), now - timedelta(hours=1))

    def tell(self) -> None:
        """As far as it has come."""
        account = Account(self.case.kind, self.case.story, self.case.said)
        conflict = actions.open_conflict(
            self.rep, key=uuid7(), parties=self.parties, account=account, when=self._when(0)
        )
        state = self.case.state
        if state is S.DROPPED:
            actions.drop(self.rep, conflict, DROPPED, self._when(3))
        if state in (S.OPEN, S.DROPPED):
            return
        self._meet(conflict)
        if self.case.points:
            self._agree(conflict)
        if self.case.reopened:
            actions.reopen(self.rep, conflict, BROKEN, self._when(self.case.days - 6))
        if state is S.TALKING:
            meetings.plan_meeting(
                self.rep, conflict, Sitting(self.today + timedelta(days=2), "14:30", "县城公司会议室"), self._last()
            )
        elif state is not S.AGREED:
            self._look(conflict)
        else:
            self._plan_visit(conflict)
        if state is S.CLOSED:
            actions.close(self.people.boss, conflict, Outcome.SETTLED, SEEN, self._last())

    def _meet(self, conflict: Conflict) -> None:
        when = self._when(3)
        held = Sitting(when.today, "10:00", "县城公司会议室", "双方老板、业务员、主管", self.case.minutes)
        meetings.hold_meeting(self.rep, conflict, None, held, when)

    def _agree(self, conflict: Conflict) -> None:
        parties = (None, *(row.id for row in self.parties))
        promises = [
            Promise(text, self.today + timedelta(days=days), parties[who]) for who, text, days in self.case.points
        ]
        agreements.agree(self.people.boss, conflict, promises, self.case.minutes, self._when(5))
        for point in queries.points(conflict):
            past = point.due < self.today - timedelta(days=5)
            if past and point.state is PointState.OPEN and not self.case.reopened:
                agreements.settle_point(self.people.boss, conflict, point.id, True, "", self._when(7))

    def _plan_visit(self, conflict: Conflict) -> None:
        day = self.today + timedelta(days=4)
        agreements.plan_visit(self.people.boss, conflict, self.parties[0].id, self.rep.id, day, self._last())

    def _look(self, conflict: Conflict) -> None:
        for row in self.parties:
            rep = self.people.reps[row.rep_id]
            agreements.follow_up(rep, conflict, Seen(row.id, True, SEEN), self._when(self.case.days - 4))

    def _last(self) -> When:
        return When(self.now, self.now, self.today)

    def _when(self, days: int) -> When:
        """So many days after it was opened, never after now."""
        at = min(self.at + timedelta(days=days), self.now)
        return When(at, at, self.today - (self.now.date() - at.date()))
