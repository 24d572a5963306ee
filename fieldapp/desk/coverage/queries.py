"""Who covers the regions of a map, as the viewer may see it: the distributors of his patch, the others as a count.

A province and what lies below it takes one statement for its areas, however many there are elsewhere, and the pure
rules. The country is counted by the database, as its areas are too many to be looked at one by one; what was counted is
kept until an area or a region changes (core/stamp.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.hotread import HotRead
from fieldapp.core.stamp import Stamp
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.reference import Names, Regions
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.cover import Cover, Covered, Part, index, part, together
from fieldapp.network.territory.models import Area, Region
from fieldapp.network.territory.rules import ALL_LINES, AreaRow, chain
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .forms import Asked, By, Sort
from .rules import Drawing, Tile, grid, number_owners

COUNTY = 6
TOWN = 9
LENGTHS = (2, 4, 6, 9)
PAGE = 50
STANDBY = 8


class Owner(NamedTuple):
    """A distributor with an area here. `rep`: the name of who looks after it; `seen`: the viewer may know who it is."""

    code: str
    name: str
    rep: str | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A region of the table. `others`: owners whom the viewer may not know; of the country `distributors` counts all.

    `lines`: of the areas that speak of a single product line here, when no line was asked for.
    """

    code: str
    name: str
    covered: Covered
    owners: tuple[tuple[int, Owner], ...]
    others: int
    distributors: int
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """One region with those right below it. `parts`: by code, all that a map may colour; `numbers`: of owners, or of
    their reps, from 1; `legend`: what the numbers mean."""

    region: str
    names: Names
    rows: tuple[Row, ...]
    whole: Covered
    parts: Mapping[str, Covered]
    numbers: Mapping[str, int]
    legend: tuple[tuple[int, str], ...]
    nation: bool

    @cached_property
    def others(self) -> bool:
        """Is there an owner whom the viewer may not know?"""
        return any(row.others for row in self.rows)


def start(viewer: Viewer) -> str:
    """The region a viewer begins with: the smallest that holds his whole patch."""
    if viewer.everywhere or not viewer.patch:
        return ""
    return next((code for code in chain(viewer.patch[0]) if all(other.startswith(code) for other in viewer.patch)), "")[
        :COUNTY
    ]


def children(names: Names, code: str) -> list[str]:
    """The regions right below one; none below a township, or below a province whose own are not known."""
    return next((found for digits in LENGTHS if digits > len(code) and (found := names.below(code, digits))), [])


def show(viewer: Viewer, asked: Asked) -> Shown | None:
    """The page of a region; None where there is no such region."""
    regions = reference.read()[1]
    names = regions.names
    region = start(viewer) if asked.region is None else asked.region
    if region and region not in names:
        return None
    return _nation(regions, asked) if not region else _province(viewer, names, region, asked)


# A province and below ------------------------------------------------------------------------------------------------


class _Held(NamedTuple):
    """An area with who has it."""

    area: AreaRow
    line: str
    owner: Owner


def _areas() -> sa.Select[Any]:
    region, day = Area.region_code, sa.bindparam("on", type_=sa.Date())
    above = [region == sa.bindparam(f"above{n}", type_=sa.String()) for n in range(3)]
    inside = sa.and_(
        region >= sa.bindparam("first", type_=sa.String()), region < sa.bindparam("past", type_=sa.String())
    )
    return (
        sa.select(
            Area.region_code,
            Area.line,
            Area.line_key,
            Area.valid_from,
            Area.valid_to,
            Distributor.code,
            Distributor.name,
            Distributor.region_code,
            User.name,
        )
        .join(Distributor, Distributor.id == Area.distributor_id)
        .outerjoin(User, User.id == Distributor.rep_id)
        .where(sa.or_(inside, *above), Area.valid_from <= day, sa.or_(Area.valid_to.is_(None), Area.valid_to >= day))
    )


_AREAS = HotRead(_areas())


