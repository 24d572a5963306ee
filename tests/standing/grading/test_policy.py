"""The numbers of a grade in the policy: published they grade, and what cannot be is refused where it stands."""

from collections.abc import Callable

import pytest

from fieldapp.people.policy import queries as policies
from tests.cast import TODAY
from tests.people.policy.conftest import Drafts
from tests.standing.grading.conftest import Rated
from tests.visitor import Visitor


@pytest.fixture
def drafts(rated: Rated, visit: Callable[[str | None], Visitor]) -> Drafts:
    return Drafts(rated.app, visit)


def test_published_numbers_grade_from_their_day(rated: Rated, drafts: Drafts) -> None:
    address = drafts.begin()
    changes = {"cuts.A": "90", "caps.new_customer": "off", "limits.most_yuan": "30000"}
    assert drafts.save(address, changes, part="grading").status_code == 303
    assert drafts.publish(address).status_code == 303
    with rated.app.app_context():
        assert policies.on(TODAY).settings["grading"]["caps"]["new_customer"] == "off"
    rating = rated.rating(rated.proposed())
    assert (rating.grade, rating.policy_version) == ("B", 2)
    assert rating.limit == 3_000_000


def test_what_cannot_be_is_named_where_it_stands(drafts: Drafts) -> None:
    response = drafts.save(drafts.begin(), {"cuts.B": "85", "weights.years": "7"}, part="grading")
    assert response.status_code == 422
    assert "Give less than 85, where the better grade begins." in response.text
    assert 'name="grading.weights.years" type="text" value="7"' in response.text
