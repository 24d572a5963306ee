"""What distributors bought and at which net price: sums of invoice lines less what rebates give back on them.

Returns and free goods are in the sums: the net price is that of the whole. A period is cut where a rebate begins or
ends, so that within a piece the same rebates apply and the database does the adding up. Money without goods is not the
price of the product that its line happens to name: what is taken off is spread over the goods of the order by value, as
floors are judged (whole_rules.py), freight and the like count nowhere. Only who has such lines is read line by line.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
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
from .whole_rules import Goods, Taken, shares

DAY = timedelta(days=1)
_DAY = sa.func.coalesce(Invoice.ordered_on, Invoice.date)
_MONEY = sa.case((InvoiceLine.weight == 0, 1), else_=0)
# Neither freight, nor a weight that was taken back while money was charged for it.
_COUNTS = sa.or_(InvoiceLine.weight > 0, InvoiceLine.amount <= 0)
_CHUNK = 500
_MOST_BY_KEY = 2000


@dataclass(frozen=True, slots=True)
class Window:
    """What is ordered within `days` of a first order is one whole; a credit note without goods counts against what was
    bought in the `credit_days` before."""

    days: int = 3
    credit_days: int = 31


USUAL = Window()


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
    viewer: Viewer,
    first: date,
    last: date,
    *,
    products: Collection[UUID] = (),
    region: str = "",
    tier: str = "",
    window: Window = USUAL,
) -> list[Bought]:
    """What distributors of the viewer's patch bought from `first` to `last`; three statements, and one for each 500
    distributors who got money off without goods.

    `products`: of these alone, () of all; `region`: of distributors there or below; `tier`: of these alone.
    """
    rebates = _rebates(first - timedelta(days=window.credit_days), last)
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
            _MONEY,
            sa.func.sum(InvoiceLine.weight),
            sa.func.sum(InvoiceLine.amount),
        )
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(Distributor, Distributor.id == Invoice.distributor_id)
        .where(*scope, Invoice.date >= first, Invoice.date <= last, _COUNTS)
        .group_by(Invoice.distributor_id, InvoiceLine.product_id, piece, _MONEY)
    )
    if products:  # what is taken off may stand on a line of any product
        select = select.where(sa.or_(InvoiceLine.product_id.in_(list(products)), InvoiceLine.weight == 0))
    rows = db.session.execute(select).all()
    stores = _stores({row[0] for row in rows}, scope)
    goods = _goods()

    def granted(distributor: UUID, product: UUID, on: date) -> tuple[RebateRow, ...]:
        key, _code, _name, tier_of, _where = stores[distributor]
        code_key, line = goods[product]
        return applying(rebates, key, tier_of.casefold() if tier_of else None, line, code_key, on) if rebates else ()

    found: dict[tuple[UUID, UUID], Bought] = {}
    for distributor, product, number, money, grams, amount in rows:
        if money:
            continue
        _key, code, name, tier_of, where = stores[distributor]
        one = found.setdefault((distributor, product), Bought(distributor, code, name, tier_of, where, product))
        on = cuts[number - 1] if number else first
        one.grams += int(grams)
        one.amount += int(amount)
        one.net_amount += net_amount(int(amount), int(grams), granted(distributor, product, on))
    taken = sorted({row[0] for row in rows if row[3]}, key=str)
    for (distributor, product, day), share in _off(taken, first, last, window, granted):
        bought_it = found.get((distributor, product))
        if bought_it is not None:
            bought_it.amount += share
            bought_it.net_amount += net_amount(share, 0, granted(distributor, product, day))
    return list(found.values())


def _off(
    keys: Sequence[UUID],
    first: date,
    last: date,
    window: Window,
    granted: Callable[[UUID, UUID, date], tuple[RebateRow, ...]],
) -> Iterator[tuple[tuple[UUID, UUID, date], int]]:
    """((distributor, product, day), its share in fen, at most 0) of what was taken off, of goods of the period."""
    since = first - timedelta(days=window.credit_days + window.days)
    for start in range(0, len(keys), _CHUNK):
        select = (
            sa.select(Invoice.distributor_id, InvoiceLine.product_id, Invoice.date, _DAY, InvoiceLine.weight)
            .add_columns(InvoiceLine.amount)
            .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
            .where(Invoice.distributor_id.in_(keys[start : start + _CHUNK]), InvoiceLine.weight >= 0, _COUNTS)
            .where(Invoice.date >= since, Invoice.date <= last)
            .order_by(Invoice.distributor_id, Invoice.date, Invoice.id, InvoiceLine.line_no)
        )
        for distributor, rows in groupby(db.session.execute(select), key=itemgetter(0)):
            lines, goods, taken = [], [], []
            for _distributor, product, dated, day, grams, amount in rows:
                if not grams:
                    taken.append(Taken(day, amount))
                    continue
                net = net_amount(amount, grams, granted(distributor, product, dated))
                lines.append((product, dated))
                goods.append(Goods(day, grams, amount, Fraction(amount - net)))
            off, _lost = shares(goods, taken, window.days, window.credit_days)
            for (product, dated), share in zip(lines, off, strict=True):
                if share and dated >= first:
                    yield (distributor, product, dated), round(share)


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
