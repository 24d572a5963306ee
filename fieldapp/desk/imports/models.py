"""One reading of a file: its state, progress and what was wrong."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk


class RunState(StrEnum):
    """`failed`: the file was refused and nothing was written; `crashed`: the app's own fault, with an id in the log."""

    WAITING = "waiting"
    READING = "reading"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"
    CRASHED = "crashed"


class ImportRun(Base):
    """A file sent through the page. The file itself lies in the instance folder under the run's id until it is read.

    `draft_id`: the change of the price book that its rows went into instead of the book.
    """

    __tablename__ = "import_run"

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(32))
    filename: Mapped[str] = mapped_column(sa.String(255))
    dry_run: Mapped[bool] = mapped_column(default=False)
    partial: Mapped[bool] = mapped_column(default=False)
    state: Mapped[RunState] = enum_column(RunState, default=RunState.WAITING)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment] = mapped_column(index=True)
    beat_at: Mapped[moment]
    finished_at: Mapped[datetime | None]
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problems: Mapped[list[Any]] = mapped_column(default=list)
    problem_count: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    message: Mapped[str] = mapped_column(sa.String(500), default="")
    draft_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("price_draft.id"))
