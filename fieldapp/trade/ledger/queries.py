"""What a distributor owed on a day, from the rows themselves."""

from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

from .models import Balance, Invoice, InvoiceLine, Payment
from .rules import InvoiceFacts, LedgerFacts, PaymentFacts, batch_key, open_by_due, position

CHUNK = 200  # distributors whose rows are held in memory at once


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


def balances_from_rows(distributor_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """The balances that belong to these distributors' rows, as columns; none for one without rows."""
    fresh = []
    for distributor_id, (invoices, payments) in rows_of(distributor_ids).items():
        days = [row.date for row in invoices] + [row.date for row in payments]
        if not days:
            continue
        as_of = max(days)
        ledger = position(invoices, payments, as_of)
        open_items = open_by_due(ledger.open_items)
        dues = [due for due, _ in open_items if due is not None]
        fresh.append(
            {
                "distributor_id": distributor_id,
                "outstanding": ledger.outstanding,
                "as_of": as_of,
                "open_items": [[due.isoformat() if due else None, unpaid] for due, unpaid in open_items],
                "oldest_due": min(dues, default=None),
            }
        )
    return fresh


def unequal_sums() -> set[UUID]:
    """Distributors whose kept balance is not the sum of their rows, is missing or has no rows, or of whose invoices one
    is not the sum of its lines. Two statements over all rows."""
    rows = sa.union_all(
        sa.select(Invoice.distributor_id, Invoice.amount, sa.literal(1).label("row"), sa.literal(0).label("kept")),
        sa.select(Payment.distributor_id, -Payment.amount, sa.literal(1), sa.literal(0)),
        sa.select(Balance.distributor_id, -Balance.outstanding, sa.literal(0), sa.literal(1)),
    ).subquery()
    wrong = sa.or_(sa.func.sum(rows.c.amount) != 0, sa.func.max(rows.c.row) != sa.func.max(rows.c.kept))
    balances = sa.select(rows.c.distributor_id).group_by(rows.c.distributor_id).having(wrong)
    lines = sa.select(InvoiceLine.invoice_id, sa.func.sum(InvoiceLine.amount).label("amount"))
    lines_of = lines.group_by(InvoiceLine.invoice_id).subquery()
    invoices = (
        sa.select(Invoice.distributor_id)
        .outerjoin(lines_of, lines_of.c.invoice_id == Invoice.id)
        .where(sa.func.coalesce(lines_of.c.amount, 0) != Invoice.amount)
    )
    return {*db.session.scalars(balances), *db.session.scalars(invoices)}


def unequal_balances(distributor_ids: Iterable[UUID]) -> set[UUID]:
    """Of these distributors, those whose kept balance differs in anything from what their rows give."""
    ids = list(distributor_ids)
    unequal: set[UUID] = set()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        fresh = {row["distributor_id"]: row for row in balances_from_rows(chunk)}
        stored = db.session.execute(sa.select(*Balance.__table__.columns).where(Balance.distributor_id.in_(chunk)))
        kept = {row["distributor_id"]: dict(row) for row in stored.mappings()}
        unequal |= {id_ for id_ in chunk if fresh.get(id_) != kept.get(id_)}
    return unequal


class BatchBuyer(NamedTuple):
    """A distributor that bought of a batch: grams less what it gave back, the day it bought last, its main contact.

    `id` is None where all of them were asked for: to make 10,000 keys takes a quarter of the time.
    """

    id: UUID | None
    code: str
    name: str
    region_code: str | None
    grams: int
    last: date
    contact: str | None
    phone: str | None


class BatchBuyers(NamedTuple):
    """Buyers of a batch, the latest first; `mine` of them in the viewer's patch, `all` wherever they are."""

    rows: list[BatchBuyer]
    mine: int
    all: int


def buyers_of_batch(viewer: Viewer | None, product_id: UUID | None, batch: str) -> list[BatchBuyer]:
    """Every distributor of the viewer's patch (None: of all) that bought of a batch, the latest first; one statement.

    `product_id` None: of whatever product. Case and blanks around the batch do not count. Who gave all of it back is
    there too, with 0 grams: some of it may have been fed.
    """
    bought = _bought(product_id, batch).subquery()
    select = (
        sa.select(
            sa.null(),
            Distributor.code,
            Distributor.name,
            Distributor.region_code,
            bought.c.grams,
            bought.c.last,
            Contact.name,
            Contact.phone,
            Distributor.pinyin,
            sa.cast(Distributor.id, sa.String),
        )
        .select_from(Distributor)
        .join(bought, bought.c.distributor_id == Distributor.id)
        .outerjoin(Contact, sa.and_(Contact.distributor_id == Distributor.id, Contact.main))
        .where(viewer.scope(Distributor.region_code) if viewer else sa.true())
    )
    # Sorted here: SQLite sorts whole rows, which takes it as long as finding them.
    found = list(db.session.connection().execute(select).all())
    found.sort(key=itemgetter(8, 9))
    found.sort(key=itemgetter(5), reverse=True)
    return [BatchBuyer(*row[:8]) for row in found]


def page_of_buyers(viewer: Viewer | None, product_id: UUID | None, batch: str, most: int, skip: int = 0) -> BatchBuyers:
    """At most `most` of them after the first `skip`, and how many there are; one statement. Past the end: no counts."""
    bought = _bought(product_id, batch).cte("bought")
    some = (
        sa.select(
            Distributor.id,
            Distributor.code,
            Distributor.name,
            Distributor.pinyin,
            Distributor.region_code,
            bought.c.grams,
            bought.c.last,
            sa.func.count().over().label("mine"),
        )
        .join(bought, bought.c.distributor_id == Distributor.id)
        .where(viewer.scope(Distributor.region_code) if viewer else sa.true())
        .order_by(bought.c.last.desc(), Distributor.pinyin, Distributor.id)
        .limit(most)
        .offset(skip or None)
        .subquery()
    )
    everybody = sa.select(sa.func.count()).select_from(bought).scalar_subquery()
    columns = (some.c[name] for name in ("id", "code", "name", "region_code", "grams", "last"))
    select = (
        sa.select(*columns, Contact.name, Contact.phone, some.c.mine, everybody)
        .outerjoin(Contact, sa.and_(Contact.distributor_id == some.c.id, Contact.main))
        .order_by(some.c.last.desc(), some.c.pinyin, some.c.id)
    )
    found = db.session.execute(select).all()
    if not found:
        return BatchBuyers([], 0, 0 if skip else count_buyers_of_batch(product_id, batch))
    return BatchBuyers([BatchBuyer(*row[:8]) for row in found], found[0][8], found[0][9])


def count_buyers_of_batch(product_id: UUID | None, batch: str) -> int:
    """How many distributors bought of a batch, wherever they are; one statement."""
    bought = _bought(product_id, batch).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(bought)) or 0


