"""The demo company: a feed maker that does not exist, of any size, as the files its ERP would hand out.

The same numbers and the same day give the same company, byte for byte. Nothing is held: each file is made row by row,
so that a million distributors cost time, not memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from fieldapp.desk.demo import cases, catalogue, credit, network, places, sales, showcases
from fieldapp.desk.demo.catalogue import Row
from fieldapp.desk.demo.sales import Market
from fieldapp.desk.demo.showcases import Showcase

NAME = "禾穰饲料（演示）"
# In this order each file finds what it refers to; the regions are shipped with the app.
KINDS = (
    "users",
    "products",
    "distributors",
    "areas",
    "prices",
    "rebates",
    "credit",
    "invoices",
    "payments",
    "targets",
)


@dataclass(frozen=True, slots=True)
class Company:
    """A demo company. `rows(kind)` gives a file's rows anew each time it is called."""

    today: date
    network: network.Network
    market: Market
    name: str = field(default=NAME)

    def rows(self, kind: str) -> Iterator[Row]:
        """The rows of one of KINDS: English column keys, text values as in a file. KeyError for another kind."""
        return self._files()[kind]()

    def _files(self) -> dict[str, Callable[[], Iterator[Row]]]:
        net, market = self.network, self.market
        goods = market.catalogue
        # The first rep reads Chinese like most; the third, or the last of a small company, reads English.
        english = net.reps[min(2, len(net.reps) - 1)].username
        return {
            "users": lambda: network.user_rows(net, english),
            "products": lambda: catalogue.product_rows(goods),
            "distributors": lambda: network.distributor_rows(net),
            "areas": lambda: network.area_rows(net),
            "prices": lambda: catalogue.price_rows(goods, net.places, net.patches),
            "rebates": lambda: catalogue.rebate_rows(
                goods,
                special=net.distributor(min(cases.NEIGHBOUR, net.count - 1)).code,
                exclusive=net.distributor(min(cases.WATCH, net.count - 1)).code,
                today=self.today,
            ),
            "credit": lambda: credit.credit_rows(net, market),
            "invoices": lambda: sales.invoice_rows(net, market),
            "payments": lambda: sales.payment_rows(net, market),
            "targets": lambda: sales.target_rows(net, self.today),
        }

    @property
    def showcases(self) -> list[Showcase]:
        """A deal for every finding of the deal check, which the user `rep` can enter."""
        regions = set(self._showcase_regions())
        prices = (showcases.price_facts(row) for row in self.rows("prices") if row["region"] in regions)
        rebates = (showcases.rebate_facts(row) for row in self.rows("rebates"))
        book = showcases.Book(self.network, self.market, tuple(prices), tuple(rebates))
        return list(showcases.all_showcases(book))

    def _showcase_regions(self) -> Iterator[str]:
        for number in filter(lambda number: number < self.network.count, cases.CASES):
            region = self.network.distributor(number).region
            yield from (region[:length] for length in (2, 4, 6, 9))


def build(distributors: int = 300, products: int = 60, seed: int = 1, *, today: date, sales: int = 200) -> Company:
    """A company of this size with two years of sales up to `today`.

    `sales` is the mean number of invoice lines of a distributor; 0 leaves only the unpaid invoices of the cases.
    From 26 distributors on every finding of the deal check has its case. ValueError for no distributor, or for
    fewer products than the lines need.
    """
    known = places.load()
    goods = catalogue.build(products, today)
    return Company(today, network.build(known, distributors, seed, today), Market(goods, known, seed, today, sales))
