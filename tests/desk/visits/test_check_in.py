"""Checking in: the place, the one visit under way, the forgotten one, what comes late, two at once."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI, now
from fieldapp.core.db import uuid7
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.fieldwork.visits.rules import Ending, PlaceProblem
from fieldapp.network.distributors.models import Distributor
from tests import cast
from tests.desk.approvals.test_decide_at_once import at_once

from .conftest import FAR, NEAR, Road


def hour(visit: Visit, minutes: int = 0) -> str:
    return f"{(visit.arrived_at + timedelta(minutes=minutes)).astimezone(SHANGHAI):%H:%M}"


def test_the_server_says_how_far_the_store_is(road: Road) -> None:
    assert road.arrive().status_code == 303
    visit = road.visit()
    assert (visit.arrival_distance, visit.arrival_accuracy, visit.arrival_problem) == (56, 20, None)
    assert visit.day == cast.TODAY
    assert now() - visit.arrived_at < timedelta(minutes=1)
    page = road.rep().get(f"/distributors/{road.store()}/visit").text
    assert "56 m from the store, ±20 m" in page
    assert "Far from the store" not in page
    assert road.actions() == ["check_in"]


def test_far_from_the_store_is_a_remark_and_no_refusal(road: Road) -> None:
    assert road.arrive(**FAR).status_code == 303
    page = road.rep().get(f"/distributors/{road.store()}/visit").text
    assert "2.2 km from the store" in page
    assert "Far from the store" in page


@pytest.mark.parametrize("problem", list(PlaceProblem))
def test_without_a_place_it_counts_and_says_why(road: Road, problem: PlaceProblem) -> None:
    assert road.arrive(problem=problem.value).status_code == 303
    visit = road.visit()
    assert (visit.arrival_lat, visit.arrival_distance, visit.arrival_problem) == (None, None, problem)
    assert "No place" in road.rep().get(f"/visits/{visit.id}").text


@pytest.mark.parametrize(
    "odd",
    [{}, {"lat": "95", "lng": "10"}, {"lat": "34", "lng": ""}, {"lat": "x", "lng": "y"}, {"problem": "odd"}],
    ids=str,
)
def test_an_unreadable_place_is_none(road: Road, odd: dict[str, str]) -> None:
    assert road.arrive(accuracy="5", **odd).status_code == 303
    assert road.visit().arrival_problem is PlaceProblem.UNAVAILABLE


def test_a_store_without_a_place_gets_this_one_on_a_tap(road: Road) -> None:
    road.arrive("D002")
    visit = road.visit("D002")
    assert visit.arrival_distance is None
    assert "Keep this point" in road.rep().get(f"/distributors/{road.store('D002')}/visit").text
    assert road.rep().post(f"/visits/{visit.id}/place").status_code == 303
    store = road.desk.one(Distributor, Distributor.code == "D002")
    assert (store.lat, store.lng) == (34.7605, 113.65)
    assert len(road.desk.audited("dossier.edit")) == 1
    road.rep().post(f"/visits/{visit.id}/place")
    assert len(road.desk.audited("dossier.edit")) == 1


def test_a_double_tap_is_one_visit(road: Road) -> None:
    key = uuid7()
    assert {road.arrive(key=key).status_code for _tap in range(3)} == {303}
    assert [visit.id for visit in road.visits()] == [key]
    assert road.actions() == ["check_in"]


def test_the_key_of_somebody_else_is_not_found(road: Road) -> None:
    road.arrive()
    taken = road.visit().id
    assert road.arrive(who="mate", key=taken).status_code == 404
    assert road.arrive("D002", key=taken).status_code == 404
    assert len(road.visits()) == 1


def test_another_check_in_at_the_same_store_leads_to_the_one_under_way(road: Road) -> None:
    road.arrive()
    assert road.arrive().status_code == 303
    assert len(road.visits()) == 1
    assert "checked in here already" in road.rep().get(f"/distributors/{road.store()}/visit").text


def test_a_forgotten_check_out_is_asked_for_and_repaired(road: Road) -> None:
    first = road.began(hours=2)
    page = road.rep().get(f"/distributors/{road.store('D002')}/visit").text
    assert "is still open" in page
    assert f'value="{hour(first, 30)}"' in page  # nothing noted: half an hour
    refused = road.arrive("D002", open=str(first.id), left="", **NEAR)
    assert refused.status_code == 422
    assert "Give the time at which you left" in refused.text
    assert road.arrive("D002", open=str(first.id), left=hour(first, 45), **NEAR).status_code == 303
    done = road.visit("D001")
    assert done.ending is Ending.REPAIRED
    assert hour(done, 45) == f"{done.left_at.astimezone(SHANGHAI):%H:%M}"  # type: ignore[union-attr]
    assert done.departure_problem is None
    assert road.visit("D002").left_at is None
    assert "Check-out forgotten" in road.rep().get(f"/visits/{done.id}").text
    assert "Check-out forgotten" in road.rep().get(f"/distributors/{road.store()}").text
    assert road.actions() == ["check_in", "repair", "check_in"]


def test_the_last_note_is_what_is_proposed(road: Road) -> None:
    first = road.began(hours=2)
    road.note(first.id)
    noted = road.notes()[0].made_at.astimezone(SHANGHAI)
    page = road.rep().get(f"/distributors/{road.store('D002')}/visit").text
    assert f'value="{noted:%H:%M}"' in page


def test_a_time_before_the_arrival_or_to_come_is_refused_with_the_reason(road: Road) -> None:
    first = road.began(minutes=3)
    for minutes, reason in ((-2, "You came at"), (10, "still to come")):
        wrong = f"{(first.arrived_at + timedelta(minutes=minutes)).astimezone(SHANGHAI):%H:%M}"
        if (wrong < hour(first)) != (minutes < 0):
            continue  # around midnight the clock begins anew
        answer = road.arrive("D002", open=str(first.id), left=wrong, **NEAR)
        assert answer.status_code == 422
        assert reason in answer.text
        assert f'value="{wrong}"' in answer.text
    assert len(road.visits()) == 1


def test_who_did_not_know_of_the_open_visit_is_told_and_nothing_happens(road: Road) -> None:
    first = road.began(hours=1)
    answer = road.arrive("D002")
    assert answer.status_code == 422
    assert "Say when you left it" in answer.text
    assert str(first.id) in answer.text
    assert [visit.left_at for visit in road.visits()] == [None]


def test_without_a_signal_the_presumed_time_is_taken(road: Road) -> None:
    first = road.began(hours=3)
    assert road.arrive("D002", ago={"hours": 1}).status_code == 303
    done = road.visit("D001")
    assert done.ending is Ending.REPAIRED
    assert done.left_at == first.arrived_at + timedelta(minutes=30)
    assert now() - road.visit("D002").arrived_at > timedelta(minutes=59)
    assert road.visit("D002").left_at is None


def test_a_visit_that_comes_late_is_put_before_the_one_under_way(road: Road) -> None:
    under_way = road.began(hours=1)
    assert road.arrive("D002", ago={"hours": 1, "minutes": 10}).status_code == 303
    late, present = road.visit("D002"), road.visit("D001")
    assert present.left_at is None
    assert late.ending is Ending.REPAIRED
    assert late.left_at == under_way.arrived_at  # ten minutes later, not thirty
    assert road.arrive("D002", ago={"hours": 5}).status_code == 303
    earliest = road.visits("D002")[0]
    assert earliest.left_at == earliest.arrived_at + timedelta(minutes=30)


def test_its_own_check_out_which_comes_after_it_has_the_true_time(road: Road) -> None:
    road.began(hours=1)
    key = uuid7()
    road.arrive("D002", key=key, ago={"hours": 2})
    assert road.leave(key, ago={"hours": 1, "minutes": 15}).status_code == 303
    late = road.visit("D002")
    assert late.ending is Ending.CHECKED_OUT
    assert late.left_at is not None
    assert abs(late.left_at - late.arrived_at - timedelta(minutes=45)) < timedelta(seconds=5)


def test_days_later_it_counts_for_its_own_day(road: Road) -> None:
    road.arrive(ago={"days": 3})
    visit = road.visit()
    assert visit.day == cast.TODAY - timedelta(days=3)
    assert visit.recorded_at - visit.arrived_at > timedelta(days=2, hours=23)
    assert "Written without a signal" in road.rep().get(f"/visits/{visit.id}").text


def test_of_two_check_ins_at_once_one_is_under_way(road: Road) -> None:
    rep = road.rep()
    for _round in range(4):
        token = rep.csrf()

        def tap(code: str, token: str = token) -> object:
            address = f"/distributors/{road.store(code)}/visit"
            return lambda: rep.client.post(address, data={"csrf_token": token, "id": str(uuid7()), **NEAR})

        answers = at_once(tap("D001"), tap("D002"))
        assert sorted(answer.status_code for answer in answers) == [303, 422]
        loser = next(answer for answer in answers if answer.status_code == 422)
        assert "is still open" in loser.get_data(as_text=True)
        assert len([visit for visit in road.visits() if visit.left_at is None]) == 1
        road.leave(next(visit.id for visit in road.visits() if visit.left_at is None))
        road.desk.change(sa.delete(Visit))


def test_the_same_key_at_once_is_one_visit(road: Road) -> None:
    rep, key = road.rep(), uuid7()
    form = {"csrf_token": rep.csrf(), "id": str(key), **NEAR}
    address = f"/distributors/{road.store()}/visit"
    answers = at_once(*(lambda: rep.client.post(address, data=form) for _tap in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert [visit.id for visit in road.visits()] == [key]
    assert road.actions() == ["check_in"]


def test_who_may_not(road: Road) -> None:
    assert road.arrive(who="admin").status_code == 403
    assert road.arrive(who="colleague").status_code == 404
    page = road.rep("admin").get(f"/distributors/{road.store()}/visit")
    assert page.status_code == 200
    assert 'id="check-in"' not in page.text
    assert road.rep("colleague").get(f"/distributors/{UUID(int=7)}/visit").status_code == 404