def regions_of_batch(product_id: UUID, key: str) -> set[str]:
    """Where the distributors lie that bought of a batch of a product, whatever they gave back; one statement.

    `key`: the batch as rules.batch_key makes it.
    """
    bought = (
        sa.select(Invoice.distributor_id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.batch_key == key, InvoiceLine.product_id == product_id, InvoiceLine.weight > 0)
    )
    select = sa.select(Distributor.region_code).where(Distributor.id.in_(bought)).distinct()
    return {region for region in db.session.scalars(select) if region}


def products_of_batch(batch: str) -> list[Product]:
    """The products that lines of this batch are of, by code: a number may have been used for more than one."""
    there = sa.select(InvoiceLine.product_id).where(InvoiceLine.batch_key == batch_key(batch)).distinct()
    return list(db.session.scalars(sa.select(Product).where(Product.id.in_(there)).order_by(Product.code_key)))


def _bought(product_id: UUID | None, batch: str) -> sa.Select[Any]:
    sold = InvoiceLine.weight > 0
    select = (
        sa.select(
            Invoice.distributor_id,
            sa.func.sum(InvoiceLine.weight).label("grams"),
            sa.func.max(sa.case((sold, Invoice.date))).label("last"),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.batch_key == batch_key(batch))
        .group_by(Invoice.distributor_id)
        .having(sa.func.max(sa.case((sold, 1), else_=0)) == 1)
    )
    return select if product_id is None else select.where(InvoiceLine.product_id == product_id)
