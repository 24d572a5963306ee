"""The plan of a week: putting a visit on a day, taking it off, moving it, copying a week; each with its audit entry.

A plan is known by rep, day and distributor. So a tap that comes twice, late or from two phones at once changes nothing
the second time.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record, record_each

from .models import VisitPlan

SUBJECT = "visit_plan"
MOST_OF_A_WEEK = 200
AHEAD_DAYS = 366


class GoneError(LookupError):
    """The key belongs to another row."""


class PastError(ValueError):
    """The day is past, or too far ahead, to be planned."""


class FullError(ValueError):
    """The week holds as many visits as it can."""


class Place(NamedTuple):
    """Who goes where on which day; rep and distributor have been found through the viewer."""

    rep_id: UUID
    distributor_id: UUID
    day: date


def plan(viewer: Viewer, place: Place, key: UUID | None, now: datetime, written: date) -> bool:
    """Put a visit on a day; whether it was not there yet. `written`: the day on which he tapped.

    Raises PastError, FullError, GoneError.
    """
    _may_be_planned(place.day, written)
    if key is not None:
        there = db.session.get(VisitPlan, key)
        if there is not None:
            if (there.rep_id, there.distributor_id, there.made_by_id) != (
                place.rep_id,
                place.distributor_id,
                viewer.id,
            ):
                raise GoneError
            return False
    if _count(place.rep_id, place.day) >= MOST_OF_A_WEEK:
        raise FullError
    if not _insert([(key or uuid7(), place)], viewer, now):
        return False
    _audit(viewer, "plan", place, now, [None, place.day.isoformat()])
    return True


def unplan(viewer: Viewer, place: Place, now: datetime) -> bool:
    """Take a visit off a day; whether it was there."""
    gone = db.session.execute(sa.delete(VisitPlan).where(*_is(place)).returning(VisitPlan.id)).first() is not None
    if gone:
        _audit(viewer, "unplan", place, now, [place.day.isoformat(), None])
    return gone


def move(viewer: Viewer, place: Place, to: date, now: datetime, written: date) -> bool:
    """Move a visit to another day; whether it was there. Planned for both days it is planned for the new one alone.

    Raises PastError, FullError.
    """
    if to == place.day:
        return False
    _may_be_planned(to, written)
    if _count(place.rep_id, to) >= MOST_OF_A_WEEK:
        raise FullError
    gone = db.session.execute(sa.delete(VisitPlan).where(*_is(place)).returning(VisitPlan.id)).first()
    if gone is None:
        return False
    _insert([(gone.id, place._replace(day=to))], viewer, now)
    _audit(viewer, "move", place, now, [place.day.isoformat(), to.isoformat()])
    return True


def copy(viewer: Viewer, rep_id: UUID, monday: date, now: datetime, written: date) -> int:
    """Plan what the week before held, each on its weekday; returns how many are new.

    Days that are past are left out, and so is who has ended, or lies outside the viewer's patch now.
    """
    week = timedelta(days=7)
    before = db.session.execute(
        sa.select(VisitPlan.distributor_id, VisitPlan.day)
        .join(Distributor, Distributor.id == VisitPlan.distributor_id)
        .where(
            VisitPlan.rep_id == rep_id,
            VisitPlan.day.between(max(monday - week, written - week), monday - timedelta(days=1)),
            Distributor.status != Status.ENDED,
            viewer.scope(Distributor.region_code),
        )
        .order_by(VisitPlan.day, VisitPlan.made_at, VisitPlan.id)
        .limit(MOST_OF_A_WEEK)
    ).tuples()
    wanted = [(uuid7(), Place(rep_id, distributor_id, day + week)) for distributor_id, day in before]
    made = _insert(wanted, viewer, now) if wanted else 0
    if made:
        changes = {"plans": [0, made], "week": [(monday - week).isoformat(), monday.isoformat()]}
        record(viewer.id, "visits.copy_week", "user", rep_id, now, changes)
    return made


def pass_on(by: UUID, keys: Sequence[UUID], to: UUID, now: datetime) -> list[UUID]:
    """Planned visits are another rep's; those that moved. Where he has planned the same day already, the other's goes
    and his stays: that counts as moved too."""
    mine, other = VisitPlan, sa.orm.aliased(VisitPlan)
    same = (
        sa.exists()
        .where(other.rep_id == to, other.day == mine.day, other.distributor_id == mine.distributor_id)
        .correlate(mine)
    )
    there = mine.id.in_(keys), mine.rep_id != to
    before = dict(db.session.execute(sa.select(mine.id, mine.rep_id).where(*there).with_for_update()).tuples().all())
    twice = db.session.execute(
        sa.delete(mine).where(*there, same).execution_options(synchronize_session=False).returning(mine.id)
    ).scalars()
    moved = list(twice)
    passed = (
        sa.update(mine).where(*there).values(rep_id=to).execution_options(synchronize_session=False).returning(mine.id)
    )
    moved += db.session.execute(passed).scalars()
    record_each(by, "visits.pass_on", SUBJECT, now, [(key, {"rep": [str(before[key]), str(to)]}) for key in moved])
    return moved


def _may_be_planned(day: date, written: date) -> None:
    if not written <= day <= written + timedelta(days=AHEAD_DAYS):
        raise PastError


def _is(place: Place) -> list[sa.ColumnElement[bool]]:
    return [
        VisitPlan.rep_id == place.rep_id,
        VisitPlan.distributor_id == place.distributor_id,
        VisitPlan.day == place.day,
    ]


def _count(rep_id: UUID, day: date) -> int:
    monday = day - timedelta(days=day.weekday())
    within = VisitPlan.day.between(monday, monday + timedelta(days=6))
    return db.session.scalar(sa.select(sa.func.count()).where(VisitPlan.rep_id == rep_id, within)) or 0


def _insert(wanted: Sequence[tuple[UUID, Place]], viewer: Viewer, now: datetime) -> int:
    """How many were not there yet; the database decides, so that two at once do not collide."""
    rows = [{"id": key, **place._asdict(), "made_by_id": viewer.id, "made_at": now} for key, place in wanted]
    statement = insert_into(VisitPlan).values(rows).on_conflict_do_nothing().returning(VisitPlan.id)
    return len(db.session.execute(statement).all())


def _audit(viewer: Viewer, verb: str, place: Place, now: datetime, day: list[str | None]) -> None:
    changes = {"rep": [None, str(place.rep_id)], "day": day}
    record(viewer.id, f"visits.{verb}", "distributor", place.distributor_id, now, changes)
