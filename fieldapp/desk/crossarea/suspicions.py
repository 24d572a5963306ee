"""What imported invoices say by themselves: sales outside the buyer's areas that nobody had approved.

It stands here and not with the cases, because approvals of deal checks stand in desk.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Area
from fieldapp.standing.crossarea import evidence, policy, tracing
from fieldapp.standing.crossarea.evidence import Evidence
from fieldapp.standing.crossarea.rules import Into, Leave, Sale, allowed, suspicion
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product

TOPIC = "cross_area"
COVERING = frozenset({"territory.foreign", "territory.unassigned"})
_CHUNK = 500
# Keys as the driver gives them: to make UUIDs of all of them took a third of the time, and nearly no line needs them.
_COLUMNS = (
    sa.type_coerce(Invoice.id, sa.String).label("invoice"),
    InvoiceLine.line_no,
    Invoice.number,
    sa.type_coerce(Invoice.distributor_id, sa.String).label("buyer"),
    sa.type_coerce(InvoiceLine.product_id, sa.String).label("product"),
    Product.line,
    Invoice.date,
    Invoice.ordered_on,
    Distributor.region_code,
    InvoiceLine.ship_to,
    InvoiceLine.weight,
    InvoiceLine.amount,
)


def read(invoice_ids: Sequence[UUID], now: datetime, today: date) -> int:
    """Look at the lines of some invoices; how many are newly suspicious. For trade/ledger/fresh.py.

    The same invoices again change nothing; what was corrected no longer speaks against anybody. Where no area was ever
    assigned to anybody, none can be left.
    """
    if not db.session.scalar(sa.select(sa.exists(sa.select(Area.id)))):
        return 0
    numbers: dict[UUID, str] = {}
    candidates: list[tuple[Sale, Into]] = []
    for start in range(0, len(invoice_ids), _CHUNK):
        rows = db.session.execute(_lines().where(Invoice.id.in_(invoice_ids[start : start + _CHUNK]))).all()
        candidates += _suspicious(rows, numbers)
    approved = _approved([one for one, _into in candidates], policy.on(today).delivery_days)
    found = [_evidence(one, into, numbers) for one, into in candidates if one.key not in approved]
    # The numbers of new cases follow the invoices, in whatever order a database gives its rows.
    found.sort(key=lambda one: (one.day, one.number, one.line_no))
    return evidence.take(invoice_ids, found, now)


def _lines() -> sa.Select[Any]:
    return (
        sa.select(*_COLUMNS)
        .select_from(InvoiceLine)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Distributor, Distributor.id == Invoice.distributor_id)
        .join(Product, Product.id == InvoiceLine.product_id)
        .where(InvoiceLine.weight > 0)
    )


def _sale(row: Any) -> Sale:
    invoice, line_no, _number, buyer, product, line, day, ordered, home, ship_to, weight, amount = row
    return Sale(
        (_key(invoice), line_no),
        _key(buyer),
        _key(product),
        line.casefold(),
        day,
        ordered,
        home,
        ship_to,
        weight,
        amount,
    )


def _key(given: Any) -> UUID:
    return given if isinstance(given, UUID) else UUID(given)


def _suspicious(rows: Sequence[Any], numbers: dict[UUID, str]) -> list[tuple[Sale, Into]]:
    """Those of the lines that went where their buyer may not sell, with the owners of the place; the numbers of their
    invoices go into `numbers`."""
    areas = tracing.Owners({row.ship_to or row.region_code for row in rows} - {None})
    buyers = {given: _key(given) for given in {row.buyer for row in rows}}
    found = []
    for row in rows:
        place = row.ship_to or row.region_code
        owners = areas.on(place, row.line.casefold(), row.date) if place else frozenset()
        if buyers[row.buyer] in owners:  # nearly all are: no object is made of them
            continue
        one = replace(_sale(row), owners=owners)
        into = suspicion(one)
        if into is not None:
            found.append((one, into))
            numbers[one.key[0]] = row.number
    return found


def _evidence(one: Sale, into: Into, numbers: Mapping[UUID, str]) -> Evidence:
    invoice, line_no = one.key
    return Evidence(
        invoice_id=invoice,
        line_no=line_no,
        number=numbers[invoice],
        buyer=one.buyer,
        line=one.line,
        county=one.county,
        into=into,
        owner=next(iter(one.owners)) if len(one.owners) == 1 else None,
        day=one.day,
        ship_to=one.place or "",
        product_id=one.product,
        grams=one.grams,
        amount=one.amount,
    )


# Approvals -------------------------------------------------------------------------------------------------------


def _approved(sales: Sequence[Sale], days: int) -> set[tuple[Any, int]]:
    """The keys of those sales that an approved deal check covers. Other sales may have used it up before them, so all
    of the buyer's of these products count."""
    leaves = _leaves({one.buyer for one in sales})
    if not leaves:
        return set()
    pairs = {(one.buyer, one.product) for one in leaves} & {(one.buyer, one.product) for one in sales}
    rivals: dict[Any, Sale] = {one.key: one for one in sales}
    for buyer, product in pairs:
        since = min(one.since for one in leaves if (one.buyer, one.product) == (buyer, product))
        rows = db.session.execute(
            _lines().where(Invoice.distributor_id == buyer, InvoiceLine.product_id == product, Invoice.date >= since)
        )
        rivals |= {one.key: one for one in map(_sale, rows)}
    wanted = [one for one in rivals.values() if (one.buyer, one.product) in pairs]
    return allowed(wanted, leaves, days)


def _leaves(buyers: Collection[UUID]) -> list[Leave]:
    """What was approved for these distributors to go where it is not their area."""
    asked, found = list(buyers), list[Leave]()
    for start in range(0, len(asked), _CHUNK):
        rows = db.session.execute(
            sa.select(
                DealCheck.distributor_id,
                DealCheck.ship_to,
                DealCheck.inputs,
                Approval.covers,
                Approval.decided_at,
                Approval.expires_at,
            )
            .join(DealCheck, DealCheck.id == Approval.check_id)
            .where(
                Approval.state == ApprovalState.APPROVED,
                DealCheck.distributor_id.in_(asked[start : start + _CHUNK]),
                Approval.expires_at.is_not(None),
            )
        ).all()
        products = _products({line["product"] for row in rows for line in row.inputs["lines"]})
        for row in rows:
            found += _of_one(row, products)
    return found


def _of_one(row: Any, products: Mapping[str, UUID]) -> list[Leave]:
    covered = sorted({line for code, line in row.covers if code in COVERING and line is not None})
    since, until = (at.astimezone(SHANGHAI).date() for at in (row.decided_at, row.expires_at))
    grams: dict[str, int] = defaultdict(int)
    for number in covered:
        line = row.inputs["lines"][number - 1]
        grams[line["product"].casefold()] += line["grams"]
    return [
        Leave(row.distributor_id, products[code], row.ship_to, since, until, weight)
        for code, weight in grams.items()
        if code in products
    ]


def _products(codes: Collection[str]) -> dict[str, UUID]:
    keys = {code.casefold() for code in codes}
    rows = db.session.execute(sa.select(Product.code_key, Product.id).where(Product.code_key.in_(keys)))
    return dict(rows.tuples().all())
