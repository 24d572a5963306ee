"""Where the demo company sells: real counties and townships, ordered by their distance from its home city."""

from dataclasses import dataclass
from functools import cache
from math import cos, hypot, radians

from fieldapp.network.territory.data import read_regions

HOME = "4114"  # 商丘: where four provinces meet, so that patches soon cross a border
NEXT = "4116"  # 周口, the neighbour


@dataclass(frozen=True, slots=True)
class Places:
    """Region names and seats by code, the ordinary regions below each, and all prefectures, nearest first."""

    names: dict[str, str]
    seats: dict[str, tuple[float, float]]
    below: dict[str, list[str]]
    cities: list[str]

    def full_name(self, code: str) -> str:
        """The names from the province down to this region, run together as in an address."""
        names = [self.names[code[:length]] for length in (2, 4, 6, 9) if length <= len(code)]
        # The source's collective codes (市辖区, 省直辖县级行政区划) stand in no address.
        spoken = [name for name in names if not name.endswith(("市辖区", "行政区划")) and name != "县"]
        return "".join(dict.fromkeys(spoken))

    def seat(self, code: str) -> tuple[float, float] | None:
        """Latitude and longitude of the nearest known seat at or above this region."""
        return self.seats.get(code) or self.seats.get(code[:4])


@cache
def load() -> Places:
    """Read the shipped regions; development zones, farms and other statistical units are left out."""
    names: dict[str, str] = {}
    seats: dict[str, tuple[float, float]] = {}
    below: dict[str, list[str]] = {}
    for region in read_regions():
        code = region.code
        names[code] = region.name
        if region.lat is not None and region.lng is not None:
            seats[code] = (region.lat, region.lng)
        if _ordinary(code):
            parent = code[: {4: 2, 6: 4, 9: 6}.get(len(code), 0)]
            below.setdefault(parent, []).append(code)
    cities = [city for city in seats if len(city) == 4 and _has_townships(city, below)]
    cities.sort(key=lambda city: (city != HOME, city != NEXT, _distance(seats[HOME], seats[city]), city))
    return Places(names, seats, below, cities)


def _ordinary(code: str) -> bool:
    # The statisticians number zones without an administration of their own from 71 (county) and 400 (township) on.
    return code[4:5] != "7" and (len(code) < 9 or code[6] < "4")


def _has_townships(city: str, below: dict[str, list[str]]) -> bool:
    counties = below.get(city, [])
    return len(counties) > 1 and all(below.get(county) for county in counties)


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Degrees of latitude, roughly: enough to put cities in order."""
    shrink = cos(radians((one[0] + other[0]) / 2))
    return hypot(one[0] - other[0], (one[1] - other[1]) * shrink)
