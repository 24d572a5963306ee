"""Freezing and unfreezing by hand: POST …/credit/freezes, …/credit/freezes/ID/lifting."""

import pytest

from fieldapp.core.db import uuid7
from fieldapp.standing.grading.models import CreditFreeze, ImportedCredit
from tests import cast
from tests.desk.conftest import Desk
from tests.standing.grading.office import Office


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


@pytest.mark.parametrize("who", ["boss", "deputy", "admin"])
def test_a_freeze_stops_deals_on_credit_and_says_who_and_why(office: Office, who: str) -> None:
    assert office.check("5000", cast.TODAY)["code"] == "credit.ok"
    assert office.freeze(who, "The owner has vanished").status_code == 303
    finding = office.check("5000", cast.TODAY)
    assert (finding["code"], finding["level"]) == ("credit.frozen", "stop")
    for page in (office.shown(), office.shown("boss")):
        assert "The owner has vanished" in page
        assert who.title() in page
    [entry] = office.desk.audited("credit.freeze")
    assert entry.subject_id == str(office.id)
    assert entry.changes == {"frozen_by_hand": [False, True], "reason": [None, "The owner has vanished"]}
    assert office.lift(who).status_code == 303
    assert office.check("5000", cast.TODAY)["code"] == "credit.ok"
    assert len(office.desk.audited("credit.unfreeze")) == 1
    assert "He is back" in office.shown()


def test_who_may_not(office: Office) -> None:
    assert office.freeze("rep").status_code == 403
    assert office.freeze("stranger").status_code == 404
    assert office.freeze().status_code == 303
    assert office.lift("rep").status_code == 403
    assert office.lift("stranger").status_code == 404
    assert "/freezes" not in office.shown("rep")
    assert office.record().frozen


def test_a_freeze_of_another_distributor_is_not_lifted_through_this_one(office: Office) -> None:
    office.freeze()
    other = Office(office.desk, "D002")
    held = office.frozen()
    assert held is not None
    assert other.lift(key=held.id).status_code == 404
    assert office.record().frozen


@pytest.mark.parametrize("verb", ["freeze", "lift"])
def test_a_reason_is_needed_and_what_was_typed_is_kept(office: Office, verb: str) -> None:
    if verb == "lift":
        office.freeze()
    for reason in ("", "   ", "x" * 501):
        response = getattr(office, verb)(reason=reason)
        assert response.status_code == 422
        assert 'aria-invalid="true"' in response.text
    assert "x" * 501 in response.text
    assert office.record().frozen is (verb == "lift")


def test_a_double_tap_does_it_once(office: Office) -> None:
    key = str(uuid7())
    assert [office.freeze(id=key).status_code for _tap in range(2)] == [303, 303]
    held = office.frozen()
    assert held is not None
    assert [office.lift(key=held.id).status_code for _tap in range(2)] == [303, 303]
    assert office.freeze(id=key).status_code == 303, "an old form sent again does not freeze once more"
    assert not office.record().frozen
    assert office.desk.count(CreditFreeze) == 1
    assert len(office.desk.audited("credit.freeze")) == len(office.desk.audited("credit.unfreeze")) == 1


def test_whoever_comes_second_is_told(office: Office) -> None:
    office.freeze("boss", "First")
    second = office.freeze("deputy", "Second")
    assert second.status_code == 409
    assert "Boss was first" in second.text
    held = office.frozen()
    assert held is not None
    assert held.reason == "First"
    office.lift("deputy")
    late = office.lift("boss", key=held.id)
    assert late.status_code == 409
    assert "Deputy was first" in late.text


def test_lifting_leaves_the_freeze_of_the_file(office: Office) -> None:
    office.freeze()
    office.change(ImportedCredit, frozen=True)
    assert "frozen = no" in office.shown("boss")
    office.lift()
    assert office.record().frozen
    page = office.shown("boss")
    assert "frozen = no" in page
    assert "/lifting" not in page
    office.change(ImportedCredit, frozen=False)
    assert not office.record().frozen
