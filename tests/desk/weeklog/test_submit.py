"""A rep writes his log and submits it; a supervisor returns or accepts it; both say something; nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.weeklog.models import WeeklyLog
from fieldapp.desk.weeklog.rules import LogState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.desk.weeklog.conftest import MONDAY, TUESDAY, WEEK, Office, Stub

Audit = Callable[[], list[AuditEntry]]


def logged(audit: Audit) -> list[tuple[str, Any]]:
    return [(one.action, one.changes) for one in audit() if one.action.startswith("weeklog.")]


def test_a_draft_is_kept_and_is_the_reps_alone(office: Office) -> None:
    rep = office.as_("rep")
    sent = {"week": MONDAY.isoformat(), "went_well": "Two new barns", "problems": "", "needs": "A car"}
    answer = rep.post("/week/remarks", sent)
    assert (answer.status_code, answer.location) == (303, WEEK)
    assert "Two new barns" in rep.get("/week").text
    assert office.log().state is LogState.DRAFT
    boss = office.as_("boss").get(f"{WEEK}&rep={office.people['rep'].id}").text
    assert "Two new barns" not in boss
    assert "not submitted" in boss
    # Nobody else finds the log by its key either.
    for who in ("boss", "colleague", "stranger", "admin"):
        url = f"/week/logs/{office.log().id}/comments"
        assert office.as_(who).post(url, {"text": "Hm"}).status_code == 404, who


def test_submitted_returned_with_a_comment_submitted_again_and_accepted(busy: Office, audit: Audit) -> None:
    assert busy.submit(problems="The road is closed").status_code == 303
    page = busy.as_("boss").get(f"{WEEK}&rep={busy.people['rep'].id}").text
    assert "The road is closed" in page
    assert "Your decision" in page

    assert busy.decide("return").status_code == 422  # without a word
    assert busy.log().state is LogState.SUBMITTED
    assert busy.decide("return", "Which road?").location == f"/week/team?week={MONDAY.isoformat()}"
    rep = busy.as_("rep")
    assert "Which road?" in rep.get("/week").text
    assert "Returned to you" in rep.get("/").text

    busy.submit(problems="The road to Golden Grain is closed")
    assert "Returned to you" not in rep.get("/").text
    assert busy.decide("accept").status_code == 303
    log = busy.log()
    assert (log.state, log.decided_by_id) == (LogState.ACCEPTED, busy.people["boss"].id)
    assert busy.said() == [("submit", ""), ("return", "Which road?"), ("submit", ""), ("accept", "")]
    week = {"week": [None, MONDAY.isoformat()]}
    assert logged(audit) == [
        ("weeklog.submit", {**week, "state": ["draft", "submitted"]}),
        ("weeklog.return", {**week, "state": ["submitted", "returned"]}),
        ("weeklog.submit", {**week, "state": ["returned", "submitted"]}),
        ("weeklog.accept", {**week, "state": ["submitted", "accepted"]}),
    ]


def test_what_was_submitted_stays_as_it_was(busy: Office) -> None:
    """A file that is read in later, or a visit that comes late, changes no log."""
    busy.submit()
    with busy.app.app_context():
        cast.make_visit(Stub(busy.golden), busy.people["rep"], TUESDAY, arrived="16:00")
        db.session.execute(sa.update(Visit).where(Visit.day == MONDAY).values(arrival_distance=7))
        db.session.commit()
    for who, url in (("rep", WEEK), ("boss", f"{WEEK}&rep={busy.people['rep'].id}")):
        text = busy.as_(who).get(url).text
        assert "Figures kept at submission, as of" in text
        assert "86 m from the store" in text
        assert "16:00" not in text
    busy.decide("accept")
    assert "16:00" not in busy.as_("rep").get(WEEK).text


def test_returned_the_figures_are_those_of_now_again(busy: Office) -> None:
    busy.submit()
    busy.decide("return", "The visit of Tuesday is missing")
    with busy.app.app_context():
        cast.make_visit(Stub(busy.golden), busy.people["rep"], TUESDAY, arrived="16:00")
        db.session.commit()
    assert "16:00" in busy.as_("rep").get(WEEK).text
    busy.submit()
    kept = busy.log().figures
    assert kept is not None
    assert kept["totals"]["visits"] == 3


def test_what_is_submitted_or_accepted_is_written_no_more(office: Office) -> None:
    office.submit()
    late = office.submit(went_well="Something else")
    assert late.status_code == 409
    assert "Something else" in late.text, "what was typed is not lost"
    draft = office.as_("rep").post("/week/remarks", {"week": MONDAY.isoformat(), "went_well": "Else"})
    assert draft.status_code == 409
    assert office.log().went_well == "Two new barns"
    office.decide("accept")
    assert office.submit().status_code == 409
    assert office.decide("return", "No, not yet").status_code == 409
    assert office.log().state is LogState.ACCEPTED


def test_nobody_decides_his_own_and_only_supervisors_decide(office: Office) -> None:
    office.submit(who="boss")
    assert office.decide("accept", who="boss").status_code == 403
    assert office.decide("accept", who="rep").status_code == 403
    assert office.decide("accept", who="admin").status_code == 403
    assert office.decide("accept", who="stranger").status_code == 404
    assert office.log().state is LogState.SUBMITTED


def test_two_supervisors_of_one_patch_decide_each_others(office: Office) -> None:
    with office.app.app_context():
        cast.make_user("peer", office.people["boss"].role, ["41", "42", "13"])
        db.session.commit()
    office.submit(who="boss")
    assert office.decide("accept", who="peer").status_code == 303


def test_comments_of_both_stay(office: Office, audit: Audit) -> None:
    office.submit()
    url = f"/week/logs/{office.log().id}/comments"
    assert office.as_("boss").post(url, {"text": "Well done"}).status_code == 303
    answer = office.as_("rep").post(url, {"text": "Thank you"})
    assert answer.location == f"{WEEK}#said"
    assert office.as_("rep").post(url, {"text": " "}).status_code == 422
    assert office.as_("rep").post(url, {"text": "x" * 1001}).status_code == 422
    assert office.said() == [("submit", ""), ("comment", "Well done"), ("comment", "Thank you")]
    text = office.as_("rep").get(WEEK).text
    assert text.index("Well done") < text.index("Thank you")
    assert [action for action, _changes in logged(audit)] == ["weeklog.submit", "weeklog.comment", "weeklog.comment"]
    assert "Well done" not in str(logged(audit)), "people are spoken of in comments"


def test_bad_input_is_named_and_kept(office: Office) -> None:
    long = office.submit(problems="x" * 2001)
    assert long.status_code == 422
    assert "Use at most 2000 characters." in long.text
    assert "Two new barns" in long.text
    future = (MONDAY + timedelta(days=7)).isoformat()
    for week in (future, "", "x", "0001-01-01"):
        answer = office.submit(week=week)
        assert answer.status_code == 422, week
        assert "A log is of this week or one before" in answer.text
        assert "Two new barns" in answer.text
    with office.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(WeeklyLog)) == 0
    office.submit()
    odd = office.decide("perhaps", "Well")
    assert odd.status_code == 422
    assert "Accept the log or return it." in odd.text


def test_a_double_tap_submits_once(office: Office) -> None:
    office.submit()
    office.submit()
    assert office.said() == [("submit", "")]
