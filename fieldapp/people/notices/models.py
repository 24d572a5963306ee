"""What somebody is told of, and when he read it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, moment, pk


class Notice(Base):
    """One thing told to one user, once: `about` names the event within its `kind`, so that it is never told twice.

    `values`: plain JSON that the kind's words need (names, numbers, days), never a sensitive value. `path`: the page
    that it is about, within the app.
    """

    __tablename__ = "notice"

    id: Mapped[pk]
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str] = mapped_column(sa.String(120))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    path: Mapped[str] = mapped_column(sa.String(200))
    urgent: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[moment]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("user_id", "kind", "about"),
        sa.Index(None, "user_id", "read_at", "made_at"),
    )
