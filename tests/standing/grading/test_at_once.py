"""Two people act on one proposal at the same moment: one wins, the other is told. Real threads, both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from werkzeug.test import TestResponse

from fieldapp.standing.grading.models import Assessment, AssessmentState
from tests.standing.grading.conftest import SAME, Rated

Action = Callable[[], TestResponse]


def at_once(*actions: Action) -> list[TestResponse]:
    """Run them all from the same moment on, each in its own thread."""
    gate = threading.Barrier(len(actions))

    def run(action: Action) -> TestResponse:
        gate.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def decision(rated: Rated, key: UUID, who: str, answer: str) -> Action:
    visitor = rated.as_(who)
    form = {"decision": answer, "reason": f"{who} says so", "csrf_token": visitor.csrf()}
    return lambda: visitor.client.post(f"/ratings/{key}/decision", data=form, buffered=True)


def test_one_decides_and_the_other_is_told(rated: Rated) -> None:
    for _round in range(4):
        key = rated.proposed()
        answers = at_once(decision(rated, key, "boss", "confirm"), decision(rated, key, "deputy", "return"))
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        rating = rated.rating(key)
        winner = "boss" if answers[0].status_code == 303 else "deputy"
        assert rating.decision_reason == f"{winner} says so"
        assert rating.state == (AssessmentState.CONFIRMED if winner == "boss" else AssessmentState.RETURNED)
        assert f"{winner.title()} was first" in answers[0 if winner == "deputy" else 1].text
        decided = rated.audited("grading.confirm") + rated.audited("grading.return")
        assert [entry.subject_id for entry in decided].count(str(key)) == 1


def test_a_withdrawal_and_a_confirmation_at_once_leave_one_of_them(rated: Rated) -> None:
    key = rated.proposed()
    rep = rated.as_("rep")
    token = {"csrf_token": rep.csrf()}
    answers = at_once(
        decision(rated, key, "boss", "confirm"),
        lambda: rep.client.post(f"/ratings/{key}/withdrawal", data=token, buffered=True),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    state = rated.rating(key).state
    confirmed = answers[0].status_code == 303
    assert state == (AssessmentState.CONFIRMED if confirmed else AssessmentState.WITHDRAWN)
    assert (rated.credit() is not None) is confirmed


def proposal(rated: Rated, who: str, key: str) -> Action:
    known, client = rated.as_(who), rated.app.test_client()
    form = {**SAME, "seen": rated.seen(SAME, who), "id": key, "csrf_token": known.csrf()}
    with client.session_transaction() as session, known.client.session_transaction() as held:
        session.update(held)
    return lambda: client.post(f"/distributors/{rated.id}/ratings", data=form, buffered=True)


def test_four_taps_at_once_propose_once(rated: Rated) -> None:
    key = "01930000-0000-7000-8000-00000000000a"
    answers = at_once(*(proposal(rated, "rep", key) for _tap in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {f"/ratings/{key}"}
    assert (rated.count(), len(rated.audited("grading.propose"))) == (1, 1)


def test_two_people_at_once_make_one_proposal(rated: Rated) -> None:
    keys = ("01930000-0000-7000-8000-00000000000a", "01930000-0000-7000-8000-00000000000b")
    answers = at_once(proposal(rated, "rep", keys[0]), proposal(rated, "mate", keys[1]))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert rated.count(Assessment.state == AssessmentState.PROPOSED) == 1
    assert "A proposal waits already" in next(answer.text for answer in answers if answer.status_code == 409)
