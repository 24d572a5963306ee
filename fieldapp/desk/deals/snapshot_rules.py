"""A rep's distributors packed for his phone: of these facts static/offline-deal.js checks a deal without a signal.

What hangs on the day alone is worked out here, by the rules that answer online, for each of the two business days on
which a snapshot may be used. The phone decides only what hangs on the deal: the price row of a place, the net price,
whose area it is, the amount and the limit. Two days that are alike are packed once.

No floor is packed for a viewer who may not see it. In its place stand, for each price row and each total of rebates
that can meet it, the lowest price that goes and the lowest that can be approved: what every answer online tells him.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from fieldapp.core.validity import valid_on
from fieldapp.desk.checks.rules import DealPolicy
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory.rules import ALL_LINES, AreaRow, chain
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts
from fieldapp.trade.pricing.rules import (
    ANY,
    PriceRow,
    RebateRow,
    applying,
    findings,
    lowest_approvable_price,
    lowest_ok_price,
    quote,
)

VERSION = 1
NO_TIER, ANY_TIER = -2, -1
MOST_PRICE = 10**10


class Goods(NamedTuple):
    """A product. Keys are casefolded codes."""

    key: str
    code: str
    name: str
    line: str
    line_key: str
    pack_grams: int | None


class Customer(NamedTuple):
    """A distributor. `spoken`: the syllables of its name; `tier` casefolded; a `credit` and a `ledger` for each day."""

    key: str
    code: str
    name: str
    spoken: str
    region: str | None
    tier: str | None
    status: Status
    credit: Sequence[CreditFacts]
    ledger: Sequence[LedgerFacts]


@dataclass(frozen=True, slots=True)
class Known:
    """What is packed. `prices` by product key, `rebates` by distributor key or `*`; a policy (version, rules) for
    each day; `owners`: name by key of the owners whom the viewer may see; `floors`: may he see floors?"""

    days: Sequence[date]
    policies: Sequence[tuple[int, DealPolicy]]
    customers: Sequence[Customer]
    goods: Sequence[Goods]
    prices: Mapping[str, Iterable[PriceRow]]
    rebates: Mapping[str, Iterable[RebateRow]]
    areas: Iterable[AreaRow]
    owners: Mapping[str, str]
    places: Sequence[str]
    names: Mapping[str, str]
    floors: bool = False


def pack(known: Known) -> dict[str, Any]:
    """The snapshot without its head, as JSON values; money fen, weights grams. Its shape is that of offline-deal.js."""
    regions = {part for place in known.places for part in chain(place)}
    tiers = _numbered(c.tier for c in known.customers if c.tier not in (None, ANY))
    lines = _numbered(product.line_key for product in known.goods)
    titles = {product.line_key: product.line for product in known.goods}
    discounts = _Discounts(known, tiers)
    return {
        "v": VERSION,
        "days": [day.isoformat() for day in known.days],
        "policy": _alike([_policy(version, policy) for version, policy in known.policies]),
        "names": {code: known.names[code] for code in sorted(regions) if code in known.names},
        "places": list(known.places),
        "lines": [titles[key] for key in lines],
        "products": [[p.code, p.name, lines[p.line_key], p.pack_grams or 0] for p in known.goods],
        "classes": _alike([discounts.of_classes(day) for day in known.days]),
        "prices": _alike([_prices(known, number, regions, tiers, discounts) for number in range(len(known.days))]),
        "totals": discounts.totals,
        "areas": _alike([_areas(known, day, regions, lines) for day in known.days]),
        "distributors": [_customer(customer, tiers, discounts) for customer in known.customers],
        "others": _others(known),
    }


def _numbered(keys: Iterable[Any]) -> dict[Any, int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _alike(days: list[Any]) -> list[Any]:
    """One entry where the days are alike, else one for each."""
    return days[:1] if all(day == days[0] for day in days) else days


def _policy(version: int, policy: DealPolicy) -> dict[str, Any]:
    return {
        "version": version,
        "levels": {code: level.value for code, level in policy.levels.items()},
        "cash": {code: level.value for code, level in policy.cash_levels.items()},
        "stop": policy.overdue_stop_days,
        "frozen": policy.overdue_frozen_days,
        "overdue": policy.overdue_days,
        "over": policy.over_limit_percent.as_integer_ratio(),
    }


def _tier(tier: str | None, tiers: Mapping[str, int]) -> int:
    if tier is None:
        return NO_TIER
    return ANY_TIER if tier == ANY else tiers[tier]


class _Discounts:
    """The rebates by class of customers: those of one tier to whom the same rebates of their own are given."""

    def __init__(self, known: Known, tiers: Mapping[str, int]) -> None:
        self._known, self._tiers = known, tiers
        own = {c.key: (c.tier, tuple(known.rebates.get(c.key, ()))) for c in known.customers}
        self._classes = _numbered(own.values())
        self._members = {own[c.key]: c.key for c in known.customers}
        self.class_of = {key: self._classes[kind] for key, kind in own.items()}
        self.totals: list[list[int]] = []
        self._numbers: dict[tuple[int, Decimal], int] = {}
        self._examples: list[tuple[RebateRow, ...]] = []
        # (day, product, tier of a price row) → totals that can meet it.
        self._meeting: dict[tuple[date, str, int], set[int]] = {}
        self._marks: dict[tuple[int, int, Decimal], tuple[int, int]] = {}
        self._by_day = {day: self._of_classes(day) for day in known.days}

    def of_classes(self, day: date) -> list[list[int]]:
        """The number of the total for each class and product."""
        return self._by_day[day]

    def meeting(self, day: date, product: str, tier: int) -> list[int]:
        """Which totals a price row of a tier can meet."""
        return sorted(self._meeting.get((day, product, tier), ()))

    def marks(self, row: PriceRow, total: int, tolerance: Decimal) -> tuple[int, int]:
        """`_marks` of a row with a floor and a total."""
        asked = row.floor_price or 0, total, tolerance
        if asked not in self._marks:
            self._marks[asked] = _marks(row, self._examples[total], tolerance)
        return self._marks[asked]

    def _of_classes(self, day: date) -> list[list[int]]:
        return [self._of_class(day, tier, own, self._members[tier, own]) for tier, own in self._classes]

    def _of_class(self, day: date, tier: str | None, own: tuple[RebateRow, ...], key: str) -> list[int]:
        given = [r for r in (*self._known.rebates.get(ANY, ()), *own) if r.tier in (tier, ANY) and valid_on(r, day)]
        found = []
        for product in self._known.goods:
            number = self._number(applying(given, key, tier, product.line_key, product.key, day) if given else ())
            found.append(number)
            for met in {ANY_TIER, _tier(tier, self._tiers)}:
                self._meeting.setdefault((day, product.key, met), set()).add(number)
        return found

    def _number(self, rebates: tuple[RebateRow, ...]) -> int:
        total = sum(r.per_tonne or 0 for r in rebates), sum((r.percent or Decimal(0) for r in rebates), Decimal(0))
        if total not in self._numbers:
            self._numbers[total] = len(self.totals)
            self.totals.append([total[0], *total[1].as_integer_ratio()])
            self._examples.append(rebates)
        return self._numbers[total]


def _prices(
    known: Known, number: int, regions: set[str], tiers: Mapping[str, int], discounts: _Discounts
) -> list[list[Any]]:
    """For each product its rows: [region, tier, list, retail, marks] and, where it may be seen, the floor."""
    day, (_version, policy) = known.days[number], known.policies[number]
    packed = []
    for product in known.goods:
        latest: dict[tuple[str, str], PriceRow] = {}
        for row in known.prices.get(product.key, ()):
            if row.region in regions and (row.tier == ANY or row.tier in tiers) and valid_on(row, day):
                rival = latest.get((row.region, row.tier))
                if rival is None or rival.valid_from < row.valid_from:
                    latest[row.region, row.tier] = row
        rows = []
        for row in latest.values():
            tier = _tier(row.tier, tiers)
            marks: Any = 0
            if row.floor_price is not None:
                marks = []
                for total in discounts.meeting(day, product.key, tier):
                    marks += [total, *discounts.marks(row, total, policy.tolerance_percent)]
            cells = [row.region, tier, row.list_price, row.retail_price, marks]
            rows.append([*cells, row.floor_price] if known.floors else cells)
        packed.append(sorted(rows, key=lambda cells: (cells[0], cells[1])))
    return packed


def _marks(row: PriceRow, rebates: tuple[RebateRow, ...], tolerance: Decimal) -> tuple[int, int]:
    """The price from which a line goes, and from which it can be approved. Where the rebates reach 100 % the net price
    falls as the price rises: then up to which it does, −1 where no price does."""
    ok = lowest_ok_price(row.floor_price, rebates)
    near = lowest_approvable_price(row.floor_price, rebates, tolerance)
    if ok is not None and near is not None:
        return ok, near

    def code(price: int) -> str:
        return findings(quote(price, row, rebates, tolerance), tolerance, _NO_LEVELS)[0].code

    return _highest(lambda price: code(price) == "price.ok"), _highest(lambda price: code(price) != _FAR)


_FAR = "price.far_below_floor"
_NO_LEVELS: Any = {f"price.{case}": None for case in ("ok", "below_floor", "far_below_floor", "above_retail")}


def _highest(fits: Callable[[int], bool]) -> int:
    low, high = -1, MOST_PRICE
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _areas(known: Known, day: date, regions: set[str], lines: Mapping[str, int]) -> dict[str, dict[str, list[int]]]:
    """Region → line → [how many owners he may not see, the numbers of the others in the order of their keys]."""
    found: dict[str, dict[str, set[str]]] = {}
    for area in known.areas:
        if area.region in regions and valid_on(area, day) and (area.line == ALL_LINES or area.line in lines):
            line = ALL_LINES if area.line == ALL_LINES else str(lines[area.line])
            found.setdefault(area.region, {}).setdefault(line, set()).add(area.distributor)
    numbers = _owner_numbers(known)
    return {
        region: {
            line: [
                sum(key not in numbers for key in keys),
                *(numbers[key] for key in sorted(keys) if key in numbers),
            ]
            for line, keys in sorted(by_line.items())
        }
        for region, by_line in sorted(found.items())
    }


def _owner_numbers(known: Known) -> dict[str, int]:
    """The customers first, then the other owners whom he may see."""
    own = [customer.key for customer in known.customers]
    return _numbered([*own, *sorted(set(known.owners) - set(own))])


def _others(known: Known) -> list[str]:
    own = {customer.key for customer in known.customers}
    return [known.owners[key] for key in sorted(set(known.owners) - own)]


def _customer(customer: Customer, tiers: Mapping[str, int], discounts: _Discounts) -> list[Any]:
    facts = [_facts(credit, ledger) for credit, ledger in zip(customer.credit, customer.ledger, strict=True)]
    return [
        customer.code,
        customer.name,
        customer.spoken,
        customer.region or "",
        _tier(customer.tier, tiers),
        discounts.class_of[customer.key],
        customer.status.value,
        *_alike(facts),
    ]


def _facts(credit: CreditFacts, ledger: LedgerFacts) -> list[Any]:
    until = credit.valid_until.isoformat() if credit.valid_until else 0
    temporary_until = credit.temporary_until.isoformat() if credit.temporary_until else 0
    return [
        credit.grade or 0,
        credit.limit or 0,
        until,
        int(credit.frozen),
        ledger.outstanding,
        ledger.overdue,
        ledger.overdue_days,
        *([credit.temporary, temporary_until] if credit.temporary else []),
    ]
