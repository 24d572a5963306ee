"""Breaches as the viewer may see them: a rep his own, without anything that tells a floor; the others their patch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.core.money import format_yuan, parse_yuan
from fieldapp.core.search import query
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.forms import read_search
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

from . import policy
from .models import Breach, BreachEntry
from .rules import Result, State

PAGE = 50
COUNTED = 1000
MOST_PATTERNS = 100
UNPRICED = (Result.NO_FLOOR, Result.NO_PRICE, Result.WEIGHT)  # listed apart: nothing says yet what is missing
BELOW = (Result.BELOW, Result.CREDIT_NOTE)
MOST_FEN = 10**15
SETTLED = (State.ACCEPTED, State.DONE, State.DISMISSED, State.CORRECTED)

_rep = sa.orm.aliased(User)


class Part(StrEnum):
    """The lists. `unpriced`: open ones of goods without a price or floor, or with a doubtful weight."""

    OPEN = "open"
    RECOVER = "recover"
    UNPRICED = "unpriced"
    SETTLED = "settled"
    ALL = "all"


class Said(StrEnum):
    """Of the open ones: does the rep still have to explain it, or has he?"""

    NO = "no"
    YES = "yes"


class Order(StrEnum):
    """How a list stands: the newest first, or what is missing most."""

    NEW = "new"
    SIZE = "size"


class By(StrEnum):
    """What patterns are counted by."""

    REP = "rep"
    DISTRIBUTOR = "distributor"
    PRODUCT = "product"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list. `month`: `2026-11`; `least`: fen that are missing at least, or were invoiced for who sees
    no floors; `unpriced`: all kinds without a price, or with one; `after`: the number of the row before the page."""

    part: Part = Part.OPEN
    text: str = ""
    result: Result | None = None
    month: str = ""
    rep: UUID | None = None
    product: UUID | None = None
    said: Said | None = None
    least: int = 0
    unpriced: bool | None = None
    order: Order = Order.NEW
    after: int | None = None

    @property
    def filters(self) -> int:
        """How many filters are on, the search and the chips left out."""
        return sum(bool(value) for value in (self.month, self.rep, self.product, self.least))

    def args(self, **changes: Any) -> dict[str, str]:
        """URL arguments of this list with changes: the first page of it, unless `after` is among them."""
        values: Mapping[str, Any] = {
            "part": self.part,
            "q": self.text,
            "result": self.result,
            "month": self.month,
            "rep": self.rep,
            "product": self.product,
            "said": self.said,
            "least": format_yuan(self.least) if self.least else None,
            "unpriced": None if self.unpriced is None else str(int(self.unpriced)),
            "order": self.order if self.order is not Order.NEW else None,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(given: MultiDict[str, str]) -> Asked:
    """The request's arguments; what cannot be read counts as not given."""

    def one_of(name: str, kind: Any, otherwise: Any = None) -> Any:
        return kind(given[name]) if given.get(name, "") in set(kind) else otherwise

    def key(name: str) -> UUID | None:
        try:
            return UUID(given.get(name, ""))
        except ValueError:
            return None

    month, after = given.get("month", ""), given.get("after", "")
    try:
        least = parse_yuan(given.get("least", "").strip() or "0")
    except ValueError:
        least = 0
    return Asked(
        part=one_of("part", Part, Part.OPEN),
        text=read_search(given).text,
        result=one_of("result", Result),
        month=month if _first_of(month) else "",
        rep=key("rep"),
        product=key("product"),
        said=one_of("said", Said),
        least=least if 0 < least <= MOST_FEN else 0,
        unpriced={"0": False, "1": True}.get(given.get("unpriced", "")),
        order=one_of("order", Order, Order.NEW),
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None,
    )


def _first_of(month: str) -> date | None:
    try:
        return date.fromisoformat(f"{month}-01") if len(month) == 7 else None
    except ValueError:
        return None


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """A rep sees those of his customers and of his own deal checks; the others those within their patch."""
    if viewer.role is Role.REP:
        return sa.or_(Breach.rep_id == viewer.id, Breach.checked_by_id == viewer.id)
    return viewer.scope(Breach.region_code)


def sees_floors(viewer: Viewer, today: date) -> bool:
    """May he see floors, and with them what is missing up to one? As the policy of today says."""
    return viewer.role in reference.read()[0].policy_on(today).floor_roles


def sees_cost(viewer: Viewer, today: date) -> bool:
    """May he see the margin over cost?"""
    return viewer.role in policy.on(today).cost_roles


def find(viewer: Viewer, breach_id: UUID) -> Breach | None:
    """One that he may see, or None."""
    return db.session.scalar(sa.select(Breach).where(Breach.id == breach_id, visible(viewer)))


def thread(breach: Breach) -> list[BreachEntry]:
    """What happened to it, the earliest first."""
    entries = sa.select(BreachEntry).where(BreachEntry.breach_id == breach.id)
    return list(db.session.scalars(entries.order_by(BreachEntry.at, BreachEntry.id)))


class Row(NamedTuple):
    """A breach as a list shows it; `lost` and `floor` are shown only to whoever may see floors."""

    id: UUID
    number: int
    result: Result
    state: State
    distributor_id: UUID
    code: str
    distributor: str
    region_code: str | None
    product_code: str
    product: str
    rep: str | None
    ship_to: str
    first_on: date
    last_on: date
    grams: int
    amount: int
    net: int | None
    floor: int | None
    lost: int
    measure: str
    due_on: date | None
    explained_at: datetime | None

    @property
    def shown_number(self) -> str:
        """As people say it."""
        return f"B-{self.number:06d}"

    @property
    def price(self) -> int | None:
        """What was charged, fen per tonne; None without goods."""
        return round(self.amount * 1_000_000 / self.grams) if self.grams else None


_ROW = (
    Breach.id,
    Breach.number,
    Breach.result,
    Breach.state,
    Breach.distributor_id,
    Distributor.code,
    Distributor.name,
    Breach.region_code,
    Product.code,
    Product.name,
    _rep.name,
    Breach.ship_to,
    Breach.first_on,
    Breach.last_on,
    Breach.grams,
    Breach.amount,
    Breach.net,
    Breach.floor,
    Breach.lost,
    Breach.measure,
    Breach.due_on,
    Breach.explained_at,
)


class Page(NamedTuple):
    """A page of a list; `more`: the number after which it goes on, None where nothing follows."""

    rows: list[Row]
    more: int | None


def rows() -> sa.Select[Any]:
    """The statement of the rows, to be narrowed."""
    return (
        sa.select(*_ROW)
        .select_from(Breach)
        .join(Distributor, Distributor.id == Breach.distributor_id)
        .join(Product, Product.id == Breach.product_id)
        .outerjoin(_rep, _rep.id == Breach.rep_id)
    )


def listed(viewer: Viewer, asked: Asked, limit: int = PAGE, *, floors: bool = False) -> Page:
    """The page asked for, the newest or the largest first.

    `floors`: he sees floors, so that size is what is missing; else it is what was invoiced: an order by what is
    missing would tell him.
    """
    size = Breach.lost if floors else Breach.amount
    statement = rows().where(*_conditions(viewer, asked))
    if asked.least:
        statement = statement.where(size >= asked.least)
    order = [Breach.number.desc()]
    if asked.order is Order.SIZE:
        order.insert(0, size.desc())
    if asked.after is not None:
        earlier = Breach.number < asked.after
        if asked.order is Order.SIZE:
            last = db.session.scalar(sa.select(size).where(Breach.number == asked.after)) or 0
            earlier = sa.or_(size < last, sa.and_(size == last, earlier))
        statement = statement.where(earlier)
    found = [Row(*row) for row in db.session.execute(statement.order_by(*order).limit(limit + 1))]
    return Page(found[:limit], found[limit - 1].number if len(found) > limit else None)


def every(viewer: Viewer, asked: Asked, chunk: int = 1000, *, floors: bool = False) -> Iterator[Row]:
    """All rows of the list, for an export: read page by page, no long transaction."""
    here = replace(asked, after=None)
    while True:
        found = listed(viewer, here, chunk, floors=floors)
        yield from found.rows
        if found.more is None:
            return
        here = replace(here, after=found.more)


def _of_part(part: Part) -> list[sa.ColumnElement[bool]]:
    wanted: dict[Part, list[sa.ColumnElement[bool]]] = {
        Part.OPEN: [Breach.state == State.OPEN, Breach.result.in_(BELOW)],
        Part.RECOVER: [Breach.state == State.RECOVER],
        Part.UNPRICED: [Breach.state == State.OPEN, Breach.result.in_(UNPRICED)],
        Part.SETTLED: [Breach.state.in_(SETTLED)],
        Part.ALL: [],
    }
    return wanted[part]


def _conditions(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    wanted = [visible(viewer), *_of_part(asked.part)]
    if asked.result is not None:
        wanted.append(Breach.result == asked.result)
    if asked.unpriced is not None:
        wanted.append(Breach.result.in_(UNPRICED if asked.unpriced else BELOW))
    if asked.said is not None:
        explained = Breach.explained_at.is_not(None)
        wanted.append(explained if asked.said is Said.YES else sa.not_(explained))
    first = _first_of(asked.month)
    if first is not None:
        past = date(first.year + first.month // 12, first.month % 12 + 1, 1) if first.year < 9999 else date.max
        wanted += [Breach.first_on >= first, Breach.first_on < past]
    if asked.rep is not None:
        wanted.append(Breach.rep_id == asked.rep)
    if asked.product is not None:
        wanted.append(Breach.product_id == asked.product)
    if asked.text:
        typed = query(asked.text)
        ways: list[sa.ColumnElement[bool]] = [
            Breach.distributor_id.in_(sa.select(Distributor.id).where(Distributor.code_key == typed.code))
        ]
        if typed.terms:
            ways.append(Breach.distributor_id.in_(matching(viewer, typed)))
        number = asked.text.casefold().removeprefix("b-")
        if number.isascii() and number.isdecimal() and len(number) < 19:
            ways.append(Breach.number == int(number))
        wanted.append(sa.or_(*ways))
    return wanted


def counts(viewer: Viewer) -> dict[Part, int]:
    """How many stand in each list, each counted to COUNTED + 1 at most; one statement."""
    parts = (Part.OPEN, Part.RECOVER, Part.UNPRICED)

    def some(part: Part) -> Any:
        found = sa.select(Breach.id).where(visible(viewer), *_of_part(part)).limit(COUNTED + 1).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery()

    return dict(zip(parts, db.session.execute(sa.select(*map(some, parts))).one(), strict=True))


def open_at(viewer: Viewer, distributor_id: UUID, most: int, *, to_explain: bool = False) -> list[Row]:
    """Those of a distributor that are not settled, the newest first, those nobody can judge yet left out; `to_explain`:
    as `to_be_explained`."""
    found = rows().where(
        visible(viewer),
        Breach.distributor_id == distributor_id,
        Breach.result.in_(BELOW),
        *(to_be_explained() if to_explain else [Breach.state.in_((State.OPEN, State.RECOVER))]),
    )
    return [Row(*row) for row in db.session.execute(found.order_by(Breach.number.desc()).limit(most))]


def to_be_explained() -> list[sa.ColumnElement[bool]]:
    """Open, below the floor, and nobody has said yet how it came to this."""
    return [Breach.state == State.OPEN, Breach.result.in_(BELOW), Breach.explained_at.is_(None)]


class Pattern(NamedTuple):
    """What a rep, a distributor, a product or a month adds up to. `key`: for the filter of the list."""

    key: str
    name: str | None
    code: str | None
    times: int
    open: int
    grams: int
    amount: int
    lost: int


def patterns(viewer: Viewer, by: By, since: date, *, unpriced: bool = False) -> list[Pattern]:
    """Where the money goes, from a day on, corrected and dismissed ones left out: the most first; months by date.

    `unpriced`: of what was sold where no price or floor is set, which has nothing missing and is sorted by times.
    """
    month: Any = sa.extract("year", Breach.first_on) * 100 + sa.extract("month", Breach.first_on)
    top: dict[By, tuple[Any, Any, Any, Any]] = {  # key, name, code, where the names are
        By.REP: (Breach.rep_id, sa.func.max(_rep.name), sa.null(), _rep),
        By.DISTRIBUTOR: (
            Breach.distributor_id,
            sa.func.max(Distributor.name),
            sa.func.max(Distributor.code),
            Distributor,
        ),
        By.PRODUCT: (Breach.product_id, sa.func.max(Product.name), sa.func.max(Product.code), Product),
        By.MONTH: (month, sa.null(), sa.null(), None),
    }
    key, name, code, table = top[by]
    figures = (
        sa.func.count(),
        sa.func.sum(sa.case((Breach.state == State.OPEN, 1), else_=0)),
        sa.func.sum(Breach.grams),
        sa.func.sum(Breach.amount),
        sa.func.sum(Breach.lost),
    )
    statement: Any = sa.select(key, name, code, *figures).select_from(Breach)
    if table is not None:
        statement = statement.outerjoin(table, table.id == key)
    statement = statement.where(
        visible(viewer),
        Breach.first_on >= since,
        Breach.state.not_in((State.CORRECTED, State.DISMISSED)),
        Breach.result.in_(UNPRICED if unpriced else BELOW),
    ).group_by(key)
    order = key.desc() if by is By.MONTH else figures[0 if unpriced else -1].desc()
    found = db.session.execute(statement.order_by(order, key).limit(MOST_PATTERNS))
    return [
        Pattern(
            f"{int(row[0]) // 100}-{int(row[0]) % 100:02}" if by is By.MONTH else str(row[0] or ""),
            *row[1:3],
            *(int(value or 0) for value in row[3:]),
        )
        for row in found
    ]


def margin(breach: Breach) -> int | None:
    """What stays over cost, fen (below zero: sold at a loss); None where the cost is not known."""
    cost = db.session.scalar(sa.select(Product.cost).where(Product.id == breach.product_id))
    if cost is None or breach.net is None:
        return None
    return int(Decimal(breach.net - cost) * breach.grams / 1_000_000)


def names(breach: Breach, entries: list[BreachEntry]) -> dict[UUID, str]:
    """{user: name} of everybody who stands on its page."""
    wanted = {breach.rep_id, breach.checked_by_id, breach.decided_by_id, *(entry.by_id for entry in entries)}
    found = sa.select(User.id, User.name).where(User.id.in_([user for user in wanted if user is not None]))
    return dict(db.session.execute(found).tuples().all())


class Goods(NamedTuple):
    """Who bought what."""

    code: str
    distributor: str
    region_code: str | None
    product_code: str
    product: str


def goods_of(breach: Breach) -> Goods:
    """The names behind a breach."""
    found = (
        sa.select(Distributor.code, Distributor.name, Distributor.region_code, Product.code, Product.name)
        .select_from(Breach)
        .join(Distributor, Distributor.id == Breach.distributor_id)
        .join(Product, Product.id == Breach.product_id)
        .where(Breach.id == breach.id)
    )
    return Goods(*db.session.execute(found).one())
