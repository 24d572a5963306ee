"""How well a region is covered: who owns each part of it, and where nobody does.

The parts are counties (a province without any is its own part). Every owner comes from `rules.owners`; here the rows it
needs are only found quickly, and the answers put together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .rules import AreaRow, chain, owners


class Cover(StrEnum):
    """`white`: nobody's; `partly`: some of it is nobody's; `one`: one distributor has all of it; `shared`: the same
    distributors share all of it; `several`: it is divided between distributors, nothing is left over."""

    WHITE = "white"
    PARTLY = "partly"
    ONE = "one"
    SHARED = "shared"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Part:
    """A county. `owners`: who owns it by rule, for what no smaller area takes out of it; `region`: whose areas say so.

    `carved`: who has areas inside it, on top; `until`: the last day of the owners, where that is known.
    """

    code: str
    cover: Cover
    owners: tuple[str, ...] = ()
    region: str | None = None
    carved: tuple[str, ...] = ()
    until: date | None = None

    @property
    def everybody(self) -> tuple[str, ...]:
        """All who have anything here, the owners first."""
        return self.owners + tuple(code for code in self.carved if code not in self.owners)


@dataclass(frozen=True, slots=True)
class Covered:
    """A region put together from its parts. `owners`: (distributor, parts in which it has something), most first.

    `white` and `partly` count parts. `until`: the first day on which one of the owners' areas ends.
    """

    code: str
    cover: Cover
    owners: tuple[tuple[str, int], ...] = ()
    parts: int = 0
    white: int = 0
    partly: int = 0
    until: date | None = None
    carved: bool = False


Index = Mapping[str, Sequence[AreaRow]]


def index(rows: Iterable[AreaRow]) -> dict[str, list[AreaRow]]:
    """Areas by the region they name."""
    found: dict[str, list[AreaRow]] = {}
    for row in rows:
        found.setdefault(row.region, []).append(row)
    return found


def part(code: str, areas: Index, below: Iterable[str], regions_below: int, line: str, on: date) -> Part:
    """One county. `below`: the regions inside it that areas name; `regions_below`: how many there are in all.

    An area inside that is of another line or day counts for nothing.
    """
    own = owners(_along(areas, code), code, line, on)
    carved: set[str] = set()
    taken = 0
    for inside in below:
        here = owners(areas.get(inside, ()), inside, line, on)
        taken += bool(here.owners)
        carved |= set(here.owners)
    if not own.owners:
        whole = bool(taken) and 0 < regions_below <= taken
        cover = (Cover.ONE if len(carved) == 1 else Cover.SEVERAL) if whole else Cover.PARTLY if taken else Cover.WHITE
    elif carved - set(own.owners):
        cover = Cover.SEVERAL
    else:
        cover = Cover.ONE if len(own.owners) == 1 else Cover.SHARED
    return Part(
        code, cover, own.owners, own.region, tuple(sorted(carved)), _until(areas, own.region, own.owners, line, on)
    )


def together(code: str, parts: Sequence[Part]) -> Covered:
    """What the parts of a region say of it."""
    count: dict[str, int] = {}
    for one in parts:
        for owner in one.everybody:
            count[owner] = count.get(owner, 0) + 1
    white = sum(one.cover is Cover.WHITE for one in parts)
    partly = sum(one.cover is Cover.PARTLY for one in parts)
    ends = [one.until for one in parts if one.until is not None]
    return Covered(
        code,
        _cover(parts, white, partly),
        tuple(sorted(count.items(), key=lambda item: (-item[1], item[0]))),
        len(parts),
        white,
        partly,
        min(ends, default=None),
        any(one.cover is Cover.SEVERAL and one.owners for one in parts),
    )


def _cover(parts: Sequence[Part], white: int, partly: int) -> Cover:
    if white == len(parts):
        return Cover.WHITE
    if white or partly:
        return Cover.PARTLY
    kinds = {one.cover for one in parts}
    whose = {one.everybody for one in parts}
    return kinds.pop() if len(kinds) == 1 and len(whose) == 1 else Cover.SEVERAL


def _along(areas: Index, code: str) -> list[AreaRow]:
    """The areas that may say who owns a region: its own and those of all that contain it."""
    return [row for region in chain(code) for row in areas.get(region, ())]


def _until(areas: Index, region: str | None, whose: Sequence[str], line: str, on: date) -> date | None:
    """The first day on which one of the areas that decide ends; None: all are open."""
    if region is None:
        return None
    rows = [row for row in areas[region] if row.distributor in whose and row.valid_from <= on]
    exact = any(row.line == line and (row.valid_to is None or row.valid_to >= on) for row in rows)
    ends = [
        row.valid_to
        for row in rows
        if row.valid_to is not None and row.valid_to >= on and row.line == (line if exact else "*")
    ]
    return min(ends, default=None)
