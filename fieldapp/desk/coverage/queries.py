"""Who sells where in a region, as far as the viewer's patch goes; three or four statements for any region.

Parts outside the patch are not looked at. Owners whose own place lies outside it are counted, not named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.cover import Cover, Covered, Part, index, part, together
from fieldapp.network.territory.models import Area, Region
from fieldapp.network.territory.rules import ALL_LINES, AreaRow, chain
from fieldapp.people.accounts.viewer import Viewer

_END = "9" * 10
_CHUNK = 500


class Place(NamedTuple):
    """A region and where it lies."""

    code: str
    name: str
    lat: float | None
    lng: float | None


class Owner(NamedTuple):
    """A distributor that the viewer may see."""

    id: Any
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class View:
    """A region cut into those right below it. `covered` and `parts` hold what lies in the viewer's patch; `owners`
    those who may be named, by code."""

    code: str
    places: Sequence[Place]
    covered: Mapping[str, Covered]
    parts: Mapping[str, Part]
    owners: Mapping[str, Owner]
    distributors: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)


class Spot(NamedTuple):
    """A county that is nobody's, or not all somebody's. `distributors` live in it, `outlets` buy in it."""

    code: str
    partly: bool
    distributors: int
    outlets: int


def home(viewer: Viewer) -> str:
    """Where his map begins: the smallest region, down to a city, that holds all of his patch; "" is the country."""
    if viewer.everywhere or not viewer.patch:
        return ""
    first = viewer.patch[0]
    return next((head for head in (first[:4], first[:2]) if all(one.startswith(head) for one in viewer.patch)), "")


def may_open(viewer: Viewer, code: str) -> bool:
    """Some of the region lies in his patch."""
    return viewer.everywhere or viewer.covers(code) or any(head.startswith(code) for head in viewer.patch)


def view(viewer: Viewer, code: str, line: str, on: date) -> View | None:
    """The map of a region ("", 2, 4 or 6 digits); None when there is no such region, or none of it is his to see."""
    if not may_open(viewer, code) or (code and db.session.get(Region, code) is None):
        return None
    places = _places(code)
    below = _right_below(places, code)
    parts, owners = _parts(viewer, places, code, line, on)
    under: dict[str, list[Part]] = {}
    for one in parts.values():
        under.setdefault(one.code[: len(code) + 2] if len(code) < 6 else one.code, []).append(one)
    covered = {key: together(key, found) for key, found in under.items()}
    lives = _count_at(viewer, code, Distributor.region_code, Distributor.status == Status.ACTIVE)
    return View(
        code,
        below,
        covered,
        parts,
        owners,
        _by_tile(lives, code),
        {place.code: place.name for place in places},
    )


def spots(viewer: Viewer, code: str, line: str, on: date) -> list[Spot] | None:
    """Counties of a region without an owner, or with a part that has none; where most is sold and lived comes first."""
    if not may_open(viewer, code) or (code and db.session.get(Region, code) is None):
        return None
    parts, _owners = _parts(viewer, _places(code), code, line, on)
    lives = _count_at(viewer, code, Distributor.region_code, Distributor.status == Status.ACTIVE)
    buys = _count_at(viewer, code, Outlet.region_code, Outlet.active.is_(True))
    found = [
        Spot(one.code, one.cover is Cover.PARTLY, lives.get(one.code, 0), buys.get(one.code, 0))
        for one in parts.values()
        if one.cover in (Cover.WHITE, Cover.PARTLY)
    ]
    return sorted(found, key=lambda one: (-one.outlets, -one.distributors, one.code))


def drawn(code: str) -> BoundaryMap | None:
    """The map drawn from imported boundaries, if there is one."""
    return db.session.get(BoundaryMap, code) if len(code) <= 4 else None


def _places(code: str) -> list[Place]:
    """The region and what lies in it, down to the county; of a county, its townships."""
    deepest = 9 if len(code) == 6 else 6
    select = sa.select(Region.code, Region.name, Region.lat, Region.lng).where(sa.func.length(Region.code) <= deepest)
    if code:
        select = select.where(Region.code >= code, Region.code < code + _END)
    return [Place(*row) for row in db.session.execute(select.order_by(Region.code))]


def _right_below(places: Sequence[Place], code: str) -> list[Place]:
    longer = [place for place in places if len(place.code) > len(code)]
    size = min((len(place.code) for place in longer), default=0)
    return [place for place in longer if len(place.code) == size]


def _parts(
    viewer: Viewer, places: Sequence[Place], code: str, line: str, on: date
) -> tuple[dict[str, Part], dict[str, Owner]]:
    """Each smallest part of a region in the viewer's patch, and the owners he may see."""
    codes = {place.code for place in places}
    above = {head[:length] for head in codes for length in (2, 4, 6) if length < len(head)}
    leaves = [place.code for place in places if place.code not in above and viewer.covers(place.code)]
    if viewer.patch and not viewer.everywhere:
        # A patch may name townships of a county: the county is then his as far as a map goes.
        leaves += [one for one in codes - above if one not in leaves and any(p.startswith(one) for p in viewer.patch)]
    rows, owners = _areas(viewer, code, line, on)
    areas = index(rows)
    inside: dict[str, list[str]] = {}
    for region in areas:
        if len(region) == 9:
            inside.setdefault(region[:6], []).append(region)
    towns = _towns([county for county in inside if county in codes])
    return {
        one: part(one, areas, inside.get(one, ()) if len(one) == 6 else (), towns.get(one, 0), line, on)
        for one in sorted(leaves)
    }, owners


