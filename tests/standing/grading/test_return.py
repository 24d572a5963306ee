"""A supervisor returns a proposal with a reason, and the rep learns it."""

import pytest

from fieldapp.standing.grading.models import AssessmentState
from tests.standing.grading.conftest import Rated


def test_returned_with_the_reason_where_the_rep_looks(rated: Rated) -> None:
    key = rated.proposed()
    assert rated.decide(key, "return", reason="Ask at Zhengda about arrears.").status_code == 303
    rating = rated.rating(key)
    assert (rating.state, rating.valid_until) == (AssessmentState.RETURNED, None)
    assert rated.credit() is None
    [entry] = rated.audited("grading.return")
    assert entry.changes["state"] == ["proposed", "returned"]
    for url in (f"/distributors/{rated.id}/grade", f"/ratings/{key}"):
        assert "Ask at Zhengda about arrears." in rated.as_("rep").get(url).text
    assert "Returned" in rated.as_("rep").get("/ratings").text


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_not_without_a_reason(rated: Rated, reason: str) -> None:
    key = rated.proposed()
    assert rated.decide(key, "return", reason=reason).status_code == 422
    assert rated.rating(key).state == AssessmentState.PROPOSED


def test_afterwards_another_one_can_be_proposed(rated: Rated) -> None:
    rated.decide(rated.proposed(), "return")
    key = rated.proposed(arrears="middle")
    assert rated.rating(key).state == AssessmentState.PROPOSED
    assert "returned the last proposal" not in rated.as_("rep").get(f"/distributors/{rated.id}/grade").text
