"""The distributors of a patch with where they stand, and one of them; always the viewer's scope.

A page is found in two steps: first its keys, from as few tables as order and filter need, then what a row shows. The
order is walked by keyset (never by offset), so the thousandth page costs what the first does. Where nulls or missing
rows would break an index's order, the order is cut into segments that are walked one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fieldapp.core.db import db
from fieldapp.core.hotread import HotRead
from fieldapp.core.search import query
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.queries import visible
from fieldapp.desk.deals.queries import nearby, place_names
from fieldapp.network.distributors.models import Contact, Distributor, SearchEntry
from fieldapp.network.distributors.queries import matching
from fieldapp.network.distributors.rules import Status
from fieldapp.network.playbook.models import ContactType, present_of_contact
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.credit_rules import limit_on
from fieldapp.standing.grading.models import CreditRecord, Grade
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.standing.merged import exposure
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance

from .forms import UNGRADED, Asked, Cursor, Sort

PAGE = 20
COUNTED = 1000  # more are counted as "1,000+"
NEAREST = 50
_MOST_HITS = 5000  # found by a text: up to here they are gathered and sorted, past it the order is walked
_WIDE = 2  # digits of a region code: a whole province, so that walking the order beats sorting the patch


class Row(NamedTuple):
    """A distributor as the list shows it. Money is fen; `available` None where no credit record is.

    `limit` holds what is `temporary` in it today. Of an account that is counted as one with others (`together`: how
    many), `limit` and `available` are the group's, as a deal check counts them; what is owed is the account's own.
    """

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status
    grade: Grade | None
    limit: int | None
    available: int | None
    outstanding: int
    overdue: int
    overdue_days: int
    temporary: int = 0
    km: int | None = None
    together: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list. `count` is at most COUNTED + 1; None where distances make the order."""

    rows: list[Row]
    count: int | None
    previous: Cursor | None = None
    next: Cursor | None = None


class _Unindexed(FunctionElement[Any]):
    """The column itself, which SQLite shall not look for in an index: a unary plus (its documented way to say so)."""

    inherit_cache = True
    name = "unindexed"


