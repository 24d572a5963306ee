"""Tasks as a viewer may see them: his own, and those at distributors of his patch."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer

from .models import Task
from .rules import TaskKind, TaskState

MOST_OF_ONE = 50  # open tasks of one distributor or of one visit


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a task joined with its distributor."""
    return sa.or_(Task.owner_id == viewer.id, viewer.scope(Distributor.region_code))


def find(viewer: Viewer, task_id: UUID) -> Task | None:
    """A task that he may see, or None."""
    return db.session.scalar(
        sa.select(Task)
        .join(Distributor, Distributor.id == Task.distributor_id)
        .where(Task.id == task_id, visible(viewer))
    )


def open_of(distributor_id: UUID, kind: TaskKind | None = None) -> Sequence[Task]:
    """What is open for a distributor that the viewer has found, the first due first; of one kind, or of both."""
    statement = sa.select(Task).where(Task.distributor_id == distributor_id, Task.state == TaskState.OPEN)
    if kind is not None:
        statement = statement.where(Task.kind == kind)
    return db.session.scalars(statement.order_by(Task.due, Task.id).limit(MOST_OF_ONE)).all()


def promised_on(visit_id: UUID) -> Sequence[Task]:
    """What was promised on a visit that the viewer has found, the first due first."""
    return db.session.scalars(
        sa.select(Task).where(Task.visit_id == visit_id).order_by(Task.due, Task.id).limit(MOST_OF_ONE)
    ).all()


def done_on(visit_id: UUID) -> Sequence[Task]:
    """What was done on a visit that the viewer has found."""
    return db.session.scalars(
        sa.select(Task).where(Task.done_visit_id == visit_id).order_by(Task.done_at, Task.id).limit(MOST_OF_ONE)
    ).all()


def late(viewer: Viewer, today: date, limit: int) -> Sequence[sa.Row[Any]]:
    """His own open tasks past their day with the distributor's name, the longest late first."""
    return db.session.execute(
        sa.select(Task.id, Task.kind, Task.text, Task.due, Task.distributor_id, Distributor.name.label("distributor"))
        .join(Distributor, Distributor.id == Task.distributor_id)
        .where(Task.owner_id == viewer.id, Task.state == TaskState.OPEN, Task.due < today)
        .order_by(Task.due, Task.id)
        .limit(limit)
    ).all()