def _areas(viewer: Viewer, code: str, line: str, on: date) -> tuple[list[AreaRow], dict[str, Owner]]:
    """Areas of a line that count on a day, in a region and around it, with their owners' codes."""
    select = (
        sa.select(
            Distributor.id,
            Distributor.code,
            Distributor.name,
            Distributor.region_code,
            Area.region_code,
            Area.line_key,
            Area.valid_from,
            Area.valid_to,
        )
        .join(Distributor, Distributor.id == Area.distributor_id)
        .where(
            Area.line_key.in_({line, ALL_LINES}),
            Area.valid_from <= on,
            sa.or_(Area.valid_to.is_(None), Area.valid_to >= on),
        )
    )
    if code:
        near = sa.and_(Area.region_code >= code, Area.region_code < code + _END)
        select = select.where(sa.or_(near, Area.region_code.in_(chain(code))))
    rows: list[AreaRow] = []
    owners: dict[str, Owner] = {}
    for key, owner, name, lives, region, sold, first, last in db.session.execute(select).tuples():
        rows.append(AreaRow(owner, region, sold, first, last))
        if owner not in owners and viewer.covers(lives):
            owners[owner] = Owner(key, owner, name)
    return rows, owners


def _towns(counties: Sequence[str]) -> dict[str, int]:
    """How many townships each of these counties has."""
    found: dict[str, int] = {}
    county = sa.func.substr(Region.code, 1, 6)
    for start in range(0, len(counties), _CHUNK):
        some = counties[start : start + _CHUNK]
        select = sa.select(county, sa.func.count()).where(sa.func.length(Region.code) == 9, county.in_(some))
        if len(some) == 1:
            select = select.where(Region.code > some[0], Region.code < some[0] + _END)
        found |= dict(db.session.execute(select.group_by(county)).tuples().all())
    return found


def _count_at(viewer: Viewer, code: str, region: Any, *where: Any) -> dict[str, int]:
    """{county, or where only a larger region is known, that: rows of the viewer's patch there}."""
    county = sa.func.substr(region, 1, 6)
    select = sa.select(county, sa.func.count()).where(viewer.scope(region), region.is_not(None), *where)
    if code:
        select = select.where(region >= code, region < code + _END)
    return dict(db.session.execute(select.group_by(county)).tuples().all())


def _by_tile(counted: Mapping[str, int], code: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for region, count in counted.items():
        tile = region[: len(code) + 2] if len(code) < 6 else region
        found[tile] = found.get(tile, 0) + count
    return found
