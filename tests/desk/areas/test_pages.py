"""Assigning an area in the app: steps, what it takes from others, who is in the way; and the file of areas."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.network.territory.models import Area
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.desk.imports.test_engine import Desk
from tests.visitor import Visitor

NEW = {"distributor": "D001", "region": "410102", "lines": ["*"], "valid_from": "2026-12-01"}


@pytest.fixture
def rivals(app: Flask, people: object) -> None:
    with app.app_context():
        begin_writing()
        cast.make_distributor("D001")
        cast.make_distributor("D002")
        cast.make_distributor("D650", "650102", name="Far away")
        cast.make_product()
        db.session.commit()


def areas(app: Flask) -> list[tuple[str, str, str | None, bool]]:
    with app.app_context():
        rows = db.session.scalars(sa.select(Area).order_by(Area.region_code, Area.valid_from))
        return [(one.region_code, one.line, str(one.valid_to) if one.valid_to else None, one.shared) for one in rows]


def hold(app: Flask, code: str, region: str, **values: object) -> str:
    from fieldapp.network.distributors.models import Distributor

    with app.app_context():
        begin_writing()
        holder = db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()
        area = cast.make_area(holder, region, shared=False, **values)
        db.session.commit()
        return str(area.id)


def test_assign_change_and_take_back(app: Flask, rivals: None, visit: Callable[[str], Visitor]) -> None:
    admin = visit("admin")
    assert "Distributor D001" in admin.get("/areas/new?q=D001").text
    assert "中原区" in admin.get("/areas/new?distributor=D001&q=zyq").text
    assert admin.post("/areas", NEW).status_code == 303
    assert areas(app) == [("410102", "*", None, False)]
    assert "Distributor D001" in admin.get("/areas?state=coming").text
    with app.app_context():
        key = db.session.scalars(sa.select(Area.id)).one()
        assert db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject_id == str(key))).all() == [
            "areas.assign"
        ]
    seen = "2026-12-01//0"
    changed = {"valid_from": "2026-12-01", "valid_to": "2027-11-30", "shared": "y", "seen": seen}
    assert admin.post(f"/areas/{key}", changed).status_code == 303
    assert areas(app) == [("410102", "*", "2027-11-30", True)]
    late = admin.post(f"/areas/{key}", {**changed, "valid_to": "2028-01-01"})  # of what it no longer is
    assert late.status_code == 409
    assert "Somebody has changed this area meanwhile" in late.text
    page = admin.get(f"/areas/{key}").text
    assert "last day: no end → 2027-11-30; shared: No → Yes" in page
    assert visit("rep").post(f"/areas/{key}", changed).status_code == 403
    assert visit("rep").get(f"/areas/{key}").status_code == 200
    assert visit("stranger").get(f"/areas/{key}").status_code == 404
    assert admin.post(f"/areas/{key}/removal").status_code == 303
    assert areas(app) == []


def test_who_is_in_the_way_is_named_and_nothing_is_lost(
    app: Flask, rivals: None, visit: Callable[[str], Visitor]
) -> None:
    hold(app, "D002", "410102")
    answer = visit("admin").post("/areas", NEW)
    assert answer.status_code == 409
    for told in ("Somebody sells here already", "D002", "2024-01-01", "2026-12-01"):
        assert told in answer.text, told
    assert visit("admin").post("/areas", {**NEW, "shared": "y"}).status_code == 409  # one side alone cannot share
    assert len(areas(app)) == 1


def test_who_sells_there_stands_on_the_form_at_once(app: Flask, rivals: None, visit: Callable[[str], Visitor]) -> None:
    hold(app, "D002", "410102")
    hold(app, "D001", "410103")
    form = visit("admin").get("/areas/new?distributor=D001&region=410102").text
    assert "Who sells here already" in form
    assert "Distributor D002" in form
    assert "Who sells here already" not in visit("admin").get("/areas/new?distributor=D001&region=410103").text


def test_who_lies_outside_the_patch_is_not_named(app: Flask, rivals: None, visit: Callable[[str], Visitor]) -> None:
    """As on the map: somebody else has an area here, and who that is stays with those who look after him."""
    key = hold(app, "D650", "410102")
    for path in ("/areas", f"/areas/{key}", "/areas/export.csv"):
        seen = visit("rep").get(path).text
        assert "a distributor elsewhere" in seen, path
        assert "D650" not in seen, path
        assert "Far away" not in seen, path
        assert "Far away" in visit("admin").get(path).text, path
        assert path == f"/areas/{key}" or "Far away" in visit("stranger").get(path).text, path


def test_what_it_takes_from_others_is_confirmed(app: Flask, rivals: None, visit: Callable[[str], Visitor]) -> None:
    hold(app, "D002", "4101")
    admin = visit("admin")
    asked = admin.post("/areas", NEW)
    assert asked.status_code == 422
    assert "It takes a part out of" in asked.text
    assert "D002" in asked.text
    assert len(areas(app)) == 1
    assert admin.post("/areas", {**NEW, "confirmed": "y"}).status_code == 303
    assert len(areas(app)) == 2


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("valid_from", "soon", "is not a date"),
        ("valid_to", "2026-11-30", "lies before the first one"),
        ("valid_from", "0206-12-01", "Give a day from 2000-01-01"),
        ("valid_to", "9026-12-01", "Give a day from 2000-01-01"),
        ("lines", ["*", "pig"], "choose either all or some"),
        ("lines", ["cats"], "Choose one of those shown"),
        ("lines", [], "Fill this in"),
    ],
)
def test_what_is_wrong_is_said_beside_it(
    rivals: None, visit: Callable[[str], Visitor], field: str, value: object, says: str
) -> None:
    answer = visit("admin").post("/areas", {**NEW, field: value})
    assert answer.status_code == 422
    assert says in answer.text


def test_a_file_hands_areas_on_in_any_order(app: Flask, rivals: None, tmp_path: Path) -> None:
    head = "distributor,region,line,valid_from,valid_to,shared\n"
    one = "D001,410102,*,2026-01-01,2026-11-30,no\n"
    other = "D002,410102,*,2026-12-01,,no\n"
    with app.app_context():
        desk = Desk(tmp_path)
        assert desk.read("areas", head + "D001,410102,*,2026-01-01,,no\n").taken
        refused = desk.read("areas", head + other)
        assert not refused.written
        assert "line 2, column region: 410102 — D001 has this region and line for itself" in desk.errors[0]
        assert desk.read("areas", head + other + one).written
        assert desk.read("areas", head + one + other).unchanged == 2
        # Back again, and a third that comes too late: the good rows are taken.
        again = desk.read(
            "areas",
            head
            + "D002,410102,*,2026-12-01,2026-12-31,no\nD001,410102,*,2027-01-01,,no\nD650,410102,*,2027-06-01,,no\n",
            partial=True,
        )
        assert (again.created, again.updated, again.rejected) == (1, 1, 1)
        assert "line 3 gives this region and line to D001 for itself" in desk.errors[0]
        odd = desk.read("areas", head + "D650,410102,*,2027-06-01,,yes\n")
        assert odd.written
        assert "make both the same" in str(odd.remarks[0].reason)
