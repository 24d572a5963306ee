"""Personal answers: recorded with consent only, shown to a supervisor one at a time, gone when they run out."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.standing.grading import consents
from fieldapp.standing.grading.models import Assessment, AssessmentState, ConsentHow, SensitiveAnswer, SensitiveRead
from fieldapp.standing.grading.scoring import Indicator, Option
from tests import cast
from tests.standing.grading.conftest import Rated

WORST = "Here for the time being"


def rows(rated: Rated, model: Any) -> list[Any]:
    with rated.app.app_context():
        return list(db.session.scalars(sa.select(model).order_by(model.id)))


def look(rated: Rated, who: str = "boss", kind: str = "residence") -> tuple[int, str]:
    answer = rated.as_(who).post(f"/distributors/{rated.id}/sensitive/{kind}/reading")
    return answer.status_code, answer.text


def withdraw(rated: Rated, who: str = "rep") -> str:
    answer = rated.as_(who).post(f"/distributors/{rated.id}/sensitive/residence/withdrawal")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def confirmed(rated: Rated, **changes: str) -> UUID:
    key = rated.proposed(**changes)
    assert rated.decide(key).status_code == 303
    return key


def expire(rated: Rated, day: date) -> None:
    with rated.changing():
        db.session.execute(sa.update(SensitiveAnswer).values(expires_on=day))


def habits_on(rated: Rated, weight: int = 10) -> None:
    settings = {
        "grading": {"weights": {"habits": weight}},
        "privacy": {"habits": "on", "habits_purpose": "To judge the risk of default"},
    }
    with rated.changing():
        db.session.add(PolicyVersion(version=2, valid_from=cast.TODAY, settings=settings, published_at=cast.NOW))


# Consent ----------------------------------------------------------------------------------------------------------


def test_with_consent_it_is_kept_beside_the_rating_and_not_in_it(rated: Rated) -> None:
    rating = rated.rating(rated.proposed(residence="worst", residence_how="written"))
    [kept] = rows(rated, SensitiveAnswer)
    assert (kept.indicator, kept.option, kept.consent_how) == (Indicator.RESIDENCE, Option.WORST, ConsentHow.WRITTEN)
    assert (kept.consent_on, kept.expires_on, kept.of_name) == (cast.TODAY, date(2027, 11, 23), "Wang")
    assert rating.answers["residence"].keys() == {"kept", "source", "as_of"}
    assert rating.answers["residence"]["kept"] == str(kept.id)
    assert (rating.answered_percent, rating.score) == (100, 750)


@pytest.mark.parametrize(
    "changes",
    [
        {"residence_agreed": ""},
        {"residence_how": "guessed"},
        {"residence_by": "01930000-0000-7000-8000-00000000000a"},
        {"residence": "refused"},
        {"residence": "unknown"},
    ],
    ids=["no tick", "no how", "of somebody else", "refused", "unknown"],
)
def test_without_consent_it_is_not_answered_and_nothing_is_kept(rated: Rated, changes: dict[str, str]) -> None:
    rating = rated.rating(rated.proposed(**{"residence": "worst", **changes}))
    assert "residence" not in rating.answers
    assert (rating.answered_percent, rating.score) == (90, 833)
    assert rows(rated, SensitiveAnswer) == []


def test_who_agreed_may_be_another_contact(rated: Rated) -> None:
    with rated.changing():
        zeng = cast.add(Contact(distributor_id=rated.id, name="Zeng", phone="13900000000")).id
    assert "Who agreed" in rated.as_("rep").get(f"/distributors/{rated.id}/grade/new").text
    rated.proposed(residence_by=str(zeng))
    assert [row.consent_by_id for row in rows(rated, SensitiveAnswer)] == [zeng]


def test_a_double_tap_keeps_one_and_a_new_rating_takes_its_place(rated: Rated) -> None:
    key = "01930000-0000-7000-8000-00000000000a"
    rated.propose(id=key)
    rated.propose(id=key)
    [first] = rows(rated, SensitiveAnswer)
    rated.as_("rep").post(f"/ratings/{key}/withdrawal")
    rated.proposed("mate", residence="worst")
    [second] = rows(rated, SensitiveAnswer)
    assert (first.option, second.option) == (Option.BEST, Option.WORST)
    assert first.id != second.id, "an old rating must not pick up a new answer"


# Looking ----------------------------------------------------------------------------------------------------------


def test_only_a_supervisor_of_the_patch_sees_it_and_each_look_is_written_down_once(rated: Rated) -> None:
    key = confirmed(rated, residence="worst")
    for who in ("rep", "boss", "admin"):
        for url in (f"/ratings/{key}", f"/distributors/{rated.id}/grade"):
            text = rated.as_(who).get(url).text
            assert WORST not in text, (who, url)
            assert "recorded, not shown" in text
    assert [look(rated, who)[0] for who in ("rep", "admin", "stranger")] == [403, 403, 404]
    assert rows(rated, SensitiveRead) == [], "opening a page is no look"
    status, text = look(rated)
    assert (status, WORST in text) == (200, True)
    [read] = rows(rated, SensitiveRead)
    with rated.app.app_context():
        names = dict(db.session.execute(sa.text("SELECT username, id FROM user_account")).tuples().all())
        assert UUID(str(names["boss"])) == read.reader_id
    assert (read.distributor_id, read.indicator) == (rated.id, Indicator.RESIDENCE)
    look(rated)
    assert len(rows(rated, SensitiveRead)) == 2
    listed = rated.as_("admin").get("/sensitive-reads").text
    assert listed.count("郑州金禾饲料有限公司") == 2
    assert "Boss" in listed
    assert "郑州金禾饲料有限公司" not in rated.as_("stranger").get("/sensitive-reads").text
    assert rated.as_("rep").get("/sensitive-reads").status_code == 403


def test_by_htmx_it_is_a_fragment_that_nothing_may_store(rated: Rated) -> None:
    confirmed(rated, residence="worst")
    boss = rated.as_("boss")
    answer = boss.post(f"/distributors/{rated.id}/sensitive/residence/reading", headers={"HX-Request": "true"})
    assert WORST in answer.text
    assert "<html" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_not_there_is_no_look(rated: Rated) -> None:
    status, text = look(rated)
    assert (status, "Nothing is recorded any more." in text) == (200, True)
    assert rows(rated, SensitiveRead) == []


# Running out ------------------------------------------------------------------------------------------------------


def test_what_has_run_out_counts_as_not_answered_and_is_swept(rated: Rated) -> None:
    key = confirmed(rated, residence="worst")
    expire(rated, cast.TODAY)
    assert WORST in look(rated)[1], "the last day still counts"
    expire(rated, cast.TODAY - timedelta(days=1))
    assert "no longer kept" in rated.as_("boss").get(f"/ratings/{key}").text
    assert WORST not in look(rated)[1]
    with rated.app.app_context():
        assert consents.held(cast.TODAY) == {}
    answer = rated.app.test_cli_runner().invoke(args=["privacy", "sweep"])
    assert "1 sensitive answers were deleted" in answer.output
    assert rows(rated, SensitiveAnswer) == []


def test_what_counts_is_not_swept(rated: Rated) -> None:
    confirmed(rated)
    assert "0 sensitive" in rated.app.test_cli_runner().invoke(args=["privacy", "sweep"]).output
    assert len(rows(rated, SensitiveAnswer)) == 1


def test_it_does_not_pass_to_another_person_in_the_same_contact(rated: Rated) -> None:
    confirmed(rated, residence="worst")
    with rated.changing():
        db.session.execute(sa.update(Contact).where(Contact.distributor_id == rated.id).values(name="Li"))
    assert WORST not in look(rated)[1]
    assert "1 sensitive" in rated.app.test_cli_runner().invoke(args=["privacy", "sweep"]).output


# Withdrawing ------------------------------------------------------------------------------------------------------


def test_withdrawn_it_is_gone_at_once_and_the_grade_is_proposed_without_it(rated: Rated) -> None:
    confirmed(rated, residence="worst")
    before = rated.credit()
    location = withdraw(rated)
    assert rows(rated, SensitiveAnswer) == []
    again = rated.rating(UUID(location.rpartition("/")[2]))
    assert (again.state, again.score, again.answered_percent) == (AssessmentState.PROPOSED, 833, 90)
    assert "residence" not in again.answers
    assert "Consent withdrawn" in again.note
    held = rated.credit()
    assert before is not None
    assert held is not None
    assert held.assessment_id == before.assessment_id, "a person confirms it"
    assert rated.decide(again.id).status_code == 303
    held = rated.credit()
    assert held is not None
    assert held.assessment_id == again.id


def test_a_proposal_that_rests_on_it_is_replaced(rated: Rated) -> None:
    key = rated.proposed(residence="worst")
    location = withdraw(rated, "boss")
    assert rated.rating(key).state == AssessmentState.WITHDRAWN
    again = UUID(location.rpartition("/")[2])
    assert rated.rating(again).score == 833
    assert rated.count(Assessment.state == AssessmentState.PROPOSED) == 1


def test_when_the_contact_leaves_the_file_it_goes_and_the_grade_is_proposed_without_it(rated: Rated) -> None:
    confirmed(rated, residence="worst")
    with rated.changing():
        [key] = db.session.scalars(sa.select(Contact.id).where(Contact.distributor_id == rated.id))
    gone = rated.as_("rep").post(f"/distributors/{rated.id}/file/contacts/{key}/removal")
    assert gone.status_code == 303, gone.text
    assert rows(rated, SensitiveAnswer) == []
    assert rated.count(Assessment.state == AssessmentState.PROPOSED, Assessment.score == 833) == 1


def test_twice_or_elsewhere_nothing_more_happens(rated: Rated) -> None:
    confirmed(rated)
    withdraw(rated)
    assert withdraw(rated).endswith("/grade")
    assert rated.count() == 2
    for who, status in (("colleague", 404), ("stranger", 404), ("admin", 403)):
        answer = rated.as_(who).post(f"/distributors/{rated.id}/sensitive/residence/withdrawal")
        assert answer.status_code == status


def test_the_audit_tells_that_and_never_what(rated: Rated, capfd: pytest.CaptureFixture[str]) -> None:
    confirmed(rated, residence="worst")
    look(rated)
    withdraw(rated)
    with rated.app.app_context():
        told = [str(entry.changes) for entry in db.session.scalars(sa.select(AuditEntry))]
    assert any("residence" in one and "kept" in one for one in told)
    for option in Option:
        assert not any(f"'{option}'" in one for one in told)
    logged = capfd.readouterr().err
    assert "/sensitive/residence/reading" in logged
    assert "worst" not in logged
    assert WORST not in logged


# Habits -----------------------------------------------------------------------------------------------------------


def test_habits_are_not_asked_before_they_are_on(rated: Rated) -> None:
    assert 'name="habits"' not in rated.as_("rep").get(f"/distributors/{rated.id}/grade/new").text
    rating = rated.rating(rated.proposed(habits="worst", habits_agreed="y", habits_how="spoken"))
    assert "habits" not in rating.answers
    assert len(rows(rated, SensitiveAnswer)) == 1


def test_habits_are_asked_with_their_purpose_when_they_are_on_and_count(rated: Rated) -> None:
    habits_on(rated)
    page = rated.as_("rep").get(f"/distributors/{rated.id}/grade/new").text
    assert "To judge the risk of default" in page
    assert page.count('name="habits" value=') == 5
    rating = rated.rating(rated.proposed(habits="worst", habits_agreed="y", habits_how="spoken"))
    assert (rating.score, rating.answered_percent) == (773, 100)  # 85 of 110
    assert "kept" in rating.answers["habits"]
    rated.as_("rep").post(f"/ratings/{rating.id}/withdrawal")
    refused = rated.rating(rated.proposed(habits="refused", habits_agreed="y", habits_how="spoken"))
    assert (refused.score, refused.answered_percent) == (850, 90)


def test_without_a_weight_they_are_not_asked(rated: Rated) -> None:
    habits_on(rated, weight=0)
    assert 'name="habits"' not in rated.as_("rep").get(f"/distributors/{rated.id}/grade/new").text


def test_turning_them_on_takes_a_purpose(rated: Rated) -> None:
    admin = rated.as_("admin")
    address = str(admin.post("/policy/drafts").location)
    given = {"seen": "1", "privacy.habits": "on", "privacy.habits_purpose": "Because"}
    answer = admin.post(f"{address}/sections/privacy", given)
    assert answer.status_code == 422
    assert "State the purpose in 10 to 300 characters" in answer.text
    given["privacy.habits_purpose"] = "To judge the risk of default"
    assert admin.post(f"{address}/sections/privacy", given).status_code == 303
    assert "To judge the risk of default" in admin.get(address).text


def test_a_draft_is_tried_on_what_still_counts(rated: Rated) -> None:
    confirmed(rated, residence="worst")
    admin = rated.as_("admin")
    address = str(admin.post("/policy/drafts").location)
    admin.post(f"{address}/sections/grading", {"seen": "1", "grading.cuts.B": "76"})

    def told() -> str:
        admin.post(f"{address}/tryout")
        return admin.get(f"{address}/tryout").text

    assert "1 would get another grade" in told(), "75.0 with it, 83.3 without"
    expire(rated, cast.TODAY - timedelta(days=1))
    assert "0 would get another grade" in told()
