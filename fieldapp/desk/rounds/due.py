"""Who is due for a visit, out of everybody in the viewer's patch, by the cadence of the policy.

The database does what fieldwork/visits/cadence.py says of one distributor, so that a long list is sorted and cut there;
a test holds the two equal. The last visit is found by an index (distributor, arrival): one look for each distributor,
however many visits there are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fieldapp.core.db import db
from fieldapp.fieldwork.visits.cadence import NONE, Basis, VisitPolicy
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord

Box = tuple[float, float, float, float]  # least and most latitude, least and most longitude


class _Ordinal(FunctionElement[int]):
    """A date as a number, as `date.toordinal()` counts: days can be added to it on every database."""

    inherit_cache = True
    name = "ordinal"
    type = sa.Integer()


@compiles(_Ordinal)
def _by_difference(element: _Ordinal, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(({compiler.process(element.clauses, **kwargs)}) - DATE '0001-01-01' + 1)"


@compiles(_Ordinal, "sqlite")
def _by_julian_day(element: _Ordinal, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **kwargs)}) - 1721424.5 AS INTEGER)"


class Due(NamedTuple):
    """A distributor, since (or from) when it is due, and the day of its last visit; None: it never had one."""

    id: UUID
    name: str
    region_code: str | None
    due: date
    last: date | None

    @property
    def cursor(self) -> str:
        """Its place in the list, for an address."""
        return f"{self.due.toordinal()}~{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them: due by a day, those of a rep, without some, within a box, after a place in the list."""

    until: date
    rep_id: UUID | None = None
    without: Collection[UUID] = ()
    box: Box | None = None
    after: tuple[int, UUID] | None = None
    limit: int = 20


def due(viewer: Viewer, policy: VisitPolicy, today: date, asked: Asked) -> tuple[list[Due], int]:
    """(who is due, the longest first; how many after that place and of any length). One statement."""
    round_ = _round(viewer, policy, today, asked)
    since = sa.case((round_.c.last.is_(None), round_.c.start), else_=_Ordinal(round_.c.last) + round_.c.days).label(
        "since"
    )
    dated = sa.select(round_.c.id, round_.c.name, round_.c.region_code, round_.c.last, since).subquery("dated")
    statement = (
        sa.select(dated, sa.func.count().over())
        .where(dated.c.since <= asked.until.toordinal())
        .order_by(dated.c.since, dated.c.id)
        .limit(asked.limit)
    )
    if asked.after is not None:
        edge, key = asked.after
        past = sa.and_(dated.c.since == edge, dated.c.id > key)
        statement = statement.where(dated.c.since >= edge, sa.or_(dated.c.since > edge, past))
    rows: Sequence[Any] = db.session.execute(statement).all()
    found = [Due(id_, name, region, date.fromordinal(number), last) for id_, name, region, last, number, _all in rows]
    return found, rows[0][-1] if rows else 0


def read_cursor(text: str) -> tuple[int, UUID] | None:
    """The place in the list that an address names; None when it names none."""
    number, _sep, key = text.partition("~")
    try:
        return (int(number), UUID(key)) if number.isascii() and number.isdecimal() and len(number) < 8 else None
    except ValueError:
        return None


def _round(viewer: Viewer, policy: VisitPolicy, today: date, asked: Asked) -> sa.CTE:
    """Everybody who can become due, with what the day follows from."""
    last = (
        sa.select(Visit.day)
        .where(Visit.distributor_id == Distributor.id)
        .order_by(Visit.arrived_at.desc())
        .limit(1)
        .correlate(Distributor)
        .scalar_subquery()
    )
    statement = (
        sa.select(
            Distributor.id,
            Distributor.name,
            Distributor.region_code,
            last.label("last"),
            _days(policy).label("days"),
            sa.case((Distributor.since.is_(None), today.toordinal()), else_=_Ordinal(Distributor.since)).label("start"),
        )
        .select_from(Distributor)
        .where(viewer.scope(Distributor.region_code), Distributor.status != Status.ENDED)
    )
    if policy.basis is Basis.GRADE:
        statement = statement.outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
    if asked.rep_id is not None:
        statement = statement.where(Distributor.rep_id == asked.rep_id)
    if asked.without:
        statement = statement.where(Distributor.id.not_in(asked.without))
    if asked.box is not None:
        south, north, west, east = asked.box
        statement = statement.where(Distributor.lat.between(south, north), Distributor.lng.between(west, east))
    # Materialised: the look for the last visit would be made once for the condition, the order and the answer each.
    return statement.cte("round").prefix_with("MATERIALIZED")


def _days(policy: VisitPolicy) -> sa.ColumnElement[int]:
    """`cadence` as SQL, of whoever has not ended."""
    other = policy.grades[NONE]
    cases: list[Any] = [(Distributor.status == Status.PROSPECT, other)]
    if policy.basis is Basis.GRADE:
        cases += [(CreditRecord.grade == grade, days) for grade, days in policy.grades.items() if grade != NONE]
    else:
        cases += [(sa.func.lower(Distributor.tier) == tier, days) for tier, days in policy.classes.items()]
    return sa.case(*cases, else_=other)
