"""Two years of trade of each demo distributor: what it bought, returned and paid, and what it had agreed to buy.

A distributor's history hangs on the seed and its number alone; it is made anew for each file that needs it, and
never held for more than one distributor.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from fieldapp.core.money import format_yuan
from fieldapp.desk.demo.catalogue import Catalogue, Product, Row
from fieldapp.desk.demo.network import Distributor, Network, draw
from fieldapp.desk.demo.places import Places

DAYS = 730
_LINES_PER_INVOICE = ((1, 2, 3, 4, 5, 6), (28, 26, 20, 13, 8, 5))  # 2.6 on average
_MEAN_LINES = 2.62
_DAYS_TO_COME = ((0, 1, 2, 3, 4, 7), (5, 35, 35, 15, 6, 4))  # from the order to the goods
# A case's ordinary trade ends so many days ago: its last weeks are prescribed.
_CASE_QUIET_DAYS = 80

# Share of a mean month, January first: pigs are fattened for the Spring Festival, fish eat in summer.
_SEASONS = {
    "pig": (1.2, 0.75, 0.85, 0.9, 0.95, 0.9, 0.9, 0.95, 1.05, 1.1, 1.2, 1.25),
    "poultry": (0.9, 0.75, 0.95, 1.05, 1.1, 1.05, 0.95, 0.95, 1.1, 1.1, 1.05, 1.05),
    "aqua": (0.1, 0.1, 0.3, 0.7, 1.2, 1.7, 2.1, 2.2, 1.9, 1.1, 0.4, 0.2),
    "ruminant": (1.25, 1.05, 1.0, 0.9, 0.8, 0.75, 0.75, 0.8, 0.95, 1.15, 1.3, 1.3),
}
_TIER_DISCOUNT = {"S": 15, "A": 10, "B": 5, "C": 0}  # thousandths of the list price


class Line(NamedTuple):
    """A line of an invoice: whole kilograms, fen."""

    ship_to: str
    product: str
    kg: int
    amount: int


class Invoice(NamedTuple):
    """An invoice or credit note with its lines."""

    number: str
    date: dt.date
    due: dt.date
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


class Payment(NamedTuple):
    """Money received, fen; `invoice` empty: on account."""

    number: str
    date: dt.date
    amount: int
    invoice: str


class History(NamedTuple):
    """All that passed between the company and one distributor, each by date."""

    invoices: list[Invoice]
    payments: list[Payment]


@dataclass(frozen=True, slots=True)
class Market:
    """What all histories have in common; `sales` is the mean number of invoice lines of a distributor."""

    catalogue: Catalogue
    places: Places
    seed: int
    today: dt.date
    sales: int

    def history(self, distributor: Distributor) -> History:
        """The distributor's trade up to today."""
        random = draw(self.seed, "sales", distributor.number)
        buyer = _Buyer(self, distributor, random)
        invoices = [] if distributor.status == "prospect" else list(buyer.invoices())
        payments = list(_payments(distributor, invoices, self.today, random))
        if distributor.case is not None:
            invoices += buyer.open_invoices(distributor.case.open_dues)
        else:
            invoices += buyer.credit_notes(invoices)
        return History(invoices, payments)


def _trading_days(distributor: Distributor, today: dt.date) -> tuple[dt.date, dt.date]:
    start = max(distributor.since, today - dt.timedelta(days=DAYS))
    if distributor.case is not None:
        return start, today - dt.timedelta(days=_CASE_QUIET_DAYS)
    if distributor.status == "ended":
        ends = [area.valid_to for area in distributor.areas if area.valid_to is not None]
        return start, max(ends, default=start)
    return start, today


