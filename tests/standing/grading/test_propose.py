"""A rep answers and proposes a grade."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.standing.grading import cases
from fieldapp.standing.grading.cases import CaseFacts
from fieldapp.standing.grading.models import Assessment, AssessmentState
from tests import cast
from tests.standing.grading.conftest import SAME, Rated


def test_what_was_answered_and_what_came_out_is_stored_and_audited(rated: Rated) -> None:
    rating = rated.rating(rated.proposed(note="He pays on time"))
    assert (rating.score, rating.grade, rating.limit, rating.term_days) == (850, "A", 10_000_000, 30)
    assert (rating.answered_percent, rating.provisional, rating.caps, rating.policy_version) == (100, False, [], 1)
    assert (rating.on, rating.average_sales, rating.note) == (cast.TODAY, 10_000_000, "He pays on time")
    assert (rating.state, rating.region_code, rating.valid_until) == (AssessmentState.PROPOSED, "410102", None)
    answers = rating.answers
    assert answers["years"] == {
        "option": "best",
        "value": "6.6667",
        "source": {"kind": "customer", "since": "2020-03-01"},
        "as_of": "2026-11-23",
    }
    assert answers["growth"] == {
        "option": "worst",
        "value": "0.0000",
        "source": {"kind": "ledger", "from": "2023-11", "to": "2026-10"},
        "as_of": "2026-10-31",
    }
    assert (answers["focus"]["option"], answers["focus"]["value"]) == ("best", "55")
    assert answers["arrears"]["source"] == {"kind": "asked", "by": "Rep"}
    assert answers["facts"]["customer_since"] == "2020-03-01"
    [entry] = rated.audited("grading.propose")
    assert entry.changes["grade"] == [None, "A"]
    assert "residence" not in str(entry.changes), "the audit tells no personal answers"


def test_in_business_since_counts_before_customer_since(rated: Rated) -> None:
    with rated.changing():
        db.session.execute(sa.update(Distributor).values(business_since=date(2025, 6, 1)))
    answers = rated.rating(rated.proposed()).answers
    assert (answers["years"]["option"], answers["years"]["source"]["kind"]) == ("middle", "business")


def test_the_rep_may_overrule_what_is_filled_in(rated: Rated) -> None:
    rating = rated.rating(rated.proposed(growth="best", years="unknown"))
    assert rating.answers["growth"]["source"] == {"kind": "asked", "by": "Rep"}
    assert rating.answers["growth"]["value"] is None
    assert "years" not in rating.answers
    assert (rating.answered_percent, rating.score) == (85, 1000)


def test_without_dates_sales_and_cases_nothing_is_filled_in_and_the_page_says_why(rated: Rated) -> None:
    cases.declare(rated.app, lambda _key, _on: None)
    with rated.changing():
        db.session.execute(sa.update(Distributor).where(Distributor.id == rated.other).values(region_code="410102"))
    text = rated.as_("rep").get(f"/distributors/{rated.other}/grade/new").text
    assert "nothing was invoiced yet" in text
    assert "The file does not say since when" in text
    assert "no cross-area cases are recorded here yet" in text
    assert "Nothing is answered yet" in text


def test_confirmed_cases_are_filled_in_where_somebody_keeps_them(rated: Rated) -> None:
    found = CaseFacts(benign=0, malicious=1, since=date(2025, 11, 23))
    cases.declare(rated.app, lambda key, on: found if (key, on) == (rated.id, cast.TODAY) else None)
    answers = {key: value for key, value in SAME.items() if key != "cross_area"}
    response = rated.as_("rep").post(f"/distributors/{rated.id}/grade/new", answers)
    assert "confirmed cases since 2025-11-23" in response.text
    key = rated.proposed(cross_area="", growth="best")
    assert (rated.rating(key).grade, rated.rating(key).caps) == ("C", ["cross_area"])


def test_a_confirmed_malicious_case_cannot_be_tapped_away(rated: Rated) -> None:
    cases.declare(rated.app, lambda _key, _on: CaseFacts(0, 2, date(2025, 11, 23)))
    rating = rated.rating(rated.proposed(cross_area="best"))
    assert (rating.grade, rating.caps, rating.answers["facts"]["malicious"]) == ("C", ["cross_area"], 2)


def test_nothing_answered_is_nothing_to_propose(rated: Rated) -> None:
    unknown = dict.fromkeys(("residence", "years", "growth", "arrears", "focus", "cross_area"), "unknown")
    response = rated.as_("rep").post(f"/distributors/{rated.id}/ratings", unknown)
    assert response.status_code == 422
    assert "Answer at least one question" in response.text
    assert rated.count() == 0


def test_a_share_that_cannot_be_is_named_and_kept(rated: Rated) -> None:
    response = rated.as_("rep").post(f"/distributors/{rated.id}/ratings", {**SAME, "focus_percent": "150"})
    assert response.status_code == 422
    assert "percentage from 0 to 100" in response.text
    assert 'value="150"' in response.text
    assert 'name="arrears" value="best" checked' in response.text
    assert rated.count() == 0


def test_a_note_that_is_too_long_is_refused(rated: Rated) -> None:
    response = rated.propose(note="x" * 501)
    assert response.status_code == 422
    assert "at most 500" in response.text


def test_twice_the_same_form_is_one_proposal(rated: Rated) -> None:
    key = "01930000-0000-7000-8000-00000000000a"
    first, second = rated.propose(id=key), rated.propose(id=key)
    assert first.headers["Location"] == second.headers["Location"] == f"/ratings/{key}"
    assert (rated.count(), len(rated.audited("grading.propose"))) == (1, 1)


def test_while_one_waits_there_is_no_other(rated: Rated) -> None:
    key = rated.proposed()
    response = rated.propose("mate")
    assert response.status_code == 409
    assert "A proposal waits already" in response.text
    assert f"/ratings/{key}" in response.text
    assert rated.count() == 1


def test_somebody_elses_key_does_not_take_his_proposal(rated: Rated) -> None:
    key = rated.proposed()
    rated.as_("rep").post(f"/ratings/{key}/withdrawal")
    made = rated.proposed("mate", id=str(key))
    assert made != key
    assert rated.rating(key).state == AssessmentState.WITHDRAWN


def test_what_was_not_looked_at_is_not_proposed(rated: Rated) -> None:
    seen = rated.seen(SAME)
    response = rated.as_("rep").post(f"/distributors/{rated.id}/ratings", {**SAME, "seen": seen, "arrears": "worst"})
    assert response.status_code == 409
    assert "Look at it below" in response.text or "look at it below" in response.text.lower()
    assert rated.count() == 0
    with rated.changing():
        db.session.add(
            PolicyVersion(
                version=2,
                valid_from=cast.TODAY,
                settings={"grading": {"cuts": {"A": "90"}}},
                published_at=cast.NOW,
            )
        )
    response = rated.as_("rep").post(f"/distributors/{rated.id}/ratings", {**SAME, "seen": seen})
    assert response.status_code == 409
    rating = rated.rating(rated.proposed())
    assert (rating.grade, rating.policy_version) == ("B", 2)


def test_only_within_ones_patch_and_not_by_administrators(rated: Rated) -> None:
    assert rated.as_("colleague").get(f"/distributors/{rated.id}/grade/new").status_code == 404
    assert rated.as_("colleague").post(f"/distributors/{rated.id}/ratings", SAME).status_code == 404
    assert rated.as_("stranger").post(f"/distributors/{rated.id}/ratings", SAME).status_code == 404
    assert rated.as_("admin").post(f"/distributors/{rated.id}/ratings", SAME).status_code == 403
    assert rated.count() == 0


# The form under way -----------------------------------------------------------------------------------------------


def test_answers_travel_in_the_address_but_for_the_personal_one(rated: Rated) -> None:
    rep = rated.as_("rep")
    headers = {"HX-Request": "true", "X-CSRFToken": rep.csrf()}
    response = rep.client.post(
        f"/distributors/{rated.id}/grade/new", data={**SAME, "focus": ""}, headers=headers, buffered=True
    )
    address = response.headers["HX-Replace-Url"]
    assert "arrears=best" in address
    assert "focus_percent=55" in address
    assert "residence" not in address
    assert "<html" not in response.text
    again = rep.get(address).text
    for answer in ("arrears", "cross_area", "focus"):
        assert f'name="{answer}" value="best" checked' in again
    assert 'name="residence" value="best" checked' not in again, "nothing keeps it, not even the cookie"


def test_a_personal_answer_in_an_address_is_not_taken(rated: Rated) -> None:
    text = rated.as_("rep").get(f"/distributors/{rated.id}/grade/new?residence=worst&arrears=middle").text
    assert 'name="residence" value="worst" checked' not in text
    assert 'name="arrears" value="middle" checked' in text


def test_share_and_option_the_last_one_changed_counts(rated: Rated) -> None:
    def shown(**given: str) -> tuple[str, str]:
        text = rated.as_("rep").post(f"/distributors/{rated.id}/grade/new", given).text
        option = next(
            (one for one in ("best", "middle", "worst", "unknown") if f'name="focus" value="{one}" checked' in text), ""
        )
        return option, text.partition('name="focus_was" value="')[2].partition('"')[0]

    assert shown(focus_percent="45", focus_was=":") == ("middle", "45:middle")
    assert shown(focus_percent="20", focus="middle", focus_was="45:middle") == ("worst", "20:worst")
    assert shown(focus_percent="20", focus="best", focus_was="20:worst") == ("best", ":best")
    assert shown(focus_percent="20", focus="unknown", focus_was="20:worst") == ("unknown", ":unknown")
    assert shown(focus_percent="60", focus="best", focus_was=":best") == ("best", "60:best")


def test_looking_at_it_writes_nothing(rated: Rated) -> None:
    rated.seen(SAME)
    assert rated.count() == 0
    assert rated.one(Assessment) is None


def test_the_key_of_a_proposal_is_the_one_of_its_page(rated: Rated) -> None:
    text = rated.as_("rep").get(f"/distributors/{rated.id}/grade/new").text
    key = text.partition('name="id" value="')[2].partition('"')[0]
    assert str(UUID(key)) == key
