"""Ratings as the viewer may see them: one distributor's, what waits, what is due. Always within his patch of now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.hotread import HotRead
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory.patches import names as region_names
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.policy import queries as policies
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance

from . import privacy_policy
from .models import Assessment, AssessmentState, CreditRecord, Grade
from .scoring import GradingPolicy

SOON_DAYS = 30
LATELY_DAYS = 30
MOST_OPEN = 200
MOST_OWN = 20
MOST_HISTORY = 40
PAGE = 20
COUNTED = 1000  # more are counted as "1,000+"

_proposer = sa.orm.aliased(User)
_decider = sa.orm.aliased(User)


# Policy ---------------------------------------------------------------------------------------------------------


def policy_on(day: date) -> tuple[int, GradingPolicy]:
    """(version, policy) that holds on a day."""
    held = policies.on(day)
    return held.version, _read(held)


def policy_of(assessment: Assessment) -> GradingPolicy:
    """The policy under which a rating was made."""
    return _read(db.session.get_one(PolicyVersion, assessment.policy_version))


def _read(version: PolicyVersion) -> GradingPolicy:
    habits = privacy_policy.read(version.settings).habits
    return GradingPolicy.from_settings(version.settings.get("grading", {}), habits=habits)


# One distributor ------------------------------------------------------------------------------------------------


def distributor(viewer: Viewer, distributor_id: UUID) -> Distributor | None:
    """A distributor in his patch, or None."""
    return db.session.scalar(
        sa.select(Distributor).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )


def credit_of(distributor_id: UUID) -> CreditRecord | None:
    """What holds today."""
    return db.session.get(CreditRecord, distributor_id)


def ledger_on(distributor_id: UUID, today: date) -> LedgerFacts:
    """What the distributor owes today."""
    kept = db.session.get(Balance, distributor_id)
    if kept is None:
        return LedgerFacts()
    if kept.as_of > today:
        return position_on(distributor_id, today)
    return from_balance(kept.outstanding, read_open_items(kept.open_items), today)


def open_of(distributor_id: UUID) -> Assessment | None:
    """The proposal that waits for this distributor; there is at most one."""
    return db.session.scalar(
        sa.select(Assessment).where(
            Assessment.distributor_id == distributor_id, Assessment.state == AssessmentState.PROPOSED
        )
    )


def latest_of(distributor_id: UUID) -> Assessment | None:
    """Its latest confirmed rating."""
    return db.session.scalar(
        sa.select(Assessment)
        .where(Assessment.distributor_id == distributor_id, Assessment.state == AssessmentState.CONFIRMED)
        .order_by(Assessment.on.desc(), Assessment.decided_at.desc(), Assessment.id.desc())
        .limit(1)
    )


def history(distributor_id: UUID) -> Sequence[Assessment]:
    """Its ratings that were decided, the newest first; the distributor has been found through the viewer."""
    decided = (AssessmentState.CONFIRMED, AssessmentState.RETURNED)
    return db.session.scalars(
        sa.select(Assessment)
        .where(Assessment.distributor_id == distributor_id, Assessment.state.in_(decided))
        .order_by(Assessment.on.desc(), Assessment.decided_at.desc())
        .limit(MOST_HISTORY)
    ).all()


def find(viewer: Viewer, assessment_id: UUID) -> tuple[Assessment, Distributor] | None:
    """A rating with its distributor, which lies in his patch now; or None."""
    row = db.session.execute(
        sa.select(Assessment, Distributor)
        .join(Distributor, Distributor.id == Assessment.distributor_id)
        .where(Assessment.id == assessment_id, viewer.scope(Distributor.region_code))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def by_key(assessment_id: UUID) -> Assessment | None:
    """A rating, whoever asks: for the action that has just made it."""
    return db.session.get(Assessment, assessment_id)


def region_now(assessment: Assessment) -> str | None:
    """Where its distributor lies now, read afresh."""
    return db.session.scalar(sa.select(Distributor.region_code).where(Distributor.id == assessment.distributor_id))


def people(*assessments: Assessment | None) -> dict[UUID, str]:
    """Names of those who proposed and decided."""
    wanted = {
        user_id
        for assessment in assessments
        if assessment is not None
        for user_id in (assessment.proposed_by_id, assessment.decided_by_id)
        if user_id is not None
    }
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted))).tuples().all())


# What waits -----------------------------------------------------------------------------------------------------


def _proposals() -> sa.Select[Any]:
    return (
        sa.select(
            Assessment.id,
            Assessment.state,
            Assessment.grade,
            Assessment.limit,
            Assessment.on,
            Assessment.proposed_at,
            Assessment.proposed_by_id,
            Assessment.decided_at,
            Assessment.decision_reason,
            Distributor.name.label("distributor_name"),
            Distributor.code.label("distributor_code"),
            CreditRecord.grade.label("grade_now"),
            _proposer.name.label("proposer"),
            _decider.name.label("decider"),
        )
        .select_from(Assessment)
        .join(Distributor, Distributor.id == Assessment.distributor_id)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .join(_proposer, _proposer.id == Assessment.proposed_by_id)
        .outerjoin(_decider, _decider.id == Assessment.decided_by_id)
    )


def waiting(viewer: Viewer) -> Sequence[sa.Row[Any]]:
    """Proposals of others that wait in his patch, the oldest first."""
    statement = _proposals().where(
        Assessment.state == AssessmentState.PROPOSED,
        Assessment.proposed_by_id != viewer.id,
        viewer.scope(Distributor.region_code),
    )
    return db.session.execute(statement.order_by(Assessment.proposed_at).limit(MOST_OPEN)).all()


def own(viewer: Viewer, now: datetime) -> Sequence[sa.Row[Any]]:
    """His own proposals in his patch that are open, or were answered lately, the newest first."""
    statement = _proposals().where(
        Assessment.proposed_by_id == viewer.id,
        viewer.scope(Distributor.region_code),
        sa.or_(
            Assessment.state == AssessmentState.PROPOSED,
            sa.and_(
                Assessment.state.in_((AssessmentState.CONFIRMED, AssessmentState.RETURNED)),
                Assessment.decided_at >= now - timedelta(days=LATELY_DAYS),
            ),
        ),
    )
    return db.session.execute(statement.order_by(Assessment.proposed_at.desc()).limit(MOST_OWN)).all()


# What is due ----------------------------------------------------------------------------------------------------


class Due(StrEnum):
    """Parts of the re-rating list. `due`: overdue and soon together."""

    DUE = "due"
    OVERDUE = "overdue"
    SOON = "soon"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. `after`: (value of the order, key) of the row before the page."""

    part: Due = Due.DUE
    after: tuple[str, UUID] | None = None


