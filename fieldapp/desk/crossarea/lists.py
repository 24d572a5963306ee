"""Lists of cases: what is new, what waits for a decision, what is open, one's own, all; filtered, page by page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.forms import read_search
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import queries
from fieldapp.standing.crossarea.models import CrossCase
from fieldapp.standing.crossarea.rules import CONFIRMED, UNDER_WAY, CaseState, Into, Origin, Verdict
from fieldapp.trade.ledger.rules import batch_key
from fieldapp.trade.products.models import Product

PAGE = 50
COUNTED = 1000
MOST_TEXT = 100
MOST_REGIONS = 8
MONTHS = 12
MOST_AREAS = 8
TYPED = ("region", "product", "seller")
_NUMBER = re.compile(r"(?:[^\W\d]-)?0*([0-9]{1,12})")  # its letter in whatever language


class Part(StrEnum):
    """`new`: nobody has looked into it; `waiting`: for his decision; `open`: somebody has something to do."""

    NEW = "new"
    WAITING = "waiting"
    OPEN = "open"
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list. `region`, `product`, `seller`: as typed; `after`: the row before the page, by number."""

    part: Part = Part.OPEN
    text: str = ""
    state: CaseState | None = None
    origin: Origin | None = None
    verdict: Verdict | None = None
    region: str = ""
    product: str = ""
    seller: str = ""
    after: int | None = None

    @property
    def filters(self) -> int:
        """How many filters are on, the search left out."""
        return sum(
            bool(value) for value in (self.state, self.origin, self.verdict, self.region, self.product, self.seller)
        )

    def args(self, **changes: Any) -> dict[str, str]:
        """URL arguments of this list with changes: the first page of it, unless `after` is among them."""
        values: Mapping[str, Any] = {
            "part": self.part,
            "q": self.text,
            "state": self.state,
            "origin": self.origin,
            "verdict": self.verdict,
            "region": self.region,
            "product": self.product,
            "seller": self.seller,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(viewer: Viewer, given: MultiDict[str, str]) -> Asked:
    """The request's arguments; what cannot be read counts as not given."""

    def one_of(name: str, kind: Any) -> Any:
        return kind(given[name]) if given.get(name, "") in set(kind) else None

    text = {name: read_search(MultiDict({"q": given.get(name, "")})).text[:MOST_TEXT] for name in TYPED}
    parts = parts_of(viewer)
    part, after = one_of("part", Part), given.get("after", "")
    return Asked(
        part=part if part in parts else parts[0],
        text=read_search(given).text,
        state=one_of("state", CaseState),
        origin=one_of("origin", Origin),
        verdict=one_of("verdict", Verdict),
        region=text["region"],
        product=text["product"],
        seller=text["seller"],
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None,
    )


def parts_of(viewer: Viewer) -> tuple[Part, ...]:
    """The lists that there are for somebody; the first is shown where none is asked for."""
    if viewer.role is Role.REP:
        return Part.OPEN, Part.MINE, Part.ALL
    if viewer.role is Role.SUPERVISOR:
        return Part.OPEN, Part.NEW, Part.WAITING, Part.MINE, Part.ALL
    return Part.OPEN, Part.NEW, Part.WAITING, Part.ALL


class Row(NamedTuple):
    """A case as a list shows it. `seller`, `harmed`: names, None where there is none or he may not know it;
    `seller_id` says that there is one."""

    id: UUID
    number: int
    origin: Origin
    state: CaseState
    into: Into
    verdict: Verdict | None
    region_code: str
    seller_id: UUID | None
    seller_code: str | None
    seller: str | None
    harmed_id: UUID | None
    harmed: str | None
    product: str | None
    product_words: str
    batch: str
    outlet: str
    weight: int | None
    price: int | None
    sold_on: date
    confirmed_on: date | None
    recorded_at: datetime


_seller, _harmed = sa.orm.aliased(Distributor), sa.orm.aliased(Distributor)


def rows(viewer: Viewer) -> sa.Select[Any]:
    """The statement of the rows, to be narrowed. Who lies outside the viewer's patch has no name in it."""
    sells = sa.and_(_seller.id == CrossCase.seller_id, viewer.scope(_seller.region_code))
    harmed = sa.and_(_harmed.id == CrossCase.harmed_id, viewer.scope(_harmed.region_code))
    return (
        sa.select(
            CrossCase.id,
            CrossCase.number,
            CrossCase.origin,
            CrossCase.state,
            CrossCase.into,
            CrossCase.verdict,
            CrossCase.region_code,
            CrossCase.seller_id,
            _seller.code,
            _seller.name,
            CrossCase.harmed_id,
            _harmed.name,
            Product.name,
            CrossCase.product_words,
            CrossCase.batch,
            CrossCase.outlet,
            CrossCase.weight,
            CrossCase.price,
            CrossCase.sold_on,
            CrossCase.confirmed_on,
            CrossCase.recorded_at,
        )
        .select_from(CrossCase)
        .outerjoin(_seller, sells)
        .outerjoin(_harmed, harmed)
        .outerjoin(Product, Product.id == CrossCase.product_id)
    )


class Page(NamedTuple):
    """A page of a list; `more`: the number of its last row, None where nothing follows."""

    rows: list[Row]
    more: int | None


def listed(viewer: Viewer, asked: Asked, limit: int = PAGE) -> Page:
    """The page asked for, the latest case first; one statement, and one for a region that was typed."""
    statement = rows(viewer).where(*_conditions(viewer, asked))
    if asked.after is not None:
        statement = statement.where(CrossCase.number < asked.after)
    found = [Row(*row) for row in db.session.execute(statement.order_by(CrossCase.number.desc()).limit(limit + 1))]
    return Page(found[:limit], found[limit - 1].number if len(found) > limit else None)


def every(viewer: Viewer, asked: Asked, chunk: int = 1000) -> Iterator[Row]:
    """All rows of the list in its order, for an export: read page by page, no long transaction."""
    here = replace(asked, after=None)
    while True:
        found = listed(viewer, here, chunk)
        yield from found.rows
        if found.more is None:
            return
        here = replace(here, after=found.more)


def _conditions(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [queries.visible(viewer)]
    if asked.part is Part.NEW:
        wanted += queries.unseen(viewer)
    elif asked.part is Part.WAITING:
        wanted += queries.awaits(viewer)
    elif asked.part is Part.OPEN:
        wanted.append(CrossCase.state.in_(UNDER_WAY))
    elif asked.part is Part.MINE:
        wanted.append(CrossCase.made_by_id == viewer.id)
    for column, value in (
        (CrossCase.state, asked.state),
        (CrossCase.origin, asked.origin),
        (CrossCase.verdict, asked.verdict),
    ):
        if value is not None:
            wanted.append(column == value)
    if asked.region:
        heads = [code for code, _name in patches.search(asked.region, MOST_REGIONS)]
        wanted.append(sa.or_(sa.false(), *(CrossCase.region_code.startswith(code) for code in heads)))
    if asked.product:
        wanted.append(_of_product(asked.product))
    if asked.seller:
        wanted.append(sa.or_(*(CrossCase.seller_id.in_(keys) for keys in _distributors(viewer, asked.seller))))
    if asked.text:
        wanted.append(_said(viewer, asked.text))
    return wanted


def _of_product(text: str) -> sa.ColumnElement[bool]:
    wanted = text.casefold()
    held = reference.read()[0].products.values()
    keys = [one.id for one in held if wanted in one.name.casefold() or wanted == one.code.casefold()]
    return sa.or_(CrossCase.product_id.in_(keys), CrossCase.product_words.icontains(text, autoescape=True))


def _said(viewer: Viewer, text: str) -> sa.ColumnElement[bool]:
    """Its number, its batch from the start, the shop, or a seller or harmed distributor of the viewer's patch."""
    number = _NUMBER.fullmatch(text)
    ways = [
        CrossCase.batch_key.startswith(batch_key(text), autoescape=True),
        CrossCase.outlet.icontains(text, autoescape=True),
    ]
    found = _distributors(viewer, text)
    ways += [column.in_(keys) for keys in found for column in (CrossCase.seller_id, CrossCase.harmed_id)]
    if number is not None:
        ways.append(CrossCase.number == int(number[1]))
    return sa.or_(*ways)


def _distributors(viewer: Viewer, text: str) -> list[Any]:
    """Selects of the keys of distributors of the viewer's patch that are meant: by code, and by name."""
    typed = query(text)
    named = sa.select(Distributor.id).where(Distributor.code_key == typed.code, viewer.scope(Distributor.region_code))
    return [named, matching(viewer, typed)] if typed.terms else [named]


class Counts(NamedTuple):
    """How many stand in each list; each counted to COUNTED + 1 at most."""

    new: int
    waiting: int
    open: int


def counts(viewer: Viewer) -> Counts:
    """For the tabs; one statement."""

    def some(*wanted: Any) -> Any:
        found = sa.select(CrossCase.id).where(*wanted).limit(COUNTED + 1).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery()

    decides = viewer.role is not Role.REP
    new = some(*queries.unseen(viewer)) if decides else sa.literal(0)
    waiting = some(*queries.awaits(viewer)) if decides else sa.literal(0)
    still_open = some(CrossCase.state.in_(UNDER_WAY), queries.visible(viewer))
    return Counts(*db.session.execute(sa.select(new, waiting, still_open)).one())


class Sum(NamedTuple):
    """Cases of a month or an area: how many, how many of them confirmed (malicious among them), grams."""

    key: str
    cases: int
    confirmed: int
    malicious: int
    grams: int


class Figures(NamedTuple):
    """What the cases that the viewer may see come to: by month, the latest first, and by city, the most first."""

    months: list[Sum]
    areas: list[Sum]


def figures(viewer: Viewer, since: date) -> Figures:
    """Of the cases sold or found on or after a day; two statements."""
    counted = sa.case((CrossCase.state.in_(CONFIRMED), 1), else_=0)
    worst = sa.case((sa.and_(CrossCase.state.in_(CONFIRMED), CrossCase.verdict == Verdict.MALICIOUS), 1), else_=0)
    sums = (
        sa.func.count(),
        sa.func.sum(counted),
        sa.func.sum(worst),
        sa.func.coalesce(sa.func.sum(CrossCase.weight), 0),
    )
    wanted = (queries.visible(viewer), CrossCase.sold_on >= since, CrossCase.state != CaseState.DISMISSED)
    year, month = sa.extract("year", CrossCase.sold_on), sa.extract("month", CrossCase.sold_on)
    by_month = db.session.execute(
        sa.select(year, month, *sums).where(*wanted).group_by(year, month).order_by(year.desc(), month.desc())
    )
    city = sa.func.substr(CrossCase.region_code, 1, 4)
    by_area = db.session.execute(
        sa.select(city, *sums).where(*wanted).group_by(city).order_by(sa.func.count().desc(), city).limit(MOST_AREAS)
    )
    return Figures(
        [Sum(f"{int(row[0])}-{int(row[1]):02d}", *(int(value) for value in row[2:])) for row in by_month],
        [Sum(row[0], *(int(value) for value in row[1:])) for row in by_area],
    )
