"""The pages of conflicts: opened with two fields, everything on one screen, nobody told what is not his."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.conflicts.models import (
    Conflict,
    ConflictEntry,
    ConflictFollowUp,
    ConflictLink,
    ConflictMeeting,
    ConflictParty,
    ConflictPhoto,
    ConflictPoint,
)
from fieldapp.fieldwork.conflicts.rules import ConflictState, Outcome
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import User
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.desk.visits.conftest import jpeg

__all__ = ["desk"]

SOON = (cast.TODAY + timedelta(days=10)).isoformat()


@pytest.fixture
def across(desk: Desk) -> Desk:
    """The desk's world with a distributor of the colleague's."""
    with desk.app.app_context():
        colleague = db.session.scalars(sa.select(User).where(User.username == "colleague")).one()
        cast.make_distributor("D042", "420102", name="武汉江夏饲料经营部", rep_id=colleague.id)
        db.session.commit()
    return desk


def opened(desk: Desk, who: str = "boss", *parties: str, **fields: Any) -> UUID:
    codes = parties or ("D001", "D042")
    form = {"kind": "area", "story": "Both deliver to Xinzheng.", "party": list(codes), **fields}
    answer = desk.as_(who).post("/conflicts", form)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def post(desk: Desk, key: UUID, resource: str, who: str = "boss", **form: Any) -> TestResponse:
    return desk.as_(who).post(f"/conflicts/{key}/{resource}", {"id": str(uuid7()), **form})


def page(desk: Desk, key: UUID, who: str) -> str:
    answer = desk.as_(who).get(f"/conflicts/{key}")
    assert answer.status_code == 200
    return answer.text


def of(desk: Desk, code: str) -> UUID:
    found: UUID = desk.one(Distributor, Distributor.code == code).id
    return found


def agreed(desk: Desk, key: UUID) -> None:
    lines = {"text-0": "Stays west of the river", "party-0": str(of(desk, "D042")), "due-0": SOON}
    lines |= {"text-1": "Marks the map", "party-1": "", "due-1": SOON}
    assert post(desk, key, "agreement", **lines, words="Both shook hands").status_code == 303


def test_kind_and_story_are_enough_and_it_comes_once(across: Desk) -> None:
    form = {"distributor": "D001", "kind": "price", "story": "He sells cheaper", "said": "I have receipts"}
    form |= {"id": str(uuid7()), "with": "D002", "others": "A third one in Kaifeng"}
    for _tap in range(2):
        photos = jpeg()
        answer = across.as_("rep").post("/conflicts", {**form, "photos": photos}, content_type="multipart/form-data")
        assert answer.status_code == 303
    assert (across.count(Conflict), across.count(ConflictParty), across.count(ConflictPhoto)) == (1, 2, 1)
    text = page(across, across.one(Conflict).id, "rep")
    for shown in ("He sells cheaper", "I have receipts", "A third one in Kaifeng", "C-000001"):
        assert shown in text
    wrong = across.as_("rep").post("/conflicts", {"distributor": "D001", "story": "", "with": "D042"})
    assert wrong.status_code == 422
    for told in ("Fill this in.", "Choose what it is about.", "Choose one of those shown."):
        assert told in wrong.text, "and D042 is none that he may see"
    assert across.as_("rep").post("/conflicts", {**form, "id": "", "distributor": "D900"}).status_code == 404


def test_the_other_side_reads_what_is_of_all_and_not_who_and_what_in_confidence(across: Desk) -> None:
    key = opened(across, said="He undercuts me")
    ours, theirs = (
        across.one(Distributor, Distributor.code == "D001"),
        across.one(Distributor, Distributor.code == "D042"),
    )
    post(across, key, "notes", "colleague", words="His driver told me", party=str(theirs.id))
    rep, colleague = page(across, key, "rep"), page(across, key, "colleague")
    assert ours.name in rep
    assert theirs.name not in rep
    assert "Another distributor" in rep
    assert ("He undercuts me" in rep, "His driver told me" in rep) == (True, False)
    assert ("He undercuts me" in colleague, "His driver told me" in colleague) == (False, True)
    assert ours.name not in colleague
    assert across.as_("stranger").get(f"/conflicts/{key}").status_code == 404
    agreed(across, key)
    paper = across.as_("boss").get(f"/conflicts/{key}/parties/{theirs.id}")
    assert "Stays west of the river" in paper.text
    for hidden in ("He undercuts me", "His driver told me", ours.name, "Both shook hands"):
        assert hidden not in paper.text, "nothing printed for one holds the other's words"
    assert across.as_("rep").get(f"/conflicts/{key}/parties/{theirs.id}").status_code == 404
    assert post(across, key, "notes", "rep", words="x", party=str(theirs.id)).status_code == 422


def test_a_search_does_not_tell_who_else_is_in_it(across: Desk) -> None:
    opened(across)
    assert "C-000001" in across.as_("rep").get("/conflicts?part=all&party=D001").text
    assert "C-000001" not in across.as_("rep").get("/conflicts?part=all&party=D042").text
    rows = list(
        csv.DictReader(io.StringIO(across.as_("rep").get("/conflicts/export.csv?part=all").data.decode("utf-8-sig")))
    )
    assert [(row["Number"], row["Other parties"]) for row in rows] == [("C-000001", "1")]
    assert "武汉" not in str(rows)
    assert "C-000001" not in across.as_("stranger").get("/conflicts?part=all").text
    assert across.as_("boss").get("/conflicts/export.xlsx?part=all").status_code == 200


def test_all_the_way_to_the_end(across: Desk) -> None:
    key = opened(across)
    today = cast.TODAY.isoformat()
    assert post(across, key, "meetings", "rep", day=today, at_time="14:30", place="Town hall").status_code == 303
    meeting = across.one(ConflictMeeting)
    assert "Town hall" in page(across, key, "colleague")
    said = {"meeting": str(meeting.id), "day": today, "present": "All", "words": "The river is the border"}
    assert post(across, key, "minutes", "rep", **said, next_day=SOON).status_code == 303
    assert post(across, key, "minutes", "boss", **said).status_code == 409
    refused = post(across, key, "agreement", "rep", **{"text-0": "x", "due-0": SOON})
    assert refused.status_code == 403
    assert "a supervisor of all of them concludes" in refused.text
    empty = post(across, key, "agreement", **{"text-0": "", "text-1": "Later", "due-1": "2020-01-01"})
    assert empty.status_code == 422
    assert "That day is over" in empty.text
    assert ">Later</textarea>" in empty.text, "what was typed is kept"
    agreed(across, key)
    with across.app.app_context():
        theirs, ours = db.session.scalars(sa.select(ConflictPoint).order_by(ConflictPoint.text.desc())).all()
    result = f"points/{theirs.id}/result"
    assert post(across, key, result, "rep", result="kept").status_code == 403
    assert post(across, key, result, "colleague", result="broken").status_code == 422
    assert post(across, key, result, "colleague", result="kept").status_code == 303
    assert post(across, key, result, "boss", result="broken", said="No").status_code == 409
    assert post(across, key, f"points/{ours.id}/result", "rep", result="kept", said="Sent").status_code == 303
    d1, d42 = of(across, "D001"), of(across, "D042")
    rep = across.one(User, User.username == "rep")
    assert post(across, key, "visits", party=str(d42), day=SOON, rep=str(rep.id)).status_code == 422, "not his patch"
    assert post(across, key, "visits", party=str(d1), day=SOON, rep=str(rep.id)).status_code == 303
    planned = across.one(ConflictFollowUp)
    seen = {"party": str(d1), "planned": str(planned.id), "holds": "yes", "words": "Quiet"}
    assert post(across, key, "findings", "rep", **seen).status_code == 303
    assert post(across, key, "findings", "colleague", party=str(d42), holds="yes", words="Fine").status_code == 303
    assert post(across, key, "closure", outcome="settled", words="Peace").status_code == 303
    row = across.one(Conflict)
    assert (row.state, row.outcome) == (ConflictState.CLOSED, Outcome.SETTLED)
    assert post(across, key, "reopening", "rep", words="He is back").status_code == 303
    assert across.one(Conflict).round == 2
    assert "Agreed before" in page(across, key, "rep")


def test_a_point_gets_another_day_and_the_days_before_stay_readable(across: Desk) -> None:
    key = opened(across)
    agreed(across, key)
    with across.app.app_context():
        point = db.session.scalars(sa.select(ConflictPoint).where(ConflictPoint.distributor_id.is_(None))).one()
    later = (cast.TODAY + timedelta(days=24)).isoformat()
    assert post(across, key, f"points/{point.id}/day", "rep", due=later, words="x").status_code == 403
    assert "Postpone it" not in page(across, key, "rep")
    unclear = post(across, key, f"points/{point.id}/day", due="2020-01-01", words="")
    assert unclear.status_code == 422
    for said in ("That day is over", "Fill this in."):
        assert said in unclear.text
    same = post(across, key, f"points/{point.id}/day", due=SOON, words="The printer is late")
    assert "That is its day already." in same.text
    assert post(across, key, f"points/{point.id}/day", due=later, words="The printer is late").status_code == 303
    for who in ("rep", "boss"):
        text = page(across, key, who)
        for said in (
            f"by {later}",
            f"Was to be done by {SOON}; postponed 1 time",
            "The printer is late",
            f"{SOON} → {later}",
        ):
            assert said in text
    months = {day: across.as_("boss").get(f"/promises?day={day}").text for day in (SOON, later)}
    assert ("Marks the map" in months[SOON], "Marks the map" in months[later]) == (False, True)


def test_what_counts_no_longer_is_not_late(across: Desk) -> None:
    key = opened(across)
    agreed(across, key)
    assert post(across, key, "reopening", words="He is back").status_code == 303
    with across.app.app_context():
        db.session.execute(sa.update(ConflictPoint).values(due=cast.TODAY - timedelta(days=3)))
        db.session.commit()
    before = page(across, key, "boss").partition("Agreed before")[2]
    assert "no longer counts" in before
    assert "3 days late" not in before


def test_whoever_opens_one_sees_what_goes_on_there(across: Desk) -> None:
    opened(across, "rep", "D001", "D002")
    assert "C-000001" in across.as_("rep").get("/conflicts/new?distributor=D001").text


def test_the_parties_still_to_be_looked_at_are_named_and_open_promises_hinder_the_end(across: Desk) -> None:
    key = opened(across)
    agreed(across, key)
    ours, theirs = of(across, "D001"), of(across, "D042")
    assert post(across, key, "findings", party=str(ours), holds="yes", words="Quiet").status_code == 303
    text = page(across, key, "boss")
    assert "Still to be looked at: 武汉江夏饲料经营部" in text
    assert f'<option value="{theirs}" selected>' in text.partition('id="found-party"')[2].partition("</select>")[0]
    assert post(across, key, "findings", party=str(theirs), holds="yes", words="Quiet").status_code == 303
    assert "Promises are still open." in page(across, key, "boss")


def test_opened_from_an_area_and_linked_with_more(across: Desk) -> None:
    area = across.one(Area, Area.distributor_id == of(across, "D001"))
    address = f"/conflicts/new?link=area:{area.id}&party=D001&party=D042"
    form = across.as_("boss").get(address).text
    assert f'name="link" value="area:{area.id}"' in form
    key = opened(across, link=f"area:{area.id}")
    product = across.one(Product, Product.code == "P10")
    assert post(across, key, "links", link=f"product:{product.id}").status_code == 303
    assert post(across, key, "links", link=f"nothing:{product.id}").status_code == 422
    assert across.count(ConflictLink) == 2
    assert "Product P10" in page(across, key, "boss")
    theirs = page(across, key, "colleague")
    assert "1 thing outside your patch, or gone" in theirs, "the area of another one's distributor"
    assert "Sales areas:" not in theirs, "not even of which kind it is"


def test_a_supervisor_adds_a_party_and_gives_it_to_somebody(across: Desk) -> None:
    key = opened(across, "rep", "D001")
    assert across.as_("rep").post(f"/conflicts/{key}/parties", {"distributor": "D042"}).status_code == 404
    assert "/parties" in across.as_("boss").get(f"/conflicts/{key}/parties?q=D042").text
    assert post(across, key, "parties", distributor="D042").status_code == 303
    colleague = across.one(User, User.username == "colleague")
    stranger = across.one(User, User.username == "stranger")
    assert post(across, key, "owner", owner=str(stranger.id)).status_code == 422
    assert post(across, key, "owner", "rep", owner=str(colleague.id)).status_code == 403
    assert post(across, key, "owner", owner=str(colleague.id)).status_code == 303
    assert across.one(Conflict).owner_id == colleague.id
    assert post(across, key, "withdrawal", "colleague", words="They made up").status_code == 303
    assert across.count(ConflictEntry) == 4


def test_where_it_shows(across: Desk) -> None:
    store = of(across, "D001")
    assert "No conflict with another distributor." in across.as_("rep").get(f"/distributors/{store}").text
    key = opened(across, "rep", "D001", "D002")
    assert "C-000001" in across.as_("rep").get(f"/distributors/{store}").text
    visit = across.as_("rep").get(f"/distributors/{store}/visit").text
    assert "C-000001" in visit
    form = visit.partition('data-outbox="Conflict ')[2].partition("</form>")[0]
    assert 'name="visit" value="" data-late' in form, "the phone puts the visit's key there (static/visit.js)"
    assert '<option value="D002">' in form, "its neighbours stand there without a signal"
    assert "Agreed for this week" not in across.as_("rep").get("/").text
    post(across, key, "meetings", "rep", day=cast.TODAY.isoformat(), place="Town hall")
    assert "Agreed for this week" in across.as_("rep").get("/").text
