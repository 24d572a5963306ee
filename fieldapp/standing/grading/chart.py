"""The line of scores over time, in the numbers that an SVG needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

WIDTH, HEIGHT = 320, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 10, 26, 10, 8


class Point(NamedTuple):
    """A rating on the chart."""

    x: int
    y: int
    grade: str


class Cut(NamedTuple):
    """Where a grade begins."""

    y: int
    grade: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`line`: the points of a polyline, oldest first."""

    points: list[Point]
    cuts: list[Cut]
    line: str
    width: int = WIDTH
    height: int = HEIGHT


def chart(ratings: Sequence[tuple[date, int, str]], cuts: Sequence[tuple[float, str]]) -> Chart | None:
    """Of ratings (day, score in tenths, grade) in any order, and (lowest score, grade); None of fewer than two."""
    if len(ratings) < 2:
        return None
    ordered = sorted(ratings)
    first, span = ordered[0][0], max(1, (ordered[-1][0] - ordered[0][0]).days)
    points = [
        Point(_LEFT + round((day - first).days * (WIDTH - _LEFT - _RIGHT) / span), _height(score / 10), grade)
        for day, score, grade in ordered
    ]
    line = " ".join(f"{point.x},{point.y}" for point in points)
    return Chart(points, [Cut(_height(edge), grade) for edge, grade in cuts], line)


def _height(score: float) -> int:
    return round(HEIGHT - _BOTTOM - score * (HEIGHT - _TOP - _BOTTOM) / 100)
