"""A distributor's credit: grade, limit, term; today from the company's files, later also from our own assessment."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, fen, moment, pk, region_code


class Grade(StrEnum):
    """A is best (reading.md, the damage and how we read it)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class CreditRecord(Base):
    """What holds today. No row, or no grade, is ungraded; an empty limit counts as 0, never as no limit."""

    __tablename__ = "credit_record"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    grade: Mapped[Grade | None] = enum_column(Grade)
    limit: Mapped[int | None] = mapped_column("credit_limit", sa.BigInteger)
    term_days: Mapped[int | None]
    assessed_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    frozen: Mapped[bool] = mapped_column(default=False)


class AssessmentState(StrEnum):
    """Proposed by the system and whoever answered; one supervisor confirms or returns it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Assessment(Base):
    """One rating of a distributor by the seven indicators (scores.md). Once decided it never changes.

    `answers`: {indicator: {"option", "value", "source", "as_of"}}, what was answered and where it came from. `score` is
    in tenths of a point, None when nothing was answered; `caps` are the codes of the caps that bit. `limit` and
    `average_sales` (a month) are fen. `valid_until`: the day by which the next rating is due; set when confirmed.
    """

    __tablename__ = "assessment"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[region_code | None]
    on: Mapped[date] = mapped_column("on_date")
    answers: Mapped[dict[str, Any]]
    score: Mapped[int | None]
    answered_percent: Mapped[int]
    provisional: Mapped[bool]
    caps: Mapped[list[str]]
    grade: Mapped[Grade | None] = enum_column(Grade)
    average_sales: Mapped[fen]
    limit: Mapped[int] = mapped_column("credit_limit", sa.BigInteger)
    term_days: Mapped[int]
    policy_version: Mapped[int] = mapped_column(sa.ForeignKey("policy_version.version"))
    state: Mapped[AssessmentState] = enum_column(AssessmentState, default=AssessmentState.PROPOSED)
    proposed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    proposed_at: Mapped[moment]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(sa.String(500))
    valid_until: Mapped[date | None]

    __table_args__ = (
        sa.Index(None, "distributor_id", "on_date"),
        sa.Index(None, "state", "region_code", "proposed_at"),
        # One proposal at a time: what is proposed next is measured against the one before.
        sa.Index(
            "uq_assessment_proposed",
            "distributor_id",
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        ),
    )
