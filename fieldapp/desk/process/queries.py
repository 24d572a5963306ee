"""Waiting as the viewer may see it: what ended in a month by step, one step over a year, and what waits now."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import UtcDateTime, db
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.worktime import policy as worktime
from fieldapp.people.worktime.rules import DAY, day_number, first_minute, meter, minute_of

from . import policy
from .rules import Waits, level_below, months_until, next_month
from .steps import Step, declared

MOST_OPEN = 20
_LAG = timedelta(days=7)  # a month that has just begun says nothing yet


@dataclass(frozen=True, slots=True)
class Asked:
    """A month by its first day, an area by its code ("": everywhere in the patch), and which clock counts."""

    month: date
    region: str = ""
    by_clock: bool = False

    @classmethod
    def read(cls, given: Mapping[str, str], today: date) -> Self:
        """From an address; what cannot be is left out. Without a month it is the one of a week ago."""
        usual = (today - _LAG).replace(day=1)
        text, region = given.get("month", ""), given.get("region", "")
        try:
            month = date.fromisoformat(f"{text}-01") if len(text) == 7 else usual
        except ValueError:
            month = usual
        if not 2000 <= month.year <= today.year or month > today:
            month = usual
        known = region.isascii() and region.isdecimal() and len(region) in (2, 4, 6)
        return cls(month, region if known else "", given.get("hours") == "clock")

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {
            "month": f"{self.month:%Y-%m}",
            "region": self.region,
            "hours": "clock" if self.by_clock else None,
            **changes,
        }
        return {name: value for name, value in held.items() if value}


@dataclass(frozen=True, slots=True)
class Stuck:
    """What waits at a step: how many, since when the oldest, how many for longer than they should."""

    count: int
    oldest: datetime | None
    late: int


class Waiting(NamedTuple):
    """One thing that waits: the key of its page, since when, and whether for longer than it should."""

    key: UUID
    region: str | None
    since: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One step: the months up to the one asked for (the oldest first), the areas in that month, what waits longest."""

    months: list[tuple[date, Waits]]
    areas: list[tuple[str, Waits]]
    stuck: Stuck
    waiting: list[Waiting]

    @property
    def of_month(self) -> Waits:
        """The month asked for."""
        return self.months[-1][1]


def overview(viewer: Viewer, asked: Asked, today: date) -> dict[str, Waits]:
    """{step: what ended in the month asked for}; one statement and the policy's."""
    first, past = asked.month, next_month(asked.month)
    parts = [
        _ended(step, viewer, asked.region, first, past, sa.literal(number).label("step"))
        for number, step in enumerate(declared())
    ]
    of_step: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, started, ended in _rows(sa.union_all(*parts)):
        if started is not None:
            of_step[number].append((started, ended))
    measure = _measure(asked, today, [start for spans in of_step.values() for start, _ in spans])
    return {step.name: Waits.of(measure(of_step[number])) for number, step in enumerate(declared())}


def stuck(viewer: Viewer, asked: Asked, now: datetime, today: date) -> dict[str, Stuck]:
    """{step: what waits there now}; one statement and the policy's."""
    targets = _late_before(now, today)
    parts = [
        _counted(step, viewer, asked.region, now, targets.get(step.name), sa.literal(number).label("step"))
        for number, step in enumerate(declared())
    ]
    rows = {row[0]: Stuck(row[1], row[2], row[3] or 0) for row in db.session.execute(sa.union_all(*parts))}
    return {step.name: rows[number] for number, step in enumerate(declared())}


