"""From imported shapes to the small maps that pages draw: projected, simplified with shared edges kept, whole numbers.

Shapely (GEOS) does the geometry. Only the command that reads boundaries loads this module, so that the workers which
show the maps stay small. Whether coordinates are WGS 84, CGCS2000 or GCJ-02 makes no difference here: the shift of some
hundred metres is less than a pixel.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, radians, sin
from typing import Any

import brotli
import numpy as np
import shapely
from shapely import Geometry

from .geojson import Polygon

WIDTH = 720  # of every map: two for each CSS pixel of a phone
TALLEST = 860
MARGIN = 8
BUDGET = 5_200  # bytes of a map's paths after brotli, so that the fragment with its table and words stays under 10 kB
TOLERANCES = (1.2, 1.7, 2.4, 3.2, 4.5, 6.0, 8.0, 11.0, 15.0)  # simplification, in units of the map
SPECK = 5.0  # square units: parts and holes below it are left out, but for a region's largest part
_GRID = 0.25  # on which edges that do not meet are brought together
_SLIVER = 60.0  # square units: smaller gaps between regions belong to a neighbour

Children = Callable[[str], Sequence[str]]


@dataclass(slots=True)
class Drawn:
    """A map as it is stored (see BoundaryMap).

    `missing`: regions of it without a shape. `repaired`: edges of the source that did not meet were brought together.
    """

    code: str
    width: int
    height: int
    tiles: list[Any]
    borders: str
    digest: str
    missing: tuple[str, ...] = ()
    repaired: bool = False


@dataclass(slots=True)
class _Tile:
    code: str
    pieces: list[tuple[str, Geometry]] = field(default_factory=list)


def shape(polygons: Sequence[Polygon]) -> tuple[Geometry | None, str]:
    """The shape of a feature, in degrees; None and where, when rings cross so that nobody can tell what is meant."""
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if shapely.is_valid(whole):
        return whole, ""
    why = str(shapely.is_valid_reason(whole))
    mended = _areal(shapely.make_valid(whole))
    drawn = sum(abs(shapely.Polygon(rings[0]).area) for rings in polygons)
    if mended.is_empty or abs(mended.area - drawn) > 0.01 * max(drawn, mended.area):
        return None, why
    return mended, ""


def draw(shapes: Mapping[str, Geometry], children: Children) -> Iterator[Drawn]:
    """A map of each region, and of the country, of whose parts at least half have a shape.

    `shapes` by code (2, 4 or 6 digits); a region without one is made of those below it. `children(code)`: the codes
    right below; "" is the country.
    """
    whole = _Wholes(shapes, children)
    above = {""} | {code[:length] for code in shapes for length in (2, 4) if length < len(code)}
    for code in sorted(above):
        parts = children(code)
        tiles = [tile for part in parts if (tile := whole.tile(part)) is not None]
        if not tiles or 2 * len(tiles) < len(parts):
            continue
        have = {tile.code for tile in tiles}
        drawn = _map(code, tiles)
        drawn.missing = tuple(part for part in parts if part not in have)
        yield drawn


class _Wholes:
    """Shapes of regions, each its own or put together from those below."""

    def __init__(self, shapes: Mapping[str, Geometry], children: Children) -> None:
        self._shapes, self._children = shapes, children
        self._made: dict[str, Geometry | None] = {}

    def of(self, code: str) -> Geometry | None:
        if code in self._shapes:
            return self._shapes[code]
        if len(code) >= 6:
            return None
        if code not in self._made:
            parts = [part for below in self._children(code) if (part := self.of(below)) is not None]
            self._made[code] = _areal(shapely.union_all(parts)) if parts else None
        return self._made[code]

    def tile(self, code: str) -> _Tile | None:
        """A region cut into those right below it, where most of them have a shape; else whole; None without any."""
        below = self._children(code) if len(code) < 6 else ()
        pieces = [(part, found) for part in below if (found := self.of(part)) is not None]
        own = self._shapes.get(code)
        if pieces and (own is None or 2 * len(pieces) >= len(below)):
            return _Tile(code, pieces)
        return _Tile(code, [(code, own)]) if own is not None else None


# One map -------------------------------------------------------------------------------------------------------------


def _map(code: str, tiles: list[_Tile]) -> Drawn:
    pieces = [(tile.code, piece) for tile in tiles for piece, _ in tile.pieces]
    given = [geometry for tile in tiles for _, geometry in tile.pieces]
    digest = _digest(pieces, given)
    placed, height = _place(given, nation=not code)
    repaired = False
    if not shapely.coverage_is_valid(placed):
        placed, repaired = _mend(placed), True
    cut = any(len(tile.pieces) > 1 or tile.pieces[0][0] != tile.code for tile in tiles)
    for tolerance in TOLERANCES:
        simple = shapely.coverage_simplify(placed, tolerance)
        rings = [_rings(one, before) for one, before in zip(simple, placed, strict=True)]
        paths = [path(ring) for ring in rings]
        borders = _borders([tile for tile, _ in pieces], rings) if cut else ""
        if len(brotli.compress(" ".join([*paths, borders]).encode(), quality=5)) <= BUDGET:
            break
    return Drawn(code, WIDTH, height, _tiles(tiles, paths, simple), borders, digest, repaired=repaired)


def _digest(pieces: Sequence[tuple[str, str]], given: Sequence[Geometry]) -> str:
    seen = hashlib.sha256(json.dumps([WIDTH, BUDGET, pieces]).encode())
    for geometry in given:
        seen.update(shapely.to_wkb(geometry))
    return seen.hexdigest()


def _place(given: Sequence[Geometry], *, nation: bool) -> tuple[Any, int]:
    """The shapes in units of the map, y downwards, and its height. The box is that of each region's largest part: the
    islands far out in the sea would make a stamp of the land."""
    shapes = np.array(given, dtype=object)
    middle = [part.bounds for part in map(_largest, shapes)]
    south, north = min(box[1] for box in middle), max(box[3] for box in middle)
    project = _albers if nation else _flat((south + north) / 2)
    flat = shapely.transform(shapes, project)
    boxes = np.array([_largest(one).bounds for one in flat])
    west, bottom, east, top = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    scale = min((WIDTH - 2 * MARGIN) / max(east - west, 1e-9), (TALLEST - 2 * MARGIN) / max(top - bottom, 1e-9))
    left = (WIDTH - (east - west) * scale) / 2
    height = max(round((top - bottom) * scale) + 2 * MARGIN, 160)
    above = (height - (top - bottom) * scale) / 2

    def units(points: Any) -> Any:
        return np.column_stack((left + (points[:, 0] - west) * scale, above + (top - points[:, 1]) * scale))

    return shapely.transform(flat, units), height


def _flat(latitude: float) -> Callable[[Any], Any]:
    """Degrees as they are, longitudes shortened as they are in the middle: true enough for a province."""
    shorter = cos(radians(latitude))
    return lambda points: np.column_stack((points[:, 0] * shorter, points[:, 1]))


def _albers(points: Any) -> Any:
    """Albers' equal-area conic about 105° E with the parallels 25° and 47° N, as maps of the whole country have it."""
    first, second = radians(25.0), radians(47.0)
    n = (sin(first) + sin(second)) / 2
    c = cos(first) ** 2 + 2 * n * sin(first)
    angle = n * np.radians(points[:, 0] - 105.0)
    distance = np.sqrt(c - 2 * n * np.sin(np.radians(points[:, 1]))) / n
    return np.degrees(np.column_stack((distance * np.sin(angle), -distance * np.cos(angle))))


