"""What a distributor owed on a day, from the rows themselves."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db

from .models import Invoice, Payment
from .rules import InvoiceFacts, LedgerFacts, PaymentFacts, position


def rows_of(distributor_ids: Iterable[UUID]) -> dict[UUID, tuple[list[InvoiceFacts], list[PaymentFacts]]]:
    """Every invoice and payment of some distributors (at most a few hundred at once), by distributor."""
    ids = list(distributor_ids)
    rows: dict[UUID, tuple[list[InvoiceFacts], list[PaymentFacts]]] = {id_: ([], []) for id_ in ids}
    invoices = sa.select(Invoice.distributor_id, Invoice.number, Invoice.date, Invoice.due, Invoice.amount)
    for owner, number, day, due, amount in db.session.execute(invoices.where(Invoice.distributor_id.in_(ids))):
        rows[owner][0].append(InvoiceFacts(number, day, due, amount))
    payments = sa.select(
        Payment.distributor_id, Payment.number, Payment.date, Payment.amount, Invoice.number
    ).outerjoin(Invoice, Invoice.id == Payment.invoice_id)
    for owner, number, day, amount, invoice in db.session.execute(payments.where(Payment.distributor_id.in_(ids))):
        rows[owner][1].append(PaymentFacts(number, day, amount, invoice))
    return rows


def position_on(distributor_id: UUID, on: date) -> LedgerFacts:
    """What a distributor owed on a day, whatever the day: rows dated later do not count. Two statements."""
    invoices, payments = rows_of([distributor_id])[distributor_id]
    return position(invoices, payments, on)


def read_open_items(stored: list[list[object]]) -> list[tuple[date | None, int]]:
    """A balance's `open_items` as the rules take them: (due date or None, unpaid fen)."""
    return [(date.fromisoformat(str(due)) if due else None, int(str(unpaid))) for due, unpaid in stored]
