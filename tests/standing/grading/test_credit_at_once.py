"""Two people change one credit at the same moment: one does, the other is told. Real threads, both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from fieldapp.desk.imports.engine import Order, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.standing.grading.models import CreditFreeze, CreditIncrease, IncreaseState
from tests import cast
from tests.desk.approvals.test_decide_at_once import at_once
from tests.desk.conftest import Desk
from tests.standing.grading.office import Office

ROUNDS = 4


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def post(office: Office, who: str, path: str, **form: str) -> Callable[[], TestResponse]:
    visitor = office.desk.as_(who)
    body = {"reason": f"{who} says so", "csrf_token": visitor.csrf(), **form}
    return lambda: visitor.client.post(f"{office.page}{path}", data=body)


def test_of_two_freezes_one_holds(office: Office) -> None:
    for _round in range(ROUNDS):
        answers = at_once(post(office, "boss", "/freezes"), post(office, "deputy", "/freezes"))
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        winner = "boss" if answers[0].status_code == 303 else "deputy"
        held = office.frozen()
        assert held is not None
        assert held.reason == f"{winner} says so"
        path = f"/freezes/{held.id}/lifting"
        answers = at_once(post(office, "boss", path), post(office, "deputy", path))
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        assert not office.record().frozen
    assert office.desk.count(CreditFreeze) == ROUNDS


def test_of_two_decisions_one_counts(office: Office) -> None:
    for _round in range(ROUNDS):
        key = office.asked()
        path = f"/increases/{key}/decision"
        answers = at_once(
            post(office, "boss", path, decision="approve"), post(office, "deputy", path, decision="decline")
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        approved = answers[0].status_code == 303
        one = office.increase(key)
        assert one.state is (IncreaseState.APPROVED if approved else IncreaseState.DECLINED)
        assert (office.record().extra_limit is not None) is approved
        if approved:
            assert office.end(key).status_code == 303


def test_of_two_requests_one_is_asked(office: Office) -> None:
    form = {"amount": "1000", "days": "5"}
    answers = at_once(post(office, "rep", "/increases", **form), post(office, "mate", "/increases", **form))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert office.desk.count(CreditIncrease) == 1


def test_a_freeze_during_an_import_is_not_lost(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "credit.csv"
    for number in range(ROUNDS):
        path.write_text(f"distributor,limit,frozen\nD001,{1000 + number},no\n", encoding="utf-8")

        def bring() -> None:
            with office.desk.app.app_context():
                assert read(Order(kinds()["credit"], path, path.name, None, cast.NOW), pytest.fail).written  # type: ignore[arg-type]

        answers = at_once(post(office, "boss", "/freezes"), bring)
        assert answers[0].status_code == 303
        record = office.record()
        assert (record.frozen, record.limit) == (True, (1000 + number) * 100)
        assert office.lift().status_code == 303
