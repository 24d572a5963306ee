"""A distributor's file: what is kept of it beside the ERP's row and its contacts (which stand in `distributors`)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import AttachmentKind, OutletKind, SiteKind, VehicleKind


def _of_distributor() -> Any:
    return mapped_column(sa.ForeignKey("distributor.id", ondelete="CASCADE"))


class Dossier(Base):
    """One row for each distributor, locked while its file is edited.

    `capital` is fen. `percent` and `missing` (codes of rules.ITEMS): how complete the file is, kept with every change.
    `checked`: {section: [ISO date, key of the user]}, when it was last changed or found still right. The keys are what
    look-alikes are found by (alike.py).
    """

    __tablename__ = "dossier"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id", ondelete="CASCADE"), primary_key=True)
    capital: Mapped[int | None] = mapped_column(sa.BigInteger)
    percent: Mapped[int] = mapped_column(default=0)
    missing: Mapped[list[str]] = mapped_column(default=list)
    checked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    name_key: Mapped[str | None] = mapped_column(sa.String(80), index=True)
    address_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    credit_key: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    bank_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)

    __table_args__ = (sa.Index(None, "percent", "distributor_id"),)


class Site(Base):
    """An address beside the one that the ERP holds (Distributor.address)."""

    __tablename__ = "distributor_site"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    kind: Mapped[SiteKind] = enum_column(SiteKind)
    address: Mapped[str] = mapped_column(sa.String(300))
    lat: Mapped[float | None]
    lng: Mapped[float | None]

    __table_args__ = (sa.Index(None, "distributor_id"),)


class Outlet(Base):
    """A retailer or a farm that the distributor sells on to. `monthly_grams`: feed a month; `head`: animals."""

    __tablename__ = "outlet"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    kind: Mapped[OutletKind] = enum_column(OutletKind)
    name: Mapped[str] = mapped_column(sa.String(200))
    region_code: Mapped[str | None] = mapped_column(sa.String(9), sa.ForeignKey("region.code"))
    contact: Mapped[str | None] = mapped_column(sa.String(80))
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    monthly_grams: Mapped[int | None] = mapped_column(sa.BigInteger)
    head: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    since: Mapped[date | None]

    __table_args__ = (
        sa.Index(None, "distributor_id", "name", "id"),
        sa.Index(None, "distributor_id", "kind", "active"),
        sa.Index(None, "region_code", "active"),
    )


class Brand(Base):
    """A brand of feed that the distributor carries; `ours` or a rival's."""

    __tablename__ = "brand"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    name: Mapped[str] = mapped_column(sa.String(80))
    name_key: Mapped[str] = mapped_column(sa.String(80))
    ours: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (sa.UniqueConstraint("distributor_id", "name_key"),)


class BrandShare(Base):
    """A brand's share of what the distributor sells, in percent, as of a day; earlier ones stay."""

    __tablename__ = "brand_share"

    id: Mapped[pk]
    brand_id: Mapped[UUID] = mapped_column(sa.ForeignKey("brand.id", ondelete="CASCADE"))
    as_of: Mapped[date]
    percent: Mapped[Decimal]

    __table_args__ = (sa.UniqueConstraint("brand_id", "as_of"),)


class Vehicle(Base):
    """Vehicles of one kind. `grams`: what one of them carries."""

    __tablename__ = "vehicle"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    kind: Mapped[VehicleKind] = enum_column(VehicleKind)
    count: Mapped[int] = mapped_column("number")
    grams: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index(None, "distributor_id"),)


class Warehouse(Base):
    """A warehouse. `grams`: what it holds."""

    __tablename__ = "warehouse"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    name: Mapped[str] = mapped_column(sa.String(80))
    square_metres: Mapped[int | None]
    grams: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index(None, "distributor_id"),)


class Attachment(Base):
    """A document or photo. Its content lies in the instance folder (core/storage.py) until removed; the row stays."""

    __tablename__ = "attachment"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = _of_distributor()
    kind: Mapped[AttachmentKind] = enum_column(AttachmentKind)
    filename: Mapped[str] = mapped_column(sa.String(255))
    media_type: Mapped[str] = mapped_column(sa.String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    removed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None]
    removed_reason: Mapped[str | None] = mapped_column(sa.String(300))

    __table_args__ = (sa.Index(None, "distributor_id", "made_at"),)
