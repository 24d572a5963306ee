"""Lists of tickets: one's own, what waits for an approval, what is open, all; searched, filtered, page by page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.forms import read_search
from fieldapp.fieldwork.remediation import queries
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import ENDED, OPEN, Severity, TicketKind, TicketState, batch_key
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

PAGE = 50
COUNTED = 1000
MOST_TEXT = 100
MOST_WORDS = 6
MOST_REGIONS = 8
_NUMBER = re.compile(r"(?:t-?)?0*([0-9]{1,12})", re.IGNORECASE | re.ASCII)
KEPT = frozenset(TicketState) - {TicketState.CLOSED, TicketState.WITHDRAWN}  # there is something still to be done

_rep = sa.orm.aliased(User)


class Part(StrEnum):
    """`mine`: those he looks after and that are not done with; `waiting`: for his approval."""

    MINE = "mine"
    WAITING = "waiting"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list. `region`, `product`: as typed; `after`: the order's values of the row before the page."""

    part: Part = Part.OPEN
    text: str = ""
    state: TicketState | None = None
    kind: TicketKind | None = None
    severity: Severity | None = None
    late: bool = False
    region: str = ""
    product: str = ""
    rep: UUID | None = None
    after: str = ""

    @property
    def filters(self) -> int:
        """How many filters are on, the search left out."""
        return sum(
            bool(value)
            for value in (self.state, self.kind, self.severity, self.late, self.region, self.product, self.rep)
        )

    def args(self, **changes: Any) -> dict[str, str]:
        """URL arguments of this list with changes: the first page of it, unless `after` is among them."""
        values: Mapping[str, Any] = {
            "part": self.part,
            "q": self.text,
            "state": self.state,
            "kind": self.kind,
            "severity": self.severity,
            "late": "1" if self.late else None,
            "region": self.region,
            "product": self.product,
            "rep": self.rep,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(viewer: Viewer, given: MultiDict[str, str]) -> Asked:
    """The request's arguments; what cannot be read counts as not given. A rep begins with his own tickets."""

    def one_of(name: str, kind: Any) -> Any:
        return kind(given[name]) if given.get(name, "") in set(kind) else None

    text = {name: read_search(MultiDict({"q": given.get(name, "")})).text[:MOST_TEXT] for name in ("region", "product")}
    parts = parts_of(viewer)
    part = one_of("part", Part)
    try:
        rep = UUID(given.get("rep", "")) if viewer.role is not Role.REP else None
    except ValueError:
        rep = None
    return Asked(
        part=part if part in parts else parts[0],
        text=read_search(given).text,
        state=one_of("state", TicketState),
        kind=one_of("kind", TicketKind),
        severity=one_of("severity", Severity),
        late=given.get("late") == "1",
        region=text["region"],
        product=text["product"],
        rep=rep,
        after=given.get("after", ""),
    )


def parts_of(viewer: Viewer) -> tuple[Part, ...]:
    """The lists that there are for somebody; the first is shown where none is asked for."""
    if viewer.role is Role.REP:
        return Part.MINE, Part.OPEN, Part.ALL
    if viewer.role is Role.SUPERVISOR:
        return Part.OPEN, Part.WAITING, Part.MINE, Part.ALL
    return Part.OPEN, Part.WAITING, Part.ALL


class Row(NamedTuple):
    """A ticket as a list shows it."""

    id: UUID
    number: int
    distributor_id: UUID
    code: str
    distributor: str
    region_code: str | None
    kind: TicketKind
    severity: Severity
    dangerous: bool
    state: TicketState
    product_code: str | None
    product: str | None
    batch: str
    rep: str
    recorded_at: datetime
    first_due_at: datetime
    answered_at: datetime | None
    solve_due_at: datetime
    solved_at: datetime | None
    story: str
    wish: str

    @property
    def shown_number(self) -> str:
        """As people say it: T-000123."""
        return f"T-{self.number:06d}"


_ROW = (
    Ticket.id,
    Ticket.number,
    Ticket.distributor_id,
    Distributor.code,
    Distributor.name,
    Distributor.region_code,
    Ticket.kind,
    Ticket.severity,
    Ticket.dangerous,
    Ticket.state,
    Product.code,
    Product.name,
    Ticket.batch,
    _rep.name,
    Ticket.recorded_at,
    Ticket.first_due_at,
    Ticket.answered_at,
    Ticket.solve_due_at,
    Ticket.solved_at,
    Ticket.story,
    Ticket.wish,
)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)  # no clock runs any more
# What has to be done next: the first answer, else solving.
DUE = sa.case(
    (Ticket.state.in_(ENDED), sa.literal(_LAST, Ticket.first_due_at.type)),
    (Ticket.answered_at.is_(None), Ticket.first_due_at),
    else_=Ticket.solve_due_at,
)


class Page(NamedTuple):
    """A page of a list; `more`: the place after its last row, '' where nothing follows."""

    rows: list[Row]
    more: str


def rows() -> sa.Select[Any]:
    """The statement of the rows, to be narrowed."""
    return (
        sa.select(*_ROW)
        .select_from(Ticket)
        .join(Distributor, Distributor.id == Ticket.distributor_id)
        .join(_rep, _rep.id == Ticket.rep_id)
        .outerjoin(Product, Product.id == Ticket.product_id)
    )


