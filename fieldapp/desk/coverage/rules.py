"""How a coverage map is laid out and painted: numbers of owners, patterns, labels that fit, tiles in a grid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from fieldapp.network.territory.cover import Cover, Covered, Part

COLOURS = 8  # told apart on a phone in the sun; the number says what the colour cannot
TILE = 116  # units of the grid; a map is 720 wide
GAP = 4
COLUMNS = 6
LETTER = 25.0  # units of a label's size: 12 px on a phone


def numbered(found: Iterable[Covered]) -> dict[str, int]:
    """{owner: its number on this map}, who has most parts first."""
    parts: dict[str, int] = {}
    for one in found:
        for owner, count in one.owners:
            parts[owner] = parts.get(owner, 0) + count
    return {owner: n for n, owner in enumerate(sorted(parts, key=lambda owner: (-parts[owner], owner)), start=1)}


@dataclass(frozen=True, slots=True)
class Paint:
    """A fill. `colour`: 0 to COLOURS - 1, `x` for owners who are not named, '' for none; `sign`: the pattern on it:
    '' plain, `w` nobody's, `p` partly nobody's, `s` shared, `v` several, `o` outside the viewer's patch."""

    colour: str
    sign: str

    @property
    def name(self) -> str:
        """A name for classes and patterns: `c3`, `p3`, `w`."""
        return f"{self.sign or 'c'}{self.colour}"


WHITE, OUTSIDE = Paint("", "w"), Paint("", "o")
_SIGNS = {Cover.ONE: "", Cover.PARTLY: "p", Cover.SHARED: "s", Cover.SEVERAL: "v"}


def paint(found: Covered | Part | None, numbers: Mapping[str, int]) -> Paint:
    """How a region is filled. `numbers`: the owners that may be named. None: it lies outside the viewer's patch."""
    if found is None:
        return OUTSIDE
    if found.cover is Cover.WHITE:
        return WHITE
    whose = found.everybody if isinstance(found, Part) else tuple(owner for owner, _ in found.owners)
    first = next((numbers[owner] for owner in whose if owner in numbers), None)
    return Paint("x" if first is None else str((first - 1) % COLOURS), _SIGNS[found.cover])


def sign(found: Covered | None, numbers: Mapping[str, int]) -> str:
    """What stands under a region's name, so that the colour is not the only sign: `1`, `1+2`, `1 ○3`, `○`."""
    if found is None:
        return ""
    if found.cover is Cover.WHITE:
        return "○"
    named = sorted(numbers[owner] for owner, _ in found.owners if owner in numbers)
    hidden = len(found.owners) - len(named)
    shown = [str(number) for number in named[:2]]
    if len(named) > 2:
        shown = [str(named[0]), "…"]
    if hidden:
        shown.append("?")
    open_parts = found.white + found.partly
    return "+".join(shown).replace("+…", "…") + (
        f" ○{open_parts}" if open_parts and found.parts > 1 else "○" * bool(open_parts)
    )


def label(name: str, room: int, radius: int) -> str:
    """A region's name as far as there is room for it; '' when not even two letters are legible."""
    if radius < LETTER * 0.55:
        return ""
    for text in (name, name[:3], name[:2]):
        if text and _width(text) <= room:
            return text
    return ""


def fits(text: str, room: int, radius: int) -> bool:
    """Is there place for a second line?"""
    return radius >= LETTER * 1.05 and _width(text) <= room


def _width(text: str) -> float:
    return sum(LETTER if ord(letter) > 0x2E80 else LETTER * 0.6 for letter in text)


def grid(places: Sequence[tuple[str, float | None, float | None]]) -> tuple[int, int, dict[str, tuple[int, int]]]:
    """(width, height, {code: left, top}) of a tile for each (code, lat, lng): north above, west left, nothing empty
    between. Who has no place stands at the end."""
    columns = min(COLUMNS, max(2, ceil(sqrt(len(places) or 1))))
    size = 720 // columns if columns < COLUMNS else TILE + GAP
    by_row = sorted(places, key=lambda one: (one[1] is None, -(one[1] or 0), one[0]))
    at: dict[str, tuple[int, int]] = {}
    for row, start in enumerate(range(0, len(by_row), columns)):
        line = sorted(by_row[start : start + columns], key=lambda one: (one[2] is None, one[2] or 0, one[0]))
        for column, one in enumerate(line):
            at[one[0]] = (column * size, row * (TILE + GAP))
    return size - GAP, TILE, at
