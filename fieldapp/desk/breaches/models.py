"""A sale below the floor that nobody approved, what is known of it, and what was said and done about it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core import db as columns
from fieldapp.core.db import Base, enum_column, fen, grams, moment, pk

from .rules import Result, State, Verb


class Breach(Base):
    """One product of a whole to one place, as it was judged last; it is never deleted.

    `number`: as people say it, B-000123. `first_on`, `last_on`: days of its orders. `amount`: fen, with its share of
    what was taken off the whole; `net`, `floor`: fen per tonne, None where there is none; `lost`: fen that are missing.
    `facts`: {"lines": [[number, line, date, day, grams, fen, place]], "marks": […], "why": … or null, "used":
    [[approval, line, grams]], "window_days": …}. `region_code`: the distributor's, which places it in a patch.
    `rep_id`: who looked after the distributor when it was found; `check_id`: the last deal check of the product before
    the order, `checked_by_id`: who made it.
    """

    __tablename__ = "breach"

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    result: Mapped[Result] = enum_column(Result)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[columns.region_code | None]
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    ship_to: Mapped[str] = mapped_column(sa.String(9))
    rep_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    check_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("deal_check.id"))
    checked_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    grams: Mapped[grams]
    amount: Mapped[fen]
    net: Mapped[int | None] = mapped_column(sa.BigInteger)
    floor: Mapped[int | None] = mapped_column(sa.BigInteger)
    lost: Mapped[fen]
    facts: Mapped[dict[str, Any]]
    policy_version: Mapped[int] = mapped_column(sa.ForeignKey("policy_version.version"))
    found_at: Mapped[moment]
    judged_at: Mapped[moment]
    state: Mapped[State] = enum_column(State, default=State.OPEN)
    explained_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    measure: Mapped[str] = mapped_column(sa.String(1000), default="")
    due_on: Mapped[date | None]

    __table_args__ = (
        # Judged twice at once it is still one breach.
        sa.UniqueConstraint("distributor_id", "product_id", "ship_to", "first_on", "result"),
        sa.Index(None, "state", "region_code", "number"),
        sa.Index(None, "region_code", "number"),
        sa.Index(None, "rep_id", "state", "number"),
        sa.Index(None, "checked_by_id", "state", "number"),
        sa.Index(None, "first_on", "region_code", "result", "state", "lost"),
        sa.Index(None, "found_at", "region_code"),
    )

    @property
    def shown_number(self) -> str:
        """As people say it."""
        return f"B-{self.number:06d}"


class BreachCounter(Base):
    """The last number given; one row."""

    __tablename__ = "breach_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(sa.BigInteger)


class BreachInvoice(Base):
    """An invoice that stands in a breach, as it was judged last."""

    __tablename__ = "breach_invoice"

    breach_id: Mapped[UUID] = mapped_column(sa.ForeignKey("breach.id"), primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (sa.Index(None, "invoice_id"),)


class BreachEntry(Base):
    """What happened to a breach; the database lets nobody change it. `by_id` None: the matching."""

    __tablename__ = "breach_entry"

    id: Mapped[pk]
    breach_id: Mapped[UUID] = mapped_column(sa.ForeignKey("breach.id"))
    verb: Mapped[Verb] = enum_column(Verb)
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "breach_id", "at", "id"),)
