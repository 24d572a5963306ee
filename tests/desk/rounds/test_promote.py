"""A supervisor asks for a promotion at many distributors: a preview says at how many, one task for each rep to do."""

from datetime import timedelta
from uuid import uuid4

import pytest

from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.people.audit.models import AuditEntry
from tests.cast import TODAY
from tests.desk.rounds.conftest import Round

DUE = TODAY + timedelta(days=14)


@pytest.fixture
def stores(rounds: Round) -> Round:
    """Three of the rep, one of his mate, one of the colleague, one of nobody, one that has ended."""
    for number in range(3):
        rounds.store(f"Rep{number}", tier="A" if number else "B")
    rounds.store("Mate", who="mate", region="410105")
    rounds.store("Colleague", who="colleague", region="420106")
    rounds.store("Nobodys", who=None)
    rounds.store("Ended", status="ended")
    return rounds


def form(expected: int, **more: object) -> dict[str, object]:
    return {"text": "Hang up the poster", "due": DUE, "expected": expected, "id": uuid4(), **more}


def test_one_task_for_each_distributor_owned_by_its_rep(stores: Round) -> None:
    boss = stores.as_("boss")
    preview = boss.get("/tasks/new").text
    assert "Ask for it at 5 distributors" in preview
    assert "1 more has no rep who could do it" in preview
    answer = boss.post("/tasks", form(5))
    assert (answer.status_code, answer.location) == (303, "/tasks?part=team")
    tasks = stores.rows(Task)
    assert {task.kind for task in tasks} == {TaskKind.PROMOTION}
    owners = sorted(name for task in tasks for name, user in stores.people.items() if user.id == task.owner_id)
    assert owners == ["colleague", "mate", "rep", "rep", "rep"]
    (entry,) = stores.rows(AuditEntry)
    assert (entry.action, entry.changes["distributors"]) == ("tasks.promote", [0, 5])
    assert "Hang up the poster" in stores.as_("rep").get("/tasks").text


def test_sent_twice_it_is_asked_once(stores: Round) -> None:
    boss, body = stores.as_("boss"), form(5)
    assert [boss.post("/tasks", body).status_code for _ in range(2)] == [303, 303]
    assert len(stores.rows(Task)) == 5
    assert len(stores.rows(AuditEntry)) == 1
    assert stores.as_("admin").post("/tasks", body).status_code == 404, "the key is another's"


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"tier": "B"}, 1), ({"region": "410105"}, 1), ({"region": "42"}, 1), ({"tier": "A", "region": "41"}, 3)],
)
def test_region_and_tier_narrow_it(stores: Round, asked: dict[str, str], count: int) -> None:
    boss = stores.as_("boss")
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    part = boss.fragment(f"/tasks/new?{query}").text
    assert f'name="expected" value="{count}"' in part
    assert "<html" not in part
    assert boss.post("/tasks", form(count, **asked)).status_code == 303
    assert len(stores.rows(Task)) == count


def test_a_chosen_rep_does_it_where_his_patch_reaches(stores: Round) -> None:
    mate = stores.people["mate"].id
    assert stores.as_("boss").post("/tasks", form(5, rep=mate)).status_code == 303
    tasks = stores.rows(Task)
    assert {task.owner_id for task in tasks} == {mate}
    assert len(tasks) == 5, "the colleague's lies outside his patch, nobody's lies within"


def test_when_the_number_has_changed_nothing_is_asked(stores: Round) -> None:
    boss = stores.as_("boss")
    answer = boss.post("/tasks", form(4))
    assert answer.status_code == 409
    assert "Nothing was asked yet" in answer.text
    assert "Hang up the poster" in answer.text
    assert 'name="expected" value="5"' in answer.text
    assert stores.rows(Task) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"text": " "}, "Say what is to be done."),
        ({"due": ""}, "Give the day by which it is done."),
        ({"due": TODAY - timedelta(days=1)}, "That day is past."),
        ({"due": TODAY + timedelta(days=400)}, "Give a day within a year."),
        ({"tier": "Z"}, "No distributor with a rep who could do it."),
    ],
)
def test_what_is_missing_is_said_and_the_rest_kept(stores: Round, wrong: dict[str, object], told: str) -> None:
    answer = stores.as_("boss").post("/tasks", form(5, region="", **wrong))
    assert answer.status_code == 422
    assert told in answer.text
    assert stores.rows(Task) == []


def test_a_stranger_reaches_only_his_own_patch(stores: Round) -> None:
    stranger = stores.as_("stranger")
    assert "No distributor with a rep who could do it" in stranger.get("/tasks/new").text
    assert stranger.post("/tasks", form(5)).status_code == 422
    assert stores.as_("rep").post("/tasks", form(5)).status_code == 403
    assert stores.rows(Task) == []
