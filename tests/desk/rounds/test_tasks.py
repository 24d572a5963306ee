"""Promises and promotions: made once, found by whom they concern, done or dropped once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from fieldapp.core.db import db
from fieldapp.fieldwork.tasks import actions, queries
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.cast import NOW, TODAY
from tests.desk.rounds.conftest import Round
from tests.visitor import Visitor

DAY = timedelta(days=1)


def promise(rounds: Round, store: UUID, key: UUID, who: str = "rep", text: str = "Send a vet") -> UUID:
    with rounds.app.app_context():
        made = actions.promise(
            rounds.viewer(who), key=key, distributor_id=store, visit_id=None, text=text, due=TODAY + DAY, now=NOW
        )
        db.session.commit()
        return made.id


def test_a_promise_is_made_once_under_its_key(rounds: Round) -> None:
    store, other, key = rounds.store("Store"), rounds.store("Other"), uuid4()
    assert promise(rounds, store, key) == promise(rounds, store, key) == key
    (task,) = rounds.rows(Task)
    assert (task.kind, task.state, task.due, task.text) == (TaskKind.PROMISE, TaskState.OPEN, TODAY + DAY, "Send a vet")
    assert task.owner_id == task.made_by_id == rounds.people["rep"].id
    (entry,) = rounds.rows(AuditEntry)
    assert entry.action == "tasks.promise"
    assert "vet" not in str(entry.changes)
    for place, who in ((store, "mate"), (other, "rep")):
        with pytest.raises(actions.GoneError):
            promise(rounds, place, key, who)


def test_my_tasks_stand_in_their_parts(rounds: Round) -> None:
    store = rounds.store("Store")
    for text, due in (("Four", 9), ("Three", 5), ("Two", 0), ("One", -3)):
        rounds.make(cast.make_task, store, TODAY + due * DAY, text=text)
    rounds.make(cast.make_task, store, TODAY, who="mate", text="Not mine")
    text = rounds.as_("rep").get("/tasks").text
    order = ("<h2>Late", "One", "3 days late", "<h2>Today", "Two", "<h2>This week", "Three", "<h2>Later", "Four")
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "Not mine" not in text
    assert "Ask for a promotion" not in text


def test_a_task_is_done_with_its_outcome(rounds: Round) -> None:
    task = rounds.make(cast.make_task, rounds.store("Store"), TODAY)
    visitor = rounds.as_("rep")
    for _twice in range(2):
        answer = visitor.post(f"/tasks/{task}/completion", {"outcome": "He was pleased"})
        assert answer.status_code == 303
    (row,) = rounds.rows(Task)
    assert (row.state, row.outcome, row.done_by_id) == (TaskState.DONE, "He was pleased", rounds.people["rep"].id)
    assert [entry.action for entry in rounds.rows(AuditEntry)] == ["tasks.finish"]
    assert "No open tasks" in visitor.get("/tasks").text
    ended = visitor.get("/tasks?part=ended").text
    assert "He was pleased" in ended


def test_what_has_ended_stays_as_it_is_and_that_is_said(rounds: Round) -> None:
    task = rounds.make(cast.make_task, rounds.store("Store"), TODAY)
    assert rounds.as_("mate").post(f"/tasks/{task}/completion", {"outcome": "Did it"}).status_code == 303
    visitor = rounds.as_("rep")
    for address, body in (("completion", {"outcome": "Mine"}), ("cancellation", {"reason": "Late"})):
        answer = visitor.post(f"/tasks/{task}/{address}", body)
        assert answer.status_code == 409
        assert "somebody ended this task before" in answer.text
        assert "Did it" in answer.text
    (row,) = rounds.rows(Task)
    assert row.outcome == "Did it"


def test_of_many_at_once_one_ends_it(rounds: Round) -> None:
    task = rounds.make(cast.make_task, rounds.store("Store"), TODAY)
    visitors = [rounds.as_(name) for name in ("rep", "mate", "boss", "admin")]
    together = Barrier(len(visitors))

    def end(number: int) -> int:
        together.wait()
        return visitors[number].post(f"/tasks/{task}/completion", {"outcome": f"By {number}"}).status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        assert sorted(pool.map(end, range(len(visitors)))) == [303, 409, 409, 409]
    assert len(rounds.rows(AuditEntry)) == 1


def test_dropping_wants_a_reason_and_keeps_what_was_typed(rounds: Round) -> None:
    task = rounds.make(cast.make_task, rounds.store("Store"), TODAY)
    visitor = rounds.as_("rep")
    for reason, told in (("  ", "Say why it will not be done."), ("x" * 501, "at most 500")):
        answer = visitor.post(f"/tasks/{task}/cancellation", {"reason": reason})
        assert answer.status_code == 422
        assert told in answer.text
        assert reason.strip() in answer.text
    assert visitor.post(f"/tasks/{task}/cancellation", {"reason": "Sold out"}).status_code == 303
    (row,) = rounds.rows(Task)
    assert (row.state, row.outcome) == (TaskState.DROPPED, "Sold out")


@pytest.mark.parametrize(
    ("who", "status"), [("mate", 403), ("colleague", 404), ("stranger", 404), ("boss", 303), ("admin", 303)]
)
def test_who_may_drop_somebody_elses(rounds: Round, who: str, status: int) -> None:
    task = rounds.make(cast.make_task, rounds.store("Store"), TODAY)
    assert rounds.as_(who).post(f"/tasks/{task}/cancellation", {"reason": "No"}).status_code == status
    assert rounds.as_(who).get(f"/tasks/{task}").status_code == (404 if status == 404 else 200)


def test_a_supervisor_sees_his_teams_and_nobody_elses(rounds: Round) -> None:
    rounds.make(cast.make_task, rounds.store("Store"), TODAY, text="Of the rep")
    far = rounds.store("Far", who="colleague", region="420106")
    rounds.make(cast.make_task, far, TODAY, who="colleague", text="Of the colleague")
    boss, stranger = (
        rounds.as_("boss").get("/tasks?part=team").text,
        rounds.as_("stranger").get("/tasks?part=team").text,
    )
    assert [text in boss for text in ("Of the rep", "Of the colleague")] == [True, True]
    assert [text in stranger for text in ("Of the rep", "Of the colleague")] == [False, False]
    assert "Of the colleague" not in rounds.as_("rep").get("/tasks?part=team").text


def test_long_lists_are_walked_in_pages(rounds: Round) -> None:
    store = rounds.store("Store")
    for number in range(70):
        ended = {"state": "done", "done_at": NOW + number * DAY, "done_by_id": rounds.people["rep"].id}
        rounds.make(cast.make_task, store, TODAY + (number // 3) * DAY, text=f"Open {number:02}.")
        rounds.make(cast.make_task, store, TODAY, text=f"Done {number:02}.", **ended)
    visitor = rounds.as_("rep")
    for url, word in (("/tasks", "Open "), ("/tasks?part=ended", "Done ")):
        assert sorted(walk(visitor, url, word)) == [f"{word}{number:02}." for number in range(70)]


def walk(visitor: Visitor, url: str, word: str) -> list[str]:
    seen: list[str] = []
    while url:
        text = visitor.get(url).text
        seen += [word + piece[:3] for piece in text.split(f'row-title">{word}')[1:]]
        url = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0] if 'rel="next"' in text else ""
        url = url.replace("&amp;", "&")
    return seen


def test_what_is_open_for_a_distributor_and_what_was_promised_on_a_visit(rounds: Round) -> None:
    store, other = rounds.store("Store"), rounds.store("Other")
    visit = rounds.make(cast.make_visit, store, TODAY)
    late = rounds.make(cast.make_task, store, TODAY - DAY, visit_id=visit)
    asked = rounds.make(cast.make_task, store, TODAY, kind=TaskKind.PROMOTION)
    done = {"state": "done", "done_visit_id": visit, "done_at": NOW, "done_by_id": rounds.people["rep"].id}
    ended = rounds.make(cast.make_task, store, TODAY, **done)
    rounds.make(cast.make_task, other, TODAY)
    with rounds.app.app_context():
        assert [row.id for row in queries.open_of(store)] == [late, asked]
        assert [row.id for row in queries.open_of(store, TaskKind.PROMOTION)] == [asked]
        assert [row.id for row in queries.promised_on(visit)] == [late]
        assert [row.id for row in queries.done_on(visit)] == [ended]
        assert [row.id for row in queries.late(rounds.viewer("rep"), TODAY, 5)] == [late]
