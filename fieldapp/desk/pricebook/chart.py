"""Observed retail prices over time beside the suggested one, in the numbers that an SVG needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

WIDTH, HEIGHT = 340, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 46, 12, 22


class Dot(NamedTuple):
    """One price seen."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Chart:
    """`dots`: what was seen; `line`: the median of each week; `suggested`: the steps of the suggested price; `grid`:
    (height, fen) of the lines behind; `days`: (place, day) under it."""

    dots: list[Dot]
    line: str
    suggested: str
    grid: list[tuple[int, int]]
    days: list[tuple[int, date]]
    width: int = WIDTH
    height: int = HEIGHT


def chart(
    seen: Sequence[tuple[date, int]],
    medians: Sequence[tuple[date, int]],
    suggested: Sequence[tuple[date, int]],
    first: date,
    last: date,
) -> Chart | None:
    """Of (day, fen per tonne), in any order; `suggested` from each day on, until the next. None of fewer than two."""
    if len(seen) < 2 or last <= first:
        return None
    prices = [price for _day, price in (*seen, *suggested)]
    low, high = min(prices), max(prices)
    room = max((high - low) // 10, 1000)
    low, high = low - room, high + room

    def across(day: date) -> int:
        days = min(max((day - first).days, 0), (last - first).days)
        return _LEFT + round(days * (WIDTH - _LEFT - _RIGHT) / (last - first).days)

    def up(price: int) -> int:
        return round(HEIGHT - _BOTTOM - (price - low) * (HEIGHT - _TOP - _BOTTOM) / (high - low))

    steps: list[str] = []
    ordered = sorted(suggested)
    for number, (day, price) in enumerate(ordered):
        until = ordered[number + 1][0] if number + 1 < len(ordered) else last
        steps += [f"{across(day)},{up(price)}", f"{across(until)},{up(price)}"]
    marks = [low + room, (low + high) // 2, high - room]
    middle = first + (last - first) / 2
    return Chart(
        [Dot(across(day), up(price)) for day, price in seen],
        " ".join(f"{across(day)},{up(price)}" for day, price in sorted(medians)),
        " ".join(steps),
        [(up(price), price) for price in marks],
        [(across(day), day) for day in (first, middle, last)],
    )
