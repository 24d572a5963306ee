"""Cross-area cases, the invoice lines that speak for them, statements, measures, photos, and the thread."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, fen, grams, moment, pk, region_code

from .rules import CaseState, CaseVerb, Into, MeasureKind, Origin, Verdict


class CrossCounter(Base):
    """One row: the last number given out."""

    __tablename__ = "cross_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(sa.BigInteger)


class CrossCase(Base):
    """Goods that were found, or by their invoices went, where their buyer may not sell.

    `region_code`: where; `seller_id`: who bought them of us, `harmed_id`: in whose area, as far as each is known.
    `into` and `line_key`: what the owners of the place were asked for. `weight` in grams; `price` fen a tonne, as it
    was seen (an observation: nobody is judged by a retail price). `version` grows with every entry: a decision holds
    only for the one that was seen. `suspicion_key`: buyer, county and line while such a suspicion gathers lines.
    `seller_heard_at`, `harmed_heard_at`: when that side spoke last, or was excused. `decided_by_id`: who decided first.
    `confirmed_on`: the business date of that, which the twelve months of indicator 7 are counted by; `sold_on`: the day
    of the sale, or on which the goods were found.
    """

    __tablename__ = "cross_case"

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    origin: Mapped[Origin] = enum_column(Origin)
    state: Mapped[CaseState] = enum_column(CaseState)
    version: Mapped[int] = mapped_column(default=1)
    into: Mapped[Into] = enum_column(Into, default=Into.UNKNOWN)
    verdict: Mapped[Verdict | None] = enum_column(Verdict)
    region_code: Mapped[region_code]
    seller_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"))
    harmed_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"))
    seller_words: Mapped[str] = mapped_column(sa.String(120), default="")
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    product_words: Mapped[str] = mapped_column(sa.String(120), default="")
    line_key: Mapped[str] = mapped_column(sa.String(64), default="")
    batch: Mapped[str] = mapped_column(sa.String(64), default="")
    batch_key: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    outlet: Mapped[str] = mapped_column(sa.String(120), default="")
    weight: Mapped[grams | None]
    price: Mapped[fen | None]
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    sold_on: Mapped[date]
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"))
    suspicion_key: Mapped[str | None] = mapped_column(sa.String(160), unique=True)
    seller_heard_at: Mapped[datetime | None]
    harmed_heard_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    confirmed_on: Mapped[date | None]
    appeal_until: Mapped[date | None]
    appealed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    appealed_at: Mapped[datetime | None]
    appeal_decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    made_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    recorded_at: Mapped[moment]

    __table_args__ = (
        sa.Index(None, "state", "region_code", "number"),
        sa.Index(None, "region_code", "number"),
        sa.Index(None, "seller_id", "confirmed_on"),
        sa.Index(None, "harmed_id", "state"),
        sa.Index(None, "made_by_id", "number"),
        sa.Index(None, "recorded_at", "region_code"),
        sa.Index(None, "product_id", "number"),
        sa.CheckConstraint("weight IS NULL OR weight > 0", name="weight"),
        sa.CheckConstraint("price IS NULL OR price >= 0", name="price"),
        sa.CheckConstraint("origin = 'report' OR seller_id IS NOT NULL", name="seller"),
    )


class CrossLine(Base):
    """A line of an invoice that speaks for a case, as it was read: the ledger's own may be corrected later, and then it
    is `gone`. A line speaks for one case only."""

    __tablename__ = "cross_line"

    id: Mapped[pk]
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cross_case.id"))
    invoice_id: Mapped[UUID]
    line_no: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(64))
    day: Mapped[date]
    ship_to: Mapped[region_code]
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    weight: Mapped[grams]
    amount: Mapped[fen]
    gone: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (sa.UniqueConstraint("invoice_id", "line_no"), sa.Index(None, "case_id", "day"))


class CrossEntry(Base):
    """One thing done or said; append-only, which a trigger of the database holds. `by_id` None: the invoices."""

    __tablename__ = "cross_entry"

    id: Mapped[pk]
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cross_case.id"))
    verb: Mapped[CaseVerb | None] = enum_column(CaseVerb)
    words: Mapped[str] = mapped_column(sa.String(2000), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "case_id", "at"), sa.Index(None, "verb", "at", "case_id"))


class CrossMeasure(Base):
    """What was agreed: a kind, fen, and the day by which it is done."""

    __tablename__ = "cross_measure"

    id: Mapped[pk]
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cross_case.id"), index=True)
    kind: Mapped[MeasureKind] = enum_column(MeasureKind)
    amount: Mapped[fen] = mapped_column(default=0)
    by_day: Mapped[date]
    words: Mapped[str] = mapped_column(sa.String(1000))
    agreed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    agreed_at: Mapped[moment]
    settled_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount"),)


class CrossPhoto(Base):
    """A photo of a case; its content lies in the instance folder (core/storage.py)."""

    __tablename__ = "cross_photo"

    id: Mapped[pk]
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cross_case.id"), index=True)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