def listed(viewer: Viewer, asked: Asked, now: datetime, today: date, limit: int = PAGE) -> Page:
    """The page asked for; one statement, and one for a region that was typed."""
    statement = rows().where(*_conditions(viewer, asked, now, today))
    latest_first = asked.part is Part.ALL
    place = _place(asked.after, latest_first)
    if place is not None:
        statement = statement.where(_past(place, latest_first))
    order = (Ticket.number.desc(),) if latest_first else (DUE, Ticket.number)
    found = [Row(*row) for row in db.session.execute(statement.order_by(*order).limit(limit + 1))]
    more = _mark(found[limit - 1], latest_first) if len(found) > limit else ""
    return Page(found[:limit], more)


def every(viewer: Viewer, asked: Asked, now: datetime, today: date, chunk: int = 1000) -> Iterator[Row]:
    """All rows of the list in its order, for an export: read page by page, no long transaction."""
    here = replace(asked, after="")
    while True:
        found = listed(viewer, here, now, today, chunk)
        yield from found.rows
        if not found.more:
            return
        here = replace(here, after=found.more)


def _mark(row: Row, latest_first: bool) -> str:
    due = _LAST if row.state in ENDED else row.solve_due_at if row.answered_at else row.first_due_at
    return str(row.number) if latest_first else f"{due.isoformat()}~{row.number}"


def _place(text: str, latest_first: bool) -> tuple[datetime | None, int] | None:
    """The place that an address names; None when it names none of this order."""
    moment, sep, number = text.rpartition("~")
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or bool(sep) is latest_first:
        return None
    if latest_first:
        return None, int(number)
    try:
        at = datetime.fromisoformat(moment)
        return (at.astimezone(UTC), int(number)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _past(place: tuple[datetime | None, int], latest_first: bool) -> sa.ColumnElement[bool]:
    at, number = place
    if latest_first:
        return Ticket.number < number
    due: Any = sa.literal(at, Ticket.first_due_at.type)
    return sa.or_(due < DUE, sa.and_(due == DUE, Ticket.number > number))


def _conditions(viewer: Viewer, asked: Asked, now: datetime, today: date) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [queries.visible(viewer)]
    if asked.part is Part.MINE:
        wanted += [Ticket.rep_id == viewer.id, Ticket.state.in_(KEPT)]
    elif asked.part is Part.OPEN:
        wanted.append(Ticket.state.in_(OPEN))
    elif asked.part is Part.WAITING:
        wanted += queries.awaits(viewer, today)
    if asked.text:
        wanted.append(_said(viewer, asked.text))
    if asked.state is not None:
        wanted.append(Ticket.state == asked.state)
    if asked.kind is not None:
        wanted.append(Ticket.kind == asked.kind)
    if asked.severity is not None:
        wanted.append(Ticket.severity == asked.severity)
    if asked.rep is not None:
        wanted.append(Ticket.rep_id == asked.rep)
    if asked.late:
        wanted += [Ticket.state.in_(OPEN), sa.literal(now, Ticket.first_due_at.type) > DUE]
    if asked.region:
        heads = [code for code, _name in patches.search(asked.region, MOST_REGIONS)]
        inside = sa.or_(sa.false(), *(Distributor.region_code.startswith(code) for code in heads))
        wanted.append(Ticket.distributor_id.in_(sa.select(Distributor.id).where(inside)))
    if asked.product:
        wanted.append(Ticket.product_id.in_(_products(asked.product)))
    return wanted


def _said(viewer: Viewer, text: str) -> sa.ColumnElement[bool]:
    """Its number; or its distributor, its batch from the start, or all words of the story."""
    number = _NUMBER.fullmatch(text)
    if number is not None and text[:1] in "tT":
        return Ticket.number == int(number[1])
    # SQLite's LIKE knows no case by itself; lowering 100,000 stories first would take it twice as long.
    holds = Ticket.story.contains if db.engine.dialect.name == "sqlite" else Ticket.story.icontains
    story = [holds(word, autoescape=True) for word in text.split()[:MOST_WORDS]]
    ways = [Ticket.batch_key.startswith(batch_key(text), autoescape=True), sa.and_(*story)]
    typed = query(text)
    named = sa.select(Distributor.id).where(Distributor.code_key == typed.code)
    ways.append(Ticket.distributor_id.in_(named))
    if typed.terms:
        ways.append(Ticket.distributor_id.in_(matching(viewer, typed)))
    if number is not None:
        ways.append(Ticket.number == int(number[1]))
    return sa.or_(*ways)


def _products(text: str) -> list[UUID]:
    """Keys of the products whose name holds a text or whose code it is."""
    wanted = text.casefold()
    held = reference.read()[0].products.values()
    return [one.id for one in held if wanted in one.name.casefold() or wanted == one.code.casefold()]


class Counts(NamedTuple):
    """How many stand in each list; each counted to COUNTED + 1 at most."""

    mine: int
    open: int
    waiting: int


def counts(viewer: Viewer, today: date) -> Counts:
    """For the tabs; one statement, and the policy's for who decides."""

    def some(*wanted: Any) -> Any:
        found = sa.select(Ticket.id).where(*wanted).limit(COUNTED + 1).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery()

    mine = some(Ticket.rep_id == viewer.id, Ticket.state.in_(KEPT))
    waiting = sa.literal(0) if viewer.role is Role.REP else some(*queries.awaits(viewer, today))
    still_open = some(Ticket.state.in_(OPEN), queries.visible(viewer))
    return Counts(*db.session.execute(sa.select(mine, still_open, waiting)).one())
