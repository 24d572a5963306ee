"""The price row that counts, the rebates that apply, the net price and what it says.

Contract `deal-check.md`, Price. Prices are fen per tonne, percents are Decimal (2 = 2 %). The floor is on our
own net price; retail is a suggestion. Unset is not zero: None stays None.

The net price is made here and nowhere else, of the price and what is granted on it (`Grant`). Rebates are the grants
there are; what an incentive scheme grants per tonne or in percent is one more Grant beside them, and every place that
asks for a net price takes it in by that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from fieldapp.core.findings import Finding, Level
from fieldapp.core.money import GRAMS_PER_TONNE, round_half_up
from fieldapp.core.validity import valid_on
from fieldapp.network.territory.rules import chain

ANY = "*"

LEVELS: Mapping[str, Level] = {
    "price.none": Level.STOP,
    "price.no_floor": Level.APPROVAL,
    "price.ok": Level.OK,
    "price.below_floor": Level.APPROVAL,
    "price.far_below_floor": Level.STOP,
    "price.above_retail": Level.INFO,
}


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A product's prices in a region for a tier (`*` = all tiers); fen per tonne."""

    product: str
    region: str
    tier: str
    valid_from: date
    valid_to: date | None
    list_price: int | None
    floor_price: int | None
    retail_price: int | None


