"""A distributor's credit: what the company's file says, what we rated ourselves, and what of it holds."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, fen, moment, pk, region_code

from .scoring import Indicator, Option


class Grade(StrEnum):
    """A is best (reading.md, the damage and how we read it)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class CreditSource(StrEnum):
    """Where the grade that holds comes from: the company's file, or our own confirmed rating."""

    IMPORTED = "imported"
    ASSESSED = "assessed"


class ImportedCredit(Base):
    """What the `credit` file says. `changed_at`: when its grade, limit, term or dates last changed (not `frozen`)."""

    __tablename__ = "imported_credit"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    grade: Mapped[Grade | None] = enum_column(Grade)
    limit: Mapped[int | None] = mapped_column("credit_limit", sa.BigInteger)
    term_days: Mapped[int | None]
    assessed_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    frozen: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[moment]


class CreditRecord(Base):
    """What holds today; written by `credit.settle` alone. No row, or no grade, is ungraded; an empty limit counts as 0.

    `limit` is without the temporary increase: that is `extra_limit` fen more on the days from `extra_from` to
    `extra_until`. `frozen`: by the file, by hand, or both.
    """

    __tablename__ = "credit_record"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    grade: Mapped[Grade | None] = enum_column(Grade)
    limit: Mapped[int | None] = mapped_column("credit_limit", sa.BigInteger)
    term_days: Mapped[int | None]
    assessed_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    frozen: Mapped[bool] = mapped_column(default=False)
    source: Mapped[CreditSource] = enum_column(
        CreditSource, default=CreditSource.IMPORTED, server_default=CreditSource.IMPORTED.value
    )
    assessment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("assessment.id"))
    extra_limit: Mapped[int | None] = mapped_column(sa.BigInteger)
    extra_from: Mapped[date | None]
    extra_until: Mapped[date | None]


class CreditFreeze(Base):
    """Credit frozen by hand, until somebody lifts it; the file's own flag stands in ImportedCredit."""

    __tablename__ = "credit_freeze"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    frozen_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    frozen_at: Mapped[moment]
    reason: Mapped[str] = mapped_column(sa.String(500))
    lifted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        sa.Index(
            "uq_credit_freeze_held",
            "distributor_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )


class IncreaseState(StrEnum):
    """Asked until one supervisor decides or the asker withdraws; an approved one may be ended before its day."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class CreditIncrease(Base):
    """A temporary increase of the limit: `amount` fen for `days` days.

    Once approved it holds from `valid_from` to `valid_until`, both inclusive, and never for more than `percent` of the
    limit, by the policy of the day of approval. `ended_*`: who ended it before its day, and why.
    """

    __tablename__ = "credit_increase"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    amount: Mapped[fen]
    days: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))
    state: Mapped[IncreaseState] = enum_column(IncreaseState, default=IncreaseState.ASKED)
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    asked_at: Mapped[moment]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(sa.String(500))
    percent: Mapped[Decimal | None]
    policy_version: Mapped[int | None] = mapped_column(sa.ForeignKey("policy_version.version"))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        # One request at a time; it is also by this that what waits is found.
        sa.Index(
            "uq_credit_increase_asked",
            "distributor_id",
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        ),
    )


class AssessmentState(StrEnum):
    """Proposed by the system and whoever answered; one supervisor confirms or returns it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Assessment(Base):
    """One rating of a distributor by the seven indicators (scores.md). Once decided it never changes.

    `answers`: {indicator: {"option", "value", "source", "as_of"}}, what was answered and where it came from; a
    sensitive answer is only named there ("kept": its row), so that it can go without touching the rating. `score` is
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


class ConsentHow(StrEnum):
    """How somebody agreed that an answer about him is recorded."""

    SPOKEN = "spoken"
    WRITTEN = "written"


class SensitiveAnswer(Base):
    """An answer that is personal (residence, habits), kept with the consent to it: at most one of each kind.

    It counts until `expires_on` (that day included), and while the contact who agreed still has the name `of_name`:
    the ERP's file may put another person into a contact. It goes with the contact.
    """

    __tablename__ = "sensitive_answer"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    indicator: Mapped[Indicator] = enum_column(Indicator)
    option: Mapped[Option] = enum_column(Option)
    consent_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    of_name: Mapped[str | None] = mapped_column(sa.String(80))
    consent_on: Mapped[date]
    consent_how: Mapped[ConsentHow] = enum_column(ConsentHow)
    recorded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    recorded_at: Mapped[moment]
    expires_on: Mapped[date] = mapped_column(index=True)

    __table_args__ = (sa.UniqueConstraint("distributor_id", "indicator"),)


class SensitiveRead(Base):
    """Somebody looked at a sensitive answer. It holds no answer, and stays when the answer goes."""

    __tablename__ = "sensitive_read"

    id: Mapped[pk]
    reader_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    indicator: Mapped[Indicator] = enum_column(Indicator)
    at: Mapped[moment]
    request_id: Mapped[str] = mapped_column(sa.String(64))
