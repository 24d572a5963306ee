"""`boundaries`: features named one by one, whole or not at all, maps drawn with shared edges kept."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask.cli import FlaskGroup

from fieldapp.core.db import db
from fieldapp.core.sheets import SheetError
from fieldapp.desk.imports import runs
from fieldapp.network.territory import geojson
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.data import read_regions
from fieldapp.people.audit.models import AuditEntry
from tests.network.territory.coverage_shapes import counties, feature, write

BOX = (110.3, 31.4, 116.7, 36.4)
Import = Callable[..., Result]


@pytest.fixture(scope="module")
def tree() -> dict[str, list[str]]:
    """Henan's cities and their counties, as shipped."""
    codes = [row.code for row in read_regions() if row.code.startswith("41") and len(row.code) in (4, 6)]
    return {city: [code for code in codes if code[:4] == city != code] for city in codes if len(city) == 4}


@pytest.fixture(scope="module")
def rings(tree: dict[str, list[str]]) -> dict[str, list[Any]]:
    return counties(tree, BOX, depth=4)


@pytest.fixture
def take(app: Flask, tmp_path: Path) -> Import:
    """`flask import boundaries` with a file of features, a text, or bytes."""

    def run(content: Any, *options: str) -> Result:
        path = tmp_path / "boundaries.geojson"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            write(path, content)
        return app.test_cli_runner().invoke(
            FlaskGroup(load_dotenv=False), ["import", "boundaries", str(path), *options]
        )

    return run


def stored(app: Flask) -> dict[str, BoundaryMap]:
    with app.app_context():
        return {row.code: row for row in db.session.scalars(sa.select(BoundaryMap))}


def test_a_province_of_counties_draws_its_own_map_and_those_of_its_cities(
    app: Flask, take: Import, tree: dict[str, list[str]], rings: dict[str, list[Any]]
) -> None:
    features = [feature(code, ring) for code, ring in rings.items()]
    assert take(features, "--dry-run").exit_code == 0
    assert not stored(app)
    done = take(features)
    assert done.exit_code == 0, done.stderr
    assert f"{len(rings)} features: {len(rings)} created" in done.stdout
    maps = stored(app)
    assert set(maps) == {"41", *tree}, "one province is no map of the country"
    province = maps["41"]
    assert [tile[0] for tile in province.tiles] == sorted(tree)
    assert {piece for tile in province.tiles for piece, _ in tile[5]} == set(rings), "no region is ever dropped"
    weight = len(brotli.compress((json.dumps(province.tiles) + province.borders).encode()))
    assert weight < 6_500, "a province has to leave room for its table under 10 kB"

    again = take(features)
    assert f"0 created, 0 updated, {len(rings)} unchanged" in again.stdout
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.subject_id == "boundaries")) == 1
    assert {code: row.drawn_at for code, row in stored(app).items()} == {
        code: row.drawn_at for code, row in maps.items()
    }


def test_neighbours_share_their_edges_after_simplifying(
    app: Flask, take: Import, rings: dict[str, list[Any]], tree: dict[str, list[str]]
) -> None:
    """Inside a map every edge is drawn by exactly two regions: no gap, no overlap. On its rim by one."""
    take([feature(code, ring) for code, ring in rings.items()])
    city = max(tree, key=lambda code: len(tree[code]))
    drawn = stored(app)[city]
    sides: dict[Any, int] = {}
    for _code, *_label, pieces in drawn.tiles:
        for _piece, path in pieces:
            for ring in absolute(path):
                for edge in pairwise([*ring, ring[0]]):
                    sides[frozenset(edge)] = sides.get(frozenset(edge), 0) + 1
    assert set(sides.values()) == {1, 2}
    rim = [edge for edge, count in sides.items() if count == 1]
    corners: dict[Any, int] = {}
    for edge in rim:
        for point in edge:
            corners[point] = corners.get(point, 0) + 1
    assert all(count % 2 == 0 for count in corners.values()), "the rim is closed: there is no hole between regions"
    assert len(rim) < len(sides) / 2


def absolute(path: str) -> list[list[tuple[int, int]]]:
    """The rings of path data."""
    x = y = 0
    rings = []
    for part in re.findall(r"m([^z]+)z", path):
        numbers = [int(text) for text in re.findall(r"-?\d+", part)]
        ring = []
        at = (x, y)
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            at = (at[0] + dx, at[1] + dy)
            ring.append(at)
        x, y = ring[0]
        rings.append(ring)
    return rings


