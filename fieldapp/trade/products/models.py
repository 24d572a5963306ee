"""Products: what we sell."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, pk


class Product(Base):
    """A feed. `line`: pig, poultry, aqua, ruminant… `pack_grams`: one bag. `cost` in fen per tonne."""

    __tablename__ = "product"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(sa.String(64))
    code_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    line: Mapped[str] = mapped_column(sa.String(64))
    stage: Mapped[str | None] = mapped_column(sa.String(80))
    pack_grams: Mapped[int | None] = mapped_column(sa.BigInteger)
    standard_factor: Mapped[Decimal | None]
    cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    active: Mapped[bool] = mapped_column(default=True)
