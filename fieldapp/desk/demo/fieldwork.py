"""Eight weeks of the demo's reps on the road: plans, visits with what was noted, promises, promotions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending, NoteSection, PlaceProblem
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import Role, User
from fieldapp.trade.products.models import Product

from .network import draw

WEEKS = 8
MOST_REPS = 6  # a larger company is for measuring, and the first patches are those one looks at
A_DAY = (3, 5)  # visits
NEGLECTED = 0.2  # of a rep's distributors: hardly visited any more
BAG = 40_000  # grams
TALK = ("tell", "ask", "listen", "understand")

# Data of the demo, in the language of its people.
RIVALS = ("丰登", "牧原春", "大成牧", "江河", "金谷")
SUMMARIES = (
    "库存偏低，老板准备周末补货；下游几户存栏在增加。",
    "走访了两家下游猪场，反映料肉比不错，继续主推。",
    "老板对返利结算时间有意见，已当面解释政策。",
    "对手在做买十赠一，客户观望，需要尽快给出促销方案。",
    "货款下周三到账，已约好再来对账。",
    "新增一家零售点，老板愿意试销保育料。",
    "天气转冷，水产料走量明显下降，畜禽料稳定。",
    "和老板核对了第四季度目标，差距主要在禽料。",
)
REMARKS = (
    "仓库有点潮，提醒老板垫高存放。",
    "老板娘管账，付款要先找她。",
    "附近新开了一家饲料店，价格便宜但没有售后。",
    "老板儿子回来接班，对线上订货感兴趣。",
)
PROMISES = (
    "带一份最新价格表过来",
    "请技术老师来看看产蛋下降的鸡场",
    "核对九月返利并给书面说明",
    "送两张新海报和一批试用装",
    "帮忙联系运输，争取周五前到货",
    "安排一次养殖户技术讲座",
)
OUTCOMES = ("已办好，客户满意。", "已送到并当面说明。", "问题解决，客户追加了订单。")
DROPPED = ("客户说不需要了。", "产品已停产，改推同类新品。")
PROMOTIONS = ("在店门口张贴冬季促销海报并拍照", "摆放新品保育料堆头，保持到月底", "向下游养殖户发放新品试用装")
ANIMALS = (("母猪", 40, 300), ("育肥猪", 100, 1500), ("蛋鸡", 2000, 20000), ("肉鸭", 1000, 8000))


class Store(NamedTuple):
    """A distributor as a visit needs it."""

    id: UUID
    rep_id: UUID
    status: Status
    lat: float | None
    lng: float | None
    contact_id: UUID | None


@dataclass
class Rows:
    """What will be inserted, by table."""

    visits: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)


def write(seed: int, supervisor: str, now: datetime, today: date) -> None:
    """The past weeks and the plan of this one, of the first reps; promotions that a supervisor asked for."""
    reps = db.session.scalars(sa.select(User).where(User.role == Role.REP).order_by(User.id).limit(MOST_REPS)).all()
    boss = db.session.scalars(sa.select(User.id).where(User.username == supervisor)).one()
    products = db.session.execute(sa.select(Product.id, Product.name).where(Product.active).limit(20)).tuples().all()
    found = db.session.execute(
        sa.select(Distributor.id, Distributor.rep_id, Distributor.status, Distributor.lat, Distributor.lng, Contact.id)
        .outerjoin(Contact, sa.and_(Contact.distributor_id == Distributor.id, Contact.main))
        .where(Distributor.rep_id.in_([rep.id for rep in reps]))
        .order_by(Distributor.code_key)
    )
    stores = [Store(*row) for row in found]
    rows = Rows()
    for number, rep in enumerate(reps):
        own = [store for store in stores if store.rep_id == rep.id and store.status is not Status.ENDED]
        if own:
            _Road(draw(seed, "road", number), own, products, rows, now, today).walk()
            _promotions(draw(seed, "promotion", number), own, boss, rows, now, today)
    for model, given in ((Visit, rows.visits), (VisitNote, rows.notes), (VisitPlan, rows.plans), (Task, rows.tasks)):
        if given:
            db.session.execute(sa.insert(model), given)


@dataclass
class _Road:
    """One rep's weeks."""

    random: Random
    stores: Sequence[Store]
    products: Sequence[tuple[UUID, str]]
    rows: Rows
    now: datetime
    today: date

    def walk(self) -> None:
        """Day after day: he plans, makes most of it, drops in somewhere else, and promises things."""
        monday = self.today - timedelta(days=self.today.weekday())
        visited = [store for store in self.stores if self.random.random() >= NEGLECTED] or list(self.stores[:1])
        turn = self._turns(visited)
        for number in range(-WEEKS * 7, 7):
            day = monday + timedelta(days=number)
            if day.isoweekday() > 5 + (number % 14 == 5):  # every second Saturday is worked
                continue
            planned = list(
                {store.id: store for store in (next(turn) for _ in range(self.random.randint(*A_DAY)))}.values()
            )
            if day > monday and day >= self.today + timedelta(days=2) and self.random.random() < 0.5:
                continue  # the end of this week is still to be planned
            self._plan(planned, day, monday)
            if day < self.today:
                self._day(planned, day)
        neglected = [store for store in self.stores if store not in visited]
        for store in neglected[1:]:
            self._visit(store, monday - timedelta(days=self.random.choice((24, 31, 39, 53))), time(10, 20))

    def _turns(self, stores: Sequence[Store]) -> Iterator[Store]:
        while True:
            order = list(stores)
            self.random.shuffle(order)
            yield from order

    def _plan(self, stores: Sequence[Store], day: date, monday: date) -> None:
        made_at = self._at(min(day, monday) - timedelta(days=3 + day.weekday() if day < monday else 3), time(17, 30))
        self.rows.plans += [
            {
                "id": uuid7(),
                "rep_id": store.rep_id,
                "distributor_id": store.id,
                "day": day,
                "made_by_id": store.rep_id,
                "made_at": made_at,
            }
            for store in stores
        ]

    def _day(self, planned: Sequence[Store], day: date) -> None:
        clock = datetime.combine(day, time(8, 40))
        for store in planned:
            if self.random.random() < 0.15:
                continue  # did not get there
            clock += timedelta(minutes=self.random.randint(10, 35))
            minutes = self.random.choice((20, 25, 35, 45, 60, 75))
            self._visit(store, day, clock.time(), minutes)
            clock += timedelta(minutes=minutes + self.random.randint(15, 50))

    def _visit(self, store: Store, day: date, began: time, minutes: int = 30) -> None:
        random, key, arrived = self.random, uuid7(), self._at(day, began)
        left = arrived + timedelta(minutes=minutes)
        forgotten = random.random() < 0.04
        self.rows.visits.append(
            {
                "id": key,
                "distributor_id": store.id,
                "rep_id": store.rep_id,
                "day": day,
                "arrived_at": arrived,
                "recorded_at": arrived + timedelta(seconds=random.choice((1, 1, 2, 900, 7200))),
                **self._place(store, "arrival"),
                "left_at": left,
                **(self._place(store, "departure") if not forgotten else self._no_place("departure", None)),
                "ending": Ending.REPAIRED if forgotten else Ending.CHECKED_OUT,
                "contact_id": store.contact_id,
                "summary": random.choice(SUMMARIES),
                "next_on": day + timedelta(days=random.choice((7, 14, 14, 30))),
            }
        )
        self._notes(key, arrived, day)
        if random.random() < 0.3:
            self._promise(store, key, left, day)

    def _place(self, store: Store, end: str) -> dict[str, Any]:
        if store.lat is None or store.lng is None or self.random.random() < 0.05:
            return self._no_place(end, self.random.choice(list(PlaceProblem)))
        off = self.random.choice((12, 25, 40, 70, 110, 160)) if self.random.random() > 0.04 else 1400
        return {
            f"{end}_lat": round(store.lat + off / 111_320, 6),
            f"{end}_lng": store.lng,
            f"{end}_accuracy": self.random.choice((8, 12, 20, 35)),
            f"{end}_distance": off,
            f"{end}_problem": None,
        }

    @staticmethod
    def _no_place(end: str, problem: PlaceProblem | None) -> dict[str, Any]:
        fields = dict.fromkeys((f"{end}_lat", f"{end}_lng", f"{end}_accuracy", f"{end}_distance"))
        return {**fields, f"{end}_problem": problem}

    def _notes(self, visit: UUID, arrived: datetime, day: date) -> None:
        random = self.random
        product_id, product = random.choice(self.products)
        animal, least, most = random.choice(ANIMALS)
        price = random.randint(118, 176) * 100
        possible: list[dict[str, Any]] = [
            {
                "section": NoteSection.STOCK,
                "subject": product,
                "product_id": product_id,
                "count": random.randint(3, 60) * 5,
            },
            {"section": NoteSection.COMPETITOR, "subject": random.choice(RIVALS), "price": price, "weight": BAG},
            {
                "section": NoteSection.ORDER,
                "subject": product,
                "product_id": product_id,
                "count": random.randint(2, 25) * 10,
                "on": day + timedelta(days=random.randint(1, 6)),
            },
            {"section": NoteSection.LIVESTOCK, "subject": animal, "count": random.randint(least, most)},
            {
                "section": NoteSection.RETAIL,
                "subject": product,
                "product_id": product_id,
                "price": price + 800,
                "weight": BAG,
            },
            {"section": NoteSection.OTHER, "text": random.choice(REMARKS)},
        ]
        chosen = sorted(random.sample(range(len(possible)), random.randint(1, 3)))
        talk = [{"section": NoteSection.TALK, "subject": step, "count": 1} for step in TALK[: random.randint(2, 4)]]
        for number, values in enumerate([*talk, *(possible[place] for place in chosen)], start=1):
            empty = {
                "subject": "",
                "product_id": None,
                "weight": None,
                "price": None,
                "count": None,
                "on": None,
                "text": "",
            }
            made = {"id": uuid7(), "visit_id": visit, "made_at": arrived + timedelta(minutes=2 * number)}
            self.rows.notes.append({**empty, **values, **made})

    def _promise(self, store: Store, visit: UUID, at: datetime, day: date) -> None:
        random = self.random
        due = day + timedelta(days=random.choice((2, 4, 7, 10)))
        done = due < self.today and random.random() < 0.9
        dropped = done and random.random() < 0.08
        self.rows.tasks.append(
            {
                **_open(TaskKind.PROMISE, store, random.choice(PROMISES), due, store.rep_id, at),
                "visit_id": visit,
                **(
                    _ended(
                        store.rep_id,
                        self._at(due - timedelta(days=random.choice((0, 0, 1))), time(15, 10)),
                        TaskState.DROPPED if dropped else TaskState.DONE,
                        random.choice(DROPPED if dropped else OUTCOMES),
                    )
                    if done
                    else {}
                ),
            }
        )

    def _at(self, day: date, clock: time) -> datetime:
        """An instant of a day, as far before now as the day is before today."""
        return datetime.combine(self.now.astimezone(SHANGHAI).date() - (self.today - day), clock, SHANGHAI)