def square(west: float, south: float, size: float = 0.5) -> list[tuple[float, float]]:
    east, north = west + size, south + size
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def test_every_bad_feature_is_named_and_nothing_is_taken(app: Flask, take: Import) -> None:
    good = feature("410102", square(113, 34))
    swapped = feature("410103", [(lat, lng) for lng, lat in square(113, 34)])
    bow = [(114.0, 34.0), (115.0, 35.0), (115.0, 34.0), (114.0, 35.0), (114.0, 34.0)]
    bad: list[tuple[Any, str]] = [
        (good | {"properties": {}}, "(empty) — has no property `code`"),
        (good | {"properties": {"code": "41010"}}, "41010 — the code of a region has 2, 4 or 6 digits"),
        (good | {"properties": {"code": 999999}}, "999999 — no such region"),
        (feature("410102", square(113, 34)), "410102 — stands twice, see feature 1"),
        (good | {"geometry": None}, "null — a boundary is a Polygon or a MultiPolygon"),
        (good | {"geometry": {"type": "Point", "coordinates": [1, 2]}}, '"Point" — a boundary is'),
        (feature("410104", square(113, 34)[:-1]), "the ring is not closed"),
        (feature("410104", square(113, 34)[:3]), "a ring has four points or more"),
        (swapped, "latitude and longitude are swapped"),
        (feature("410104", square(12_600_000, 4_100_000)), "lies outside China"),
        (feature("410104", bow), "410104 — the ring crosses itself"),
        (good | {"geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}, "[1, 2] — a ring has four points"),
        ([], "[] — no feature"),
    ]
    done = take([good, *(one for one, _ in bad)])
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert len(lines) == len(bad), done.stderr
    for number, ((_, said), line) in enumerate(zip(bad, lines, strict=True), 2):
        assert line.startswith(f"feature {number}: ")
        assert said in line
    assert f"{len(bad)} rejected" in done.stdout
    assert not stored(app)


NO_BOUNDARIES = [
    (b"", "no GeoJSON"),
    (b"code,name\n41,Henan\n", "no GeoJSON"),
    (b'{"type": "FeatureCollection"}', "no GeoJSON"),
    (b'{"type": "Topology", "features": []}', "no GeoJSON"),
    (b'{"type": "FeatureCollection", "features": [{"type": "Feat', "no GeoJSON"),
    (b'{"features": ' + b"[" * 200_000, "no GeoJSON"),
    (b'{"features": [\xff\xfe]}', "no GeoJSON"),
    (b'{"features": []}', "no features"),
    (b'{"crs": {"properties": {"name": "EPSG:3857"}}, "features": []}', "not longitude and latitude"),
    (b'{"features": [' + b"{}," * 6_000 + b"{}]}", "more than 5000 features"),
    (b'{"features": [{"a": "' + b"x" * (17 << 20) + b'"}]}', "One feature takes more than 16 MB"),
]


def test_files_that_are_no_boundaries(app: Flask, take: Import) -> None:
    for content, says in NO_BOUNDARIES:
        done = take(content)
        assert done.exit_code == 1
        assert says in done.stderr, content[:60]
    assert not stored(app)


def test_a_file_over_the_limits_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.json", [feature("410102", square(113, 34))])
    monkeypatch.setattr(geojson, "POINTS", 4)
    with pytest.raises(SheetError, match="points"):
        list(geojson.read(path))
    monkeypatch.setattr(geojson, "FILE_BYTES", 10)
    with pytest.raises(SheetError, match="larger"):
        list(geojson.read(path))


def test_edges_that_do_not_meet_and_islands(app: Flask, take: Import) -> None:
    """A gap of a few metres, an overlap, codes filled up with zeros, a byte order mark, height above the sea."""
    west, east = square(113, 34, 1), square(114.00004, 34, 1)
    islands = [square(113.2 + n / 100, 33.5, 0.0004) for n in range(20)]
    high = [[lng, lat, 120.0] for lng, lat in square(112.0001, 34, 1)]
    features = [
        feature("410102", west),
        feature("410103", east),
        feature("410104", square(113.5, 33.2, 0.001), *islands, kind="MultiPolygon"),
        {"type": "Feature", "properties": {"code": 410105}, "geometry": {"type": "Polygon", "coordinates": [high]}},
        feature("410106", square(112.9, 35.0, 1)),
        *(
            feature(code, square(111 + n / 2, 36, 0.5))
            for n, code in enumerate(("410108", "410122", "410181", "410182"))
        ),
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode("utf-8-sig")
    done = take(content)
    assert done.exit_code == 0, done.stderr
    assert "map 4101: edges of neighbours did not meet" in done.stderr
    assert "have no shape: 410171" in done.stderr
    tiles = {tile[0]: tile[5][0][1] for tile in stored(app)["4101"].tiles}
    assert len(tiles) == 9
    assert tiles["410104"].count("m") == 1, "islands below a pixel go, the largest stays"
    filled = take([feature(code, square(100 + n * 3, 30, 3)) for n, code in enumerate(("110000", "120000", "130000"))])
    assert "no map can be drawn with it" in filled.stderr, "three of 34 provinces"
    assert "3 unchanged" in filled.stdout


def test_a_file_is_recognised_and_taken_whole_only(take: Import, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [feature("410102", square(113, 34))])
    assert runs.recognise(path).key == "boundaries"
    refused = take([feature("410102", square(113, 34))], "--partial")
    assert refused.exit_code == 1
    assert "whole or not at all" in refused.stderr
