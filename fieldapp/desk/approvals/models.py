"""A request to let a deal go that needs approval, and the decision."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldapp.core.db import Base, enum_column, moment, pk, region_code
from fieldapp.desk.checks.models import DealCheck


class ApprovalState(StrEnum):
    """Open until one supervisor decides or the rep withdraws it."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Approval(Base):
    """One request per check. `covers`: [[code, line], …], exactly the findings it names; `inputs_key` binds it to the
    deal (contract deal-check.md, After the verdict). `seen_at`: when the rep saw the answer."""

    __tablename__ = "approval"

    id: Mapped[pk]
    check_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deal_check.id"), unique=True)
    region_code: Mapped[region_code | None]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    asked_at: Mapped[moment]
    reason: Mapped[str] = mapped_column(sa.String(500))
    covers: Mapped[list[Any]]
    inputs_key: Mapped[str] = mapped_column(sa.String(64), index=True)
    state: Mapped[ApprovalState] = enum_column(ApprovalState, default=ApprovalState.OPEN)
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(sa.String(500))
    expires_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]

    check: Mapped[DealCheck] = relationship(lazy="joined")

    __table_args__ = (
        sa.Index(None, "state", "region_code", "asked_at"),
        sa.Index(None, "asked_by_id", "state"),
        sa.Index(None, "decided_at", "state", "asked_at", "region_code"),
    )
