"""What somebody has to do for a distributor by a day."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import TaskKind, TaskState


class Task(Base):
    """A promise to a customer, or a promotion to be carried out in a store. The key may be made on the phone.

    `outlet_id`: the outlet or farm to which it was promised, a key of a row that may go without the task.
    `visit_id`: the visit on which it was promised; `done_visit_id`: the visit on which it was done. `outcome`: what
    came of it, or why it was dropped.
    """

    __tablename__ = "task"

    id: Mapped[pk]
    kind: Mapped[TaskKind] = enum_column(TaskKind)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    outlet_id: Mapped[UUID | None]
    owner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(sa.String(500))
    due: Mapped[date]
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    state: Mapped[TaskState] = enum_column(TaskState, default=TaskState.OPEN)
    done_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
    done_visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    outcome: Mapped[str] = mapped_column(sa.String(500), default="")

    __table_args__ = (
        sa.Index(None, "owner_id", "state", "due"),
        sa.Index(None, "distributor_id", "state", "due"),
        # The calendar counts by this alone.
        sa.Index("ix_task_calendar", "state", "due", "distributor_id", "owner_id", "id"),
    )
