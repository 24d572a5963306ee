"""The rep takes his proposal back."""

from fieldapp.standing.grading.models import AssessmentState
from tests.standing.grading.conftest import Rated


def test_withdrawn_and_audited(rated: Rated) -> None:
    key = rated.proposed()
    assert rated.as_("rep").post(f"/ratings/{key}/withdrawal").status_code == 303
    assert rated.rating(key).state == AssessmentState.WITHDRAWN
    [entry] = rated.audited("grading.withdraw")
    assert entry.changes["state"] == ["proposed", "withdrawn"]
    assert rated.decide(key).status_code == 409
    assert rated.credit() is None


def test_not_what_another_one_proposed(rated: Rated) -> None:
    key = rated.proposed()
    assert rated.as_("mate").post(f"/ratings/{key}/withdrawal").status_code == 403
    assert rated.as_("boss").post(f"/ratings/{key}/withdrawal").status_code == 403
    assert rated.as_("colleague").post(f"/ratings/{key}/withdrawal").status_code == 404
    assert rated.rating(key).state == AssessmentState.PROPOSED


def test_not_after_the_decision(rated: Rated) -> None:
    key = rated.proposed()
    rated.decide(key)
    response = rated.as_("rep").post(f"/ratings/{key}/withdrawal")
    assert response.status_code == 409
    assert "Boss was first" in response.text
    assert rated.rating(key).state == AssessmentState.CONFIRMED
