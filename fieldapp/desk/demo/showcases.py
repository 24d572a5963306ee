"""A deal for each finding of the deal check, among the customers of the demo's first rep."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from fieldapp.core.money import format_yuan, parse_yuan
from fieldapp.desk.demo import cases, credit
from fieldapp.desk.demo.catalogue import Product, Row
from fieldapp.desk.demo.network import PER_REP, Distributor, Network
from fieldapp.desk.demo.sales import Market
from fieldapp.trade.pricing import rules as pricing

Deal = dict[str, Any]
_TOLERANCE = Decimal(2)  # percent under the floor that can still be approved: the default policy


class Showcase(NamedTuple):
    """A finding, and a deal in the form of the JSON interface which gives it on the day of the demo."""

    code: str
    deal: Deal


@dataclass(frozen=True, slots=True)
class Book:
    """What is needed to name a price: the rows that the company hands out."""

    network: Network
    market: Market
    prices: tuple[pricing.PriceRow, ...]
    rebates: tuple[pricing.RebateRow, ...]

    def has(self, number: int) -> bool:
        """Whether the company is large enough for this case."""
        return number < self.network.count

    def customer(self, number: int) -> Distributor:
        """The distributor of a case."""
        return self.network.distributor(number)

    def quote(self, distributor: Distributor, product: Product, ship_to: str) -> pricing.Quote:
        """The product's price row and rebates there today, held against its list price."""
        today = self.network.today
        rows = [row for row in self.prices if row.product == product.code]
        best = pricing.best_price(rows, ship_to, distributor.tier, today)
        rebates = pricing.applying(self.rebates, distributor.code, distributor.tier, product.line, product.code, today)
        return pricing.quote((best and best.list_price) or 0, best, rebates, _TOLERANCE)

    def product(self, distributor: Distributor) -> Product:
        """The feed it buys most: the first of its first line."""
        return self.market.catalogue.of_line(distributor.lines[0])[0]


def all_showcases(book: Book) -> Iterator[Showcase]:
    """Every finding code of the default policy at least once; those of cash terms where they differ, too.

    A company that is too small for a case (cases.py) has no deal for it; from 26 distributors on none is missing.
    """
    yield from _territory(book)
    yield from _prices(book)
    yield from _credit(book)
    for code, number in (
        ("distributor.ended", cases.ENDED),
        ("distributor.prospect", cases.PROSPECT),
        ("distributor.watch", cases.WATCH),
    ):
        if book.has(number):
            yield Showcase(code, _deal(book, book.customer(number), terms="cash"))


def _territory(book: Book) -> Iterator[Showcase]:
    good = book.customer(cases.GOOD)
    covered = _covered(book)
    nobody = next(county for county in book.market.places.below[good.region[:4]] if county not in covered)
    yield Showcase("territory.own", _deal(book, good))
    yield Showcase("territory.unassigned", _deal(book, good, ship_to=nobody))
    if book.has(cases.NEIGHBOUR):
        elsewhere = book.customer(cases.NEIGHBOUR).region
        undercut = (book.quote(good, book.product(good), elsewhere).lowest_ok_price or 0) - 1000
        yield Showcase("territory.foreign", _deal(book, good, ship_to=elsewhere))
        yield Showcase("territory.foreign_undercut", _deal(book, good, ship_to=elsewhere, price=undercut))


def _covered(book: Book) -> set[str]:
    """Counties of the first rep's patch in which anybody ever had or will have an area."""
    return {
        area.region[:6] for number in range(min(PER_REP, book.network.count)) for area in book.customer(number).areas
    }


