"""The stored deal check: what was asked, what was known, what was answered. It never changes."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core import db as columns
from fieldapp.core.db import Base, enum_column, fen, moment, pk
from fieldapp.core.findings import Verdict

from .rules import Terms


class DealCheck(Base):
    """One recorded check. `inputs`, `facts`, `findings` are JSON in storage units; `region_code` is the distributor's
    region on that day and places the check in a patch. `origin`: `screen`, `api`, or `offline`: seen on a phone without
    a signal before, as `offline` of the inputs says (`verdict`, `seen_at`, `facts_at`)."""

    __tablename__ = "deal_check"

    id: Mapped[pk]
    made_at: Mapped[moment]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    origin: Mapped[str] = mapped_column(sa.String(16))
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[columns.region_code | None]
    on: Mapped[date] = mapped_column("on_date")
    ship_to: Mapped[columns.region_code]
    terms: Mapped[Terms] = enum_column(Terms)
    amount: Mapped[fen]
    verdict: Mapped[Verdict] = enum_column(Verdict)
    policy_version: Mapped[int] = mapped_column(sa.ForeignKey("policy_version.version"))
    inputs: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]

    __table_args__ = (
        sa.Index(None, "distributor_id", "made_at"),
        sa.Index(None, "made_by_id", "made_at"),
        sa.Index(None, "region_code", "made_at"),
        sa.Index(None, "made_at", "id"),
    )
