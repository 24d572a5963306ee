"""The promises of a month and what is overdue, within what the viewer may see: one statement for each source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from werkzeug.datastructures import MultiDict

from fieldapp.core.clock import SHANGHAI, parse_day
from fieldapp.core.db import UtcDateTime, db
from fieldapp.core.search import query
from fieldapp.desk.deals.forms import key, read_search
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

from . import sources
from .rules import Month, month_of, read_month
from .sources import Source

A_DAY = 4  # of each source on a day of the month
WHOLE_DAY = 200  # of each source where one day is asked for
OVERDUE = 20  # of each source; the others are counted
IN_A_FILE = 20_000  # of each source
MOST_REGIONS = 8


class _Day(FunctionElement[date]):
    """The day in Shanghai of an instant."""

    type = sa.Date()
    inherit_cache = True


@compiles(_Day, "sqlite")
def _day_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(_Day)
def _day(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Shanghai' AS date)"


class Part(StrEnum):
    """One's own, or everything in the patch."""

    MINE = "mine"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the calendar. `day`: one day of it alone; `region`, `distributor`: as typed; `owner`: whose."""

    month: Month
    part: Part = Part.MINE
    day: date | None = None
    source: str = ""
    owner: UUID | None = None
    region: str = ""
    distributor: str = ""

    @property
    def filters(self) -> int:
        """How many filters are on."""
        return sum(bool(value) for value in (self.source, self.owner, self.region, self.distributor))

    @property
    def span(self) -> tuple[date, date]:
        """The days that are shown."""
        return (self.day, self.day) if self.day else self.month.shown

    def args(self, **changes: Any) -> dict[str, Any]:
        """URL arguments of this calendar with changes."""
        values: Mapping[str, Any] = {
            "month": f"{self.month.first:%Y-%m}",
            "part": self.part,
            "day": self.day.isoformat() if self.day else None,
            "source": self.source,
            "owner": self.owner,
            "region": self.region,
            "distributor": self.distributor,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(viewer: Viewer, given: MultiDict[str, str], today: date) -> Asked:
    """The request's arguments; what cannot be read counts as not given. A rep begins with his own, others with the
    team's."""
    rep = viewer.role is Role.REP
    part = given.get("part", "")
    first = read_month(given.get("month", ""), today)
    day: date | None
    try:
        day = parse_day(given.get("day", ""))
        first = read_month(f"{day:%Y-%m}", today)
        day = day if first == day.replace(day=1) else None
    except ValueError:
        day = None
    source = given.get("source", "")
    text = {name: read_search(MultiDict({"q": given.get(name, "")})).text for name in ("region", "distributor")}
    return Asked(
        month_of(first),
        Part(part) if part in set(Part) else Part.MINE if rep else Part.TEAM,
        day,
        source if any(one.name == source for one in sources.declared()) else "",
        key(given.get("owner")),
        text["region"],
        text["distributor"],
    )


class Promise(NamedTuple):
    """Something promised. `late`: open past its day."""

    source: Source
    key: UUID
    day: date
    text: str
    owner: str
    distributor: str
    region: str | None
    open: bool
    late: bool


class Calendar(NamedTuple):
    """`days`: what is shown of each day; `counts`: {day: (how many, how many of them are open)}; `overdue`: the longest
    late first, of `overdue_count`."""

    days: Mapping[date, list[Promise]]
    counts: Mapping[date, tuple[int, int]]
    overdue: list[Promise]
    overdue_count: int


def calendar(
    viewer: Viewer, asked: Asked, today: date, *, a_day: int | None = None, overdue: int = OVERDUE
) -> Calendar:
    """What is promised: a statement for each source, one for the people's names."""
    limit = a_day or (WHOLE_DAY if asked.day else A_DAY)
    wanted = [one for one in sources.declared() if asked.source in ("", one.name)]
    found = [(one, db.session.execute(_statement(one, viewer, asked, today, limit, overdue)).all()) for one in wanted]
    owners = {row.owner for _one, rows in found for row in rows}
    names = dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(owners))).tuples().all())
    days: dict[date, list[Promise]] = {}
    counts: dict[date, tuple[int, int]] = {}
    late: list[Promise] = []
    late_count = 0
    for one, rows in found:
        seen: set[date] = set()
        for row in rows:
            over = bool(row.open) and row.day < today and not one.lapses
            promise = Promise(
                one, row.key, row.day, row.text or "", names.get(row.owner, "—"), row.name or "", row.region,
                bool(row.open), over,
            )  # fmt: skip
            if row.overdue:
                late.append(promise)
                late_count += row.number if row.place == 1 else 0
                continue
            days.setdefault(row.day, []).append(promise)
            if row.day not in seen:
                seen.add(row.day)
                before = counts.get(row.day, (0, 0))
                counts[row.day] = before[0] + row.number, before[1] + row.waits
    for promises in days.values():  # the sources stand in their order, each of them with what is open first
        promises.sort(key=lambda one: not one.open)
    late.sort(key=lambda one: one.day)
    return Calendar(days, counts, late[:overdue], late_count)