def _held(viewer: Viewer, region: str, on: date) -> list[_Held]:
    """The areas inside a region, and those around it that it lies in, on a day."""
    above = [*chain(region)[1:], "", "", ""][:3]
    rows = _AREAS.all(
        first=region, past=region + "9" * 10, on=on, **{f"above{n}": code for n, code in enumerate(above)}
    )
    owners: dict[str, Owner] = {}
    held = []
    for at, line, key, first, last, code, name, seat, rep in rows:
        if code not in owners:
            owners[code] = Owner(code, name, rep, viewer.covers(seat))
        held.append(_Held(AreaRow(code, at, key, first, last), line, owners[code]))
    return held


def _province(viewer: Viewer, names: Names, region: str, asked: Asked) -> Shown:
    held = _held(viewer, region, asked.on)
    areas = index(one.area for one in held if one.area.line in (asked.line, ALL_LINES))
    owners = {one.owner.code: one.owner for one in held}
    inside: dict[str, list[str]] = {}
    for code in areas:
        if len(code) == TOWN:
            inside.setdefault(code[:COUNTY], []).append(code)

    @cache
    def one(code: str) -> Part:
        towns = names.count_below(code, TOWN) if len(code) == COUNTY else 0
        return part(code, areas, inside.get(code, ()) if len(code) == COUNTY else (), towns, asked.line, asked.on)

    def covered(code: str) -> Covered:
        counties = names.below(code, COUNTY) if len(code) < COUNTY else []
        return together(code, [one(county) for county in counties or [code]])

    below = children(names, region) or [region]
    parts = {code: covered(code) for code in below}
    if len(region) == 2:
        parts |= {county: covered(county) for county in names.below(region, COUNTY)}
    known = {code: (owner.rep or "—") if asked.by is By.REP else code for code, owner in owners.items() if owner.seen}
    numbers = number_owners([parts[code] for code in below], known)
    single: dict[str, set[str]] = {}
    if asked.line == ALL_LINES:
        for at, line in {(one.area.region, one.line) for one in held if one.area.line != ALL_LINES}:
            for length in LENGTHS:
                single.setdefault(at[:length], set()).add(line)
    rows = [_row(names, parts[code], owners, numbers, tuple(sorted(single.get(code, ())))) for code in below]
    legend = {numbers[code]: (owners[code].rep or "—") if asked.by is By.REP else owners[code].name for code in numbers}
    return Shown(
        region,
        names,
        tuple(_sorted(rows, asked.sort)),
        _sum(region, [row.covered for row in rows]),
        parts,
        numbers,
        tuple(sorted(legend.items())),
        nation=False,
    )


def _row(
    names: Names, covered: Covered, owners: Mapping[str, Owner], numbers: Mapping[str, int], single: tuple[str, ...]
) -> Row:
    seen = tuple((numbers[code], owners[code]) for code, _parts in covered.owners if owners[code].seen)
    total = len(covered.owners)
    return Row(covered.code, names.get(covered.code, covered.code), covered, seen, total - len(seen), total, single)


def _sum(code: str, rows: Sequence[Covered]) -> Covered:
    """What rows are together: their counts."""
    counts = {name: sum(getattr(row, name) for row in rows) for name in ("parts", "white", "partly")}
    cover = (
        Cover.WHITE
        if counts["white"] == counts["parts"]
        else Cover.PARTLY
        if counts["white"] or counts["partly"]
        else Cover.SEVERAL
    )
    return Covered(code, cover, **counts)


def _sorted(rows: Iterable[Row], sort: Sort) -> list[Row]:
    keys = {
        Sort.CODE: lambda row: (row.code,),
        Sort.NAME: lambda row: (row.name, row.code),
        Sort.WHITE: lambda row: (-row.covered.white, -row.covered.partly, row.code),
        Sort.OWNERS: lambda row: (-row.distributors, row.code),
    }
    return sorted(rows, key=keys[sort])


# The country ---------------------------------------------------------------------------------------------------------


def _valid(asked: Asked) -> list[sa.ColumnElement[bool]]:
    return [
        Area.line_key.in_({asked.line, ALL_LINES}),
        Area.valid_from <= asked.on,
        sa.or_(Area.valid_to.is_(None), Area.valid_to >= asked.on),
    ]