class Row(NamedTuple):
    """A distributor of the list. `days`: until the rating runs out, below 0 when it has; None when never graded."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    place: str
    status: Status
    grade: Grade | None
    limit: int | None
    valid_until: date | None
    days: int | None
    proposed: bool
    rep: str | None
    cursor: str

    @property
    def town(self) -> str:
        """City and county (the province is known to who works there)."""
        parts = self.place.split(" · ")
        return " · ".join(parts[1:3] or parts)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list. `count` is at most COUNTED + 1."""

    rows: list[Row]
    count: int
    next: str | None


def listed(viewer: Viewer, asked: Asked, today: date) -> Page:
    """The page asked for: three statements."""
    rows = _rows(viewer, asked, today, PAGE + 1)
    first_and_last = asked.after is None and len(rows) <= PAGE
    number = len(rows) if first_and_last else db.session.scalar(_counted(_of(viewer, asked.part, today))) or 0
    return Page(rows[:PAGE], number, rows[PAGE - 1].cursor if len(rows) > PAGE else None)


def every(viewer: Viewer, part: Due, today: date, chunk: int = 1000) -> Iterator[Row]:
    """All rows of a part in its order, for an export: read piece by piece, no long transaction."""
    asked = Asked(part)
    while True:
        rows = _rows(viewer, asked, today, chunk)
        yield from rows
        if len(rows) < chunk:
            return
        asked = replace(asked, after=cursor(rows[-1].cursor))


def cursor(text: str) -> tuple[str, UUID] | None:
    """The place in the list that a URL names; None when it names none."""
    value, _sep, key = text.rpartition("~")
    try:
        return (value, UUID(key)) if "\0" not in value else None
    except ValueError:
        return None


def _rows(viewer: Viewer, asked: Asked, today: date, size: int) -> list[Row]:
    never = asked.part is Due.NEVER
    order: Any = Distributor.pinyin if never else CreditRecord.valid_until
    statement = (
        sa.select(
            Distributor.id,
            Distributor.code,
            Distributor.name,
            Distributor.region_code,
            Distributor.status,
            Distributor.pinyin,
            CreditRecord.grade,
            CreditRecord.limit,
            CreditRecord.valid_until,
            Assessment.id.label("proposal"),
            User.name.label("rep"),
        )
        .select_from(Distributor)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(
            Assessment,
            sa.and_(Assessment.distributor_id == Distributor.id, Assessment.state == AssessmentState.PROPOSED),
        )
        .outerjoin(User, User.id == Distributor.rep_id)
        .where(*_of(viewer, asked.part, today))
        .order_by(order, Distributor.id)
        .limit(size)
    )
    if asked.after is not None:
        edge: Any = _edge(asked.after[0], never)
        if edge is not None:
            past = sa.and_(order == edge, Distributor.id > asked.after[1])
            statement = statement.where(order >= edge, sa.or_(order > edge, past))
    found = db.session.execute(statement).all()
    places = region_names(row.region_code for row in found if row.region_code)
    return [_row(row, today, places, never) for row in found]