def _mend(placed: Any) -> Any:
    """A coverage from shapes whose edges do not meet: every face of their outlines goes to one region; slivers go to
    the neighbour with which they share most."""
    outlines = shapely.union_all(shapely.boundary(placed), grid_size=_GRID)
    faces = shapely.get_parts(shapely.polygonize([outlines]))
    tree = shapely.STRtree(placed)
    inside = tree.query(shapely.point_on_surface(faces), predicate="within")
    owner = np.full(len(faces), -1)
    for face, region in zip(*inside, strict=True):
        if owner[face] < 0 or region < owner[face]:
            owner[face] = region
    near = shapely.STRtree(faces)
    for face in np.flatnonzero((owner < 0) & (shapely.area(faces) < _SLIVER)):
        beside = [other for other in near.query(faces[face], predicate="touches") if owner[other] >= 0]
        shared = [shapely.length(shapely.intersection(faces[face], faces[other])) for other in beside]
        if shared and max(shared) > 0:
            owner[face] = owner[beside[int(np.argmax(shared))]]
    mended = [_areal(shapely.union_all(faces[owner == region])) for region in range(len(placed))]
    # A region that lost everything to others that lie over it keeps a speck of its own.
    return np.array(
        [
            one if not one.is_empty else _speck(shapely.point_on_surface(before))
            for one, before in zip(mended, placed, strict=True)
        ],
        dtype=object,
    )


def _speck(point: Any) -> Geometry:
    return shapely.box(point.x - 1, point.y - 1, point.x + 1, point.y + 1)


