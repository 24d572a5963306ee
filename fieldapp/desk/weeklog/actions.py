"""Writing a weekly log, submitting, returning and accepting it, saying something about it; each with its audit entry.

Two people may act on one log at the same moment: every step is an UPDATE that holds only while the state is still the
one it starts from, and the changed row says who was first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import queries
from .figures import gather
from .models import LogComment, WeeklyLog
from .rules import OPEN, LogState, LogStep

REMARK_LENGTH = 2000
COMMENT_LENGTH = 1000


class Decision(StrEnum):
    """What a supervisor says."""

    ACCEPT = "accept"
    RETURN = "return"


class NotYoursError(PermissionError):
    """Nobody decides his own log."""


class MovedError(ValueError):
    """The log has taken a step meanwhile: it is no longer in a state from which this can be done."""

    def __init__(self, log: WeeklyLog) -> None:
        super().__init__(log.state)
        self.log = log


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the rep says about his week."""

    went_well: str
    problems: str
    needs: str


def write(viewer: Viewer, monday: date, remarks: Remarks, now: datetime) -> WeeklyLog:
    """Keep the viewer's remarks; a log begins with the first ones. Raises MovedError once it is submitted."""
    log = _own(viewer, monday, now)
    before = Remarks(log.went_well, log.problems, log.needs)
    _move(log, OPEN, _values(remarks))
    changed = [name for name, text in _values(remarks).items() if text != getattr(before, name)]
    if changed:  # the words themselves stand in the log; people are spoken of in them
        _audit(viewer, "write", log, now, {"remarks": [None, changed]})
    return log


def submit(viewer: Viewer, monday: date, remarks: Remarks, today: date, now: datetime) -> WeeklyLog:
    """Keep remarks and figures as they are now, and give the log to the supervisors. Raises MovedError."""
    log = _own(viewer, monday, now)
    before = log.state
    figures = gather(viewer.id, monday, today, now)
    values = {**_values(remarks), "state": LogState.SUBMITTED, "figures": figures, "submitted_at": now}
    _move(log, OPEN, {**values, "decided_by_id": None, "decided_at": None})
    _say(viewer, log, LogStep.SUBMIT, "", now)
    _audit(viewer, "submit", log, now, {"state": [before.value, LogState.SUBMITTED.value]})
    return log


def decide(viewer: Viewer, log: WeeklyLog, decision: Decision, comment: str, now: datetime) -> None:
    """Accept a submitted log of one's team, or return it with a comment. Raises NotYoursError, MovedError.

    `log` was found through the viewer, who is a supervisor.
    """
    if log.rep_id == viewer.id:
        raise NotYoursError
    state = LogState.ACCEPTED if decision is Decision.ACCEPT else LogState.RETURNED
    _move(log, (LogState.SUBMITTED,), {"state": state, "decided_by_id": viewer.id, "decided_at": now})
    _say(viewer, log, LogStep.ACCEPT if decision is Decision.ACCEPT else LogStep.RETURN, comment, now)
    _audit(viewer, decision.value, log, now, {"state": [LogState.SUBMITTED.value, state.value]})


def comment(viewer: Viewer, log: WeeklyLog, text: str, now: datetime) -> None:
    """Say something about a log that the viewer has found; it stays."""
    _say(viewer, log, LogStep.COMMENT, text, now)
    _audit(viewer, "comment", log, now, {})


def _own(viewer: Viewer, monday: date, now: datetime) -> WeeklyLog:
    """The viewer's log of a week, made when there is none; two at once make one."""
    made = insert_into(WeeklyLog).values(
        id=uuid7(),
        rep_id=viewer.id,
        week=monday,
        state=LogState.DRAFT,
        went_well="",
        problems="",
        needs="",
        made_at=now,
    )
    db.session.execute(made.on_conflict_do_nothing(index_elements=["week", "rep_id"]))
    log = queries.log_of(viewer.id, monday)
    if log is None:
        raise RuntimeError("the log was neither made nor found")
    return log


def _values(remarks: Remarks) -> dict[str, str]:
    return {"went_well": remarks.went_well, "problems": remarks.problems, "needs": remarks.needs}


def _move(log: WeeklyLog, from_: Sequence[LogState], values: dict[str, Any]) -> None:
    """Change the log, if it still is in one of these states; MovedError otherwise, with the row as it is now."""
    moved = db.session.execute(
        sa.update(WeeklyLog)
        .where(WeeklyLog.id == log.id, WeeklyLog.state.in_(from_))
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(WeeklyLog.id)
    ).first()
    db.session.refresh(log)
    if moved is None:
        raise MovedError(log)


def _say(viewer: Viewer, log: WeeklyLog, step: LogStep, text: str, now: datetime) -> None:
    values = {"log_id": log.id, "step": step, "text": text, "made_by_id": viewer.id, "made_at": now}
    insert_row(LogComment, {"id": uuid7(), **values})


def _audit(viewer: Viewer, verb: str, log: WeeklyLog, at: datetime, changes: dict[str, Any]) -> None:
    record(viewer.id, f"weeklog.{verb}", "weekly_log", log.id, at, {"week": [None, log.week.isoformat()], **changes})
