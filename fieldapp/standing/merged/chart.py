"""The tonnes of two accounts month by month, in the numbers that an SVG needs."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 340, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 40, 10, 22
_TONNE = 1_000_000


class Chart(NamedTuple):
    """`one`, `other`: the points of two polylines, oldest first; `grid`: (height, tonnes); `marks`: (place, month)."""

    one: str
    other: str
    grid: list[tuple[int, int]]
    marks: list[tuple[int, str]]
    width: int = WIDTH
    height: int = HEIGHT


def chart(one: Sequence[int], other: Sequence[int], first: int) -> Chart | None:
    """Of grams by month, and the number of the first month; None where neither has bought anything."""
    most = max((*one, *other), default=0)
    if most <= 0:
        return None
    top = _round_up(most / _TONNE)

    def points(months: Sequence[int]) -> str:
        return " ".join(
            f"{_across(at, len(months))},{_up(max(grams, 0) / _TONNE, top)}" for at, grams in enumerate(months)
        )

    marks = [(_across(at, len(one)), month_name(first + at)) for at in range(0, len(one), 6)]
    return Chart(points(one), points(other), [(_up(tonnes, top), round(tonnes)) for tonnes in (0, top / 2, top)], marks)


def month_name(number: int) -> str:
    """`2026-05` of a month's number (year × 12 + month − 1)."""
    return f"{number // 12}-{number % 12 + 1:02}"


def _across(at: int, count: int) -> int:
    return _LEFT + round(at * (WIDTH - _LEFT - _RIGHT) / max(1, count - 1))


def _up(tonnes: float, top: float) -> int:
    return round(HEIGHT - _BOTTOM - tonnes * (HEIGHT - _TOP - _BOTTOM) / top)


def _round_up(tonnes: float) -> float:
    step = 2.0
    while step < tonnes:
        step = step * 2.5 if str(int(step))[0] == "2" else step * 2
    return step
