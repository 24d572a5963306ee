"""What time brings: meetings that are near, promises that are due or broken, conflicts that stand still."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db

from . import moves, policy, queries, told
from .models import (
    Conflict,
    ConflictMeeting,
    ConflictPoint,
)
from .rules import (
    GOING,
    UNSETTLED,
    MeetingState,
    PointState,
)

DUE_TOLD, OVERDUE_TOLD = 1, 2


def remind(now: datetime, today: date) -> int:
    """Tell of meetings and promises that are near, of promises that are overdue, and of conflicts whose parties have
    not met in time; each once. How many."""
    until = today + timedelta(days=policy.on(today).remind_days)
    return _remind_meetings(now, today, until) + _remind_points(now, today, until) + _remind_stalled(now, today)


def _remind_meetings(now: datetime, today: date, until: date) -> int:
    count = 0
    for meeting, conflict in _locked(
        sa.select(ConflictMeeting, Conflict)
        .join(Conflict, Conflict.id == ConflictMeeting.conflict_id)
        .where(
            ConflictMeeting.state == MeetingState.PLANNED,
            ConflictMeeting.day.between(today, until),
            ConflictMeeting.told.is_(False),
            Conflict.state.in_(GOING),
        ),
        ConflictMeeting,
    ):
        meeting.told = True
        count += 1
        moves.tell_of(conflict, "meeting", moves.reps(conflict), now, about=str(meeting.id), day=meeting.day)
    return count


def _remind_points(now: datetime, today: date, until: date) -> int:
    count = 0
    for point, conflict in _locked(
        sa.select(ConflictPoint, Conflict)
        .join(Conflict, sa.and_(Conflict.id == ConflictPoint.conflict_id, Conflict.round == ConflictPoint.round))
        .where(
            ConflictPoint.state == PointState.OPEN,
            ConflictPoint.told < OVERDUE_TOLD,
            sa.or_(ConflictPoint.due < today, sa.and_(ConflictPoint.told < DUE_TOLD, ConflictPoint.due <= until)),
            queries.counts_still(),
        ),
        ConflictPoint,
    ):
        over = point.due < today
        point.told = OVERDUE_TOLD if over else DUE_TOLD
        people = [point.owner_id, conflict.owner_id]
        if over:
            people += told.nearest(moves.regions(conflict))
        kind = "overdue" if over else "due"
        # With its day: one that was postponed is recalled again.
        about = f"{point.id}:{point.due.isoformat()}"
        moves.tell_of(conflict, kind, people, now, about=about, day=point.due, point=point.id)
        count += 1
    return count


def _remind_stalled(now: datetime, today: date) -> int:
    count = 0
    for (conflict,) in _locked(
        sa.select(Conflict).where(
            Conflict.state.in_(UNSETTLED),
            Conflict.stalled_told.is_(False),
            Conflict.meet_by < today,
            ~sa.exists().where(
                ConflictMeeting.conflict_id == Conflict.id,
                ConflictMeeting.state == MeetingState.HELD,
                ConflictMeeting.round == Conflict.round,
            ),
        ),
        Conflict,
    ):
        conflict.stalled_told = True
        people = [conflict.owner_id, *told.nearest(moves.regions(conflict))]
        moves.tell_of(conflict, "stalled", people, now, about=f"{conflict.id}:{conflict.round}")
        count += 1
    return count


def _locked(statement: Any, of: Any) -> Sequence[Any]:
    """The rows, locked, without those that another run is at."""
    locked = statement.order_by(of.id).with_for_update(of=of, skip_locked=True)
    return db.session.execute(locked.execution_options(populate_existing=True)).all()
