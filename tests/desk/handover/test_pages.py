"""Arranging a hand-over on its pages: the steps, what is said before, who may, calling off, files."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.desk.handover.models import Handover
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from tests import cast
from tests.visitor import Visitor

LATER = (cast.TODAY + timedelta(days=8)).isoformat()
AREA = {"kind": "area", "from": "D001", "region": "4101", "to": "D002"}
REPS = {"kind": "reps", "region": "4101", "from": "rep", "to": "mate"}


@pytest.fixture
def world(app: Flask, people: dict[str, User]) -> dict[str, Any]:
    """D001 of the rep has 4101 with a shop and a ticket of it; D002, whom the rep does not see, is to get it."""
    with app.app_context():
        begin_writing()
        mate = cast.make_user("mate", patch=["4101"])
        one = cast.make_distributor("D001", rep_id=people["rep"].id)
        two = cast.make_distributor("D002", "420102")
        cast.make_area(one, "4101")
        shop = cast.add(
            Outlet(distributor_id=one.id, kind=OutletKind.RETAILER, name="Shop", region_code="410102", active=True)
        )
        ticket = cast.make_ticket(one, people["rep"], outlet_id=shop.id)
        cast.make_task(one, people["rep"], cast.TODAY)
        task = cast.make_task(one, people["rep"], cast.TODAY, outlet_id=shop.id)
        keys = {"ticket": ticket.id, "task": task.id, "one": one.id, "two": two.id, "mate": mate.id}
        db.session.commit()
    return keys


def told(day: str = LATER, **values: Any) -> dict[str, Any]:
    return {"day": day, "line": ["*"], "reason": "He retires", "key": str(uuid7()), **values}


def only(app: Flask) -> Handover:
    with app.app_context():
        return db.session.scalars(sa.select(Handover)).one()


def test_an_area_step_by_step(app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]) -> None:
    admin = visit("admin")
    assert "Distributor D001" in admin.get("/handovers/new?kind=area&q=D001").text
    assert "410" in admin.get("/handovers/new?kind=area&from=D001").text
    assert "Distributor D002" in admin.get("/handovers/new?kind=area&from=D001&region=4101&q=D002").text
    assert "T-000001" in admin.get("/handovers/new", query_string={**AREA, "day": LATER}).text, (
        "one line: nothing to choose"
    )
    preview = admin.get("/handovers/new", query_string=AREA).text
    for said in (
        "T-000001",
        "Shop",
        "Promises and tasks",
        "1 promise or task",
        "It concerns the old distributor itself.",
    ):
        assert said in preview, said
    refused = admin.post("/handovers", {**AREA, **told(reason="")})
    assert refused.status_code == 422
    assert "Fill this in" in refused.text
    past = admin.post("/handovers", {**AREA, **told("2026-11-22")})
    assert (past.status_code, "what is past stays as it was" in past.text) == (422, True)
    form = {**AREA, **told()}
    first, second = (admin.post("/handovers", form) for _tap in range(2))  # a double tap
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    page = admin.get(first.headers["Location"]).text
    assert "Would go along today" in page
    again = admin.post("/handovers", {**AREA, **told()})
    assert again.status_code == 409
    assert "This cannot be handed over" in again.text
    assert visit("rep").post(f"/handovers/{only(app).id}/cancellation").status_code == 403
    assert visit("boss").post(f"/handovers/{only(app).id}/cancellation").status_code == 403  # areas: administrators
    assert admin.post(f"/handovers/{only(app).id}/cancellation").status_code == 303
    assert admin.post(f"/handovers/{only(app).id}/cancellation").status_code == 409


def test_a_patch_is_handed_over_by_its_supervisor(
    app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]
) -> None:
    boss = visit("boss")
    assert boss.get("/handovers/new?kind=area").status_code == 403
    assert boss.post("/handovers", {**AREA, **told()}).status_code == 403
    assert "1 distributor" in boss.get("/handovers/new?kind=reps&region=4101").text
    assert "Mate" in boss.get("/handovers/new?kind=reps&region=4101&from=rep").text
    assert boss.get("/handovers/new?kind=reps&region=65").status_code == 404
    answer = boss.post("/handovers", {**REPS, **told(cast.TODAY.isoformat())})
    assert answer.status_code == 303
    page = visit("rep").get(answer.headers["Location"]).text
    assert "Went along" in page
    assert "T-000001" in page
    ticket = visit("rep").get(f"/tickets/{world['ticket']}").text
    assert "Handed over" in ticket
    assert "Rep → Mate" in ticket
    assert "Hand-overs" in visit("rep").get(f"/distributors/{world['one']}").text
    lines = visit("rep").get(answer.headers["Location"] + "/items.csv").text
    assert "T-000001" in lines
    assert "He retires" in visit("rep").get("/handovers/export.csv?of=reps").text


def test_another_patch_s_distributor_is_not_named(
    app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]
) -> None:
    where = visit("admin").post("/handovers", {**AREA, **told(cast.TODAY.isoformat())}).headers["Location"]
    for path in (where, "/handovers", "/handovers/export.csv", f"/tickets/{world['ticket']}"):
        page = visit("rep").get(path).text  # he made the ticket, so he still sees it
        assert "another distributor" in page, path
        assert path.startswith("/tickets") or "Distributor D002" not in page, path
    assert "Distributor D001 → Distributor D002" in visit("boss").get(f"/tickets/{world['ticket']}").text
    assert where in visit("boss").get(f"/tasks/{world['task']}").text, "a task has no thread: it is told beside it"
    assert visit("stranger").get(where).status_code == 404


def test_the_same_in_chinese(app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]) -> None:
    """Another message has the same English words with a number in its Chinese."""
    where = visit("admin").post("/handovers", {**AREA, **told(cast.TODAY.isoformat())}).headers["Location"]
    with app.app_context():
        begin_writing()
        db.session.execute(sa.update(User).where(User.username == "rep").values(locale="zh"))
        db.session.commit()
    panel = f"/distributors/{world['one']}"
    for path in (where, "/handovers", "/handovers/export.csv", f"/tickets/{world['ticket']}", panel):
        page = visit("rep").get(path)
        assert page.status_code == 200, path
        assert "其他经销商" in page.text, path
        assert "Distributor D002" not in page.text or path.startswith("/tickets"), path


def test_the_file_s_history_says_which_outlets_went(
    app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]
) -> None:
    with app.app_context():
        before = db.session.get_one(Distributor, world["one"]).updated_at
    visit("admin").post("/handovers", {**AREA, **told(cast.TODAY.isoformat())})
    visit("boss").post("/handovers", {**REPS, **told(cast.TODAY.isoformat())})
    history = visit("rep").get(f"/distributors/{world['one']}/file/history").text
    assert "Shop" in history
    with app.app_context():
        assert db.session.get_one(Distributor, world["one"]).updated_at == before, "nobody has looked at the file"


def test_what_was_shown_is_what_goes(app: Flask, world: dict[str, Any], visit: Callable[[str], Visitor]) -> None:
    admin = visit("admin")
    query = {**AREA, "day": cast.TODAY.isoformat(), "line": "*"}
    seen = re.search(r'name="seen" value="([^"]+)"', admin.get("/handovers/new", query_string=query).text)
    assert seen is not None
    with app.app_context():
        begin_writing()
        one, rep = (
            db.session.get_one(Distributor, world["one"]),
            db.session.scalars(sa.select(User).where(User.username == "rep")).one(),
        )
        cast.make_ticket(one, rep, outlet_id=db.session.scalars(sa.select(Outlet.id)).one())
        db.session.commit()
    answer = admin.post("/handovers", {**AREA, **told(cast.TODAY.isoformat(), seen=seen[1])})
    assert answer.status_code == 409
    assert "T-000002" in answer.text
    with app.app_context():
        assert db.session.scalar(sa.select(Handover)) is None
    again = re.search(r'name="seen" value="([^"]+)"', answer.text)
    assert again is not None
    assert admin.post("/handovers", {**AREA, **told(cast.TODAY.isoformat(), seen=again[1])}).status_code == 303
