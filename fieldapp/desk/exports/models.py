"""One export of visits that is made in the background: what was asked for, and how far it is."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk


class ExportForm(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportState(StrEnum):
    """`refused`: whoever asked for it may no longer have it; `crashed`: the app's own fault, with an id in the log."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    REFUSED = "refused"
    CRASHED = "crashed"


class ExportRun(Base):
    """The visits from `first` to `last`, of one rep or (None) of everybody whom the maker may see.

    What he may see is asked when the file is written; `scope` is a mark of it (`runs.scope_mark`). The file lies in the
    instance folder under the run's id.
    """

    __tablename__ = "export_run"

    id: Mapped[pk]
    form: Mapped[ExportForm] = enum_column(ExportForm)
    first: Mapped[date] = mapped_column("first_day", sa.Date)
    last: Mapped[date] = mapped_column("last_day", sa.Date)
    rep_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[ExportState] = enum_column(ExportState, default=ExportState.WAITING)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    beat_at: Mapped[moment]
    finished_at: Mapped[datetime | None]
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    scope: Mapped[str] = mapped_column(sa.String(64), default="")

    __table_args__ = (sa.Index(None, "made_by_id", "id"),)
