"""How long something waited: percentiles, months, and areas that are too small to be shown.

A percentile is by the nearest rank: of n waits in order, the one at place ceil(p × n / 100). So the median of an even
number is the lower of the two in the middle, and every figure is a wait that somebody had.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

FEW = 5  # of fewer waits no figure is shown: it would tell of single people
MONTHS = 12
LEVELS = (2, 4, 6)  # digits of a province, a city, a county


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Of values in order, at least one, by the nearest rank; `percent` 1 to 100."""
    return ordered[(percent * len(ordered) + 99) // 100 - 1]


@dataclass(frozen=True, slots=True)
class Waits:
    """How many ended, and in minutes how long half of them and nine of ten took at most; None of fewer than FEW."""

    count: int = 0
    median: int | None = None
    ninety: int | None = None

    @classmethod
    def of(cls, minutes: Iterable[int]) -> "Waits":
        """Of single waits."""
        ordered = sorted(minutes)
        if len(ordered) < FEW:
            return cls(len(ordered))
        return cls(len(ordered), percentile(ordered, 50), percentile(ordered, 90))


def months_until(last: date, count: int = MONTHS) -> list[date]:
    """The first days of the months up to the one of `last`, the oldest first."""
    number = last.year * 12 + last.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


def next_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def level_below(region: str) -> int | None:
    """How many digits the areas within a region have ("": the country); None where the page goes no deeper."""
    return next((level for level in LEVELS if level > len(region)), None)
