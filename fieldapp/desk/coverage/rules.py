"""What a map shows of how regions are covered: fills, labels, and a grid where there are no boundaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from fieldapp.network.territory.cover import Cover, Covered

COLOURS = 8
WIDTH = 720  # units of a map: two for each CSS pixel of a phone
GLYPH = 26  # units that a character of a label takes on a phone: 13 CSS pixels
TAP = 27  # units: half of the 24 CSS pixels that a finger needs
GAP = 6
EAST_TO_NORTH = 0.8  # a degree of longitude is shorter than one of latitude


@dataclass(frozen=True, slots=True)
class Tile:
    """A region on the map: where its label stands, the room for it, and the pieces it is drawn with."""

    code: str
    x: int
    y: int
    room: int
    reach: int
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map to be coloured. `grid`: squares in place of shapes."""

    width: int
    height: int
    tiles: tuple[Tile, ...]
    borders: str = ""
    grid: bool = False


def fill(covered: Covered, numbers: Mapping[str, int], *, plain: bool = False) -> str:
    """The class of a region's fill. `numbers`: of the owners that the viewer may see, from 1; `plain`: whose it is does
    not matter.

    `w` white, `p` partly; else how it is held (`c` by one, `h` shared, `d` divided) and by whom: the number of a
    colour, or `o` for somebody else.
    """
    if covered.cover is Cover.WHITE:
        return "w"
    if covered.cover is Cover.PARTLY:
        return "p"
    kind = {Cover.ONE: "c", Cover.SHARED: "h"}.get(covered.cover, "d")
    if plain:
        return "c1"
    first = next((numbers[owner] for owner, _parts in covered.owners if owner in numbers), None)
    return kind + (str((first - 1) % COLOURS + 1) if first else "o")


def number_owners(rows: Sequence[Covered], known: Mapping[str, str]) -> dict[str, int]:
    """A number from 1 for each owner that may be seen, by the key that colours go by: who has most comes first.

    `known`: distributor → key; several distributors may have one (their rep's).
    """
    count: dict[str, int] = {}
    for row in rows:
        for owner, parts in row.owners:
            if owner in known:
                count[known[owner]] = count.get(known[owner], 0) + parts
    order = {key: number for number, key in enumerate(sorted(count, key=lambda key: (-count[key], key)), 1)}
    return {owner: order[key] for owner, key in known.items() if key in order}


def label(tile: Tile, name: str, second: str) -> tuple[str, str]:
    """What of a name and a second line fits into a tile on a phone; two empty texts where nothing does."""
    across, up = tile.room * 1.1, tile.reach * 2.0
    if width(name) > across or up < GLYPH * 0.9:
        return ("", second) if second and width(second) <= across and up >= GLYPH * 0.8 else ("", "")
    return name, second if second and width(second) <= across and up >= GLYPH * 2.1 else ""


def width(text: str) -> float:
    """Units that a text takes: Latin letters and figures are half as wide as Chinese characters."""
    return sum(GLYPH if ord(letter) > 0x2E80 else GLYPH * 0.58 for letter in text)


def grid(codes: Sequence[str], places: Mapping[str, tuple[float, float]]) -> Drawing:
    """A square for each region, where it lies as nearly as squares allow. `places`: latitude and longitude.

    Each goes to the free cell nearest to its own place, those in the middle first; regions without a place fill what is
    free after them, in the order of their codes.
    """
    columns, rows = _shape(len(codes), [places[code] for code in codes if code in places])
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    taken: dict[str, tuple[int, int]] = {}
    wanted = _wanted(codes, places, columns, rows)
    centre = ((columns - 1) / 2, (rows - 1) / 2)
    for code in sorted(wanted, key=lambda code: (_far(wanted[code], centre), code)):
        cell = min(cells, key=lambda cell: (_far(cell, wanted[code]), cell))
        taken[code] = cell
        cells.remove(cell)
    cells.sort(key=lambda cell: (cell[1], cell[0]))
    for code in codes:
        if code not in taken:
            taken[code] = cells.pop(0)
    top = min((row for _column, row in taken.values()), default=0)
    bottom = max((row for _column, row in taken.values()), default=0)
    left = min((column for column, _row in taken.values()), default=0)
    right = max((column for column, _row in taken.values()), default=0)
    side = min(WIDTH // (right - left + 1), 180)
    margin = (WIDTH - side * (right - left + 1)) // 2
    inside = side - GAP
    tiles = []
    for code in codes:
        x, y = margin + (taken[code][0] - left) * side + GAP // 2, (taken[code][1] - top) * side + GAP // 2
        path = f"m{x} {y}h{inside}v{inside}h-{inside}z"
        tiles.append(Tile(code, x + inside // 2, y + inside // 2, inside, inside // 2, ((code, path),)))
    return Drawing(WIDTH, side * (bottom - top + 1), tuple(tiles), grid=True)


def _shape(count: int, places: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Columns and rows: of the land's own proportions where it is known, with some room to move."""
    if len(places) < 3:
        columns = ceil(sqrt(count)) or 1
        return columns, ceil(count / columns) or 1
    high = max(lat for lat, _ in places) - min(lat for lat, _ in places)
    wide = (max(lng for _, lng in places) - min(lng for _, lng in places)) * EAST_TO_NORTH
    ratio = min(max(wide / max(high, 1e-6), 0.6), 1.8)
    room = count * 1.5
    columns = min(max(ceil(sqrt(room * ratio)), 1), 9)
    return columns, max(ceil(room / columns), 1)


def _wanted(
    codes: Sequence[str], places: Mapping[str, tuple[float, float]], columns: int, rows: int
) -> dict[str, tuple[float, float]]:
    """The place of each region whose own is known, in cells."""
    known = {code: places[code] for code in codes if code in places}
    if len(known) < 3:
        return {}
    lats, lngs = [lat for lat, _ in known.values()], [lng for _, lng in known.values()]
    high, wide = max(max(lats) - min(lats), 1e-6), max(max(lngs) - min(lngs), 1e-6)
    return {
        code: ((lng - min(lngs)) / wide * (columns - 1), (max(lats) - lat) / high * (rows - 1))
        for code, (lat, lng) in known.items()
    }


def _far(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
