"""Step one: which distributor? Lately checked ones, one's own, by search, or nearby."""

import re

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from tests import cast
from tests.desk.conftest import Desk


def codes(page: str) -> list[str]:
    return re.findall(r"/deals/new\?distributor=(\w+)", page)


@pytest.fixture
def indexed(desk: Desk) -> Desk:
    with desk.app.app_context():
        reindex(list(db.session.scalars(sa.select(Distributor.id))))
        db.session.commit()
    return desk


def test_ones_own_distributors_stand_ready(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new").text
    assert codes(page) == ["D001"]
    assert "Your distributors" in page


def test_the_latest_checks_come_first_each_distributor_once(desk: Desk) -> None:
    desk.record()
    desk.record(distributor="D002", ship_to="410103")
    desk.record()
    page = desk.as_("rep").get("/deals/new").text
    assert codes(page.split("Your distributors")[0]) == ["D001", "D002"]
    assert codes(desk.as_("mate").get("/deals/new").text) == []


@pytest.mark.parametrize("text", ["金禾", "jinhe", "zzjh", "d001", "13800000000"])
def test_search_as_one_types(indexed: Desk, text: str) -> None:
    fragment = indexed.as_("rep").fragment("/deals/new", query_string={"q": text})
    assert "D001" in codes(fragment.text)
    assert "<html" not in fragment.text
    assert "q=" in fragment.headers["HX-Replace-Url"]


def test_nobody_outside_the_patch_is_found(indexed: Desk) -> None:
    page = indexed.as_("rep").get("/deals/new", query_string={"q": "D900"}).text
    assert codes(page) == []
    assert "Nobody found for “D900”" in page


def test_nearby_first(desk: Desk) -> None:
    with desk.app.app_context():
        cast.make_distributor("D010", region="410102", lat=34.80, lng=113.70)
        cast.make_distributor("D011", region="410102", lat=39.90, lng=116.40)  # Beijing: too far
        cast.make_distributor("D012", region="420102", lat=34.76, lng=113.65)  # out of patch
        db.session.commit()
    page = desk.as_("rep").fragment("/deals/new", query_string={"q": "", "lat": "34.75", "lng": "113.65"}).text
    assert codes(page) == ["D001", "D010"]
    assert "1 km" in page


@pytest.mark.parametrize("place", [{"lat": "x", "lng": "1"}, {"lat": "nan", "lng": "nan"}, {"lat": "91", "lng": "0"}])
def test_a_place_that_is_none_counts_as_not_given(desk: Desk, place: dict[str, str]) -> None:
    response = desk.as_("rep").get("/deals/new", query_string=place)
    assert response.status_code == 200
    assert codes(response.text) == ["D001"]