def _statement(one: Source, viewer: Viewer, asked: Asked, today: date, a_day: int, overdue: int) -> sa.Select[Any]:
    """The days' rows with how many a day has, and the longest overdue with how many are.

    They are counted and put in order by their keys alone, and only those that are shown are read with their words: to
    sort 10,000 whole rows took ten times as long.
    """
    columns = one.rows.selected_columns
    stored: Any = columns.day.element
    waits: Any = columns.open.element
    still = waits.whens[0][0]
    first, last = asked.span
    rows = one.rows.where(_seen(one, viewer, columns), *_filters(viewer, asked, columns))
    day = _Day(stored) if one.moment else stored
    row: Any = columns.row.element
    days = rows.where(stored >= _bound(one, first), stored < _bound(one, last + timedelta(days=1))).with_only_columns(
        row.label("row"),
        sa.literal(0).label("overdue"),
        sa.func.row_number().over(partition_by=day, order_by=[waits.desc(), row]).label("place"),
        sa.func.count().over(partition_by=day).label("number"),
        sa.func.sum(waits).over(partition_by=day).label("waits"),
    )
    past = sa.false() if one.lapses else stored < _bound(one, today)
    late = rows.where(still, one.late, past).with_only_columns(
        row.label("row"),
        sa.literal(1).label("overdue"),
        sa.func.row_number().over(order_by=[stored, row]).label("place"),
        sa.func.count().over().label("number"),
        sa.literal(0).label("waits"),
    )
    shown, over = days.subquery("shown"), late.subquery("late")
    both = sa.union_all(sa.select(shown).where(shown.c.place <= a_day), sa.select(over).where(over.c.place <= overdue))
    # More there cannot be; told so, PostgreSQL looks these up, and reads no whole tables to join them.
    most = a_day * ((last - first).days + 1) + overdue
    chosen = both.limit(most).subquery("chosen")
    plain = [column for column in columns if column.key not in ("row", "day")]
    found = one.rows.join(chosen, chosen.c.row == row).with_only_columns(
        *plain, day.label("day"), chosen.c.overdue, chosen.c.place, chosen.c.number, chosen.c.waits
    )
    return found.order_by(chosen.c.overdue.desc(), sa.text("day"), chosen.c.place)


def _bound(one: Source, day: date) -> Any:
    if not one.moment:
        return sa.literal(day, sa.Date())
    return sa.literal(datetime.combine(day, time(), SHANGHAI).astimezone(UTC), UtcDateTime())


def _seen(one: Source, viewer: Viewer, columns: Any) -> sa.ColumnElement[bool]:
    if one.seen is not None:
        return one.seen(viewer)
    return sa.or_(columns.owner.element == viewer.id, viewer.scope(columns.region.element))


def _filters(viewer: Viewer, asked: Asked, columns: Any) -> list[sa.ColumnElement[bool]]:
    region = columns.region.element
    wanted: list[sa.ColumnElement[bool]] = []
    if asked.part is Part.MINE:
        wanted.append(columns.owner.element == viewer.id)
    if asked.owner is not None:
        wanted.append(columns.owner.element == asked.owner)
    if asked.region:
        heads = [code for code, _name in patches.search(asked.region, MOST_REGIONS)]
        wanted.append(sa.or_(sa.false(), *(region.between(code, code + "9" * 10) for code in heads)))
    if asked.distributor:
        typed = query(asked.distributor)
        ways: list[sa.ColumnElement[bool]] = [Distributor.code_key == typed.code]
        if typed.terms:
            ways.append(Distributor.id.in_(matching(viewer, typed)))
        found = sa.select(Distributor.id).where(viewer.scope(Distributor.region_code), sa.or_(*ways))
        wanted.append(columns.distributor.element.in_(found.scalar_subquery()))
    return wanted


def flat(found: Calendar) -> Sequence[Promise]:
    """What is overdue, then the days in their order; nothing twice."""
    there = {(one.source.name, one.key, one.day) for one in found.overdue}
    rest = [one for day in sorted(found.days) for one in found.days[day]]
    return [*found.overdue, *(one for one in rest if (one.source.name, one.key, one.day) not in there)]
