"""What a row of `invoices` (one line of one) and of `payments` means; both keep the balances."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.sheets import N_, Message, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR
from fieldapp.network.territory.imports import A_REGION
from fieldapp.trade.products.imports import A_PRODUCT

from . import fresh
from .actions import rebuild_balances, set_sums
from .models import Invoice, InvoiceLine, Payment
from .rules import batch_key, payer_key

_CHUNK = 500

_AN_INVOICE = kinds.Reference(Invoice.number_key, Invoice.id, Message(N_("no such invoice")))
_NOT_THEIRS = Message(N_("this invoice belongs to another distributor"))

Faults = Iterable[tuple[kinds.Planned, str, Message]]


def _chunks(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _paid_by_another(rows: Sequence[kinds.Planned]) -> Faults:
    """An invoice that has payments can't go to another distributor: they would pay somebody else's debt."""
    moved: dict[Any, list[kinds.Planned]] = {}
    for row in rows:
        before = row.before[0]
        if before is not None and before["distributor_id"] != row.after[0]["distributor_id"]:
            moved.setdefault(before["id"], []).append(row)
    for chunk in _chunks(moved):
        paid = db.session.execute(
            sa.select(Payment.invoice_id, Payment.distributor_id).where(Payment.invoice_id.in_(chunk))
        )
        for invoice_id, payer in paid.tuples():
            for row in moved[invoice_id]:
                if row.after[0]["distributor_id"] != payer:
                    yield row, "distributor", Message(N_("this invoice has payments of another distributor"))


def _lines_left_behind(rows: Sequence[kinds.Planned]) -> Faults:
    """Distributor, date, due and day of the order are the whole invoice's: who changes them has to give all lines."""
    changed: dict[UUID, list[tuple[kinds.Planned, str]]] = {}
    given: dict[UUID, set[int]] = {}
    for row in rows:
        before, after = row.before[0], row.after[0]
        if before is None:
            continue
        given.setdefault(before["id"], set()).add(row.after[1]["line_no"])
        column = next((column for column, name in _OF_THE_WHOLE if before[name] != after[name]), None)
        if column is not None:
            changed.setdefault(before["id"], []).append((row, column))
    for chunk in _chunks(changed):
        stored = sa.select(InvoiceLine.invoice_id, InvoiceLine.line_no).where(InvoiceLine.invoice_id.in_(chunk))
        for invoice_id, line_no in db.session.execute(stored.order_by(InvoiceLine.line_no)).tuples():
            if line_no not in given[invoice_id]:
                text = N_("line %(line)s of this invoice is stored otherwise: give all its lines together")
                for row, column in changed.pop(invoice_id, ()):
                    yield row, column, Message(text, {"line": line_no})


_OF_THE_WHOLE = (("distributor", "distributor_id"), ("date", "date"), ("due", "due"), ("ordered_on", "ordered_on"))


def _whole_invoices(rows: Sequence[kinds.Planned]) -> Faults:
    moved = list(_paid_by_another(rows))
    yield from moved
    told = {row.line for row, _, _ in moved}
    yield from (fault for fault in _lines_left_behind(rows) if fault[0].line not in told)


def _invoice_of_the_payer(rows: Sequence[kinds.Planned]) -> Faults:
    named = {row.after[0]["invoice_id"] for row in rows if row.after[0]["invoice_id"] is not None}
    owners: dict[UUID, UUID] = {}
    for chunk in _chunks(named):
        select = sa.select(Invoice.id, Invoice.distributor_id).where(Invoice.id.in_(chunk))
        owners |= dict(db.session.execute(select).tuples().all())
    for row in rows:
        invoice_id = row.after[0]["invoice_id"]
        if invoice_id is not None and owners.get(invoice_id) != row.after[0]["distributor_id"]:
            yield row, "invoice", _NOT_THEIRS


def _finish_invoices(written: kinds.Written) -> None:
    """Each touched invoice is the sum of its lines and will be looked at; the balances are those of the ledger."""
    for chunk in _chunks(written.keys[0]):
        set_sums(Invoice.id.in_(chunk))
        fresh.queue(chunk)
    rebuild_balances(written.subjects)


def _finish_payments(written: kinds.Written) -> None:
    rebuild_balances(written.subjects)


def _ordered_before(row: Mapping[str, Any]) -> Iterable[kinds.Fault]:
    """What is invoiced was ordered before, or on the day."""
    if row["ordered_on"] is not None and row["ordered_on"] > row["date"]:
        yield "ordered_on", Message(N_("lies after the invoice's date, %(day)s"), {"day": row["date"].isoformat()})


def _found_by(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"batch_key": batch_key(row["batch"]) if row["batch"] else None}


def _paid_by(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"payer_key": payer_key(row["payer"])}


INVOICES = kinds.Kind(
    "invoices",
    Message(N_("Invoices")),
    columns=(
        kinds.own_code("number", form=Message(N_("the invoice's number"))),
        kinds.integer("line_no", 0, 1_000_000, part=1, identity=True),
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, required=True, default=kinds.NEEDED),
        kinds.reference("ship_to", "ship_to", A_REGION, part=1),
        kinds.day("date", required=True, default=kinds.NEEDED),
        kinds.day("due"),
        kinds.day("ordered_on"),
        kinds.reference("product", "product_id", A_PRODUCT, part=1, required=True, default=kinds.NEEDED),
        kinds.kilograms("kg", negative=True, part=1, into="weight", required=True, default=kinds.NEEDED),
        kinds.money("amount", negative=True, part=1, required=True, default=kinds.NEEDED),
        kinds.text("batch", 64, part=1),
    ),
    parts=(
        kinds.Part(Invoice, ("number_key",), shared=True, born=lambda _at: {"amount": 0}),
        kinds.Part(
            InvoiceLine,
            ("invoice_id", "line_no"),
            parent="invoice_id",
            identity=None,
            derive=_found_by,
            derived_from="batch",
        ),
    ),
    row_part=1,
    check=_ordered_before,
    check_batch=_whole_invoices,
    subject=(0, "distributor_id"),
    finish=_finish_invoices,
    afterwards=fresh.work,
)

PAYMENTS = kinds.Kind(
    "payments",
    Message(N_("Payments")),
    columns=(
        kinds.own_code("number", form=Message(N_("the payment's number"))),
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, required=True, default=kinds.NEEDED),
        kinds.day("date", required=True, default=kinds.NEEDED),
        kinds.money("amount", negative=True, required=True, default=kinds.NEEDED),
        kinds.reference("invoice", "invoice_id", _AN_INVOICE, form=Message(N_("an invoice's number, or empty"))),
        kinds.text("payer", 120),
    ),
    parts=(kinds.Part(Payment, ("number_key",), derive=_paid_by, derived_from="payer"),),
    check_batch=_invoice_of_the_payer,
    subject=(0, "distributor_id"),
    finish=_finish_payments,
)
