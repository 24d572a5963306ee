"""Outlets and farms, further addresses, vehicles, warehouses, brands with their shares."""

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.dossier.models import Brand, BrandShare, Outlet, Site, Vehicle, Warehouse
from fieldapp.network.dossier.rules import OutletKind
from tests.network.dossier.conftest import File, Visit
from tests.visitor import Visitor

FARM = {
    "kind": "farm",
    "name": "建国养猪场",
    "region_code": "410105",
    "contact": "王建国",
    "phone": "13811112222",
    "head": "1,200",
    "active": "y",
    "since": "2024-01-01",
}


def shares(file: File) -> dict[str, str]:
    return {row.as_of.isoformat(): str(row.percent) for row in file.rows(BrandShare)}


def test_a_farm_is_added_and_found_by_name(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert file.add(rep, "outlets", **FARM).status_code == 303
    row = file.rows(Outlet)[0]
    assert (row.kind, row.head, row.monthly_grams, row.active, row.region_code) == ("farm", 1200, None, True, "410105")
    assert "outlets" not in file.dossier.missing
    assert "建国养猪场" in rep.get(f"{file.url}/outlets?q=养猪").text
    assert "建国养猪场" not in rep.get(f"{file.url}/outlets?q=养鸡").text
    assert "建国养猪场" not in rep.get(f"{file.url}/outlets?kind=retailer").text


def test_a_region_is_taken_by_name_and_an_unclear_one_is_asked_for(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert file.add(rep, "outlets", **{**FARM, "region_code": "金水区"}).status_code == 303
    assert file.rows(Outlet)[0].region_code == "410105"
    unclear = file.add(rep, "outlets", **{**FARM, "region_code": "城关镇"})
    assert unclear.status_code == 422
    assert len(set(re.findall(r"\b4[12]\d{7}\b", unclear.text))) > 1, "the codes to choose from"
    assert file.add(rep, "outlets", **{**FARM, "region_code": "nowhere"}).status_code == 422


def test_an_outlet_that_is_no_longer_supplied_does_not_count(file: File, visit: Visit) -> None:
    rep = visit("rep")
    file.add(rep, "outlets", **FARM)
    part = f"outlets/{file.rows(Outlet)[0].id}"
    form = file.open(rep, part)
    assert form.pop("active")
    assert file.save(rep, part, form).status_code == 303
    assert "outlets" in file.dossier.missing


def test_ten_thousand_outlets_are_paged_by_twenty_there_and_back(file: File, visit: Visit) -> None:
    with file.app.app_context():
        rows = [
            {
                "id": uuid7(),
                "distributor_id": file.id,
                "kind": OutletKind.FARM if number % 3 else OutletKind.RETAILER,
                "name": f"Outlet {number // 2:05d}",
                "active": True,
            }
            for number in range(10_000)
        ]
        db.session.execute(sa.insert(Outlet), rows)
        db.session.commit()
    rep = visit("rep")
    page = rep.get(f"{file.url}/outlets")
    assert page.text.count("Outlet 0000") == 20
    assert len(page.data) < 65_000
    assert len(rep.get(file.url).data) < 65_000
    seen, url = [], f"{file.url}/outlets"
    for _page in range(3):
        text = rep.get(url).text
        seen.append(text)
        url = link(text, "next")
    back = rep.get(link(rep.get(url).text, "prev")).text
    assert titles(back) == titles(seen[2])
    assert len({title for text in seen for title in keys(text)}) == 60
    assert "Outlet 0" not in rep.get(f"{file.url}/outlets?q=nobody").text


def link(text: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', text)
    assert found is not None
    return found.group(1).replace("&amp;", "&")


def titles(text: str) -> list[str]:
    return re.findall(r'<span class="row-title">(Outlet \d+)', text)


def keys(text: str) -> list[str]:
    return re.findall(r'row-main" href="[^"]+/outlets/([0-9a-f-]{36})', text)


@pytest.mark.parametrize(
    ("part", "values", "model", "item"),
    [
        ("vehicles", {"kind": "truck", "count": "2", "grams": "8.5"}, Vehicle, "vehicles"),
        ("warehouses", {"name": "主仓库", "square_metres": "400", "grams": "120"}, Warehouse, "warehouse"),
        ("sites", {"kind": "store", "address": "人民路 2 号", "lat": "34.7", "lng": "113.6"}, Site, "location"),
    ],
)
def test_entries_come_count_change_and_go(
    file: File, visit: Visit, part: str, values: dict[str, str], model: type, item: str
) -> None:
    rep = visit("rep")
    assert item in file.dossier.missing
    assert file.add(rep, part, **values).status_code == 303
    assert item not in file.dossier.missing
    key = file.rows(model)[0].id  # type: ignore[attr-defined]
    form = file.open(rep, f"{part}/{key}")
    assert {name: form[name] for name in values} == values
    assert rep.post(f"{file.url}/{part}/{key}/removal").status_code == 303
    assert file.rows(model) == []
    assert item in file.dossier.missing


def test_tonnes_are_kept_as_grams(file: File, visit: Visit) -> None:
    file.add(visit("rep"), "vehicles", kind="boat", count="1", grams="0.825")
    assert file.rows(Vehicle)[0].grams == 825_000


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("vehicles", {"kind": "rocket", "count": "1"}),
        ("vehicles", {"kind": "truck", "count": "0"}),
        ("vehicles", {"kind": "truck", "count": "1", "grams": "-1"}),
        ("warehouses", {"name": "", "square_metres": "1"}),
        ("warehouses", {"name": "x", "square_metres": "9" * 30}),
        ("sites", {"kind": "store", "address": ""}),
        ("outlets", {**FARM, "head": "1.5"}),
        ("brands", {"name": "X", "percent": "101", "as_of": "2026-11-01"}),
        ("brands", {"name": "X", "percent": "50", "as_of": ""}),
        ("brands", {"name": "X", "percent": "", "as_of": "2026-11-01"}),
        ("brands", {"name": "X", "percent": "12.34", "as_of": "2026-11-01"}),
    ],
)
def test_bad_input_is_refused(file: File, visit: Visit, part: str, values: dict[str, str]) -> None:
    answer = file.add(visit("rep"), part, **values)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def brand(file: File, visitor: Visitor, name: str, percent: str, as_of: str) -> int:
    return file.add(visitor, "brands", name=name, percent=percent, as_of=as_of).status_code


def test_a_share_of_a_later_day_is_added_and_of_the_same_day_corrected(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert brand(file, rep, "Ours", "40", "2026-06-01") == 303
    assert "brands" not in file.dossier.missing
    part = f"brands/{file.rows(Brand)[0].id}"
    file.save(rep, part, file.open(rep, part), percent="45.5", as_of="2026-09-01")
    assert shares(file) == {"2026-06-01": "40", "2026-09-01": "45.5"}
    file.save(rep, part, file.open(rep, part), percent="47")
    assert shares(file) == {"2026-06-01": "40", "2026-09-01": "47"}
    assert "2026-06-01 40 %" in rep.get(file.url).text


def test_the_shares_of_one_day_make_a_hundred_at_most(file: File, visit: Visit) -> None:
    rep = visit("rep")
    brand(file, rep, "Ours", "60", "2026-06-01")
    answer = file.add(rep, "brands", name="Rival", percent="41", as_of="2026-06-01")
    assert answer.status_code == 422
    assert "The other brands have 60 % on 2026-06-01" in answer.text
    assert len(file.rows(Brand)) == 1
    assert brand(file, rep, "Rival", "40", "2026-06-01") == 303
    assert brand(file, rep, "Third", "90", "2026-07-01") == 303
    part = f"brands/{file.row(Brand, Brand.name == 'Rival').id}"
    assert file.save(rep, part, file.open(rep, part), percent="40.1").status_code == 422
    assert sum(Decimal(row.percent) for row in file.rows(BrandShare) if row.as_of.month == 6) == 100


def test_a_brand_is_listed_once(file: File, visit: Visit) -> None:
    rep = visit("rep")
    brand(file, rep, "Rival", "10", "2026-06-01")
    assert brand(file, rep, "RIVAL", "10", "2026-07-01") == 422
    key = file.rows(Brand)[0].id
    assert rep.post(f"{file.url}/brands/{key}/removal").status_code == 303
    assert file.rows(Brand) == file.rows(BrandShare) == []
