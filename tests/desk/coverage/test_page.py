"""The map and its table: who is shown to whom, down to the townships, as a file; the white spots."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.cli import FlaskGroup

from fieldapp.core.db import db
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.territory.data import read_regions
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.patches import short
from fieldapp.people.accounts.models import User
from tests import cast
from tests.network.territory.coverage_shapes import counties, feature, write
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def land(app: Flask, people: dict[str, User]) -> Flask:
    """Zhengzhou is D001's but for a county that D002 shares with D003 from Wuhan; a township of another is D002's;
    Kaifeng has one county of poultry."""
    with app.app_context():
        own = cast.make_distributor("D001", "410102", name="Central Plains Feed", rep_id=people["rep"].id)
        next_door = cast.make_distributor("D002", "410202", name="Kaifeng Feed")
        far = cast.make_distributor("D003", "420102", name="Secret of Wuhan")
        cast.make_area(own, "4101")
        cast.make_area(next_door, "410103", shared=True)
        cast.make_area(far, "410103", shared=True, valid_to=date(2026, 12, 31))
        cast.make_area(next_door, "410104001")
        cast.make_area(next_door, "410202", "poultry")
        for code in ("1101", "110101", "110102"):
            cast.make_region(code)
        cast.make_product("E1", line="poultry")
        cast.add(Outlet(distributor_id=own.id, kind="farm", name="Farm", region_code="410203", monthly_grams=5_000_000))
        db.session.commit()
    return app


def rows(page: str) -> dict[str, str]:
    """The rows of the table: the region's name → its text."""
    found = {}
    for row in re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.S):
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip()
        found[text.split(" ")[0]] = text
    return found


def test_a_city_by_county(land: Flask, visit: Visit) -> None:
    found = rows(visit("boss").get("/coverage?region=4101").text)
    assert "One distributor" in found["中原区"]
    assert "Central Plains Feed D001" in found["中原区"]
    assert "Shared" in found["二七区"]
    assert "Kaifeng Feed" in found["二七区"]
    assert "Secret of Wuhan" in found["二七区"], "the supervisor covers both"
    assert "until 2026-12-31" in found["二七区"].replace("\xa0", " ")
    assert "Divided" in found["管城回族区"]
    assert "smaller areas lie inside" in found["管城回族区"]


def test_whom_the_viewer_may_not_know_is_counted(land: Flask, visit: Visit) -> None:
    rep = visit("rep")
    for url in ("/coverage?region=4101", "/coverage?region=41", "/coverage?region=410103", "/coverage?by=rep"):
        page = rep.get(url).text
        assert "Secret of Wuhan" not in page
        assert "D003" not in page
        assert "Kaifeng Feed" not in page, "4102 is not his"
    assert "2 other distributors" in rows(rep.get("/coverage?region=4101").text)["二七区"]
    assert "Somebody else" in rep.get("/coverage?region=4101").text
    sheet = rep.get("/coverage/export.csv?region=4101").text
    assert "D003" not in sheet
    assert "D001 Central Plains Feed" in sheet
    assert "Wuhan" not in rep.get("/coverage?region=42").text


def test_the_rep_begins_where_he_works(land: Flask, visit: Visit) -> None:
    assert "郑州市 · Territory map" in visit("rep").get("/coverage").text
    assert "The whole country" in visit("boss").get("/coverage").text, "two provinces"


def test_the_country_is_counted_anew_when_an_area_changes(land: Flask, visit: Visit) -> None:
    """What is kept of it is never stale: each way in which an area comes, changes or goes, also past the ORM."""
    boss = visit("boss")

    def counted() -> tuple[str, str]:
        found = rows(boss.get("/coverage?region=all").text)
        return found["河南省"].split()[-1], found["湖北省"].split()[-1]

    before = counted()
    with land.app_context():
        hubei = cast.make_distributor("D004", "420103")
        cast.make_area(hubei, "42")
        assert counted() == before, "not committed yet"
        db.session.commit()
        hubei_id = hubei.id
    held = counted()
    assert held[0] == before[0]
    assert held[1].startswith("0/")
    with land.app_context():
        db.session.execute(sa.update(Area).where(Area.distributor_id == hubei_id).values(valid_to=date(2025, 1, 1)))
        db.session.commit()
    assert counted() == before
    with land.app_context():
        db.session.execute(sa.text("DELETE FROM area WHERE region_code LIKE '41%'"))
        db.session.rollback()
        assert counted() == before, "rolled back"
        db.session.execute(sa.text("DELETE FROM area WHERE region_code LIKE '41%'"))
        db.session.commit()
    assert counted()[0].split("/")[0] == counted()[0].split("/")[1]
    assert counted() != before