@compiles(_Unindexed)
def _plainly(element: _Unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(element.clauses, **kwargs)


@compiles(_Unindexed, "sqlite")
def _with_plus(element: _Unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "+" + compiler.process(element.clauses, **kwargs)


def _unindexed(column: Any) -> Any:
    return sa.type_coerce(_Unindexed(column), column.type)


class _Segment(NamedTuple):
    """A part of an order: what belongs to it, and its columns (column, falling)."""

    condition: sa.ColumnElement[bool] | None
    keys: tuple[tuple[Any, bool], ...]
    balance: bool = False  # the balance has to be joined


_BY_NAME = ((Distributor.pinyin, False), (Distributor.id, False))
_NO_DEBT = sa.not_(
    sa.exists().where(Balance.distributor_id == Distributor.id, Balance.oldest_due.is_not(None)).correlate(Distributor)
)
_NO_BALANCE = sa.not_(sa.exists().where(Balance.distributor_id == Distributor.id).correlate(Distributor))
_ORDERS: dict[Sort, tuple[_Segment, ...]] = {
    Sort.NAME: (_Segment(None, _BY_NAME),),
    Sort.CODE: (_Segment(None, ((Distributor.code_key, False),)),),
    Sort.OVERDUE: (
        _Segment(Balance.oldest_due.is_not(None), ((Balance.oldest_due, False), (Distributor.id, False)), True),
        _Segment(_NO_DEBT, _BY_NAME),
    ),
    Sort.OUTSTANDING: (
        _Segment(None, ((Balance.outstanding, True), (Distributor.id, False)), True),
        _Segment(_NO_BALANCE, _BY_NAME),
    ),
}


def listed(viewer: Viewer, asked: Asked, today: date, size: int = PAGE, *, counting: bool = True) -> Page:
    """The page asked for: at most six statements. Without `counting` the count is None."""
    if asked.near:
        return _nearest(viewer, asked, today)
    found = _found_by_text(viewer, asked)
    sorted_here = _narrow(viewer) or found is not None
    keys, previous, following = _keys(viewer, asked, today, found, size, narrow=sorted_here)
    whole = previous is None and following is None
    number = len(keys) if whole else _count(_conditions(viewer, asked, today, found)) if counting else None
    return Page(_rows(keys, today), number, previous, following)


def every(viewer: Viewer, asked: Asked, today: date, chunk: int = 1000) -> Iterator[Row]:
    """All rows of the list in its order, for an export: read page by page, no long transaction."""
    if asked.near:
        yield from _nearest(viewer, asked, today).rows
        return
    found = _found_by_text(viewer, asked)
    sorted_here = _narrow(viewer) or found is not None
    place: Cursor | None = None
    while True:
        here = replace(asked, after=place, before=None)
        keys, _previous, place = _keys(viewer, here, today, found, chunk, narrow=sorted_here)
        yield from _rows(keys, today)
        if place is None:
            return


def towns() -> Callable[[str | None], str]:
    """How a region code reads in a row: city and county (the province is known to who works there)."""
    path = place_names()

    def town(code: str | None) -> str:
        parts = path(code).split(" ")
        return " · ".join(parts[1:3] or parts)

    return town


def any_at_all() -> bool:
    """Is there any distributor in the company?"""
    return db.session.scalar(sa.select(sa.literal(1)).select_from(Distributor).limit(1)) is not None


def any_for(viewer: Viewer) -> bool:
    """Is there any distributor in the viewer's patch?"""
    some = sa.select(sa.literal(1)).select_from(Distributor).where(viewer.scope(Distributor.region_code))
    return db.session.scalar(some.limit(1)) is not None


def _count(conditions: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many there are, counted to COUNTED + 1 at most."""
    some = sa.select(sa.literal(1)).select_from(Distributor).where(*conditions).limit(COUNTED + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _narrow(viewer: Viewer) -> bool:
    """Few enough to be sorted? Otherwise an index is walked in the order until a page is full."""
    return not viewer.everywhere and all(len(code) > _WIDE for code in viewer.patch)


def _found_by_text(viewer: Viewer, asked: Asked) -> sa.ColumnElement[bool] | None:
    """The condition of the search text; None without one."""
    if not asked.text:
        return None
    typed = query(asked.text)
    exact = Distributor.code_key == typed.code
    if not typed.terms:
        return exact
    hits = matching(viewer, typed)
    many = db.session.scalar(sa.select(sa.func.count()).select_from(hits.limit(_MOST_HITS + 1).subquery()))
    if (many or 0) <= _MOST_HITS:
        return sa.or_(exact, Distributor.id.in_(hits))
    return hits.where(SearchEntry.distributor_id == Distributor.id).correlate(Distributor).exists()


def _conditions(
    viewer: Viewer, asked: Asked, today: date, found: sa.ColumnElement[bool] | None, *, walking: bool = False
) -> list[sa.ColumnElement[bool]]:
    """What a row of the list fulfils. `walking`: an index of the order is walked, so the patch's must not be taken."""
    by_region = found is None and not walking and not viewer.everywhere
    region = Distributor.region_code if by_region else _unindexed(Distributor.region_code)
    conditions = [viewer.scope(region)]
    if found is not None:
        conditions.append(found)
    if asked.status:
        # A status is shared by many in the whole company: the patch is the narrower way in.
        status = _unindexed(Distributor.status) if by_region or found is not None else Distributor.status
        conditions.append(status == asked.status)
    if asked.mine:
        conditions.append(Distributor.rep_id == viewer.id)
    credit = sa.select(CreditRecord.distributor_id).where(CreditRecord.distributor_id == Distributor.id)
    if asked.grade == UNGRADED:
        conditions.append(~credit.where(CreditRecord.grade.is_not(None)).correlate(Distributor).exists())
    elif asked.grade:
        conditions.append(credit.where(CreditRecord.grade == asked.grade).correlate(Distributor).exists())
    if asked.overdue:
        late = sa.select(Balance.distributor_id).where(
            Balance.distributor_id == Distributor.id, Balance.oldest_due < today
        )
        conditions.append(late.correlate(Distributor).exists())
    return conditions


_Keys = list[tuple[UUID, Cursor]]


def _keys(
    viewer: Viewer, asked: Asked, today: date, found: sa.ColumnElement[bool] | None, size: int, *, narrow: bool
) -> tuple[list[UUID], Cursor | None, Cursor | None]:
    """Keys of a page in its order, and the cursors to the pages before and after it."""
    segments = _ORDERS[asked.sort]
    if asked.overdue and asked.sort is Sort.OVERDUE:
        # The order's own balance says who is overdue: no second look, and nobody without a debt.
        segments = (segments[0]._replace(condition=Balance.oldest_due < today),)
        asked = replace(asked, overdue=False)
    conditions = _conditions(viewer, asked, today, found, walking=not narrow)
    back = asked.before is not None and asked.after is None
    start = _checked(asked.before if back else asked.after, segments)
    gathered: _Keys = []
    numbers = range(start.segment if start else 0, len(segments))
    if back:
        numbers = range(start.segment if start else len(segments) - 1, -1, -1)
    for number in numbers:
        edge = start if start and number == start.segment else None
        statement = _walk(segments[number], conditions, edge, back, narrow).limit(size + 1 - len(gathered))
        gathered += [(row[0], Cursor(number, tuple(map(_plain, row[1:])))) for row in db.session.execute(statement)]
        if len(gathered) > size:
            break
    more = len(gathered) > size
    gathered = gathered[:size]
    if back:
        gathered.reverse()
    first, last = (gathered[0][1], gathered[-1][1]) if gathered else (None, None)
    before_it = more if back else start is not None
    after_it = start is not None if back else more
    return [key for key, _ in gathered], first if before_it else None, last if after_it else None


def _walk(
    segment: _Segment, conditions: Sequence[sa.ColumnElement[bool]], edge: Cursor | None, back: bool, narrow: bool
) -> sa.Select[Any]:
    columns = [column for column, _ in segment.keys]
    statement = sa.select(Distributor.id, *columns).where(*conditions)
    if segment.balance:
        statement = statement.join(Balance, Balance.distributor_id == Distributor.id)
    if segment.condition is not None:
        statement = statement.where(segment.condition)
    directions = [falling != back for _, falling in segment.keys]
    if edge is not None:
        values = [_typed(column, value) for column, value in zip(columns, edge.values, strict=True)]
        statement = statement.where(_past(columns, directions, values))
    # Where the patch is small it is read and sorted; else the order's index is walked and rows outside are passed by.
    ordered = [_unindexed(column) if narrow else column for column in columns]
    return statement.order_by(
        *(column.desc() if falling else column for column, falling in zip(ordered, directions, strict=True))
    )


def _past(columns: Sequence[Any], falling: Sequence[bool], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Beyond the edge, column by column; the first is repeated as a bound that an index can use."""
    bound = columns[0] <= values[0] if falling[0] else columns[0] >= values[0]
    cases = []
    for at, (column, down, value) in enumerate(zip(columns, falling, values, strict=True)):
        beyond = column < value if down else column > value
        cases.append(sa.and_(*(columns[i] == values[i] for i in range(at)), beyond))
    return sa.and_(bound, sa.or_(*cases))


def _plain(value: Any) -> Any:
    """A key value as JSON holds it."""
    return value.hex if isinstance(value, UUID) else value.isoformat() if isinstance(value, date) else value


def _typed(column: Any, value: Any) -> Any:
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    return date.fromisoformat(value) if kind is date else value


def _checked(cursor: Cursor | None, segments: Sequence[_Segment]) -> Cursor | None:
    """The cursor, or None when it does not belong to this order (it came from a URL)."""
    if cursor is None or not 0 <= cursor.segment < len(segments):
        return None
    columns = [column for column, _ in segments[cursor.segment].keys]
    try:
        typed = [_typed(column, value) for column, value in zip(columns, cursor.values, strict=True)]
    except (ValueError, TypeError, AttributeError):
        return None
    fits = all(type(value) is column.type.python_type for column, value in zip(columns, typed, strict=True))
    bounded = all(abs(value) < 2**63 for value in typed if isinstance(value, int))
    return cursor if fits and bounded else None


def _nearest(viewer: Viewer, asked: Asked, today: date) -> Page:
    """The nearest within the filter, by distance; not divided into pages."""
    assert asked.near is not None  # noqa: S101
    around = {near.id: near.km for near in nearby(viewer, *asked.near, limit=10 * NEAREST)}
    found = _found_by_text(viewer, asked)
    conditions = [*_conditions(viewer, asked, today, found), Distributor.id.in_(around)]
    kept = set(db.session.scalars(sa.select(Distributor.id).where(*conditions)))
    keys = [key for key in around if key in kept][:NEAREST]
    return Page([row._replace(km=around[row.id]) for row in _rows(keys, today)], None)


_SHOWN = (
    Distributor.id,
    Distributor.code,
    Distributor.name,
    Distributor.region_code,
    Distributor.status,
    CreditRecord.distributor_id.label("credited"),
    CreditRecord.grade,
    CreditRecord.limit,
    CreditRecord.extra_limit,
    CreditRecord.extra_from,
    CreditRecord.extra_until,
    Balance.outstanding,
    Balance.as_of,
    Balance.open_items,
    exposure.others().label("others"),
)


class _Standing(NamedTuple):
    """A row of _SHOWN."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status
    credited: UUID | None
    grade: Grade | None
    limit: int | None
    extra_limit: int | None
    extra_from: date | None
    extra_until: date | None
    outstanding: int | None
    as_of: date | None
    open_items: list[Any] | None
    others: list[Any] | None


@lru_cache(maxsize=64)
def _standing_of(count: int) -> HotRead:
    """Where so many distributors stand, by their keys `key0`, `key1`, …"""
    return HotRead(
        sa.select(*_SHOWN)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(Distributor.id.in_([sa.bindparam(f"key{n}", type_=sa.Uuid()) for n in range(count)]))
    )


def _rows(keys: Sequence[UUID], today: date) -> list[Row]:
    """What the list shows of some distributors, in the order of the keys, which were found in the viewer's scope."""
    if not keys:
        return []
    found = map(_Standing._make, _standing_of(len(keys)).all(**{f"key{n}": key for n, key in enumerate(keys)}))
    by_key = {row.id: row for row in found}
    return [_row(by_key[key], today) for key in keys if key in by_key]


def _row(row: Any, today: date) -> Row:
    ledger = _ledger(row, today)
    limit, temporary = limit_on(today, row.limit, row.extra_limit, row.extra_from, row.extra_until)
    available = (limit or 0) - ledger.outstanding if row.credited else None
    others = exposure.read(row.others)
    if others and row.credited:
        settings = reference.read()[0].policy_on(today).settings
        credit, owed = exposure.counted(CreditFacts(row.grade, limit), ledger, others, today, settings)
        limit, available = credit.limit, (credit.limit or 0) - owed.outstanding
    return Row(
        id=row.id,
        code=row.code,
        name=row.name,
        region_code=row.region_code,
        status=row.status,
        grade=row.grade,
        limit=limit,
        temporary=temporary,
        available=available,
        outstanding=ledger.outstanding,
        overdue=ledger.overdue,
        overdue_days=ledger.overdue_days,
        together=len(others),
    )


def _ledger(row: Any, today: date) -> LedgerFacts:
    """From the kept balance; from the rows for a day before its latest row."""
    if row.as_of is None:
        return LedgerFacts()
    if row.as_of > today:
        return position_on(row.id, today)
    return from_balance(row.outstanding, read_open_items(row.open_items), today)


# One distributor ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A distributor's page. `distributor`, `credit` are plain rows; `check` the latest that the viewer may see."""

    distributor: Any
    standing: Row
    ledger: LedgerFacts
    contacts: Sequence[Any]
    check: Any | None


def find(viewer: Viewer, distributor_id: UUID, today: date) -> Shown | None:
    """A distributor in the viewer's patch with all that its page shows, or None; three statements."""
    statement = (
        sa.select(
            *_SHOWN,
            CreditRecord.term_days,
            CreditRecord.valid_until,
            CreditRecord.assessed_on,
            CreditRecord.frozen,
            Distributor.tier,
            Distributor.since,
            Distributor.business_since,
            Distributor.address,
            User.name.label("rep"),
        )
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .outerjoin(User, User.id == Distributor.rep_id)
        .where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )
    row = db.session.execute(statement).one_or_none()
    if row is None:
        return None
    return Shown(
        distributor=row,
        standing=_row(row, today),
        ledger=_ledger(row, today),
        contacts=_contacts(row.id),
        check=_latest_check(viewer, row.id),
    )


def _contacts(distributor_id: UUID) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Contact.id, Contact.name, Contact.phone, Contact.main, ContactType.type)
        .outerjoin(ContactType, present_of_contact())
        .where(Contact.distributor_id == distributor_id)
        .order_by(Contact.main.desc(), Contact.name)
    ).all()


def _latest_check(viewer: Viewer, distributor_id: UUID) -> Any | None:
    return db.session.execute(
        sa.select(DealCheck.id, DealCheck.verdict, DealCheck.made_at, DealCheck.amount, User.name.label("maker"))
        .join(User, User.id == DealCheck.made_by_id)
        .where(DealCheck.distributor_id == distributor_id, visible(viewer))
        .order_by(DealCheck.made_at.desc())
        .limit(1)
    ).one_or_none()
