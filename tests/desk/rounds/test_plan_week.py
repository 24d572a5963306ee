"""The plan of a week: one tap puts a visit on a day, takes it off, moves it; a supervisor may add to a rep's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.cast import TODAY
from tests.desk.rounds.conftest import Round
from tests.visitor import Visitor

DAY = timedelta(days=1)
WEEK = 7 * DAY


def tap(visitor: Visitor, store: UUID, day: object, what: str = "", **more: object) -> int:
    """The status of a tap on a plan."""
    body = {"distributor": store, "day": day, "id": uuid4(), **more}
    return visitor.post(f"/visits/plans{what}", body).status_code


def planned(rounds: Round) -> list[tuple[UUID, object]]:
    return sorted((row.distributor_id, row.day) for row in rounds.rows(VisitPlan))


def test_who_is_due_in_the_week_is_proposed_and_a_tap_plans_it(rounds: Round) -> None:
    due, later = rounds.store("Due by Friday"), rounds.store("Due in weeks")
    rounds.make(cast.make_visit, due, TODAY - 3 * DAY)
    rounds.make(cast.make_visit, later, TODAY)
    visitor = rounds.as_("rep")
    text = visitor.get("/visits/week").text
    assert "Due by Friday" in text
    assert "Due in weeks" not in text
    friday = TODAY + 4 * DAY
    answer = visitor.post("/visits/plans", {"distributor": due, "day": friday, "id": uuid4()})
    assert (answer.status_code, answer.location) == (303, f"/visits/week?day={friday}")
    shown = visitor.get(answer.location).text
    assert "Nobody else is due this week" in shown
    assert 'Fri 27<span class="count">1</span>' in shown
    assert planned(rounds) == [(due, friday)]
    assert [row.action for row in rounds.rows(AuditEntry)] == ["visits.plan"]


def test_a_double_tap_and_a_lost_answer_plan_it_once(rounds: Round) -> None:
    store, visitor, key = rounds.store("Store"), rounds.as_("rep"), uuid4()
    for sent in (key, key, uuid4()):
        assert tap(visitor, store, TODAY, id=sent) == 303
    assert planned(rounds) == [(store, TODAY)]
    assert len(rounds.rows(AuditEntry)) == 1


def test_many_at_the_same_moment_plan_it_once(rounds: Round) -> None:
    store, visitors = rounds.store("Store"), [rounds.as_("rep") for _ in range(6)]
    together = Barrier(len(visitors))

    def go(visitor: Visitor) -> int:
        together.wait()
        return tap(visitor, store, TODAY)

    with ThreadPoolExecutor(len(visitors)) as pool:
        assert set(pool.map(go, visitors)) == {303}
    assert planned(rounds) == [(store, TODAY)]


def test_a_key_of_somebody_else_is_not_found(rounds: Round) -> None:
    store, other, key = rounds.store("Store"), rounds.store("Other"), uuid4()
    assert tap(rounds.as_("rep"), store, TODAY, id=key) == 303
    assert tap(rounds.as_("mate"), store, TODAY, id=key) == 404
    assert tap(rounds.as_("rep"), other, TODAY, id=key) == 404
    assert planned(rounds) == [(store, TODAY)]


def test_it_is_taken_off_and_taking_off_twice_does_no_harm(rounds: Round) -> None:
    store, visitor = rounds.store("Store"), rounds.as_("rep")
    tap(visitor, store, TODAY)
    assert [tap(visitor, store, TODAY, "/removal") for _ in range(2)] == [303, 303]
    assert planned(rounds) == []
    assert [row.action for row in rounds.rows(AuditEntry)] == ["visits.plan", "visits.unplan"]


def test_it_is_moved_and_two_on_one_day_become_one(rounds: Round) -> None:
    store, visitor = rounds.store("Store"), rounds.as_("rep")
    tap(visitor, store, TODAY)
    assert tap(visitor, store, TODAY, "/transfer", to=TODAY + DAY) == 303
    assert planned(rounds) == [(store, TODAY + DAY)]
    assert tap(visitor, store, TODAY, "/transfer", to=TODAY + 2 * DAY) == 303, "a second tap finds nothing to move"
    tap(visitor, store, TODAY)
    assert tap(visitor, store, TODAY, "/transfer", to=TODAY + DAY) == 303
    assert planned(rounds) == [(store, TODAY + DAY)]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (TODAY - DAY, "That day is past"),
        (TODAY + 380 * DAY, "That day is past"),
        ("2026-11-31", "Choose a day within a year"),
        ("", "Choose a day within a year"),
        ("9999-12-31", "Choose a day within a year"),
    ],
)
def test_a_day_that_cannot_be_planned_is_refused_with_what_to_do(rounds: Round, day: object, told: str) -> None:
    answer = rounds.as_("rep").post("/visits/plans", {"distributor": rounds.store("Store"), "day": day})
    assert answer.status_code == 422
    assert told in answer.text
    assert planned(rounds) == []


def test_a_tap_that_waited_in_the_phone_counts_from_when_it_was_made(rounds: Round) -> None:
    store, visitor = rounds.store("Store"), rounds.as_("rep")
    for waited, status in ((86_400_000, 303), (0, 422)):
        headers = {"X-Client-Now": str(10**12), "X-Client-Created": str(10**12 - waited)}
        body = {"distributor": store, "day": TODAY - DAY}
        assert visitor.post("/visits/plans", body, headers=headers).status_code == status
    assert planned(rounds) == [(store, TODAY - DAY)]


def test_the_week_before_is_copied_from_today_on_without_who_has_ended(rounds: Round) -> None:
    stores = [rounds.store(f"S{number}") for number in range(3)]
    ended = rounds.store("Ended", status="ended")
    for store, day in ((stores[0], TODAY - WEEK), (stores[1], TODAY - 3 * DAY), (ended, TODAY - 3 * DAY)):
        rounds.make(cast.make_plan, store, day)
    rounds.make(cast.make_plan, stores[2], TODAY - 8 * DAY)  # two weeks before
    visitor = rounds.as_("rep")
    assert "Copy the week before (3 visits)" in visitor.get("/visits/week").text
    for told in ("2 visits planned.", "Nothing new"):
        answer = visitor.post("/visits/plans/copies", {"day": TODAY}, follow_redirects=True)
        assert told in answer.text
    new = [row for row in planned(rounds) if row[1] >= TODAY]
    assert sorted(new) == sorted([(stores[0], TODAY), (stores[1], TODAY + 4 * DAY)])


def test_a_supervisor_sees_a_reps_plan_and_adds_to_it(rounds: Round) -> None:
    store = rounds.store("Store")
    rep = rounds.people["rep"].id
    boss = rounds.as_("boss")
    assert "Store" in boss.get(f"/visits/week?rep={rep}").text
    assert tap(boss, store, TODAY, rep=rep) == 303
    (plan,) = rounds.rows(VisitPlan)
    assert (plan.rep_id, plan.made_by_id) == (rep, rounds.people["boss"].id)
    assert "Planned by Boss" in rounds.as_("rep").get("/visits").text
    assert "by Boss" in boss.get(f"/visits/week?rep={rep}").text


def test_nobody_plans_for_somebody_who_is_not_his(rounds: Round) -> None:
    store, far = rounds.store("Store"), rounds.store("Far", region="420106", who="colleague")
    rep, colleague = rounds.people["rep"].id, rounds.people["colleague"].id
    assert tap(rounds.as_("mate"), store, TODAY, rep=rep) == 404
    assert tap(rounds.as_("stranger"), store, TODAY, rep=rep) == 404
    assert tap(rounds.as_("rep"), far, TODAY) == 404
    assert rounds.as_("rep").get(f"/visits/week?rep={colleague}").status_code == 404
    answer = rounds.as_("boss").post("/visits/plans", {"distributor": far, "day": TODAY, "rep": rep})
    assert answer.status_code == 422
    assert "Far lies outside the patch of Rep" in answer.text
    assert planned(rounds) == []


def test_proposals_hang_together_the_county_of_the_day_first(rounds: Round) -> None:
    for name, region, days in (("Old", "410105", 90), ("Near", "410102", 20), ("Planned", "410102", 5)):
        rounds.store(name, region=region, since=TODAY - days * DAY)
    visitor = rounds.as_("rep")
    text = visitor.get("/visits/week").text
    assert text.index("Old") < text.index("Near")
    store = rounds.store("Planned too", region="410102", since=TODAY)
    tap(visitor, store, TODAY)
    text = visitor.get("/visits/week").text
    assert text.index("Near") < text.index("Old")
    narrowed = visitor.get("/visits/week?county=410105").text
    assert "Old" in narrowed
    assert "Near" not in narrowed


def test_past_days_say_whether_the_plan_was_kept(rounds: Round) -> None:
    kept, missed = rounds.store("Kept"), rounds.store("Missed")
    day = TODAY - WEEK
    for store in (kept, missed):
        rounds.make(cast.make_plan, store, day)
    rounds.make(cast.make_visit, kept, day)
    text = rounds.as_("rep").get(f"/visits/week?day={day}").text
    row = {name: text.partition(f'"row-title">{name}<')[2].partition("</a>")[0] for name in ("Kept", "Missed")}
    assert "Visited" in row["Kept"]
    assert "Not visited" in row["Missed"]
    assert "Tap + below" not in text


def test_anybody_of_the_patch_is_found_by_a_search(rounds: Round) -> None:
    from fieldapp.core.db import db
    from fieldapp.network.distributors.actions import reindex

    store, far = rounds.store("丰禾饲料", who="mate"), rounds.store("丰禾远方", region="420106", who="colleague")
    with rounds.app.app_context():
        reindex([store, far])
        db.session.commit()
    text = rounds.as_("rep").get("/visits/week?q=丰禾").text
    assert f'name="distributor" value="{store}"' in text
    assert str(far) not in text
    assert "Nobody found" in rounds.as_("rep").get("/visits/week?q=nobody").text


@pytest.mark.parametrize(
    "query", ["week=2026-11-30", "week=x&day=y", "day=9999-12-31", "week=0001-01-01", "rep=x", "county=%00"]
)
def test_odd_weeks_are_this_week_or_the_one_asked_for(rounds: Round, query: str) -> None:
    text = rounds.as_("rep").get(f"/visits/week?{query}").text
    assert ("2026-11-30" if "11-30" in query else "2026-11-23") in text
