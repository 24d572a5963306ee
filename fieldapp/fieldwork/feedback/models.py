"""Remarks of customers, their history and photos. The key of a remark may be made on the phone."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import EffectResult, RemarkKind, RemarkState, StepKind, TellWay, Theme

TEXT_LENGTH = 1000
TOLD_LENGTH = 500


class Remark(Base):
    """What a distributor said. `made_at`: when, by the phone's clock set right; `recorded_at`: when we heard of it.

    `owner_id` answers by `due_at`, and is told when that has passed; from the answer on `due_at` is by when the
    customer is told. `warned`: 0, 1 the owner was told that it is overdue, 2 the supervisors too. `found_by`: what it
    is searched by (rules.plain). A remark with `merged_into_id` follows that one; only its customer is told on his own.
    Of a product effect: `animal` and how many `head`, on the product for `days`, with what `result`.
    """

    __tablename__ = "remark"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[str | None] = mapped_column(sa.String(9))
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    kind: Mapped[RemarkKind] = enum_column(RemarkKind)
    theme: Mapped[Theme | None] = enum_column(Theme)
    text: Mapped[str] = mapped_column(sa.String(TEXT_LENGTH))
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    batch: Mapped[str] = mapped_column(sa.String(64), default="")
    animal: Mapped[str] = mapped_column(sa.String(60), default="")
    head: Mapped[int | None] = mapped_column(sa.BigInteger)
    days: Mapped[int | None]
    result: Mapped[EffectResult | None] = enum_column(EffectResult)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    recorded_at: Mapped[moment]
    state: Mapped[RemarkState] = enum_column(RemarkState, default=RemarkState.OPEN)
    owner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    due_at: Mapped[moment]
    warned: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(sa.String(TEXT_LENGTH), default="")
    answered_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(sa.String(TOLD_LENGTH), default="")
    told_how: Mapped[TellWay | None] = enum_column(TellWay)
    told_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    told_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("remark.id"), index=True)
    found_by: Mapped[str] = mapped_column(sa.Text, default="")

    __table_args__ = (
        sa.Index(None, "distributor_id", "made_at"),
        sa.Index(None, "region_code", "made_at"),
        sa.Index(None, "made_at", "id"),
        sa.Index(None, "owner_id", "state", "due_at"),
        sa.Index("ix_remark_calendar", "state", "due_at", "distributor_id", "owner_id", "merged_into_id", "id"),
        sa.Index(None, "answered_at", "recorded_at", "region_code"),
        sa.Index(None, "told_at", "answered_at", "region_code"),
        sa.Index(None, "product_id", "kind", "made_at"),
        sa.CheckConstraint("merged_into_id <> id", name="merged"),
        sa.CheckConstraint("(state = 'closed') = (told_at IS NOT NULL)", name="told"),
        sa.CheckConstraint("state = 'open' OR answered_at IS NOT NULL", name="answered"),
    )


class RemarkStep(Base):
    """One thing that was done with a remark; never changed. `made_by_id` None: time did it. `to_id`: handed to whom."""

    __tablename__ = "remark_step"

    id: Mapped[pk]
    remark_id: Mapped[UUID] = mapped_column(sa.ForeignKey("remark.id"))
    step: Mapped[StepKind] = enum_column(StepKind)
    text: Mapped[str] = mapped_column(sa.String(TEXT_LENGTH), default="")
    made_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (sa.Index(None, "remark_id", "made_at"),)


class RemarkPhoto(Base):
    """A photo that came with a remark. Its content lies in the instance folder (core/storage.py)."""

    __tablename__ = "remark_photo"

    id: Mapped[pk]
    remark_id: Mapped[UUID] = mapped_column(sa.ForeignKey("remark.id"), index=True)
    taken_at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
