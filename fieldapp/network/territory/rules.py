"""Who owns a region for a product line on a date, and what a sale into it means.

Contract `deal-check.md`, Territory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldapp.core.findings import Finding, Level
from fieldapp.core.validity import valid_on

ALL_LINES = "*"
REGION_LENGTHS = (9, 6, 4, 2)  # township, county, city, province (GB/T 2260)

LEVELS: Mapping[str, Level] = {
    "territory.own": Level.OK,
    "territory.unassigned": Level.APPROVAL,
    "territory.foreign": Level.APPROVAL,
    "territory.foreign_undercut": Level.STOP,
}


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A distributor may sell a product line (`*` = all lines) in a region and all that lies below it."""

    distributor: str
    region: str
    line: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class TerritoryFacts:
    """Who owns a `ship_to`: distributor codes, sorted, and the region whose areas say so (None: nobody's)."""

    owners: tuple[str, ...] = ()
    region: str | None = None


def chain(code: str) -> tuple[str, ...]:
    """The region and all that contain it, longest first: `"410102001"` → township, county, city, province."""
    # A list first: a generator takes three times as long, and maps and judgements ask thousands of times.
    return tuple([code[:length] for length in REGION_LENGTHS if length <= len(code)])


def owners(areas: Iterable[AreaRow], ship_to: str, line: str, on: date) -> TerritoryFacts:
    """The owners of `ship_to` for a product line on a date.

    The longest region of the chain with any area valid that day for this line or `*` decides; there, areas
    of exactly this line make those of `*` count for nothing. `areas` may hold rows of any region, line and
    date.
    """
    regions = chain(ship_to)
    best = (0, False)
    found: set[str] = set()
    for area in areas:
        if area.region not in regions or area.line not in (line, ALL_LINES) or not valid_on(area, on):
            continue
        rank = (len(area.region), area.line != ALL_LINES)
        if rank > best:
            best, found = rank, set()
        if rank == best:
            found.add(area.distributor)
    if not found:
        return TerritoryFacts()
    return TerritoryFacts(owners=tuple(sorted(found)), region=ship_to[: best[0]])


def finding(
    territory: TerritoryFacts,
    distributor: str,
    floor_kept: bool | None,
    levels: Mapping[str, Level],
    *,
    line: int | None = None,
    lowest_ok_price: int | None = None,
) -> Finding:
    """The one territory finding of a deal line.

    `floor_kept` — whether the line's net price is at least the floor there; None: there is no price at all.
    `lowest_ok_price` — fen per tonne from which the floor is kept: the next step of an undercut.
    """
    facts: dict[str, Any] = {"owners": territory.owners, "region": territory.region}
    if distributor in territory.owners:
        code = "territory.own"
    elif not territory.owners:
        code = "territory.unassigned"
    else:
        code = "territory.foreign" if floor_kept else "territory.foreign_undercut"
        facts |= {"floor_kept": floor_kept, "lowest_ok_price": lowest_ok_price}
    return Finding(code, levels[code], line, facts)
