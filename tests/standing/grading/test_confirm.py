"""A supervisor confirms a proposal: the credit that counts is the new one at once."""

from datetime import date, timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.standing.grading.models import AssessmentState
from tests import cast
from tests.standing.grading.conftest import Rated


def test_grade_limit_and_term_hold_from_now_on(rated: Rated) -> None:
    key = rated.proposed()
    assert rated.credit() is None
    assert rated.decide(key).status_code == 303
    rating, credit = rated.rating(key), rated.credit()
    assert (rating.state, rating.valid_until, rating.decision_reason) == (
        AssessmentState.CONFIRMED,
        date(2027, 5, 23),
        "Right so.",
    )
    assert credit is not None
    assert (credit.grade, credit.limit, credit.term_days) == ("A", 10_000_000, 30)
    assert (credit.assessed_on, credit.valid_until, credit.frozen) == (cast.TODAY, date(2027, 5, 23), False)
    [entry] = rated.audited("grading.confirm")
    assert (entry.changes["grade"], entry.changes["limit"]) == ([None, "A"], [None, 10_000_000])


def test_a_frozen_credit_stays_frozen(rated: Rated) -> None:
    with rated.changing():
        cast.make_credit(db.session.get_one(Distributor, rated.id), "C", 1, frozen=True, assessed_on=date(2026, 1, 1))
    rated.decide(rated.proposed())
    credit = rated.credit()
    assert credit is not None
    assert (credit.grade, credit.frozen) == ("A", True)


def test_a_newer_imported_grade_stays(rated: Rated) -> None:
    key = rated.proposed()
    with rated.changing():
        row = db.session.get_one(Distributor, rated.id)
        cast.make_credit(row, "C", 5_000_000, assessed_on=cast.TODAY + timedelta(days=1))
    rated.decide(key)
    credit = rated.credit()
    assert credit is not None
    assert credit.grade == "C"


def test_the_next_rating_is_due_by_the_policy_of_the_rating(rated: Rated) -> None:
    with rated.changing():
        db.session.add(
            PolicyVersion(
                version=2, valid_from=cast.TODAY, settings={"grading": {"rhythm": {"months": 3}}}, published_at=cast.NOW
            )
        )
    key = rated.proposed()
    rated.decide(key)
    assert rated.rating(key).valid_until == date(2027, 2, 23)


def test_not_his_own_proposal_nor_a_rep_nor_out_of_patch(rated: Rated) -> None:
    key = rated.proposed("boss")
    assert rated.decide(key, who="boss").status_code == 403
    assert rated.decide(key, who="rep").status_code == 403
    assert rated.decide(key, who="admin").status_code == 403
    assert rated.decide(key, who="stranger").status_code == 404
    assert "Confirm</span>" not in rated.as_("boss").get(f"/ratings/{key}").text
    assert rated.rating(key).state == AssessmentState.PROPOSED
    assert rated.decide(key, who="deputy").status_code == 303


def test_a_distributor_that_moved_is_decided_where_it_lies_now(rated: Rated) -> None:
    key = rated.proposed()
    with rated.changing():
        cast.make_region("420106")
        db.session.execute(sa.update(Distributor).where(Distributor.id == rated.id).values(region_code="420106"))
    assert rated.decide(key, who="deputy").status_code == 404
    assert rated.rating(key).state == AssessmentState.PROPOSED
    assert rated.decide(key, who="boss").status_code == 303


def test_a_limit_below_what_is_owed_is_said_with_the_numbers_and_allowed(rated: Rated) -> None:
    key = rated.proposed(arrears="worst")
    text = rated.as_("boss").get(f"/ratings/{key}").text
    assert "¥60,000.00 is outstanding today. The new limit is ¥0.00: once confirmed it is over by ¥60,000.00" in text
    assert "Serious arrears in bad faith" in text
    assert rated.decide(key).status_code == 303
    credit = rated.credit()
    assert credit is not None
    assert (credit.grade, credit.limit, credit.term_days) == ("D", 0, 0)


def test_no_such_warning_where_the_limit_covers_it(rated: Rated) -> None:
    assert "is outstanding today" not in rated.as_("boss").get(f"/ratings/{rated.proposed()}").text


def test_nothing_pressed_changes_nothing(rated: Rated) -> None:
    key = rated.proposed()
    response = rated.as_("boss").post(f"/ratings/{key}/decision", {"reason": "kept"})
    assert response.status_code == 422
    assert "kept" in response.text
    assert rated.rating(key).state == AssessmentState.PROPOSED