def test_from_the_country_down_to_the_townships(land: Flask, visit: Visit) -> None:
    boss = visit("boss")
    country = boss.get("/coverage?region=all").text
    assert "3 distributors" in rows(country)["河南省"]
    assert "/coverage?region=41" in country
    assert 'href="/coverage?region=1101"' in country, "past a municipality's only city"
    assert "Secret" not in country
    province = rows(boss.get("/coverage?region=41").text)
    counted = re.search(r"(\d+)/(\d+)$", province["开封市"])
    assert counted is not None
    assert counted[1] == counted[2]
    assert "own areas: Poultry feed" in province["开封市"]
    county = boss.get("/coverage?region=410104").text
    assert "Kaifeng Feed" in county
    assert "Central Plains Feed" in county
    assert boss.get("/coverage?region=99").status_code == 404
    assert boss.get("/coverage?region=410104001").status_code == 200


def test_a_product_line_and_a_day(land: Flask, visit: Visit) -> None:
    boss = visit("boss")
    poultry = rows(boss.get("/coverage?region=4102&line=poultry").text)
    assert "Kaifeng Feed" in poultry["龙亭区"]
    assert "White" in rows(boss.get("/coverage?region=4102").text)["龙亭区"]
    later = rows(boss.get("/coverage?region=4101&on=2027-01-01").text)["二七区"]
    assert "One distributor" in later
    before = rows(boss.get("/coverage?region=4101&on=2023-12-31").text)["中原区"]
    assert "White" in before


def test_bad_addresses_show_what_can_be(land: Flask, visit: Visit) -> None:
    for query in ("region=x", "region=４１", "on=2026-99-99", "on=0001-01-01", "line=%00", "by=x&sort=x", "page=99999"):
        assert visit("admin").get(f"/coverage?{query}").status_code == 200
        assert visit("admin").get(f"/coverage/white-spots?{query}").status_code == 200


def test_white_spots_where_somebody_is_known_come_first(land: Flask, visit: Visit) -> None:
    boss = visit("boss")
    page = boss.get("/coverage/white-spots?region=4102").text
    assert page.index("顺河回族区") < page.index("龙亭区")
    assert "1 shop or farm · 5.0 t a month" in page
    assert "郑州市" not in page
    sheet = boss.get("/coverage/white-spots/export.csv?region=4102").text.splitlines()
    assert sheet[1].startswith("410203,河南省 开封市 顺河回族区,White,1,5,0")
    assert visit("rep").get("/coverage/white-spots").text.count("河南省") == 0, "all of Zhengzhou is covered"
    assert "郑州市" not in visit("stranger").get("/coverage/white-spots").text


def test_the_table_follows_its_order(land: Flask, visit: Visit) -> None:
    names = list(rows(visit("boss").get("/coverage?region=4101&sort=owners").text))
    assert names[0] in ("二七区", "管城回族区")
    sheet = visit("boss").get("/coverage/export.csv?region=4101&sort=owners").text.splitlines()
    assert sheet[1].split(",")[1] == names[0]


def test_a_province_with_boundaries_is_light(land: Flask, visit: Visit, tmp_path: Path) -> None:
    """Eighteen cities, 181 counties, real point counts: the fragment is under 10 kB."""
    codes = [row.code for row in read_regions() if row.code.startswith("41") and len(row.code) in (4, 6)]
    tree = {city: [c for c in codes if len(c) == 6 and c[:4] == city] for city in codes if len(city) == 4}
    shapes = counties(tree, (110.3, 31.4, 116.7, 36.4), depth=5)
    path = write(tmp_path / "henan.geojson", [feature(code, ring) for code, ring in shapes.items()])
    done = land.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), ["import", "boundaries", str(path)])
    assert done.exit_code == 0, done.stderr
    boss = visit("boss")
    fragment = boss.get("/coverage?region=41", headers={"HX-Request": "true"})
    assert fragment.text.count("<a href=") >= 18
    assert "map-grid" not in fragment.text
    assert len(brotli.compress(fragment.data, quality=5)) < 10_000
    assert "map-grid" in boss.get("/coverage?region=410104").text, "townships have no boundaries"


def test_short_names() -> None:
    cases = {
        "河南省": "河南", "内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "新疆维吾尔自治区": "新疆",
        "香港特别行政区": "香港", "恩施土家族苗族自治州": "恩施", "双江拉祜族佤族布朗族傣族自治县": "双江",
        "单县": "单县", "中原区": "中原", "建设路街道": "建设路",
    }  # fmt: skip
    assert {name: short(name) for name in cases} == cases
