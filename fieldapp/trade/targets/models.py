"""Tonnes agreed with a distributor for a period."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, grams, pk


class Target(Base):
    """`period`: 2026-11, 2026-Q4 or 2026. `line`: a product line or `*`. `weight` in grams (files say tonnes)."""

    __tablename__ = "target"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    line: Mapped[str] = mapped_column(sa.String(64))
    line_key: Mapped[str] = mapped_column(sa.String(64))
    period: Mapped[str] = mapped_column(sa.String(8))
    weight: Mapped[grams]

    __table_args__ = (sa.UniqueConstraint("distributor_id", "line_key", "period"),)
