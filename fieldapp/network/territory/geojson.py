"""Reading boundaries from GeoJSON (RFC 7946), one feature after the other: a large file never stands in memory whole.

What is wrong with a feature is a `Fault`, and the next one is read; what is wrong with the file ends the reading.
"""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from fieldapp.core.sheets import N_, Message, SheetError

FILE_BYTES = 60 * 1024 * 1024
FEATURES = 5_000
POINTS = 1_000_000  # of a file: some 400 MB while the maps are drawn
FEATURE_CHARACTERS = 16 * 1024 * 1024  # of one feature: some 150 MB while it is understood
_PIECE = 1 << 18

# China with its islands, generously: what lies outside is in other units, or latitude and longitude are swapped.
LONGITUDES = (70.0, 140.0)
LATITUDES = (0.0, 56.0)

Ring = list[tuple[float, float]]
Polygon = list[Ring]  # the outer ring first, then its holes


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the `number`th feature, counted from 1."""

    number: int
    value: str
    reason: Message


@dataclass(slots=True)
class Feature:
    """A region's shape: longitude and latitude in degrees, rings closed."""

    number: int
    code: str
    polygons: list[Polygon] = field(default_factory=list)


class _Unusable(Exception):  # noqa: N818 — a verdict on one feature, caught here
    def __init__(self, value: str, text: str, **values: Any) -> None:
        super().__init__(text)
        self.value, self.reason = value, Message(text, values)


def read(path: Path) -> Iterator[Feature | Fault]:
    """The features of a file in their order. Raises SheetError when it is no such file, or too large."""
    if path.stat().st_size > FILE_BYTES:
        raise _too_large(N_("The file is larger than %(megabytes)s MB."), megabytes=FILE_BYTES >> 20)
    points = 0
    with path.open("rb") as raw:
        text = _Text(raw)
        for number, given in enumerate(_features(text), 1):
            if number > FEATURES:
                raise _too_large(N_("The file has more than %(most)s features."), most=FEATURES)
            try:
                feature = _feature(number, given)
            except _Unusable as problem:
                yield Fault(number, problem.value, problem.reason)
                continue
            points += sum(len(ring) for polygon in feature.polygons for ring in polygon)
            if points > POINTS:
                raise _too_large(N_("The file has more than %(most)s points."), most=POINTS)
            yield feature


def _too_large(text: str, **values: Any) -> SheetError:
    return SheetError(Message(text, values), Message(N_("Simplify it first, or send it province by province.")))


def _one_too_large() -> SheetError:
    return _too_large(N_("One feature takes more than %(megabytes)s MB."), megabytes=FEATURE_CHARACTERS >> 20)


def _broken(remedy: str = N_("Export it again as GeoJSON: a FeatureCollection in UTF-8.")) -> SheetError:
    return SheetError(Message(N_("This is no GeoJSON file of boundaries.")), Message(remedy))


class _Text:
    """A JSON text that is read piece by piece."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._rest = ""
        self._at = 0
        self._ended = False

    def _more(self, size: int = _PIECE) -> bool:
        if self._ended:
            return False
        piece = self._raw.read(size)
        self._ended = not piece
        try:
            self._rest = self._rest[self._at :] + self._decode.decode(piece, self._ended)
        except UnicodeDecodeError:
            raise _broken() from None
        self._at = 0
        return not self._ended

    def next(self) -> str:
        """The next character that is no space, which stays to be read; "" at the end."""
        while True:
            while self._at < len(self._rest) and self._rest[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._rest):
                return self._rest[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Step over a character."""
        if self.next() != expected:
            raise _broken()
        self._at += 1

    def value(self) -> Any:
        """The next value whole. Each time it does not fit, twice as much is read, so the work stays in proportion."""
        size = _PIECE
        while True:
            self.next()
            try:
                found, end = self._json.raw_decode(self._rest, self._at)
            except RecursionError:
                raise _broken() from None
            except ValueError:
                if len(self._rest) - self._at > FEATURE_CHARACTERS:
                    raise _one_too_large() from None
                if not self._more(size):
                    raise _broken() from None
                size *= 2
                continue
            if end == len(self._rest) and self._more():  # a number may go on in the next piece
                continue
            if end - self._at > FEATURE_CHARACTERS:
                raise _one_too_large()
            self._at = end
            return found


def _features(text: _Text) -> Iterator[Any]:
    """What stands in `features` of the collection."""
    text.take("{")
    seen = False
    while text.next() != "}":
        key = text.value()
        text.take(":")
        if key == "features" and not seen:
            seen = True
            text.take("[")
            while text.next() != "]":
                yield text.value()
                if text.next() == ",":
                    text.take(",")
            text.take("]")
        else:
            _look(key, text.value())
        if text.next() == ",":
            text.take(",")
    if not seen:
        raise _broken()


def _look(key: Any, value: Any) -> None:
    """Old files name the coordinates they are in: only degrees will do."""
    if key == "type" and value != "FeatureCollection":
        raise _broken()
    if (
        key == "crs"
        and value is not None
        and not any(known in json.dumps(value) for known in ("CRS84", "4326", "4490"))
    ):
        raise _broken(N_("Its coordinates are not longitude and latitude: export it in WGS 84 (EPSG:4326)."))


def _feature(number: int, given: Any) -> Feature:
    if not isinstance(given, dict):
        raise _Unusable(_short(given), N_("no feature"))
    properties = given.get("properties")
    code = properties.get("code") if isinstance(properties, dict) else None
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code)
    if not isinstance(code, str) or not code.strip():
        raise _Unusable("", N_("has no property `code`, the code of a region: 2, 4 or 6 digits"))
    code = code.strip()
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6)):
        raise _Unusable(code[:60], N_("the code of a region has 2, 4 or 6 digits"))
    geometry = given.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise _Unusable(_short(kind), N_("a boundary is a Polygon or a MultiPolygon"))
    parts = geometry.get("coordinates")
    if kind == "Polygon":
        parts = [parts]
    if not isinstance(parts, list) or not parts:
        raise _Unusable(code, N_("has no rings"))
    return Feature(number, code, [_polygon(part) for part in parts])


def _polygon(rings: Any) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise _Unusable(_short(rings), N_("has no rings"))
    return [_ring(ring) for ring in rings]


def _ring(points: Any) -> Ring:
    if not isinstance(points, list) or len(points) < 4:
        raise _Unusable(_short(points), N_("a ring has four points or more"))
    ring = [_point(point) for point in points]
    if ring[0] != ring[-1]:
        raise _Unusable(_short(points[-1]), N_("the ring is not closed: it has to end where it begins"))
    return ring


def _point(point: Any) -> tuple[float, float]:
    if (
        not isinstance(point, list)
        or len(point) < 2
        or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in point[:2])
    ):
        raise _Unusable(_short(point), N_("a point is two numbers: longitude, latitude"))
    try:
        lng, lat = float(point[0]), float(point[1])
    except OverflowError:
        lng = lat = float("inf")
    if isfinite(lng) and isfinite(lat) and _lies(lng, LONGITUDES) and _lies(lat, LATITUDES):
        return lng, lat
    if _lies(lat, LONGITUDES) and _lies(lng, LATITUDES):
        raise _Unusable(_short(point), N_("latitude and longitude are swapped: longitude comes first"))
    raise _Unusable(_short(point), N_("lies outside China: a point is longitude and latitude in degrees"))


def _lies(value: float, span: tuple[float, float]) -> bool:
    return span[0] <= value <= span[1]


def _short(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:60]
    except (RecursionError, ValueError):
        return "…"
