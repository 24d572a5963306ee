"""What we charge a distributor, and what we give back."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, pk, region_code

ANY = "*"


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
