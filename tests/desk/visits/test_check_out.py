"""Checking out: the summary begun from the notes, whom he met, the next visit in his plan; and the visit's page."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.fieldwork.visits.models import Visit, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending, PlaceProblem
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from tests import cast

from .conftest import Road


def test_leaving_keeps_the_words_and_plans_the_next_visit(road: Road) -> None:
    road.began(minutes=40)
    visit = road.visit()
    road.note(visit.id)
    page = road.rep().get(f"/distributors/{road.store()}/visit").text
    assert "Stock seen: Product P10 40 bags" in page
    proposed = cast.TODAY + timedelta(days=7)  # grade A
    assert f'value="{proposed.isoformat()}"' in page
    contact: Contact = road.desk.one(Contact, Contact.distributor_id == road.store())
    answer = road.leave(visit.id, summary="They take 40 bags", contact=str(contact.id), next_on=proposed.isoformat())
    assert answer.status_code == 303
    assert answer.location.endswith(f"/visits/{visit.id}")
    done = road.visit()
    assert (done.ending, done.departure_distance, done.contact_id) == (Ending.CHECKED_OUT, 56, contact.id)
    plan: VisitPlan = road.desk.one(VisitPlan)
    assert (plan.rep_id, plan.distributor_id, plan.day) == (done.rep_id, done.distributor_id, proposed)
    shown = road.rep("boss").get(f"/visits/{visit.id}").text
    for text in ("They take 40 bags", "40 min", "Product P10", "40 bags", "Wang", proposed.isoformat()):
        assert text in shown
    assert "Note it" not in shown
    assert proposed.isoformat() in road.rep().get(f"/distributors/{road.store()}").text
    assert road.actions() == ["check_in", "note", "check_out", "plan"]


def test_a_second_check_out_changes_words_and_not_the_time(road: Road) -> None:
    visit = road.began(minutes=40)
    road.leave(visit.id, ago={"minutes": 10}, summary="First")
    left_at = road.visit().left_at
    assert road.leave(visit.id, summary="Second").status_code == 303
    again = road.visit()
    assert (again.left_at, again.summary) == (left_at, "Second")
    assert road.actions() == ["check_in", "check_out", "correct"]
    assert "Summary or contact changed" in road.rep("boss").get(f"/visits/{visit.id}").text


def test_no_place_on_leaving_is_said(road: Road) -> None:
    visit = road.began(minutes=5)
    road.rep().post(f"/visits/{visit.id}/departure", {"problem": "timeout"})
    assert road.visit().departure_problem is PlaceProblem.TIMEOUT
    assert "finding it took too long" in road.rep().get(f"/visits/{visit.id}").text


@pytest.mark.parametrize(
    ("day", "remedy"),
    [("soon", "Give a date"), (cast.TODAY.isoformat(), "a day after today"), ("2029-01-01", "within a year")],
)
def test_an_impossible_next_day_comes_back(road: Road, day: str, remedy: str) -> None:
    visit = road.began(minutes=5)
    answer = road.leave(visit.id, summary="Typed words", next_on=day)
    assert answer.status_code == 422
    assert remedy in answer.text
    assert "Typed words" in answer.text
    assert road.visit().left_at is None


def test_a_visit_of_yesterday_asks_when_he_left_and_is_flagged(road: Road) -> None:
    visit = road.began(days=1)
    day = cast.TODAY - timedelta(days=1)
    road.desk.change(sa.update(Visit).values(day=day))
    assert "When did you leave?" in road.rep().get(f"/distributors/{road.store()}/visit").text
    assert road.leave(visit.id).status_code == 422
    later = (visit.arrived_at + timedelta(minutes=1)).astimezone(SHANGHAI)
    assert road.leave(visit.id, left=f"{later:%H:%M}", summary="Late").status_code == 303
    done = road.visit()
    assert done.ending is Ending.REPAIRED
    assert done.left_at is not None
    assert done.left_at - done.arrived_at < timedelta(minutes=2)
    assert done.summary == "Late"


def test_words_are_corrected_on_the_day_with_a_trace(road: Road) -> None:
    today, earlier = road.made(), road.made(days_ago=1)
    assert road.rep().post(f"/visits/{today}/summary", {"summary": "Better words"}).status_code == 303
    assert road.rep().post(f"/visits/{earlier}/summary", {"summary": "Too late"}).status_code == 409
    assert sorted(visit.summary for visit in road.visits()) == ["", "Better words"]
    (entry,) = road.desk.audited("visits.correct")
    assert entry.changes == {"summary": [None, None]}  # that it changed, not what it says
    assert "Better words" not in str(entry.changes)


def test_a_contact_of_another_distributor_is_nobody(road: Road) -> None:
    visit = road.began(minutes=5)
    foreign: Contact = road.desk.one(Contact, Contact.distributor_id == road.store("D900"))
    road.leave(visit.id, contact=str(foreign.id))
    assert road.visit().contact_id is None


def test_all_visits_of_a_distributor_by_pages(road: Road) -> None:
    key = road.store()
    with road.desk.app.app_context():
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        store = db.session.get_one(Distributor, key)
        for days in range(45):
            cast.make_visit(store, rep, cast.TODAY - timedelta(days=days), summary=f"Number {days}.")
        db.session.commit()
    address, seen = f"/distributors/{road.store()}/visits", []
    while address:
        page = road.rep("boss").get(address).text
        seen += [number for number in range(45) if f"Number {number}." in page]
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        address = following.replace("&amp;", "&") if 'rel="next"' in page else ""
    assert seen == list(range(45))
    assert road.rep("colleague").get(f"/distributors/{road.store()}/visits").status_code == 404
    assert road.rep().get(f"/distributors/{road.store('D002')}/visits").status_code == 200
