"""Making tasks and ending them, each with its audit entry; the audit says that, never what was promised.

Every one may come again (a double tap, a phone that lost the answer): the same said again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, insert_row
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import changed, record, record_each

from .models import Task
from .rules import TaskKind, TaskState

SUBJECT = "task"
_CHUNK = 500  # rows of one INSERT


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another distributor."""


class NotYoursError(PermissionError):
    """Only the owner, who asked for it, or whoever decides over the patch may drop it."""


class MovedOnError(ValueError):
    """The task is no longer open. `task`: as it was left, by whom and with what outcome."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"{task.id}: {task.state}")
        self.task = task


@dataclass(frozen=True, slots=True)
class Asked:
    """What a promotion comes to: {distributor: who carries it out there}."""

    owners: Mapping[UUID, UUID]
    text: str
    due: date


def promise(
    viewer: Viewer,
    *,
    key: UUID,
    distributor_id: UUID,
    visit_id: UUID | None,
    text: str,
    due: date,
    now: datetime,
    outlet_id: UUID | None = None,
) -> Task:
    """What the viewer promised a distributor, on a visit or without one; both have been found through the viewer.

    `outlet_id`: the outlet or farm of the distributor to which it was promised. The same key again is the same promise.
    Raises GoneError when the key is another row's.
    """
    made = insert_row(
        Task,
        {
            "id": key,
            "kind": TaskKind.PROMISE,
            "distributor_id": distributor_id,
            "outlet_id": outlet_id,
            "owner_id": viewer.id,
            "text": text,
            "due": due,
            "visit_id": visit_id,
            "made_by_id": viewer.id,
            "made_at": now,
            "state": TaskState.OPEN,
            "outcome": "",
        },
        unless_taken=True,
    )
    task = db.session.get(Task, key, populate_existing=True)
    if task is None or (task.made_by_id, task.distributor_id, task.kind) != (
        viewer.id,
        distributor_id,
        TaskKind.PROMISE,
    ):
        raise GoneError
    if made:
        changes = {"distributor": [None, str(distributor_id)], "due": [None, due.isoformat()]}
        record(viewer.id, "tasks.promise", SUBJECT, key, now, changes)
    return task


def promote(viewer: Viewer, *, key: UUID, asked: Asked, now: datetime) -> int:
    """Ask for a promotion at distributors that the viewer has found, one task for each; returns how many are new.

    The keys of the tasks follow from `key` and the distributor, so the same key again makes none twice. One audit
    entry for all. Raises GoneError when the key was somebody else's.
    """
    fixed = {
        "kind": TaskKind.PROMOTION,
        "text": asked.text,
        "due": asked.due,
        "visit_id": None,
        "made_by_id": viewer.id,
        "made_at": now,
        "state": TaskState.OPEN,
        "outcome": "",
    }
    rows = [
        {"id": uuid5(key, place.hex), "distributor_id": place, "owner_id": owner, **fixed}
        for place, owner in asked.owners.items()
    ]
    made = 0
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        statement = insert_into(Task).values(chunk).on_conflict_do_nothing(index_elements=["id"]).returning(Task.id)
        made += len(db.session.execute(statement).all())
        if made < start + len(chunk):
            keys = [row["id"] for row in chunk]
            others = sa.select(sa.literal(1)).where(Task.id.in_(keys), Task.made_by_id != viewer.id).limit(1)
            if db.session.scalar(others) is not None:
                raise GoneError
    if made:
        changes = {"distributors": [0, made], "due": [None, asked.due.isoformat()]}
        record(viewer.id, "tasks.promote", "promotion", key, now, changes)
    return made


def finish(viewer: Viewer, task: Task, outcome: str, now: datetime, visit_id: UUID | None = None) -> None:
    """A task that the viewer has found is done. `outcome`: what came of it; `visit_id`: the visit on which it was.

    Raises MovedOnError when it was done or dropped before.
    """
    _end(viewer, task, TaskState.DONE, outcome, now, visit_id)


def drop(viewer: Viewer, task: Task, reason: str, now: datetime) -> None:
    """A task that the viewer has found will not be done. Raises NotYoursError, MovedOnError."""
    if viewer.id not in (task.owner_id, task.made_by_id):
        region = db.session.scalar(sa.select(Distributor.region_code).where(Distributor.id == task.distributor_id))
        if viewer.role is Role.REP or not viewer.covers(region):
            raise NotYoursError
    _end(viewer, task, TaskState.DROPPED, reason, now, None)


def pass_on(by: UUID, keys: Sequence[UUID], to: Mapping[str, Any], now: datetime) -> list[UUID]:
    """Open tasks get another owner, or another distributor and outlet: `to`, by attribute; those that moved: who has
    ended one meanwhile keeps it."""
    columns = [getattr(Task, name) for name in to]
    still = sa.select(Task.id, *columns).where(Task.id.in_(keys), Task.state == TaskState.OPEN)
    moved = db.session.execute(still.order_by(Task.id).with_for_update()).all()
    passed = sa.update(Task).where(Task.id.in_([row.id for row in moved])).values(**to)
    db.session.execute(passed.execution_options(synchronize_session=False))
    record_each(by, "tasks.pass_on", SUBJECT, now, [(row.id, changed(row, to)) for row in moved])
    return [row.id for row in moved]


def _end(viewer: Viewer, task: Task, state: TaskState, outcome: str, now: datetime, visit_id: UUID | None) -> None:
    """Leave the open state, if it still is open: of two at once one comes through."""
    values: dict[str, Any] = {
        "state": state,
        "outcome": outcome,
        "done_by_id": viewer.id,
        "done_at": now,
        "done_visit_id": visit_id,
    }
    moved = db.session.execute(
        sa.update(Task)
        .where(Task.id == task.id, Task.state == TaskState.OPEN)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(Task.id)
    ).first()
    db.session.refresh(task)
    if moved is None:
        if (task.state, task.done_by_id, task.outcome) != (state, viewer.id, outcome):
            raise MovedOnError(task)
        return
    verb = "finish" if state is TaskState.DONE else "drop"
    record(viewer.id, f"tasks.{verb}", SUBJECT, task.id, now, {"state": [TaskState.OPEN.value, state.value]})
