"""What a distributor owes on a date, and which of it is overdue (contract `deal-check.md`, Credit).

Amounts are fen. Only rows dated on or before the date count. No row order matters.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fieldapp.core.pinyin import normal


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice, or one line of it: rows of the same number are summed, the earliest due date counts.

    `due` None is never overdue and is paid last.
    """

    number: str
    date: dt.date
    due: dt.date | None
    amount: int


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """Money received (negative: taken back, as when a transfer bounces). `invoice` None is on account."""

    number: str
    date: dt.date
    amount: int
    invoice: str | None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice that is not wholly paid."""

    number: str
    due: dt.date | None
    unpaid: int


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What is owed on a date. `open_items`, oldest due first, are empty where only the balance was read."""

    outstanding: int = 0
    overdue: int = 0
    overdue_days: int = 0
    open_items: tuple[OpenItem, ...] = ()


def position(invoices: Iterable[InvoiceFacts], payments: Iterable[PaymentFacts], on: dt.date) -> LedgerFacts:
    """What one distributor owes on a date.

    A payment that names an invoice pays it first. What is left over of it, payments on account (also those
    that name an invoice which is not there on that date, or a credit note) and credit notes (invoices that
    sum to less than zero) form one pool, which pays the oldest due first, then the lowest number (as text).
    A negative payment raises what is unpaid of the invoice it names, or lowers the pool; a pool below zero
    pays nothing.
    """
    amounts: dict[str, int] = defaultdict(int)
    dues: dict[str, dt.date] = {}
    for invoice in invoices:
        if invoice.date <= on:
            amounts[invoice.number] += invoice.amount
            if invoice.due is not None:
                dues[invoice.number] = min(invoice.due, dues.get(invoice.number, invoice.due))

    pool = -sum(amount for amount in amounts.values() if amount < 0)
    unpaid = {number: amount for number, amount in amounts.items() if amount >= 0}
    outstanding = sum(amounts.values())
    for payment in payments:
        if payment.date <= on:
            outstanding -= payment.amount
            if payment.invoice in unpaid:
                unpaid[payment.invoice] -= payment.amount
            else:
                pool += payment.amount
    pool -= sum(rest for rest in unpaid.values() if rest < 0)

    open_items = []
    for number in sorted(unpaid, key=lambda number: (dues.get(number, dt.date.max), number)):
        rest = unpaid[number]
        if rest <= 0:
            continue
        paid = min(rest, max(pool, 0))
        pool -= paid
        if rest > paid:
            open_items.append(OpenItem(number, dues.get(number), rest - paid))
    overdue, overdue_days = overdue_from(open_by_due(open_items), on)
    return LedgerFacts(outstanding, overdue, overdue_days, tuple(open_items))


def open_by_due(items: Iterable[OpenItem]) -> tuple[tuple[dt.date | None, int], ...]:
    """What is unpaid per due date, oldest first, no due date last: the form in which a balance keeps it.

    What a payment pays does not hang on the day of the check, so this stays right for every date from the
    latest row on.
    """
    sums: dict[dt.date | None, int] = defaultdict(int)
    for item in items:
        sums[item.due] += item.unpaid
    return tuple(sorted(sums.items(), key=lambda entry: entry[0] or dt.date.max))


def overdue_from(open_by_due: Iterable[tuple[dt.date | None, int]], on: dt.date) -> tuple[int, int]:
    """(overdue fen, days since the oldest such due date) on a date; (0, 0) when nothing is. Any order."""
    late = [(due, unpaid) for due, unpaid in open_by_due if due is not None and due < on and unpaid > 0]
    if not late:
        return 0, 0
    return sum(unpaid for _, unpaid in late), (on - min(late)[0]).days


def from_balance(outstanding: int, open_by_due: Iterable[tuple[dt.date | None, int]], on: dt.date) -> LedgerFacts:
    """The facts from a kept balance, for a date on or after its latest row."""
    return LedgerFacts(outstanding, *overdue_from(open_by_due, on))


def batch_key(batch: str) -> str:
    """What two spellings of one batch have in common: blanks around it and upper or lower case do not count."""
    return batch.strip().casefold()[:64]


def payer_key(payer: str | None) -> str | None:
    """What two spellings of one payer have in common, a name or an account: its letters and digits; None: nothing."""
    return "".join(sign for sign in normal(payer or "") if sign.isalnum())[:64] or None