def _promotions(random: Random, stores: Sequence[Store], boss: UUID, rows: Rows, now: datetime, today: date) -> None:
    """One that ended last week, one under way."""
    for text, due in zip(random.sample(PROMOTIONS, 2), (-6, 9), strict=True):
        asked, by = now - timedelta(days=14 - due), today + timedelta(days=due)
        for store in random.sample(list(stores), min(6, len(stores))):
            done = random.random() < (0.9 if due < 0 else 0.3)
            ended = _ended(
                store.rep_id, now - timedelta(days=random.randint(1, 5) - min(due, 0)), TaskState.DONE, OUTCOMES[1]
            )
            rows.tasks.append({**_open(TaskKind.PROMOTION, store, text, by, boss, asked), **(ended if done else {})})


def _open(kind: TaskKind, store: Store, text: str, due: date, maker: UUID, at: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "kind": kind,
        "distributor_id": store.id,
        "owner_id": store.rep_id,
        "text": text,
        "due": due,
        "visit_id": None,
        "made_by_id": maker,
        "made_at": at,
        "state": TaskState.OPEN,
        "done_by_id": None,
        "done_at": None,
        "done_visit_id": None,
        "outcome": "",
    }


def _ended(by: UUID, at: datetime, state: TaskState, outcome: str) -> dict[str, Any]:
    return {"state": state, "done_by_id": by, "done_at": at, "outcome": outcome}
