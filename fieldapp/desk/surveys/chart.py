"""Results as the numbers that an SVG needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fieldapp.fieldwork.surveys.results_rules import Map, Quadrant, moved

WIDTH, HEIGHT = 340, 120
MAP_HEIGHT = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 14, 26, 22, 22
_EDGE = 24  # so that no mark of the map is cut off
_APART = 21  # between the middles of two marks


class Point(NamedTuple):
    """A quarter on the line; `label`: its value."""

    x: int
    y: int
    label: str
    quarter: str


@dataclass(frozen=True, slots=True)
class Trend:
    """`line`: the points of a polyline, oldest first; `grid`: (height, value) of the lines behind it."""

    points: list[Point]
    grid: list[tuple[int, str]]
    line: str
    width: int = WIDTH
    height: int = HEIGHT


def trend(values: Mapping[int, float], least: float, most: float, form: str = "{:.1f}") -> Trend | None:
    """Of {quarter: value}; None of fewer than two."""
    if len(values) < 2:
        return None
    first, last = min(values), max(values)
    steps = 1
    while moved(first, steps) < last:
        steps += 1

    def across(quarter: int) -> int:
        step = next(number for number in range(steps + 1) if moved(first, number) == quarter)
        return _LEFT + round(step * (WIDTH - _LEFT - _RIGHT) / steps)

    def up(value: float) -> int:
        return round(HEIGHT - _BOTTOM - (value - least) * (HEIGHT - _TOP - _BOTTOM) / (most - least))

    points = [
        Point(across(quarter), up(value), form.format(value), f"{quarter // 10 % 100}Q{quarter % 10}")
        for quarter, value in sorted(values.items())
    ]
    line = " ".join(f"{point.x},{point.y}" for point in points)
    return Trend(points, [(up(edge), f"{edge:g}") for edge in (least, most)], line)


class Bar(NamedTuple):
    """A part of a bar that is 100 wide."""

    x: float
    width: float
    score: int


def bars(counts: Mapping[int, int]) -> list[Bar]:
    """Parts of a whole, side by side, the lowest score first."""
    whole, found, x = sum(counts.values()), [], 0.0
    for score, count in sorted(counts.items()):
        width = 100 * count / whole
        found.append(Bar(round(x, 2), round(width, 2), score))
        x += width
    return found


class Mark(NamedTuple):
    """An attribute on the map: its number in the table."""

    x: int
    y: int
    number: int
    quadrant: Quadrant


@dataclass(frozen=True, slots=True)
class Plot:
    """Performance to the right, importance upwards; `x` and `y` are the lines between the quadrants."""

    marks: list[Mark]
    x: int
    y: int
    width: int = WIDTH
    height: int = MAP_HEIGHT


def plot(drawn: Map) -> Plot | None:
    """The map, the attributes numbered as they are placed; marks that would hide each other stand side by side."""
    if not drawn.placed:
        return None
    performance = [one.performance for one, _quadrant in drawn.placed]
    importance = [one.importance for one, _quadrant in drawn.placed]
    x = _scale(performance, drawn.middle[1], WIDTH)
    y = _scale(importance, drawn.middle[0], MAP_HEIGHT)
    marks: list[Mark] = []
    for number, (one, quadrant) in enumerate(drawn.placed, 1):
        across, down = x(one.performance), MAP_HEIGHT - y(one.importance)
        for _step in range(WIDTH // 3):
            if not any(abs(mark.x - across) < _APART and abs(mark.y - down) < _APART for mark in marks):
                break
            across = across + 3 if across < WIDTH - _EDGE else _EDGE
        marks.append(Mark(across, down, number, quadrant))
    return Plot(marks, x(drawn.middle[1]), MAP_HEIGHT - y(drawn.middle[0]))


def _scale(values: Sequence[float], middle: float, size: int) -> Callable[[float], int]:
    """The middle stands in the middle, and the furthest value at the edge."""
    reach = max((abs(value - middle) for value in values), default=0) or 1.0
    return lambda value: round(size / 2 + (value - middle) / reach * (size / 2 - _EDGE))