def _areal(geometry: Geometry) -> Geometry:
    """What of a geometry has an area, as one polygon or several."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    if len(parts) == 1:
        return parts[0]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _largest(geometry: Geometry) -> Any:
    parts = shapely.get_parts(geometry)
    return parts[int(np.argmax(shapely.area(parts)))]


Points = list[tuple[int, int]]  # of a closed ring, the last not repeated


def _rings(simple: Geometry, before: Geometry) -> list[Points]:
    """The rings of a piece on whole numbers, without specks; never none."""
    found: list[tuple[float, Points]] = []
    for part in shapely.get_parts(simple):
        for ring in (part.exterior, *part.interiors):
            points = _whole(shapely.get_coordinates(ring)[:-1])
            found.append((abs(_area(points)), points))
    kept = [points for area, points in found if area >= SPECK]
    if kept:
        return kept
    area, points = max(found, default=(0.0, []))
    if area > 0:
        return [points]
    x, y = (round(one) for one in shapely.get_coordinates(shapely.point_on_surface(before))[0])
    return [[(x - 1, y), (x, y - 1), (x + 1, y), (x, y + 1)]]


def _whole(coordinates: Any) -> Points:
    points: Points = []
    for x, y in np.rint(coordinates).astype(int).tolist():
        if not points or points[-1] != (x, y):
            points.append((x, y))
    while len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def _area(points: Points) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)) / 2


def _tiles(tiles: Sequence[_Tile], paths: Sequence[str], simple: Any) -> list[Any]:
    drawn: list[Any] = []
    at = 0
    for tile in tiles:
        count = len(tile.pieces)
        whole = _largest(_areal(shapely.union_all([shapely.make_valid(one) for one in simple[at : at + count]])))
        named = [[piece, paths[at + n]] for n, (piece, _) in enumerate(tile.pieces)]
        at += count
        drawn.append([tile.code, *_label(whole), named])
    return drawn


def _label(whole: Any) -> tuple[int, int, int, int]:
    """Where a name stands: x, y, the width there is for it, and the radius of the circle around it that is inside."""
    if whole.is_empty:
        return 0, 0, 0, 0
    line = shapely.maximum_inscribed_circle(whole, 1.0)
    (x, y), _edge = shapely.get_coordinates(line)
    west, _, east, _ = whole.bounds
    across = shapely.intersection(whole, shapely.LineString([(west - 1, y), (east + 1, y)]))
    room = 0.0
    for part in shapely.get_parts(across):
        if part.geom_type == "LineString" and part.bounds[0] <= x <= part.bounds[2]:
            room = 2 * min(x - part.bounds[0], part.bounds[2] - x)
    return round(x), round(y), int(room), int(shapely.length(line))


def _borders(tiles: Sequence[str], rings: Sequence[list[Points]]) -> str:
    """The lines where two tiles meet, each drawn once; the edges of neighbours are the same numbers."""
    sides: dict[tuple[Any, Any], set[str]] = {}
    for tile, own in zip(tiles, rings, strict=True):
        for points in own:
            for a, b in zip(points, points[1:] + points[:1], strict=True):
                sides.setdefault((min(a, b), max(a, b)), set()).add(tile)
    return path(_chains([edge for edge, of in sides.items() if len(of) > 1]), closed=False)


def _chains(edges: Sequence[tuple[Any, Any]]) -> list[Points]:
    """Edges put end to end."""
    at: dict[Any, list[Any]] = {}
    for a, b in edges:
        at.setdefault(a, []).append(b)
        at.setdefault(b, []).append(a)
    lines: list[Points] = []
    # From the crossings first, so that few lines are needed; what is left then are rings.
    for start in [*(point for point, ends in at.items() if len(ends) != 2), *at]:
        while at[start]:
            line = [start]
            while at[line[-1]]:
                following = at[line[-1]].pop()
                at[following].remove(line[-1])
                line.append(following)
                if len(at[following]) != 1:
                    break
            lines.append(line)
    return lines


def path(lines: Sequence[Points], *, closed: bool = True) -> str:
    """SVG path data: all relative, no letter that is understood without, no space where a minus parts two numbers."""
    text: list[str] = []
    x = y = 0
    for points in lines:
        start = points[0]
        steps = [(start[0] - x, start[1] - y)]
        steps += [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
        text.append("m" + _numbers(steps) + ("z" if closed else ""))
        x, y = start if closed else points[-1]
    return "".join(text)


def _numbers(steps: Sequence[tuple[int, int]]) -> str:
    text = ""
    for number in (number for step in steps for number in step):
        text += (" " if text and number >= 0 else "") + str(number)
    return text
