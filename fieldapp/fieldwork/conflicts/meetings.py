"""Meetings of a conflict: planned, held with minutes, called off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import When
from fieldapp.core.db import db, insert_row
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.notices.actions import settle

from . import moves, told
from .models import (
    Conflict,
    ConflictMeeting,
)
from .moves import GoneError, RefusedError
from .rules import (
    ConflictVerb,
    MeetingState,
    Refusal,
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting: when and where; `present` and `words` once it was held."""

    day: date
    at_time: str = ""
    place: str = ""
    present: str = ""
    words: str = ""


def plan_meeting(viewer: Viewer, conflict: Conflict, sitting: Sitting, when: When, *, key: UUID | None = None) -> None:
    """Plan a meeting. The same `key` again changes nothing. Raises RefusedError, GoneError."""
    if moves.there(conflict, key):
        return
    after = moves.allowed(viewer, conflict, ConflictVerb.MEET)
    moves.move(conflict, after, {})
    _put_meeting(viewer, conflict, sitting, when)
    values = {"day": sitting.day.isoformat(), "time": sitting.at_time, "place": sitting.place}
    moves.done(viewer, conflict, ConflictVerb.MEET, when, values=values, key=key, audited=("day",))


def hold_meeting(
    viewer: Viewer,
    conflict: Conflict,
    meeting_id: UUID | None,
    held: Sitting,
    when: When,
    *,
    following: Sitting | None = None,
    key: UUID | None = None,
) -> None:
    """A meeting was held: the planned one, or (None) one that nobody had planned. `following`: the next one.

    The same `key` again changes nothing. Raises RefusedError, GoneError.
    """
    if moves.there(conflict, key):
        return
    after = moves.allowed(viewer, conflict, ConflictVerb.HOLD)
    values = {"day": held.day, "at_time": held.at_time, "place": held.place}
    said = {"present": held.present, "words": held.words, "state": MeetingState.HELD}
    if meeting_id is None:
        _put_meeting(viewer, conflict, held, when, **said)
    else:
        _leave_planned(conflict, meeting_id, {**values, **said})
    moves.move(conflict, after, {})
    if following is not None:
        _put_meeting(viewer, conflict, following, when)
    shown = {"day": held.day.isoformat(), "place": held.place, "present": held.present}
    if following is not None:
        shown["next"] = following.day.isoformat()
    moves.done(
        viewer, conflict, ConflictVerb.HOLD, when, words=held.words, values=shown, key=key, audited=("day", "next")
    )


def cancel_meeting(viewer: Viewer, conflict: Conflict, meeting_id: UUID, words: str, when: When) -> None:
    """A planned meeting does not take place. Raises RefusedError, GoneError."""
    moves.allowed(viewer, conflict, ConflictVerb.CANCEL)
    row = _leave_planned(conflict, meeting_id, {"state": MeetingState.CANCELLED})
    values = {"day": row.day.isoformat()}
    moves.done(viewer, conflict, ConflictVerb.CANCEL, when, words=words, values=values)
    settle([f"{told.NAME}.meeting"], moves.path_of(conflict), when.now)


def _put_meeting(viewer: Viewer, conflict: Conflict, sitting: Sitting, when: When, **more: Any) -> None:
    row = {"conflict_id": conflict.id, "round": conflict.round, "day": sitting.day, "at_time": sitting.at_time}
    row |= {"place": sitting.place, "made_by_id": viewer.id, "made_at": when.now, **more}
    insert_row(ConflictMeeting, row)


def _leave_planned(conflict: Conflict, meeting_id: UUID, values: Mapping[str, Any]) -> Any:
    """Of two at once one finds it still planned. Raises GoneError, RefusedError(MOVED)."""
    of_it = [ConflictMeeting.id == meeting_id, ConflictMeeting.conflict_id == conflict.id]
    moved = db.session.execute(
        sa.update(ConflictMeeting)
        .where(*of_it, ConflictMeeting.state == MeetingState.PLANNED)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(ConflictMeeting.day)
    ).first()
    if moved is None:
        if db.session.scalar(sa.select(ConflictMeeting.id).where(*of_it)) is None:
            raise GoneError
        raise RefusedError(Refusal.MOVED, conflict)
    return moved