def _counties(names: Names, asked: Asked, *where: sa.ColumnElement[bool]) -> Mapping[str, Cover]:
    """How each county is covered that is not white, whoever it is: one statement, one row for each county."""
    county = sa.func.substr(Area.region_code, 1, COUNTY)
    whole = sa.func.min(sa.func.length(Area.region_code))
    towns = sa.func.count(sa.distinct(Area.region_code))
    rows = db.session.execute(sa.select(county, whole, towns).where(*_valid(asked), *where).group_by(county))
    found: dict[str, Cover] = {}
    for code, shortest, count in rows:
        all_towns = shortest == TOWN and 0 < names.count_below(code, TOWN) <= count
        found[code] = Cover.ONE if shortest <= COUNTY or all_towns else Cover.PARTLY
    return found


class _Country(NamedTuple):
    """What no viewer makes different. `parts`: provinces and cities; `distributors`: how many a province has."""

    parts: Mapping[str, Covered]
    distributors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Countries by product line and day, of one state of regions and areas."""

    stamp: tuple[int, int]
    countries: dict[tuple[str, date], _Country]


_MOST_KEPT = 16  # lines and days; each takes 100 kB
_kept: dict[str, _Kept] = {}
_STAMP = HotRead(sa.select(Stamp.areas))


def _country(regions: Regions, asked: Asked) -> _Country:
    """Counted once for each state of the areas. The stamp is read before they are: what changes meanwhile is counted
    under a label that is old already, and counted again."""
    row = _STAMP.one()
    stamp, url = (regions.version, row[0] if row else 0), str(db.engine.url)
    kept = _kept.get(url)
    if kept is None or kept.stamp != stamp:
        kept = _Kept(stamp, {})
    wanted = asked.line, asked.on
    found = kept.countries.get(wanted)
    if found is None:
        found = _count(regions.names, asked)
        if len(kept.countries) >= _MOST_KEPT:
            kept.countries.clear()
        kept.countries[wanted] = found
        _kept[url] = kept
    return found


def _count(names: Names, asked: Asked) -> _Country:
    known = _counties(names, asked)
    large = {code for code in known if len(code) < COUNTY}
    province = sa.func.substr(Area.region_code, 1, 2)
    counted = sa.select(province, sa.func.count(sa.distinct(Area.distributor_id))).where(*_valid(asked))
    distributors = dict(db.session.execute(counted.group_by(province)).tuples().all())

    def cover(code: str) -> Cover:
        if large and any(above in large for above in chain(code)[1:]):
            return Cover.ONE
        return known.get(code, Cover.WHITE)

    parts: dict[str, Covered] = {}
    for code in names.below("", 2):
        cities = names.below(code, 4)
        for city in cities:
            parts[city] = together(city, [Part(one, cover(one)) for one in names.below(city, COUNTY) or [city]])
        counties = names.below(code, COUNTY) or [code]
        parts[code] = together(code, [Part(one, cover(one)) for one in counties])
    return _Country(parts, distributors)


def _nation(regions: Regions, asked: Asked) -> Shown:
    names = regions.names
    parts, distributors = _country(regions, asked)
    rows = [Row(code, names[code], parts[code], (), 0, distributors.get(code, 0)) for code in names.below("", 2)]
    whole = _sum("", [row.covered for row in rows])
    return Shown("", names, tuple(_sorted(rows, asked.sort)), whole, parts, {}, (), nation=True)


# Shapes --------------------------------------------------------------------------------------------------------------


def drawing(shown: Shown) -> Drawing:
    """The map of a region as it was imported, or a grid of squares. Regions without a shape stand in a row below it."""
    codes = sorted(row.code for row in shown.rows)
    held = db.session.get(BoundaryMap, shown.region) if len(shown.region) < COUNTY else None
    if held is None:
        return grid(codes, _places(codes))
    tiles = [
        Tile(code, x, y, room, reach, tuple((piece, path) for piece, path in pieces))
        for code, x, y, room, reach, pieces in held.tiles
        if code in shown.parts
    ]
    missing = [code for code in codes if code not in {tile.code for tile in tiles}]
    side, height = 88, held.height
    for number, code in enumerate(missing):
        x, y = number % 8 * 90 + 4, held.height + number // 8 * 90
        path = f"m{x} {y}h{side - 8}v{side - 8}h-{side - 8}z"
        tiles.append(Tile(code, x + side // 2, y + side // 2, side, side // 2, ((code, path),)))
        height = y + side
    return Drawing(held.width, height, tuple(tiles), held.borders)


def _places(codes: Sequence[str]) -> dict[str, tuple[float, float]]:
    rows = db.session.execute(
        sa.select(Region.code, Region.lat, Region.lng).where(
            Region.code.in_(codes), Region.lat.is_not(None), Region.lng.is_not(None)
        )
    )
    return {code: (lat, lng) for code, lat, lng in rows.tuples() if lat is not None and lng is not None}


# White spots, and who could step in ----------------------------------------------------------------------------------


class Spot(NamedTuple):
    """A county of the viewer's patch that nobody covers, or not all of. `outlets`: shops and farms we know of there,
    `grams` a month of feed they take; `seated`: distributors who have their seat there, prospects among them."""

    code: str
    name: str
    cover: Cover
    outlets: int
    grams: int
    seated: int


def white_spots(viewer: Viewer, asked: Asked) -> list[Spot]:
    """All of them, those with shops, farms or distributors first: four statements."""
    regions = reference.read()[1]
    names = regions.names
    heads = [""] if viewer.everywhere else sorted({code[:COUNTY] for code in viewer.patch})
    if asked.region:
        heads = [
            max(head, asked.region, key=len)
            for head in heads
            if head.startswith(asked.region) or asked.region.startswith(head)
        ]
    above = {code for head in heads for code in chain(head)}
    scope = sa.or_(sa.false(), *(_inside(Area.region_code, head) for head in heads), Area.region_code.in_(above))
    known = _counties(names, asked, scope)
    counties = {
        county
        for head in heads
        for county in ([head] if len(head) >= COUNTY else names.below(head, COUNTY))
        if not any(higher in known for higher in chain(county)[1:]) and known.get(county) is not Cover.ONE
    }
    outlets = _by_county(
        viewer, Outlet.region_code, heads, sa.func.coalesce(sa.func.sum(Outlet.monthly_grams), 0), Outlet.active
    )
    seats = _by_county(viewer, Distributor.region_code, heads, sa.literal(0), Distributor.status != Status.ENDED)
    spots = [
        Spot(
            code,
            regions.path(code),
            known.get(code, Cover.WHITE),
            *outlets.get(code, (0, 0)),
            seats.get(code, (0, 0))[0],
        )
        for code in counties
    ]
    return sorted(spots, key=lambda spot: (-spot.outlets, -spot.seated, spot.code))


def _inside(column: Any, head: str) -> sa.ColumnElement[bool]:
    return sa.and_(column >= head, column < head + "9" * 10) if head else sa.true()


def _by_county(
    viewer: Viewer, column: Any, heads: Iterable[str], value: Any, *where: Any
) -> dict[str, tuple[int, int]]:
    """{county: (rows, sum)} of what lies in the viewer's patch."""
    county = sa.func.substr(column, 1, COUNTY)
    scope = sa.or_(sa.false(), *(_inside(column, head) for head in heads))
    statement = sa.select(county, sa.func.count(), value).where(scope, viewer.scope(column), *where).group_by(county)
    return {code: (count, int(total)) for code, count, total in db.session.execute(statement) if code}


class Standby(NamedTuple):
    """Who could step in: a prospect, or a distributor seated here who owns nothing of it."""

    id: Any
    code: str
    name: str
    region_code: str
    status: Status


def standby(viewer: Viewer, shown: Shown) -> list[Standby]:
    """Backup distributors of a city or county, of the viewer's patch: prospects first."""
    if len(shown.region) < 4:
        return []
    owning = {owner.code for row in shown.rows for _number, owner in row.owners}
    statement = (
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.status)
        .where(
            _inside(Distributor.region_code, shown.region),
            viewer.scope(Distributor.region_code),
            Distributor.status != Status.ENDED,
            Distributor.code.not_in(owning),
        )
        .order_by((Distributor.status == Status.PROSPECT).desc(), Distributor.pinyin, Distributor.id)
        .limit(STANDBY)
    )
    return [Standby._make(row) for row in db.session.execute(statement)]


def path(region: str) -> str:
    """A region's name with those around it."""
    return reference.read()[1].path(region)
