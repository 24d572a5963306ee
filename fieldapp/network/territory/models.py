"""China's regions, and which distributor sells what where."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, pk, region_code


class Region(Base):
    """A province (2 digits), city (4), county (6) or township (9), GB/T 2260; the parent is the prefix."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    pinyin: Mapped[str] = mapped_column(sa.String(200), default="", index=True)
    initials: Mapped[str] = mapped_column(sa.String(80), default="", index=True)
    lat: Mapped[float | None]
    lng: Mapped[float | None]


class Area(Base):
    """A distributor's sales area. `line` is a product line or `*`; both dates are inclusive, no end is open."""

    __tablename__ = "area"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[region_code] = mapped_column(sa.ForeignKey("region.code"))
    line: Mapped[str] = mapped_column(sa.String(64))
    line_key: Mapped[str] = mapped_column(sa.String(64))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    shared: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.UniqueConstraint("distributor_id", "region_code", "line_key", "valid_from"),
        # Whose a region is on a day, without the rows.
        sa.Index("ix_area_counted", "region_code", "line_key", "valid_from", "valid_to", "distributor_id", "line"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
    )
