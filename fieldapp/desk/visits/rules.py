"""The periods that targets are agreed for, and what is agreed for one of them."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

ALL_LINES = "*"


class Period(NamedTuple):
    """A period as files name it (`2026-11`, `2026-Q4`, `2026`), and its first day."""

    name: str
    first: date


def periods(today: date) -> tuple[Period, Period, Period]:
    """The month, the quarter and the year of a day."""
    quarter = (today.month - 1) // 3
    return (
        Period(f"{today:%Y-%m}", today.replace(day=1)),
        Period(f"{today.year:04d}-Q{quarter + 1}", date(today.year, quarter * 3 + 1, 1)),
        Period(f"{today.year:04d}", date(today.year, 1, 1)),
    )


def target_of(lines: Mapping[str, int]) -> int | None:
    """Grams agreed for a period: what is agreed for all lines together, else the sum of the lines; None: nothing."""
    if not lines:
        return None
    return lines[ALL_LINES] if ALL_LINES in lines else sum(lines.values())