def _prices(book: Book) -> Iterator[Showcase]:
    good = book.customer(cases.GOOD)
    product = book.product(good)
    quote = book.quote(good, product, good.region)
    lowest_ok, lowest_approvable = quote.lowest_ok_price or 0, quote.lowest_approvable_price or 0
    no_price = next(each for each in book.market.catalogue.products if not each.priced)
    no_floor = next(each for each in book.market.catalogue.products if each.priced and each.floor_gap is None)
    # In the good customer's county somebody else has the poultry feeds.
    above, retail = next(
        (each, row.retail_price)
        for each in book.market.catalogue.products
        if each.line != "poultry"
        and (row := book.quote(good, each, good.region).row) is not None
        and row.retail_price is not None
    )
    yield Showcase("price.none", _deal(book, good, product=no_price, price=no_price.list_price * 100))
    yield Showcase("price.no_floor", _deal(book, good, product=no_floor))
    yield Showcase("price.ok", _deal(book, good, price=max(lowest_ok, quote.price)))
    yield Showcase("price.below_floor", _deal(book, good, price=(lowest_ok + lowest_approvable) // 2))
    yield Showcase("price.far_below_floor", _deal(book, good, price=lowest_approvable - 5000))
    yield Showcase("price.above_retail", _deal(book, good, product=above, price=retail + 5000))


def _credit(book: Book) -> Iterator[Showcase]:
    for code, number in (
        ("credit.overdue", cases.OVERDUE),
        ("credit.overdue_frozen", cases.OVERDUE_FROZEN),
        ("credit.overdue_stop", cases.OVERDUE_STOP),
    ):
        for terms in ("credit", "cash") if book.has(number) else ():
            yield Showcase(code, _deal(book, book.customer(number), terms=terms))
    yield Showcase("credit.paid_up", _deal(book, book.customer(cases.GOOD)))
    yield Showcase("credit.cash", _deal(book, book.customer(cases.GOOD), terms="cash"))
    for code, number in (
        ("credit.frozen", cases.FROZEN),
        ("credit.ungraded", cases.UNGRADED),
        ("credit.cash_only", cases.CASH_ONLY),
        ("credit.expired", cases.EXPIRED),
        ("credit.ok", cases.GOOD),
    ):
        if book.has(number):
            yield Showcase(code, _deal(book, book.customer(number)))
    if not book.has(cases.FAR_OVER_LIMIT):
        return
    tight = book.customer(cases.OVER_LIMIT)
    limit = credit.limit(tight, book.market)
    available = cases.CASES[cases.OVER_LIMIT].available * 100
    yield Showcase("credit.over_limit", _deal(book, tight, amount=available + limit // 20))
    yield Showcase("credit.far_over_limit", _deal(book, book.customer(cases.FAR_OVER_LIMIT)))


def _deal(
    book: Book,
    distributor: Distributor,
    *,
    product: Product | None = None,
    ship_to: str = "",
    price: int | None = None,
    terms: str = "credit",
    amount: int | None = None,
) -> Deal:
    """A deal of one line in the form of the JSON interface.

    `price` — fen per tonne, by default what goes through; `amount` — fen that the line comes near to, by default
    five tonnes.
    """
    product = product or book.product(distributor)
    ship_to = ship_to or distributor.region
    if price is None:
        quote = book.quote(distributor, product, ship_to)
        price = max(quote.price, quote.lowest_ok_price or 0)
    kg = 5000 if amount is None else amount * 1000 // price // product.pack_kg * product.pack_kg
    return {
        "distributor": distributor.code,
        "ship_to": ship_to,
        "terms": terms,
        "lines": [{"product": product.code, "kg": str(kg), "price": format_yuan(price)}],
    }


def price_facts(row: Row) -> pricing.PriceRow:
    """A price row of the file as the rules take it."""
    return pricing.PriceRow(
        product=row["product"],
        region=row["region"],
        tier=row["tier"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        list_price=_fen(row["list_price"]),
        floor_price=_fen(row["floor_price"]),
        retail_price=_fen(row["retail_price"]),
    )


def rebate_facts(row: Row) -> pricing.RebateRow:
    """A rebate of the file as the rules take it."""
    return pricing.RebateRow(
        code=row["code"],
        distributor=row["distributor"],
        tier=row["tier"],
        line=row["line"],
        product=row["product"],
        per_tonne=_fen(row["per_tonne"]),
        percent=Decimal(row["percent"]) if row["percent"] else None,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _fen(text: str) -> int | None:
    return parse_yuan(text) if text else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
