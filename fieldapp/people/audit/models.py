"""What was done, by whom, to what; written in the transaction that did it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, moment, pk


class AuditEntry(Base):
    """One state change. `changes`: {field: [before, after]}; never a secret, never a password's hash."""

    __tablename__ = "audit_entry"

    id: Mapped[pk]
    at: Mapped[moment]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    action: Mapped[str] = mapped_column(sa.String(64))
    subject_type: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[str] = mapped_column(sa.String(64))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str] = mapped_column(sa.String(64), default="-")

    __table_args__ = (sa.Index(None, "subject_type", "subject_id", "at"),)
