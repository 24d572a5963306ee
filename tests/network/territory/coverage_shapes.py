"""Made-up boundaries for tests and screenshots: no land, but shaped like it.

A jittered grid over a box of degrees is cut into counties, cities and a province with the real codes; every edge is
a fractal line that both neighbours share point by point.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

Box = tuple[float, float, float, float]  # west, south, east, north


def counties(tree: dict[str, Sequence[str]], box: Box, seed: int = 7, depth: int = 5) -> dict[str, list[Any]]:
    """{county: its ring} of {city: counties}: the cities lie in blocks of about the same shape. `depth`: each edge has
    2 ** depth parts."""
    random = Random(seed)
    cells: dict[str, list[Any]] = {}
    for city, (west, south, east, north) in _blocks(list(tree), box, [len(tree[city]) for city in tree]):
        for county, block in _blocks(list(tree[city]), (west, south, east, north), [1] * len(tree[city])):
            cells[county] = block
    return _fractal(cells, random, depth)


def _blocks(names: list[str], box: Box, weights: list[int]) -> Iterable[tuple[str, Box]]:
    """The box cut in two again and again, along its longer side, in proportion to the weights."""
    if len(names) == 1:
        yield names[0], box
        return
    half = len(names) // 2
    share = sum(weights[:half]) / sum(weights)
    west, south, east, north = box
    if (east - west) * 0.8 > north - south:
        cut = west + (east - west) * share
        first, second = (west, south, cut, north), (cut, south, east, north)
    else:
        cut = north - (north - south) * share
        first, second = (west, cut, east, north), (west, south, east, cut)
    yield from _blocks(names[:half], first, weights[:half])
    yield from _blocks(names[half:], second, weights[half:])


def _fractal(cells: dict[str, Any], random: Random, depth: int) -> dict[str, list[Any]]:
    """Boxes with straight, partly shared sides → rings whose sides are crooked, the same for both neighbours."""
    corners = sorted({(x, y) for w, s, e, n in cells.values() for x in (w, e) for y in (s, n)})
    by_x: dict[float, list[float]] = {}
    by_y: dict[float, list[float]] = {}
    for x, y in corners:
        by_x.setdefault(x, []).append(y)
        by_y.setdefault(y, []).append(x)
    moved: dict[Any, Any] = {}
    size = min(min(e - w, n - s) for w, s, e, n in cells.values())

    def point(at: Any) -> Any:
        if at not in moved:
            moved[at] = (at[0] + random.uniform(-0.18, 0.18) * size, at[1] + random.uniform(-0.18, 0.18) * size)
        return moved[at]

    lines: dict[Any, list[Any]] = {}

    def line(a: Any, b: Any) -> list[Any]:
        if (b, a) in lines:
            return lines[b, a][::-1]
        if (a, b) not in lines:
            lines[a, b] = _crooked(point(a), point(b), random, depth)
        return lines[a, b]

    rings = {}
    for name, (w, s, e, n) in cells.items():
        around = [(w, y) for y in sorted(by_x[w]) if s <= y <= n]
        around += [(x, n) for x in sorted(by_y[n]) if w < x <= e]
        around += [(e, y) for y in sorted(by_x[e], reverse=True) if s <= y < n]
        around += [(x, s) for x in sorted(by_y[s], reverse=True) if w < x < e]
        ring: list[Any] = []
        for a, b in zip(around, [*around[1:], around[0]], strict=True):
            ring += line(a, b)[:-1]
        rings[name] = [*ring, ring[0]]
    return rings


def _crooked(a: Any, b: Any, random: Random, depth: int) -> list[Any]:
    if depth == 0:
        return [a, b]
    across = random.uniform(-0.13, 0.13)
    middle = (
        (a[0] + b[0]) / 2 + (b[1] - a[1]) * across,
        (a[1] + b[1]) / 2 - (b[0] - a[0]) * across,
    )
    return _crooked(a, middle, random, depth - 1)[:-1] + _crooked(middle, b, random, depth - 1)


def feature(code: str, *rings: list[Any], kind: str = "Polygon") -> dict[str, Any]:
    """A feature of GeoJSON."""
    shape: Any = [[[round(x, 6), round(y, 6)] for x, y in ring] for ring in rings]
    coordinates = shape if kind == "Polygon" else [[ring] for ring in shape]
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": kind, "coordinates": coordinates}}


def write(path: Path, features: Iterable[Any]) -> Path:
    """A file of features."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path
