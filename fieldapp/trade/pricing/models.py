"""What we charge a distributor, and what we give back; how the price book is changed, and what it was before."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk, region_code

from .change_rules import DraftState, LineKind

ANY = "*"
REASON_LENGTH = 500
_JSONB = postgresql.JSONB(none_as_null=True)
TITLE_LENGTH = 120


class RebateKind(StrEnum):
    """The five incentives of the company (reading.md S5.7)."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SPECIAL = "special"
    EXCLUSIVE = "exclusive"


class Price(Base):
    """A price row, fen per tonne. An empty floor means no floor is set, which is not zero."""

    __tablename__ = "price"

    id: Mapped[pk]
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    region_code: Mapped[region_code] = mapped_column(sa.ForeignKey("region.code"))
    tier: Mapped[str] = mapped_column(sa.String(64))
    tier_key: Mapped[str] = mapped_column(sa.String(64))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    list_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    floor_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    retail_price: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.UniqueConstraint("product_id", "region_code", "tier_key", "valid_from"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
    )


class Rebate(Base):
    """A rebate that lowers the net price. NULL for distributor, tier, line or product means `*`: any."""

    __tablename__ = "rebate"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(sa.String(64))
    code_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[RebateKind] = enum_column(RebateKind)
    distributor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    tier: Mapped[str | None] = mapped_column(sa.String(64))
    line: Mapped[str | None] = mapped_column(sa.String(64))
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    per_tonne: Mapped[int | None] = mapped_column(sa.BigInteger)
    percent: Mapped[Decimal | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),)


class PriceDraft(Base):
    """A change of the price book in the making. `revision` counts what was saved: a decision names the one it saw.

    `starts`: from when its new lines hold unless they say otherwise. `words`: what was said when it was returned.
    """

    __tablename__ = "price_draft"

    id: Mapped[pk]
    state: Mapped[DraftState] = enum_column(DraftState, default=DraftState.OPEN)
    title: Mapped[str] = mapped_column(sa.String(TITLE_LENGTH))
    reason: Mapped[str] = mapped_column(sa.String(REASON_LENGTH), default="")
    starts: Mapped[date]
    revision: Mapped[int] = mapped_column(default=1)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    changed_at: Mapped[moment]
    submitted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(sa.String(REASON_LENGTH), default="")

    __table_args__ = (
        sa.Index(None, "state", "changed_at"),
        sa.CheckConstraint(
            "state <> 'published' OR (decided_by_id IS NOT NULL AND decided_by_id <> made_by_id)", name="second_person"
        ),
    )


class PriceDraftEditor(Base):
    """Who has had a hand in a draft: none of them may approve it."""

    __tablename__ = "price_draft_editor"

    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_draft.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)


class PriceDraftLine(Base):
    """One change. A `price` holds from `valid_from` on for its product, region and tier; an `end` gives the row of the
    book that begins on `valid_from` its last day, `valid_to` (before `valid_from`: a planned row never comes)."""

    __tablename__ = "price_draft_line"

    id: Mapped[pk]
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_draft.id"))
    kind: Mapped[LineKind] = enum_column(LineKind)
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    region_code: Mapped[region_code] = mapped_column(sa.ForeignKey("region.code"))
    tier: Mapped[str] = mapped_column(sa.String(64))
    tier_key: Mapped[str] = mapped_column(sa.String(64))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    list_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    floor_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    retail_price: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.UniqueConstraint(
            "draft_id", "product_id", "region_code", "tier_key", "valid_from", name="uq_price_draft_line_key"
        ),
    )


class PriceSource(StrEnum):
    """How a row of the book was changed."""

    DRAFT = "draft"
    FILE = "file"


class PriceChange(Base):
    """A row of the book as it was and as it became; never changed (a trigger holds it). None: there was, or is, none.

    `before` and `after`: valid_to (ISO), list_price, floor_price, retail_price. `backdated`: it speaks of days that had
    passed, as only a file of the ERP can. `by_id` None: a command.
    """

    __tablename__ = "price_history"

    id: Mapped[pk]
    at: Mapped[moment]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    source: Mapped[PriceSource] = enum_column(PriceSource)
    draft_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("price_draft.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    region_code: Mapped[region_code]
    tier: Mapped[str] = mapped_column(sa.String(64))
    valid_from: Mapped[date]
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True).with_variant(_JSONB, "postgresql"))
    after: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True).with_variant(_JSONB, "postgresql"))
    backdated: Mapped[bool]

    __table_args__ = (
        sa.Index(None, "at", "id"),
        sa.Index(None, "product_id", "at"),
        sa.Index(None, "backdated", "at"),
    )
