"""Dated policy: every number that a rule uses, in versions that never change once published."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, moment


class PolicyVersion(Base):
    """One published policy. `settings`: {concern: {name: value}}; what is absent has the rule's default."""

    __tablename__ = "policy_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    published_at: Mapped[moment]
    published_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
