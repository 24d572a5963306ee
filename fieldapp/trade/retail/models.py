"""Prices seen in shops: ours and rivals'. Observations only: nothing that decides may read them (docs/adr/0023)."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, fen, moment, pk

from .rules import Unit

RIVAL_LENGTH = 120


class RetailObservation(Base):
    """What a bag or a tonne cost where a distributor's goods are sold, on a day.

    Of our own product (`product_id`) or a rival's by its name (`rival`, found by `rival_key`). `price` in fen per
    tonne; `given` in fen per `unit`, as it was typed, with `bag_grams` where the unit is a bag. `region_code`: of the
    outlet, else of the distributor, on that day. The photo's content lies in the instance folder under the row's key.
    """

    __tablename__ = "retail_observation"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    outlet_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id", ondelete="SET NULL"), index=True)
    region_code: Mapped[str | None] = mapped_column(sa.String(9))
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    rival: Mapped[str] = mapped_column(sa.String(RIVAL_LENGTH), default="")
    rival_key: Mapped[str] = mapped_column(sa.String(RIVAL_LENGTH), default="")
    price: Mapped[fen]
    unit: Mapped[Unit] = enum_column(Unit)
    given: Mapped[fen]
    bag_grams: Mapped[int | None] = mapped_column(sa.BigInteger)
    day: Mapped[date]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    recorded_at: Mapped[moment]
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    size: Mapped[int | None]

    __table_args__ = (
        sa.Index(None, "product_id", "day"),
        sa.Index(None, "rival_key", "day"),
        sa.Index(None, "distributor_id", "day"),
        sa.Index(None, "day", "id"),
        sa.CheckConstraint("(product_id IS NULL) = (rival <> '')", name="whose"),
        sa.CheckConstraint("price > 0 AND given > 0", name="price"),
        sa.CheckConstraint("unit = 'tonne' OR bag_grams > 0", name="bag"),
    )
