"""Whether all of one tier were treated alike (guard C4 of reading.md): the spread of net prices, and its picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Generic, Protocol, TypeVar


class Paid(Protocol):
    """What one distributor paid net for a product, in fen per tonne, and for how many grams."""

    @property
    def net(self) -> int | None: ...

    @property
    def grams(self) -> int: ...


One = TypeVar("One", bound=Paid)


@dataclass(frozen=True, slots=True)
class Spread(Generic[One]):
    """Net prices of one product, area and tier: `counted` by price, the lowest first; `little` bought too little to
    count. Prices in fen per tonne."""

    counted: tuple[One, ...]
    little: tuple[One, ...]

    @property
    def lowest(self) -> int | None:
        """The lowest net price."""
        return self.counted[0].net if self.counted else None

    @property
    def highest(self) -> int | None:
        """The highest net price."""
        return self.counted[-1].net if self.counted else None

    @property
    def percent(self) -> Decimal | None:
        """By how much the highest lies above the lowest, with one decimal; None of fewer than two, or of a lowest price
        of nothing."""
        low, high = self.lowest, self.highest
        if len(self.counted) < 2 or low is None or high is None or low <= 0:
            return None
        return (Decimal(high - low) * 100 / low).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    def beyond(self, threshold: Decimal) -> bool:
        """Whether it is more than the policy lets pass: exactly, before it is rounded; a lowest of nothing is."""
        low, high = self.lowest, self.highest
        if len(self.counted) < 2 or low is None or high is None:
            return False
        return low <= 0 < high or (high - low) * 100 > low * threshold


def spread(bought: Iterable[One], least_grams: int) -> Spread[One]:
    """The spread over those who bought at least so much."""
    rows = list(bought)
    counted = [row for row in rows if row.net is not None and row.grams >= least_grams]
    little = [row for row in rows if row.net is None or row.grams < least_grams]
    return Spread(tuple(sorted(counted, key=lambda row: (row.net or 0, -row.grams))), tuple(little))


# The strip ----------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, EDGE, MIDDLE = 340, 76, 14, 34
_APART = 7


@dataclass(frozen=True, slots=True)
class Strip:
    """A mark for each price on one line (`marks`: x, y, price), and what lies within the threshold of the lowest."""

    marks: list[tuple[int, int, int]]
    within: int | None
    width: int = WIDTH
    height: int = HEIGHT


def strip(prices: Sequence[int], threshold: Decimal) -> Strip | None:
    """Of prices, the lowest first; marks that would hide each other stand above each other. None of fewer than two."""
    if len(prices) < 2:
        return None
    low, high = prices[0], max(prices[-1], prices[0] + 1)

    def across(price: int | Decimal) -> int:
        return EDGE + int((price - low) * (WIDTH - 2 * EDGE) / (high - low))

    marks: list[tuple[int, int, int]] = []
    at: dict[int, int] = {}
    for price in prices:
        x = across(price)
        level = next((n for n in range(4) if x - at.get(n, -WIDTH) >= _APART), 3)
        at[level] = x
        marks.append((x, MIDDLE - level * _APART, price))
    edge = low * (100 + threshold) / 100
    return Strip(marks, across(edge) if low < edge < high else None)
