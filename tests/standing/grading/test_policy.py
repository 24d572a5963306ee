"""The numbers of a grade on the policy page: shown, published, and refused with their place open."""

from fieldapp.people.policy import queries as policies
from tests.cast import TODAY
from tests.standing.grading.conftest import Rated

VALUES = {"valid_from": TODAY.isoformat(), "note": "stricter", "seen": "1"}


def test_published_numbers_grade_from_their_day(rated: Rated) -> None:
    changes = {"grading.cuts.A": "90", "grading.caps.new_customer": "off", "grading.limits.most_yuan": "30000"}
    assert rated.as_("admin").post("/policy", {**VALUES, **changes}).status_code == 303
    with rated.app.app_context():
        assert policies.on(TODAY).settings["grading"]["caps"]["new_customer"] == "off"
    rating = rated.rating(rated.proposed())
    assert (rating.grade, rating.policy_version) == ("B", 2)
    assert rating.limit == 3_000_000


def test_what_cannot_be_is_named_where_it_stands(rated: Rated) -> None:
    response = rated.as_("admin").post("/policy", {**VALUES, "grading.cuts.B": "85", "grading.weights.years": "7"})
    assert response.status_code == 422
    assert "Give less than 85, where the better grade begins." in response.text
    assert 'name="grading.weights.years" type="text" value="7"' in response.text
    opened = response.text.partition("From which score a grade begins")[0].rpartition("<details")[2]
    assert " open" in opened