class _Buyer:
    """One distributor's shopping: its usual products at their prices, in amounts that follow season and growth."""

    def __init__(self, market: Market, distributor: Distributor, random: Random) -> None:
        self.market = market
        self.distributor = distributor
        self.random = random
        self.products = [
            product for line in distributor.lines for product in _usual(random, market.catalogue.of_line(line))
        ]
        self.places = self._ship_to()
        self.prices: dict[tuple[str, int], int] = {}

    def _ship_to(self) -> list[str]:
        """Mostly its own place, sometimes a township below; one in forty also sells where it should not."""
        own = self.distributor.region
        towns = self.market.places.below.get(own, [])
        places = [own] * 6 + (self.random.sample(towns, min(2, len(towns))) if towns else [])
        if self.random.random() < 0.025:
            places.append(self.random.choice(self.market.places.below[own[:4]]))
        return places

    def invoices(self) -> Iterator[Invoice]:
        """Ordinary invoices, at most one a day: how much is bought follows the season, how often does not."""
        if self.market.sales <= 0:
            return
        mean_gap = DAYS * _MEAN_LINES / self.market.sales
        start, end = _trading_days(self.distributor, self.market.today)
        day = start + dt.timedelta(days=int(self.random.uniform(0, mean_gap)))
        while day <= end:
            yield self._invoice(day, self.distributor.term_days, mean_gap)
            day += dt.timedelta(days=max(1, round(self.random.uniform(0.5, 1.5) * mean_gap)))

    def open_invoices(self, dues: tuple[int, ...]) -> Iterator[Invoice]:
        """The prescribed unpaid invoices of a case: each due so many days from today."""
        term = self.distributor.term_days
        for days in sorted(dues):
            day = self.market.today + dt.timedelta(days=min(days - term, 0))
            yield self._invoice(day, term, 8, due=self.market.today + dt.timedelta(days=days))

    def credit_notes(self, invoices: list[Invoice]) -> Iterator[Invoice]:
        """Now and then part of a line comes back within a fortnight."""
        for invoice in invoices:
            if self.random.random() > 0.015:
                continue
            day = invoice.date + dt.timedelta(days=self.random.randint(2, 14))
            line = invoice.lines[0]
            if day <= self.market.today and line.kg >= 200:
                part = Line(line.ship_to, line.product, -200, -_half_up(line.amount * 200, line.kg))
                yield Invoice(f"TH{invoice.number[2:]}", day, day, (part,))

    def _invoice(self, day: dt.date, term: int, gap_days: float, due: dt.date | None = None) -> Invoice:
        random = self.random
        count = min(random.choices(*_LINES_PER_INVOICE)[0], len(self.products))
        ship_to = random.choice(self.places)
        age = (self.market.today - day).days
        # Who is to have few invoices has small ones too: nobody takes a year's feed at once.
        tonnes = self.distributor.tonnes_a_month * min(gap_days, 15) / 30.4 / count * random.uniform(0.6, 1.4)
        tonnes *= (1 + self.distributor.growth) ** (0.5 - age / 365)
        lines = []
        for product in random.sample(self.products, count):
            # A tonne of concentrate goes as far as four or five of compound feed: less of it is bought.
            season = _SEASONS[product.line][day.month - 1] / float(product.standard_factor)
            bags = max(1, round(tonnes * season * 1000 / product.pack_kg))
            kg = bags * product.pack_kg
            lines.append(Line(ship_to, product.code, kg, _half_up(kg * self._price(product, day), 1000)))
        number = f"XS{day:%y%m%d}{self.distributor.number + 1:06d}"
        return Invoice(number, day, due or day + dt.timedelta(days=term), tuple(lines))

    def _price(self, product: Product, day: dt.date) -> int:
        """Fen per tonne on that day: the list price less what its tier gets off, in steps of five yuan."""
        periods = self.market.catalogue.periods
        period = next((place for place in range(len(periods) - 1, 0, -1) if periods[place][0] <= day), 0)
        known = self.prices.get((product.code, period))
        if known is None:
            level = periods[period][1]
            price = self.market.catalogue.list_price(product, self.distributor.province, level)
            off = price * _TIER_DISCOUNT[self.distributor.tier] // 1000
            known = self.prices[product.code, period] = (price - off) // 5 * 5 * 100
        return known


def _usual(random: Random, products: list[Product]) -> list[Product]:
    """The first product of a line, which everybody buys, and a few others."""
    return products[:1] + random.sample(products[1:], min(len(products) - 1, random.randint(2, 5)))


