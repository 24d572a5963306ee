"""What distributors bought and at which net price: sums of invoice lines less what rebates give back on them.

Credit notes, returns and free goods are in the sums: the net price is that of the whole. A period is cut where a rebate
begins or ends, so that within a piece the same rebates apply and the database does the adding up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product

from .models import Rebate
from .rules import ANY, RebateRow, applying, average, net_amount

DAY = timedelta(days=1)
_CHUNK = 500
_MOST_BY_KEY = 2000


@dataclass(slots=True)
class Bought:
    """Of one product by one distributor in a period: grams, fen invoiced for them, and what of that is net."""

    distributor_id: UUID
    code: str
    name: str
    tier: str | None
    region: str | None
    product_id: UUID
    grams: int = 0
    amount: int = 0
    net_amount: Decimal = Decimal(0)

    @property
    def tier_key(self) -> str:
        """The tier for comparing; '' for none."""
        return self.tier.casefold() if self.tier else ""

    @property
    def net(self) -> int | None:
        """Fen per tonne; None where all of it was given back."""
        return average(self.net_amount, self.grams)

    @property
    def gross(self) -> int | None:
        """The same before rebates."""
        return average(self.amount, self.grams)


def bought(
    viewer: Viewer, first: date, last: date, *, products: Collection[UUID] = (), region: str = "", tier: str = ""
) -> list[Bought]:
    """What distributors of the viewer's patch bought from `first` to `last`; three statements.

    `products`: of these alone, () of all; `region`: of distributors there or below; `tier`: of these alone.
    """
    rebates = _rebates(first, last)
    cuts = sorted({day for row in rebates for day in _edges(row) if first < day <= last})
    piece: Any = sa.literal(0)
    if cuts:
        piece = sa.case(*((Invoice.date >= day, number) for number, day in reversed([*enumerate(cuts, 1)])), else_=0)
    piece = piece.label("piece")
    scope = [viewer.scope(Distributor.region_code)]
    if region:
        scope.append(sa.and_(Distributor.region_code >= region, Distributor.region_code < region + "9" * 10))
    if tier:
        scope.append(sa.func.lower(Distributor.tier) == tier.casefold())
    select = (
        sa.select(
            Invoice.distributor_id,
            InvoiceLine.product_id,
            piece,
            sa.func.sum(InvoiceLine.weight),
            sa.func.sum(InvoiceLine.amount),
        )
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(Distributor, Distributor.id == Invoice.distributor_id)
        .where(*scope, Invoice.date >= first, Invoice.date <= last)
        .group_by(Invoice.distributor_id, InvoiceLine.product_id, piece)
    )
    if products:
        select = select.where(InvoiceLine.product_id.in_(list(products)))
    rows = db.session.execute(select).all()
    stores = _stores({row[0] for row in rows}, scope)
    goods = _goods()
    found: dict[tuple[UUID, UUID], Bought] = {}
    for distributor, product, number, grams, amount in rows:
        key, code, name, tier_of, where = stores[distributor]
        one = found.setdefault((distributor, product), Bought(distributor, code, name, tier_of, where, product))
        on = cuts[number - 1] if number else first
        code_key, line = goods[product]
        granted = applying(rebates, key, tier_of.casefold() if tier_of else None, line, code_key, on) if rebates else ()
        one.grams += int(grams)
        one.amount += int(amount)
        one.net_amount += net_amount(int(amount), int(grams), granted)
    return list(found.values())


def _edges(row: RebateRow) -> tuple[date, ...]:
    return (row.valid_from, row.valid_to + DAY) if row.valid_to else (row.valid_from,)


def _stores(
    keys: Collection[UUID], scope: Sequence[Any]
) -> Mapping[UUID, tuple[str, str, str, str | None, str | None]]:
    """By their keys where they are few; else all of the scope, in one statement."""
    columns = (Distributor.code_key, Distributor.code, Distributor.name, Distributor.tier, Distributor.region_code)
    select, ids = sa.select(Distributor.id, *columns), list(keys)
    if len(ids) > _MOST_BY_KEY:
        return {key: tuple(row) for key, *row in db.session.execute(select.where(*scope)) if key in keys}
    found: dict[UUID, tuple[str, str, str, str | None, str | None]] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = db.session.execute(select.where(Distributor.id.in_(ids[start : start + _CHUNK])))
        found |= {key: tuple(row) for key, *row in rows}
    return found


def _goods() -> Mapping[UUID, tuple[str, str]]:
    rows = db.session.execute(sa.select(Product.id, Product.code_key, Product.line))
    return {key: (code, line.casefold()) for key, code, line in rows}


def _rebates(first: date, last: date) -> list[RebateRow]:
    """Rebates that hold on any day of the period."""
    rows = db.session.execute(
        sa.select(
            Rebate.code,
            Distributor.code_key,
            Rebate.tier,
            Rebate.line,
            Product.code_key,
            Rebate.per_tonne,
            Rebate.percent,
            Rebate.valid_from,
            Rebate.valid_to,
        )
        .outerjoin(Distributor, Distributor.id == Rebate.distributor_id)
        .outerjoin(Product, Product.id == Rebate.product_id)
        .where(Rebate.valid_from <= last, sa.or_(Rebate.valid_to.is_(None), Rebate.valid_to >= first))
    )
    return [
        RebateRow(
            code,
            distributor or ANY,
            tier.casefold() if tier else ANY,
            line.casefold() if line else ANY,
            product or ANY,
            *rest,
        )
        for code, distributor, tier, line, product, *rest in rows
    ]