def detail(viewer: Viewer, step: Step, asked: Asked, now: datetime, today: date) -> Detail:
    """One step in a year; four statements and the policy's."""
    months = months_until(asked.month)
    past = next_month(asked.month)
    spans = [span for span in _rows(_ended(step, viewer, asked.region, months[0], past)) if span[0] is not None]
    taken = _measure(asked, today, [start for start, _ in spans])(spans)
    month_of, first = _month_of_day(months), first_minute(months[0])
    of_month: list[list[int]] = [[] for _ in months]
    for (_start, end), minutes in zip(spans, taken, strict=True):
        of_month[month_of[(end - first) // DAY]].append(minutes)
    targets = _late_before(now, today)
    before = targets.get(step.name)
    found = db.session.execute(_counted(step, viewer, asked.region, now, before)).one()
    return Detail(
        [(month, Waits.of(minutes)) for month, minutes in zip(months, of_month, strict=True)],
        _areas(viewer, step, asked, today),
        Stuck(found[0], found[1], found[2] or 0),
        _oldest(step, viewer, asked.region, now, before),
    )


def _areas(viewer: Viewer, step: Step, asked: Asked, today: date) -> list[tuple[str, Waits]]:
    """The areas one level below the one asked for, in its month; none below a county."""
    level = level_below(asked.region)
    if level is None:
        return []
    area = sa.func.substr(step.done.selected_columns.region, 1, level).label("area")
    past = next_month(asked.month)
    rows = [row for row in _rows(_ended(step, viewer, asked.region, asked.month, past, area)) if row[1] is not None]
    taken = _measure(asked, today, [row[1] for row in rows])([(row[1], row[2]) for row in rows])
    of_area: dict[str, list[int]] = defaultdict(list)
    for row, minutes in zip(rows, taken, strict=True):
        of_area[row[0] or ""].append(minutes)
    return sorted((where, Waits.of(minutes)) for where, minutes in of_area.items())


def _rows(select: Any) -> list[Any]:
    """The driver's own tuples: making rows of SQLAlchemy's out of 100,000 takes longer than to read them."""
    cursor: Any = db.session.connection().execute(select).cursor
    found: list[Any] = cursor.fetchall()
    return found


# A plain number comes out of the database as it is: turning 100,000 texts into instants would take a second.
class _Minutes(FunctionElement[int]):
    """An instant as whole minutes since 1970."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(_Minutes, "sqlite")
def _minutes_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"strftime('%s', {compiler.process(element.clauses, **options)}) / 60"


@compiles(_Minutes)
def _minutes(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)}) / 60) AS BIGINT)"


def _ended(step: Step, viewer: Viewer, region: str, first: date, past: date, *also: Any) -> sa.Select[Any]:
    """(…also, minute it started, minute it ended) of what ended in these months."""
    columns = step.done.selected_columns
    return step.done.where(
        _inside(columns.region, viewer, region),
        columns.ended >= _instant(first),
        columns.ended < _instant(past),
    ).with_only_columns(*also, _Minutes(_plain(columns.started)), _Minutes(_plain(columns.ended)))


def _counted(
    step: Step, viewer: Viewer, region: str, now: datetime, before: datetime | None, *also: Any
) -> sa.Select[Any]:
    columns = step.open.selected_columns
    waiting = step.open.where(_inside(columns.region, viewer, region)).subquery()
    late = sa.case((_late(waiting.c, now, before), 1), else_=0)
    return sa.select(*also, sa.func.count(), sa.func.min(waiting.c.started), sa.func.sum(late)).select_from(waiting)


def _oldest(step: Step, viewer: Viewer, region: str, now: datetime, before: datetime | None) -> list[Waiting]:
    columns = step.open.selected_columns
    waiting = step.open.where(_inside(columns.region, viewer, region)).subquery()
    late = _late(waiting.c, now, before).label("late")
    select = sa.select(waiting.c.key, waiting.c.region, waiting.c.started, late)
    ordered = select.order_by(late.desc(), waiting.c.started, waiting.c.key).limit(MOST_OPEN)
    return [Waiting(key, where, since, bool(over)) for key, where, since, over in db.session.execute(ordered)]


def _late(columns: Any, now: datetime, before: datetime | None) -> Any:
    """Past its own due time; where it has none, begun before the policy's target."""
    own = sa.func.coalesce(columns.due < sa.literal(now, UtcDateTime()), sa.false())
    if before is None:
        return own
    return sa.or_(own, sa.and_(columns.due.is_(None), columns.started < sa.literal(before, UtcDateTime())))


def _plain(column: Any) -> Any:
    """A column without its label."""
    return column.element if isinstance(column, sa.Label) else column


def _inside(region: Any, viewer: Viewer, prefix: str) -> sa.ColumnElement[bool]:
    column = _plain(region)
    area = sa.and_(column >= prefix, column < prefix + "9" * 10) if prefix else sa.true()
    return sa.and_(viewer.scope(column), area)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def _month_of_day(months: list[date]) -> list[int]:
    """For every day from the first month's first one: the place of its month."""
    return [number for number, first in enumerate(months) for _ in range((next_month(first) - first).days)]


def _measure(asked: Asked, today: date, starts: Collection[int]) -> Callable[[list[tuple[int, int]]], list[int]]:
    """A function from spans to their minutes: by the clock, or of working time by the calendar of today."""
    if asked.by_clock or not starts:
        return lambda spans: [max(0, end - start) for start, end in spans]
    first = date(1970, 1, 1) + timedelta(days=day_number(min(starts)))
    return meter(worktime.on(today), first.year, asked.month.year).spans


def _late_before(now: datetime, today: date) -> dict[str, datetime]:
    """{step: what began before has waited longer than the policy's target}."""
    year = now.astimezone(SHANGHAI).year
    worked, minute = meter(worktime.on(today), year - 1, year), minute_of(now)
    return {
        name: datetime.fromtimestamp(worked.back(minute, hours * 60) * 60, UTC)
        for name, hours in policy.on(today).items()
    }