class Grant(Protocol):
    """What is given back on a price: fen per tonne, and percent of the price. Rebates are such."""

    @property
    def per_tonne(self) -> int | None: ...

    @property
    def percent(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class RebateRow:
    """Money back per tonne (fen) and per price (percent), for whom and for what; `*` = any."""

    code: str
    distributor: str
    tier: str
    line: str
    product: str
    per_tonne: int | None
    percent: Decimal | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Quote:
    """A line's price held against its price row; all prices in fen per tonne.

    `rebates` is what they take off at this price (price − net). `lowest_ok_price` is the lowest price that
    keeps the floor, `lowest_approvable_price` the lowest that a supervisor can approve; both None without a
    floor, or when the rebates reach 100 %.
    """

    price: int
    row: PriceRow | None
    net: int
    rebates: int
    rebate_codes: tuple[str, ...]
    lowest_ok_price: int | None
    lowest_approvable_price: int | None

    @property
    def floor_kept(self) -> bool | None:
        """Whether net is at least the floor; one that is not set counts as kept; None: there is no price."""
        if self.row is None:
            return None
        return self.row.floor_price is None or self.net >= self.row.floor_price


def best_price(candidates: Iterable[PriceRow], ship_to: str, tier: str | None, on: date) -> PriceRow | None:
    """The price row that counts for a `ship_to`, a distributor's tier (None: only `*` rows) and a date.

    `candidates` are rows of one product. The longest region wins, then the tier's own row over `*`, then the
    latest `valid_from`.
    """
    regions = chain(ship_to)
    return max(
        (row for row in candidates if row.region in regions and row.tier in (tier, ANY) and valid_on(row, on)),
        key=lambda row: (len(row.region), row.tier != ANY, row.valid_from),
        default=None,
    )


class Standing(StrEnum):
    """Why a price row of a product counts for a place, tier and day, or the first reason why it does not."""

    COUNTS = "counts"
    ELSEWHERE = "elsewhere"
    OTHER_TIER = "other_tier"
    PLANNED = "planned"
    OVER = "over"
    WIDER = "wider"
    ALL_TIERS = "all_tiers"
    OLDER = "older"


def explain(
    candidates: Iterable[PriceRow], ship_to: str, tier: str | None, on: date
) -> list[tuple[PriceRow, Standing]]:
    """Each row with whether it counts, by the rule of `best_price`, the nearest to counting first."""
    rows = list(candidates)
    regions, best = chain(ship_to), best_price(rows, ship_to, tier, on)

    def standing(row: PriceRow) -> Standing:
        if row.region not in regions:
            return Standing.ELSEWHERE
        if row.tier not in (tier, ANY):
            return Standing.OTHER_TIER
        if row.valid_from > on:
            return Standing.PLANNED
        if not valid_on(row, on):
            return Standing.OVER
        if row is best or best is None:
            return Standing.COUNTS
        if len(row.region) < len(best.region):
            return Standing.WIDER
        return Standing.ALL_TIERS if row.tier != best.tier else Standing.OLDER

    order = [Standing.COUNTS, Standing.OLDER, Standing.ALL_TIERS, Standing.WIDER, Standing.PLANNED]
    rank = {one: number for number, one in enumerate(order)}
    found = [(row, standing(row)) for row in rows]
    return sorted(found, key=lambda pair: (rank.get(pair[1], 9), -len(pair[0].region), pair[0].valid_from))


def applying(
    rebates: Iterable[RebateRow], distributor: str, tier: str | None, line: str, product: str, on: date
) -> tuple[RebateRow, ...]:
    """The rebates that count for a distributor of a tier (None: only `*` rows) buying a product; by code."""
    return tuple(one for one in concerning(rebates, distributor, tier, line, product) if valid_on(one, on))


def concerning(
    rebates: Iterable[RebateRow], distributor: str, tier: str | None, line: str, product: str
) -> tuple[RebateRow, ...]:
    """The same, whatever the day."""
    found = [
        rebate
        for rebate in rebates
        if rebate.distributor in (distributor, ANY)
        and rebate.tier in (tier, ANY)
        and rebate.line in (line, ANY)
        and rebate.product in (product, ANY)
    ]
    return tuple(sorted(found, key=lambda rebate: rebate.code))


def net(price: int, rebates: Iterable[Grant]) -> int:
    """price − Σ per_tonne − price × Σ percent / 100, rounded half up to the fen."""
    return _net(price, *_totals(rebates))


def net_amount(amount: int, grams: int, grants: Iterable[Grant]) -> Decimal:
    """What is left in fen of an amount for so many grams when everything granted on it is taken off; not rounded.

    Linear: of a whole with its credit notes, returns and free goods it is what the parts come to together.
    """
    per_tonne, percent = _totals(grants)
    return amount - Decimal(per_tonne) * grams / GRAMS_PER_TONNE - amount * percent / 100


def average(amount: Decimal | int, grams: int) -> int | None:
    """Fen per tonne, rounded half up; None of no weight, or of less than none."""
    return round_half_up(Decimal(amount) * GRAMS_PER_TONNE / grams) if grams > 0 else None


def lowest_price(net_at_least: int, rebates: Iterable[Grant]) -> int | None:
    """The lowest price ≥ 0 in whole fen whose `net` is at least this; None when the rebates reach 100 %."""
    return _lowest_price(net_at_least, *_totals(rebates))


def lowest_ok_price(floor: int | None, rebates: Iterable[Grant]) -> int | None:
    """The lowest price that keeps the floor; None without a floor, or when the rebates reach 100 %."""
    return None if floor is None else lowest_price(floor, rebates)


def lowest_approvable_price(floor: int | None, rebates: Iterable[Grant], tolerance_percent: Decimal) -> int | None:
    """The lowest price not far below the floor; None without a floor, or when the rebates reach 100 %."""
    return None if floor is None else lowest_price(_least_near(floor, tolerance_percent), rebates)


def quote(price: int, row: PriceRow | None, rebates: tuple[RebateRow, ...], tolerance_percent: Decimal) -> Quote:
    """Hold a price (fen per tonne) against its row and the rebates that apply."""
    per_tonne, percent = _totals(rebates)
    net_price = _net(price, per_tonne, percent)
    lowest_ok = lowest_approvable = None
    if row is not None and row.floor_price is not None:
        lowest_ok = _lowest_price(row.floor_price, per_tonne, percent)
        lowest_approvable = _lowest_price(_least_near(row.floor_price, tolerance_percent), per_tonne, percent)
    return Quote(
        price=price,
        row=row,
        net=net_price,
        rebates=price - net_price,
        rebate_codes=tuple(rebate.code for rebate in rebates),
        lowest_ok_price=lowest_ok,
        lowest_approvable_price=lowest_approvable,
    )


def findings(
    quote: Quote, tolerance_percent: Decimal, levels: Mapping[str, Level], *, line: int | None = None
) -> tuple[Finding, ...]:
    """The price finding of a deal line, then `price.above_retail` if it is so. Both carry the same facts."""
    row = quote.row
    code = _case(quote.net, row, tolerance_percent)
    facts: dict[str, Any] = {
        "price": quote.price,
        "list": row.list_price if row else None,
        "floor": row.floor_price if row else None,
        "retail": row.retail_price if row else None,
        "net": quote.net,
        "rebates": quote.rebates,
        "rebate_codes": quote.rebate_codes,
        "lowest_ok_price": quote.lowest_ok_price,
        "lowest_approvable_price": quote.lowest_approvable_price,
    }
    found = Finding(code, levels[code], line, facts)
    if row is not None and row.retail_price is not None and quote.price > row.retail_price:
        return found, Finding("price.above_retail", levels["price.above_retail"], line, facts)
    return (found,)


def _case(net_price: int, row: PriceRow | None, tolerance_percent: Decimal) -> str:
    if row is None:
        return "price.none"
    if row.floor_price is None:
        return "price.no_floor"
    if net_price >= row.floor_price:
        return "price.ok"
    if net_price * 100 >= row.floor_price * (100 - tolerance_percent):  # exact: the bound itself is not rounded
        return "price.below_floor"
    return "price.far_below_floor"


def _totals(grants: Iterable[Grant]) -> tuple[int, Decimal]:
    per_tonne, percent = 0, Decimal(0)
    for rebate in grants:
        per_tonne += rebate.per_tonne or 0
        percent += rebate.percent or 0
    return per_tonne, percent


def _net(price: int, per_tonne: int, percent: Decimal) -> int:
    return round_half_up(price - per_tonne - price * percent / 100) if percent else price - per_tonne


def _least_near(floor: int, tolerance_percent: Decimal) -> int:
    """The lowest whole net that is at least floor × (1 − tolerance)."""
    top, bottom = (100 - tolerance_percent).as_integer_ratio()
    return -(-floor * top // (100 * bottom))


def _lowest_price(net_at_least: int, per_tonne: int, percent: Decimal) -> int | None:
    share = 100 - percent
    if share <= 0:
        return None
    # Half up: net ≥ n means price × share/100 − per_tonne ≥ n − ½. Whole numbers keep the division exact.
    top, bottom = share.as_integer_ratio()
    price = max(0, -(-(2 * (net_at_least + per_tonne) - 1) * 100 * bottom // (2 * top)))
    # A half below zero rounds away from zero, so that the bound itself falls short there.
    return price + 1 if net_at_least <= 0 and _net(price, per_tonne, percent) < net_at_least else price
