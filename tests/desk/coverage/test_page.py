"""The coverage page: the way down, white spots, what a patch hides, files; grid and map."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.desk.coverage import queries
from fieldapp.desk.coverage.rules import grid, label, sign
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.cover import Cover, Covered
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from tests import cast
from tests.visitor import Visitor

ON = date(2026, 11, 23)


@pytest.fixture
def market(app: Flask, people: object) -> None:
    """Zhengzhou is D001's, but Zhongyuan is D650's, who lives far away; the rest of Henan is nobody's."""
    with app.app_context():
        begin_writing()
        cast.make_product()
        cast.make_area(cast.make_distributor("D001"), "4101")
        cast.make_area(cast.make_distributor("D650", "650102", name="Far away"), "410102")
        db.session.commit()


def test_the_way_down_and_up(market: None, visit: Callable[[str], Visitor]) -> None:
    admin = visit("admin")
    nation = admin.get("/coverage").text
    assert "region=41&amp;" in nation
    assert '<a class="map-up" href="/coverage?region=&amp;' in admin.get("/coverage?region=41").text
    city = admin.get("/coverage?region=4101", headers={"HX-Request": "true"}).text
    assert "<html" not in city
    assert "autofocus" in city
    assert "D650 Far away" in city
    assert 'aria-label="中原区: One owner, D650 Far away"' in city
    assert admin.get("/coverage?region=410102").status_code == 200
    for region in ("99", "4", "41x1"):
        assert admin.get(f"/coverage?region={region}").status_code == 404, region
    assert "0 of" in admin.get("/coverage?region=4101").text
    assert "0 of" not in admin.get("/coverage?region=4101&on=2020-01-01").text


def test_a_patch_ends_at_its_edge(app: Flask, market: None, visit: Callable[[str], Visitor]) -> None:
    rep = visit("rep")
    assert "Far away" not in rep.get("/coverage?region=4101").text
    assert "1 distributor outside your patch" in rep.get("/coverage?region=4101").text
    assert "D650" not in rep.get("/coverage/export.csv?region=4101").text
    assert "outside your patch" in rep.get("/coverage?region=").text
    for page in ("/coverage", "/coverage/export.csv", "/coverage/white-spots", "/coverage/white-spots/export.xlsx"):
        assert rep.get(page + "?region=65").status_code == 404, page
    with app.app_context():
        viewer = viewer_of(db.session.scalars(db.select(User).where(User.username == "rep")).one())
        found = queries.view(viewer, "", "*", ON)
        assert found is not None
        assert all(viewer.covers(code) for code in found.parts)


def test_white_spots(market: None, visit: Callable[[str], Visitor]) -> None:
    page = visit("admin").get("/coverage/white-spots?region=41").text
    assert "/areas/new?region=410" in page
    assert "410102" not in page
    assert "No white spots here" in visit("admin").get("/coverage/white-spots?region=4101").text
    sheet = visit("admin").get("/coverage/white-spots/export.csv?region=41").text
    assert "410202" in sheet
    assert "410102" not in sheet


def test_drawn_from_boundaries(app: Flask, market: None, visit: Callable[[str], Visitor]) -> None:
    with app.app_context():
        begin_writing()
        tiles = [
            ["4101", 100, 100, 200, 80, [["410102", "m0 0h90v90z"], ["410103", "m90 0h90v90z"]]],
            ["4102", 300, 100, 10, 4, [["410202", "m180 0h90v90z"]]],
        ]
        drawn_at = datetime(2026, 11, 1, tzinfo=UTC)
        db.session.add(
            BoundaryMap(code="41", width=720, height=400, tiles=tiles, borders="m0 0h9", digest="x", drawn_at=drawn_at)
        )
        db.session.commit()
    page = visit("admin").get("/coverage?region=41").text
    assert 'viewBox="0 0 720 400"' in page
    assert '<path class="c1" d="m0 0h90v90z">' in page  # D650, who has less
    assert '<path class="c0" d="m90 0h90v90z">' in page
    assert '<path fill="url(#w)" d="m180 0h90v90z">' in page
    assert "郑州市</text>" in page
    assert "开封市</text>" not in page  # no room; the table has it


def test_labels_signs_and_tiles() -> None:
    assert [label("郑州市", room, 80) for room in (200, 60, 20)] == ["郑州市", "郑州", ""]
    numbers = {"D1": 1, "D2": 2}
    found = Covered("41", Cover.PARTLY, (("D1", 3), ("D9", 1)), 9, 4, 1)
    assert sign(found, numbers) == "1+? ○5"
    assert sign(Covered("41", Cover.WHITE, parts=2, white=2), numbers) == "○"
    _wide, _high, at = grid([("north", 50.0, 100.0), ("east", 30.0, 120.0), ("west", 31.0, 90.0), ("lost", None, None)])
    assert len(set(at.values())) == 4
    assert at["north"][1] < at["east"][1] or at["west"][1] < at["east"][1] or at["west"][0] < at["east"][0]
