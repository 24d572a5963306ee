"""Random small companies, each from a seed: their files' rows, and deals that look for the edges of the rules."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from . import reference
from .reference import Line, Row, World

TODAY = date(2026, 11, 23)

LINES = ("pig", "poultry", "aqua")
TIERS = ("S", "A", "B")
ORDER = (
    "regions", "products", "users", "distributors", "areas", "prices", "rebates", "credit", "invoices", "payments"
)  # fmt: skip

# What the viewers may see; the administrator sees everything.
PATCHES = {
    "admin": (),
    "super": ("91", "9201"),
    "rep-city": ("9101",),
    "rep-two": ("910101", "920201"),
    "rep-town": ("910202001",),
    "rep-none": (),
}


@dataclass(frozen=True)
class Deal:
    """A question to the interface; None: not said, the default holds."""

    distributor: str
    on: date | None
    ship_to: str | None
    terms: str
    lines: tuple[Line, ...]


class Maker:
    """Makes one world and the deals for it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.regions = list(self._region_codes())

    def world(self) -> World:
        """The rows of every kind."""
        products = self._products()
        distributors = self._distributors()
        invoices = self._invoices(products, distributors)
        return {
            "regions": [{"code": code, "name": f"区域{code}"} for code in self.regions],
            "products": products,
            "users": self._users(),
            "distributors": distributors,
            "areas": self._areas(distributors),
            "prices": self._prices(products),
            "rebates": self._rebates(products, distributors),
            "credit": self._credit(distributors),
            "invoices": invoices,
            "payments": self._payments(distributors, invoices),
        }

    # Rows

    def _region_codes(self) -> Iterator[str]:
        for province in ("91", "92"):
            yield province
            for city in ("01", "02"):
                yield province + city
                for county in ("01", "02"):
                    yield province + city + county
                    for town in ("001", "002"):
                        yield province + city + county + town

    def _products(self) -> list[Row]:
        return [
            {
                "code": f"P{number:02}" if number % 3 else f"p{number:02}x",
                "name": self.random.choice(("乳猪料", "肉鸭料", "鱼料, 膨化", 'Feed "Extra"')) + str(number),
                "line": LINES[number % 3],
                "stage": "",
                "pack_kg": self.random.choice(("40", "25", "20.5")),
                "standard_factor": self.random.choice(("1", "0.8", "")),
                "cost_per_tonne": self.random.choice(("2500", "2800.55", "")),
                "active": "yes",
            }
            for number in range(1, 9)
        ]

    def _users(self) -> list[Row]:
        return [
            {
                "username": username,
                "name": f"用户 {username}",
                "role": {"a": "admin", "s": "supervisor", "r": "rep"}[username[0]],
                "regions": ";".join(patch),
                "locale": self.random.choice(("zh", "en")),
                "active": "yes",
            }
            for username, patch in PATCHES.items()
            if username != "admin"
        ]

    def _distributors(self) -> list[Row]:
        statuses = ("active",) * 7 + ("prospect", "watch", "ended")
        return [
            {
                "code": self.random.choice(("D{:03}", "d{:03}", "Dx-{:03}")).format(number),
                "name": f"兴旺饲料 {number}",
                "region": self.random.choice(self.regions) if number % 13 else "",
                "tier": self.random.choice((*TIERS, *TIERS, "")),
                "rep": self.random.choice(("rep-city", "rep-two", "")),
                "status": self.random.choice(statuses),
                "since": self.random.choice(("2020-01-31", "2024-02-29", "")),
                "contact": "王老板",
                "phone": self.random.choice(("13800138000", "")),
                "address": "中心路 1 号\n二楼" if number == 1 else "",
            }
            for number in range(1, 31)
        ]

    def _span(self) -> dict[str, str]:
        """valid_from and valid_to with edges on and beside today."""
        near = (-30, -1, 0, 1, 30)
        start = TODAY + timedelta(self.random.choice((-400, -200, -90, *near)))
        end = self.random.choice((None, None, *near, 200))
        stop = TODAY + timedelta(end) if end is not None else None
        return {
            "valid_from": start.isoformat(),
            "valid_to": max(stop, start).isoformat() if stop else "",
        }

    def _areas(self, distributors: Sequence[Row]) -> list[Row]:
        rows = {}
        homes = [row for row in distributors if row["region"]]
        for number in range(80):
            distributor = self.random.choice(homes)
            region = self.random.choice(self.regions)
            if number < 40:
                distributor = homes[number % len(homes)]
                region = self.random.choice(reference.chain(distributor["region"]))
            row = {
                "distributor": self._case(distributor["code"]),
                "region": region,
                "line": self.random.choice((*LINES, "*", "*")),
                **self._span(),
                "shared": "yes",
            }
            rows[(reference.key(row["distributor"]), region, row["line"], row["valid_from"])] = row
        return list(rows.values())

    def _prices(self, products: Sequence[Row]) -> list[Row]:
        rows = {}
        for _number in range(170):
            product = self.random.choice(products[:-1])
            length = self.random.choice((2, 2, 2, 4, 6, 9))
            base = Decimal(self.random.randrange(200_000, 400_000)) / 100
            floor = self.random.choice(
                (base, base - 50, base - Decimal("0.01"), Decimal("3000"), Decimal(0), None)
                if self.random.random() < 0.5
                else (base - 100,)
            )
            retail = self.random.choice(
                (None, base + 100, base, Decimal(0) if self.random.random() < 0.1 else base + 1)
            )
            row = {
                "product": self._case(product["code"]),
                "region": self.random.choice([code for code in self.regions if len(code) == length]),
                "tier": self.random.choice((*TIERS, "*", "*")),
                **self._span(),
                "list_price": self.random.choice((str(base), str(base), "", "0")),
                "floor_price": "" if floor is None else str(floor),
                "retail_price": "" if retail is None else str(retail),
            }
            rows[(reference.key(row["product"]), row["region"], row["tier"], row["valid_from"])] = row
        return list(rows.values())

    def _rebates(self, products: Sequence[Row], distributors: Sequence[Row]) -> list[Row]:
        everything = {"tier": "*", "line": "*", "product": "*", "valid_from": "2020-01-01", "valid_to": ""}
        rows: list[Row] = [
            {"code": f"R-{name}", "kind": "year", "distributor": distributors[number]["code"], "per_tonne": "",
             "percent": percent, **everything}
            for name, number, percent in (("all", 1, "100"), ("most", 2, "60"), ("rest", 2, "40"), ("near", 3, "99.9"))
        ]  # fmt: skip
        for number in range(1, 46):
            wide = self.random.random() < 0.12
            distributor = "*" if wide or self.random.random() < 0.4 else self.random.choice(distributors)["code"]
            product = "*" if wide or self.random.random() < 0.5 else self.random.choice(products)["code"]
            big = distributor != "*" and self.random.random() < 0.3
            percent = self.random.choice(("60", "99.5") if big else ("1", "2.5", "0.125", "3.333", ""))
            per_tonne = self.random.choice(("10", "40.00", "0.01", "33.33", "0", ""))
            rows.append(
                {
                    "code": f"R-{number}",
                    "kind": self.random.choice(("month", "quarter", "year", "special", "exclusive")),
                    "distributor": self._case(distributor),
                    "tier": "*" if wide else self.random.choice((*TIERS, "*")),
                    "line": "*" if wide else self.random.choice((*LINES, "*")),
                    "product": self._case(product),
                    "per_tonne": per_tonne if percent else per_tonne or "5",
                    "percent": percent,
                    **self._span(),
                }
            )
        return rows

    def _credit(self, distributors: Sequence[Row]) -> list[Row]:
        return [
            {
                "distributor": self._case(distributor["code"]),
                "grade": self.random.choice(("A", "A", "B", "B", "C", "D", "")),
                "limit": self.random.choice(("0", "", "1000", "20000.50", "100000", "100000", "2000000")),
                "term_days": self.random.choice(("30", "7", "0")),
                "assessed_on": "2026-01-31",
                "valid_until": self.random.choice(
                    ("", "", *((TODAY + timedelta(days)).isoformat() for days in (-1, 0, 1, 200)))
                ),
                "frozen": self.random.choice(("no",) * 8 + ("yes",)),
            }
            for number, distributor in enumerate(distributors)
            if number % 9
        ]

    def _invoices(self, products: Sequence[Row], distributors: Sequence[Row]) -> list[Row]:
        rows: list[Row] = []
        for number in range(1, 120):
            distributor = self.random.choice(distributors[: len(distributors) * 4 // 5])
            due = TODAY - timedelta(self.random.choice((-40, -7, -1, 0, 0, 1, 1, 2, 6, 7, 8, 9, 29, 30, 31, 32, 90)))
            dated = due - timedelta(self.random.choice((0, 0, 7, 30)))
            credit_note = self.random.random() < 0.15
            for line_no in range(1, self.random.choice((1, 1, 2, 3)) + 1):
                amount = Decimal(self.random.randrange(1, 400_000)) / 100
                if credit_note or (line_no > 1 and self.random.random() < 0.3):
                    amount = -amount
                rows.append(
                    {
                        "number": f"Inv-{number}",
                        "line_no": str(line_no),
                        "distributor": self._case(distributor["code"]),
                        "ship_to": self.random.choice((distributor["region"], self.random.choice(self.regions))),
                        "date": dated.isoformat(),
                        "due": due.isoformat(),
                        "product": self._case(self.random.choice(products)["code"]),
                        "kg": ("-" if amount < 0 else "") + self.random.choice(("7", "4000", "0.5", "80.125")),
                        "amount": str(amount),
                    }
                )
        return rows

    def _payments(self, distributors: Sequence[Row], invoices: Sequence[Row]) -> list[Row]:
        rows: list[Row] = []
        for number in range(1, 100):
            if self.random.random() < 0.7:
                paid = self.random.choice(invoices)
                lines = [Decimal(row["amount"]) for row in invoices if row["number"] == paid["number"]]
                total = sum(lines, Decimal(0))
                amount = max(Decimal("0.01"), total * self.random.choice((1, 1, 1, 2)) / self.random.choice((1, 1, 2)))
                distributor, invoice = paid["distributor"], self._case(paid["number"])
            else:
                amount = Decimal(self.random.randrange(1, 900_000)) / 100
                distributor, invoice = self._case(self.random.choice(distributors)["code"]), ""
            dated = TODAY - timedelta(self.random.choice((0, 1, 2, 10, 31, 60, -1, -5)))
            rows.append(
                {
                    "number": f"Pay-{number}",
                    "distributor": distributor,
                    "date": dated.isoformat(),
                    "amount": str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP)),
                    "invoice": invoice,
                }
            )
        return rows

    def _case(self, code: str) -> str:
        return self.random.choice((code, code, code.lower(), code.upper()))

    # Deals

    def deal(self, world: World) -> Deal:
        """A deal; prices, quantities and dates lie on the edges of this world's own rows more often than not."""
        distributor = self.random.choice(world["distributors"])
        on = self._day(world, distributor)
        ship_to = self.random.choice((None, distributor["region"] or None, None, self.random.choice(self.regions)))
        if not distributor["region"] and ship_to is None:
            ship_to = self.random.choice(self.regions)
        region = ship_to or distributor["region"]
        count = self.random.choice((1, 1, 1, 1, 2, 3, 6))
        lines = [self._line(world, distributor, region, on or TODAY) for _number in range(count)]
        terms = self.random.choice(("credit", "credit", "cash"))
        if self.random.random() < 0.35:
            distributor, on, terms = self._with_credit(world), None, "credit"
            lines = self._fill_limit(world, distributor, TODAY, lines)
            ship_to = ship_to or self.random.choice(self.regions)
        return Deal(self._case(distributor["code"]), on, ship_to, terms, tuple(lines))

    def _with_credit(self, world: World) -> Row:
        """A distributor whose limit decides: graded, not frozen, not for cash only."""
        deciding = [
            row["distributor"] for row in world["credit"] if row["grade"] in {"A", "B", "C"} and row["frozen"] == "no"
        ]
        row = reference.find(world["distributors"], "code", self.random.choice(deciding))
        assert row is not None
        return row

    def _day(self, world: World, distributor: Row) -> date | None:
        if self.random.random() < 0.3:
            return None
        if self.random.random() < 0.3:
            return TODAY + timedelta(self.random.choice((-300, -60, -31, -8, -7, -1, 0, 1, 7, 30, 60)))
        unpaid = reference.account(world, distributor, TODAY).unpaid.values()
        if unpaid and self.random.random() < 0.5:
            return min(due for due, _left in unpaid) + timedelta(self.random.choice((0, 1, 7, 8, 30, 31)))
        edges = [
            row[column]
            for kind, column in (
                ("invoices", "due"),
                ("payments", "date"),
                ("credit", "valid_until"),
                ("invoices", "date"),
            )
            for row in world[kind]
            if reference.same(row["distributor"], distributor["code"]) and row[column]
        ]
        edges += [self.random.choice(world[kind])["valid_from"] for kind in ("areas", "prices", "rebates")]
        edges += [
            self.random.choice(world[kind])["valid_to"] or "2026-11-23" for kind in ("areas", "prices", "rebates")
        ]
        return date.fromisoformat(self.random.choice(edges)) + timedelta(
            self.random.choice((-1, 0, 0, 1, 1, 2, 7, 8, 30, 31))
        )

    def _line(self, world: World, distributor: Row, region: str, on: date) -> Line:
        product = self.random.choice(world["products"])
        kg = self.random.choice(("5000", "40", "1", "0.001", "12345.678", "7.5", str(self.random.randrange(1, 40_000))))
        return Line(self._case(product["code"]), kg, self._price(world, product, distributor, region, on))

    def _price(self, world: World, product: Row, distributor: Row, region: str, on: date) -> str:
        around = [Decimal(self.random.randrange(0, 500_000)) / 100, Decimal(0)]
        row = reference.best_price(world, product, distributor, region, on)
        per_tonne, percent = reference.rebates(world, product, distributor, on)
        if row and row["floor_price"]:
            floor = Decimal(row["floor_price"])
            for wanted in (floor, floor * Decimal("0.98")):
                lowest = reference.lowest_ok(wanted, per_tonne, percent)
                if lowest is not None:
                    around += [lowest, lowest, lowest - reference.FEN, lowest + reference.FEN]
        if row and row["retail_price"]:
            around += [Decimal(row["retail_price"]), Decimal(row["retail_price"]) + reference.FEN]
        return str(min(max(self.random.choice(around), Decimal(0)), Decimal(1_000_000)))

    def _fill_limit(self, world: World, distributor: Row, on: date, lines: list[Line]) -> list[Line]:
        """The last line made such that the amount lies on the edge of what is available, or of 10 % beyond."""
        row = reference.find(world["credit"], "distributor", distributor["code"])
        limit = Decimal(row["limit"] or 0) if row else Decimal(0)
        available = limit - reference.account(world, distributor, on).outstanding
        aim = (
            self.random.choice((available, available + limit / 10)) + self.random.choice((-1, 0, 0, 1)) * reference.FEN
        )
        others = sum(
            (reference.to_fen(Decimal(line.kg) / 1000 * Decimal(line.price)) for line in lines[:-1]), Decimal(0)
        )
        kg = (aim - others).quantize(Decimal("0.001"))
        if kg <= 0:
            return lines
        return [*lines[:-1], Line(lines[-1].product, str(kg), "1000.00")]
