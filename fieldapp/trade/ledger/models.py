"""What a distributor was billed and what it paid, from the ERP; and the balance kept beside it."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, fen, grams, pk, region_code


class Invoice(Base):
    """The head of an invoice. `amount` is the sum of its lines, kept by the import; below zero it is a credit note.

    `ordered_on`: the day the distributor ordered, where the ERP says it; never after `date`.
    """

    __tablename__ = "invoice"

    id: Mapped[pk]
    number: Mapped[str] = mapped_column(sa.String(64))
    number_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    date: Mapped[dt.date]
    due: Mapped[dt.date | None]
    ordered_on: Mapped[dt.date | None]
    amount: Mapped[fen]

    __table_args__ = (sa.Index(None, "distributor_id", "date"),)


class InvoiceLine(Base):
    """A line of an invoice: so much of a product to a place. `ship_to` may lie outside the buyer's areas.

    `batch` as it is printed on the bags; `batch_key` (rules.batch_key) is what it is found by.
    """

    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ship_to: Mapped[region_code | None]
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    weight: Mapped[grams]
    amount: Mapped[fen]
    batch: Mapped[str | None] = mapped_column(sa.String(64))
    batch_key: Mapped[str | None] = mapped_column(sa.String(64))

    # Most lines of an old ledger have no batch: they are left out of the index.
    __table_args__ = (
        sa.Index(
            "ix_invoice_line_batch",
            "batch_key",
            "product_id",
            "invoice_id",
            "weight",
            sqlite_where=sa.text("batch_key IS NOT NULL"),
            postgresql_where=sa.text("batch_key IS NOT NULL"),
        ),
    )


class FreshInvoice(Base):
    """An invoice that came or changed and that a topic has yet to look at (fresh.py). `distributor_id`: the order in
    which they are taken, no more."""

    __tablename__ = "fresh_invoice"

    topic: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), primary_key=True)
    distributor_id: Mapped[UUID]

    __table_args__ = (sa.Index(None, "invoice_id"), sa.Index(None, "topic", "distributor_id", "invoice_id"))


class Payment(Base):
    """Money received; `invoice_id` None is a payment on account.

    `payer`: whose money it was, by name or account, where the ERP says it; `payer_key` (rules.payer_key) is what equal
    payers have in common.
    """

    __tablename__ = "payment"

    id: Mapped[pk]
    number: Mapped[str] = mapped_column(sa.String(64))
    number_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    date: Mapped[dt.date]
    amount: Mapped[fen]
    invoice_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("invoice.id"), index=True)
    payer: Mapped[str | None] = mapped_column(sa.String(120))
    payer_key: Mapped[str | None] = mapped_column(sa.String(64))

    __table_args__ = (
        sa.Index(None, "distributor_id", "date"),
        sa.Index(
            "ix_payment_payer",
            "payer_key",
            "distributor_id",
            sqlite_where=sa.text("payer_key IS NOT NULL"),
            postgresql_where=sa.text("payer_key IS NOT NULL"),
        ),
    )


class Balance(Base):
    """What the ledger says of a distributor when all its rows count: kept in the transaction that changes the ledger.

    It answers for every day from `as_of` on (the latest date in the ledger); an earlier day is computed from the rows.
    `open_items`: [[due ISO date or null, unpaid fen], …], oldest first. `oldest_due`: the first of them, for lists.
    """

    __tablename__ = "balance"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    outstanding: Mapped[fen]
    as_of: Mapped[dt.date]
    open_items: Mapped[list[Any]] = mapped_column(default=list)
    oldest_due: Mapped[dt.date | None] = mapped_column(index=True)

    __table_args__ = (sa.Index(None, "outstanding"),)
