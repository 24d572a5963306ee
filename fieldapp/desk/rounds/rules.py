"""Pure parts of the rounds: the ways that lead to a store, which counties come first, when a task is due."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, urlencode

from fieldapp.core import geo

COUNTY = 6  # digits of a region code
SOURCE = "fieldapp"


class Ways(NamedTuple):
    """Addresses that open a map with the way to a store."""

    amap: str
    baidu: str
    system: str


def ways(name: str, lat: float | None, lng: float | None, address: str | None) -> Ways | None:
    """The ways to a store; None where neither place nor address is known.

    `lat`, `lng` are WGS 84 and are converted for each map; without them the maps search for the address.
    """
    if lat is None or lng is None:
        return _searched(address.strip()) if address and address.strip() else None
    gcj, bd = geo.to_gcj((lat, lng)), geo.to_bd((lat, lng))
    called = name.replace(",", " ").replace("|", " ")
    amap = {
        "to": f"{gcj[1]:.6f},{gcj[0]:.6f},{called}",
        "mode": "car",
        "coordinate": "gaode",
        "src": SOURCE,
        "callnative": "1",
    }
    baidu = {
        "location": f"{bd[0]:.6f},{bd[1]:.6f}",
        "title": name,
        "content": address or name,
        "coord_type": "bd09ll",
        "output": "html",
        "src": SOURCE,
    }
    place = f"{lat:.6f},{lng:.6f}"
    return Ways(
        f"https://uri.amap.com/navigation?{urlencode(amap)}",
        f"https://api.map.baidu.com/marker?{urlencode(baidu)}",
        f"geo:{place}?q={place}({quote(name)})",
    )


def _searched(address: str) -> Ways:
    amap = {"keyword": address, "view": "map", "src": SOURCE, "callnative": "1"}
    baidu = {"address": address, "output": "html", "src": SOURCE}
    return Ways(
        f"https://uri.amap.com/search?{urlencode(amap)}",
        f"https://api.map.baidu.com/geocoder?{urlencode(baidu)}",
        f"geo:0,0?q={quote(address)}",
    )


def by_county(found: Iterable[tuple[str | None, date]], first: Iterable[str | None]) -> list[str]:
    """The counties of what was found: those of `first` (where one goes that day anyway) before the others, in these
    the county of who is due the longest first. Nowhere ('') comes last."""
    there = {(code or "")[:COUNTY] for code in first} - {""}
    earliest: dict[str, date] = {}
    for code, due in found:
        county = (code or "")[:COUNTY]
        earliest[county] = min(due, earliest.get(county, due))
    return sorted(earliest, key=lambda county: (county == "", county not in there, earliest[county], county))


class When(StrEnum):
    """Parts of a list of open tasks."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"


def when(due: date, today: date) -> When:
    """The part in which an open task stands; the week ends on Sunday."""
    if due < today:
        return When.LATE
    if due == today:
        return When.TODAY
    sunday = today + timedelta(days=6 - today.weekday())
    return When.WEEK if due <= sunday else When.LATER


def parts(dues: Sequence[date], today: date) -> list[tuple[When, list[int]]]:
    """(part, places in the list) of open tasks, in the order of the parts; empty parts are left out."""
    found: dict[When, list[int]] = {}
    for place, due in enumerate(dues):
        found.setdefault(when(due, today), []).append(place)
    return [(part, found[part]) for part in When if part in found]
