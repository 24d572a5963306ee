"""Places on Chinese maps. We keep WGS 84, what phones and satellites give. By law, maps in China are drawn in GCJ-02,
which is off by some hundred metres, never the same; Baidu shifts that once more (BD-09). A place handed to such a map
without conversion points to another street.

The formulas are those in common use since 2013; the maps meet them to a few metres. All places are (latitude,
longitude) in degrees.
"""

import math

Place = tuple[float, float]

_AXIS = 6378245.0  # Krasovsky 1940, which GCJ-02 is drawn on
_ECCENTRICITY = 0.00669342162296594323
_BD = math.pi * 3000 / 180
_ROUNDS = 4  # of the way back; each brings it closer by four digits


def in_china(place: Place) -> bool:
    """Within the box in which the maps shift; outside it the three systems are one."""
    lat, lng = place
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347


def to_gcj(place: Place) -> Place:
    """WGS 84 → GCJ-02 (AMap, Tencent)."""
    if not in_china(place):
        return place
    north, east = _shift(place)
    return place[0] + north, place[1] + east


def from_gcj(place: Place) -> Place:
    """GCJ-02 → WGS 84, to a millimetre: guessed, and the guess corrected by what it is off."""
    lat, lng = place
    for _round in range(_ROUNDS):
        seen = to_gcj((lat, lng))
        lat, lng = lat + place[0] - seen[0], lng + place[1] - seen[1]
    return lat, lng


def to_bd(place: Place) -> Place:
    """WGS 84 → BD-09 (Baidu)."""
    if not in_china(place):
        return place
    lat, lng = to_gcj(place)
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * _BD)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * _BD)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def from_bd(place: Place) -> Place:
    """BD-09 → WGS 84, in the same way as `from_gcj`."""
    lat, lng = place
    for _round in range(2 * _ROUNDS):
        seen = to_bd((lat, lng))
        lat, lng = lat + place[0] - seen[0], lng + place[1] - seen[1]
    return lat, lng


def _shift(place: Place) -> Place:
    """How far GCJ-02 lies off, in degrees to the north and to the east."""
    x, y = place[1] - 105.0, place[0] - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    angle = place[0] / 180 * math.pi
    flat = 1 - _ECCENTRICITY * math.sin(angle) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / (flat * math.sqrt(flat))
    parallel = _AXIS / math.sqrt(flat) * math.cos(angle)
    return north * 180 / (meridian * math.pi), east * 180 / (parallel * math.pi)