def _payments(distributor: Distributor, invoices: list[Invoice], today: dt.date, random: Random) -> Iterator[Payment]:
    """One payment per invoice, or one on account for a few of them; none after the distributor stopped paying."""
    payer = distributor.payer
    last_day = today if payer.stopped is None else today - dt.timedelta(days=payer.stopped)
    delay = dt.timedelta(days=int(distributor.term_days * payer.share_of_term) + payer.days_late)
    if distributor.case is not None or distributor.status == "ended":
        delay = min(delay, dt.timedelta(days=distributor.term_days))
    waiting: list[Invoice] = []
    for place, invoice in enumerate(invoices):
        waiting.append(invoice)
        day = waiting[0].date + delay
        following = invoices[place + 1].date if place + 1 < len(invoices) else None
        batch_goes_on = not payer.names_invoice and len(waiting) < 3
        if batch_goes_on and following is not None and following <= day:
            continue
        if day > last_day:
            return
        amount = sum(each.amount for each in waiting)
        if payer.names_invoice and random.random() < 0.0005 and distributor.case is None:
            amount = amount // 200_000 * 100_000  # paid a round half of it and never spoke of the rest
        if amount > 0:
            number = f"SK{day:%y%m%d}{distributor.number + 1:06d}"
            yield Payment(number, day, amount, invoice.number if payer.names_invoice else "")
        waiting.clear()


def _half_up(numerator: int, denominator: int) -> int:
    """A quotient of positive whole numbers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def invoice_rows(network: Network, market: Market) -> Iterator[Row]:
    for distributor in network.distributors():
        random = draw(network.seed, "orders", distributor.number)
        for invoice in market.history(distributor).invoices:
            day, due = invoice.date.isoformat(), invoice.due.isoformat()
            sold = invoice.amount > 0
            ordered = invoice.date - dt.timedelta(days=random.choices(*_DAYS_TO_COME)[0])
            for line_no, line in enumerate(invoice.lines, 1):
                yield {
                    "number": invoice.number,
                    "line_no": str(line_no),
                    "distributor": distributor.code,
                    "ship_to": line.ship_to,
                    "date": day,
                    "due": due,
                    "product": line.product,
                    "kg": str(line.kg),
                    "amount": format_yuan(line.amount),
                    "ordered_on": ordered.isoformat() if sold else "",
                    "batch": _batch(line.product, invoice.date) if sold else "",
                }


def _batch(product: str, sold_on: dt.date) -> str:
    """What was sold in a week was made in the week before, one batch of each product: `261116-P10`."""
    monday = sold_on - dt.timedelta(days=sold_on.weekday() + 7)
    return f"{monday:%y%m%d}-{product}"


def payment_rows(network: Network, market: Market) -> Iterator[Row]:
    for distributor in network.distributors():
        for payment in market.history(distributor).payments:
            yield {
                "number": payment.number,
                "distributor": distributor.code,
                "date": payment.date.isoformat(),
                "amount": format_yuan(payment.amount),
                "invoice": payment.invoice,
            }


def target_rows(network: Network, today: dt.date) -> Iterator[Row]:
    """What was agreed for this year, this quarter, and this month in the main line; not with everybody."""
    for distributor in network.distributors():
        if distributor.status not in ("active", "watch"):
            continue
        random = draw(network.seed, "targets", distributor.number)
        if distributor.case is None and random.random() < 0.1:
            continue
        month = distributor.tonnes_a_month * random.uniform(0.95, 1.2)
        quarter = (today.month - 1) // 3 + 1
        agreed = (
            ("*", f"{today.year}", round(month * 12)),
            ("*", f"{today.year}-Q{quarter}", round(month * 3)),
            (distributor.lines[0], f"{today:%Y-%m}", round(month * 0.7)),
        )
        for line, period, tonnes in agreed:
            yield {
                "distributor": distributor.code,
                "line": line,
                "period": period,
                "tonnes": str(max(1, tonnes)),
            }