def _row(row: Any, today: date, places: dict[str, str], never: bool) -> Row:
    until = None if never else row.valid_until
    return Row(
        id=row.id,
        code=row.code,
        name=row.name,
        region_code=row.region_code,
        place=places.get(row.region_code, ""),
        status=row.status,
        grade=row.grade,
        limit=row.limit,
        valid_until=until,
        days=(until - today).days if until else None,
        proposed=row.proposal is not None,
        rep=row.rep,
        cursor=f"{row.pinyin if never else until}~{row.id.hex}",
    )


def _edge(text: str, never: bool) -> Any:
    if never:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _conditions(scope: sa.ColumnElement[bool], part: Due, today: Any, soon: Any) -> list[sa.ColumnElement[bool]]:
    """Who is on a part of the list: whoever we still trade with, or may. `soon`: the last day that counts as soon."""
    found = [scope, Distributor.status != Status.ENDED]
    if part is Due.NEVER:
        return [*found, CreditRecord.grade.is_(None)]
    found.append(CreditRecord.grade.is_not(None))
    if part is Due.OVERDUE:
        return [*found, CreditRecord.valid_until < today]
    if part is Due.SOON:
        found.append(CreditRecord.valid_until >= today)
    return [*found, CreditRecord.valid_until <= soon]


def _of(viewer: Viewer, part: Due, today: date) -> list[sa.ColumnElement[bool]]:
    scope = viewer.scope(Distributor.region_code)
    return _conditions(scope, part, today, today + timedelta(days=SOON_DAYS))


def _counted(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """How many, counted to COUNTED + 1 at most."""
    some = (
        sa.select(sa.literal(1))
        .select_from(Distributor)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .where(*conditions)
        .limit(COUNTED + 1)
    )
    return sa.select(sa.func.count()).select_from(some.subquery())


class ToDo(NamedTuple):
    """What ratings ask of a viewer: `waiting` for his decision, `due` (also overdue), `never` graded; capped."""

    waiting: int
    due: int
    never: int


def to_do(viewer: Viewer, today: date) -> ToDo | None:
    """For the home page, one statement; None for an administrator, who neither rates nor confirms."""
    if viewer.everywhere:
        return None
    ranges = viewer.ranges()
    if not ranges:
        return ToDo(0, 0, 0)
    binds: dict[str, Any] = {f"first{n}": first for n, (first, _end) in enumerate(ranges)}
    binds |= {f"end{n}": end for n, (_first, end) in enumerate(ranges)}
    decides = viewer.role is Role.SUPERVISOR
    if decides:
        binds["me"] = viewer.id
    row = _to_do(len(ranges), decides).one(today=today, soon=today + timedelta(days=SOON_DAYS), **binds)
    return ToDo(*row) if row else None


@lru_cache(maxsize=64)
def _to_do(ranges: int, decides: bool) -> HotRead:
    """The counts of somebody who covers so many ranges of regions."""
    scope = sa.or_(
        *(
            sa.and_(
                Distributor.region_code >= sa.bindparam(f"first{n}"), Distributor.region_code < sa.bindparam(f"end{n}")
            )
            for n in range(ranges)
        )
    )
    today, soon = sa.bindparam("today", type_=sa.Date()), sa.bindparam("soon", type_=sa.Date())
    counts = [_counted(_conditions(scope, part, today, soon)).scalar_subquery() for part in (Due.DUE, Due.NEVER)]
    return HotRead(sa.select(_waiting_count(scope) if decides else sa.literal(0), *counts))


def _waiting_count(scope: sa.ColumnElement[bool]) -> Any:
    return (
        sa.select(sa.func.count())
        .select_from(Assessment)
        .join(Distributor, Distributor.id == Assessment.distributor_id)
        .where(
            Assessment.state == AssessmentState.PROPOSED,
            Assessment.proposed_by_id != sa.bindparam("me", type_=sa.Uuid()),
            scope,
        )
        .scalar_subquery()
    )
