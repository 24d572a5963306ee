"""What the process pages say, of rows whose waiting is known."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.process import queries, steps
from fieldapp.desk.process.queries import Asked
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.feedback.rules import RemarkKind, TellWay
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.rules import RemedyKind, TicketVerb
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.crossarea import actions as crossarea
from fieldapp.standing.crossarea.rules import CaseVerb
from fieldapp.standing.grading.models import AssessmentState, CreditIncrease, IncreaseState
from tests import cast
from tests.desk.conftest import Desk
from tests.visitor import Visitor

MONDAY = datetime(2026, 11, 16, 10, tzinfo=SHANGHAI)  # 8 to 18 is worked, Monday to Saturday
MONTH = "month=2026-11"


@pytest.fixture
def waited(desk: Desk) -> None:
    """Requests of a Monday at ten: six in Zhengzhou, decided after one to six hours, and one that waits; two in Wuhan
    from five in the evening until nine in the morning."""
    waits = desk.ask()
    night = MONDAY.replace(hour=17)
    with desk.app.app_context():
        pattern = db.session.get_one(Approval, waits)
        pattern.asked_at = MONDAY
        for hours in range(1, 7):
            decide_another(pattern, "410102", MONDAY, MONDAY + timedelta(hours=hours))
        for _ in range(2):
            decide_another(pattern, "420102", night, night + timedelta(hours=16))
        db.session.commit()


def decide_another(pattern: Approval, region: str, asked_at: datetime, decided_at: datetime) -> None:
    """A request like another one, of its own check."""
    check = cast.add(DealCheck(**{**copied(pattern.check), "id": uuid7()}))
    changed = {"id": uuid7(), "check_id": check.id, "region_code": region, "state": ApprovalState.APPROVED}
    cast.add(Approval(**{**copied(pattern), **changed, "asked_at": asked_at, "decided_at": decided_at}))


def copied(row: Any) -> dict[str, Any]:
    """A row's columns."""
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs}


def figures(app: Flask, who: str, url: str) -> list[dict[str, str]]:
    """The rows of a file."""
    header, *rows = csv.reader(io.StringIO(Visitor(app, who).get(url).data.decode("utf-8-sig")))
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.usefixtures("waited")
def test_half_and_nine_of_ten_in_working_hours_and_by_the_clock(app: Flask) -> None:
    url = f"/process/export.csv?{MONTH}"
    deal = figures(app, "boss", url)[0]
    assert (deal["Ended"], deal["Median in hours"], deal["Nine of ten within hours"]) == ("8", "2.00", "6.00")
    assert (deal["Waits now"], deal["Of it too long"]) == ("1", "1")
    clock = figures(app, "boss", f"{url}&hours=clock")[0]
    assert (clock["Median in hours"], clock["Nine of ten within hours"]) == ("4.00", "16.00")


@pytest.mark.usefixtures("waited")
def test_a_page_says_it_and_leads_to_what_is_stuck(app: Flask) -> None:
    boss = Visitor(app, "boss")
    text = boss.get(f"/process?{MONTH}").get_data(as_text=True)
    assert "half within 2 h, nine of ten within 6 h" in text
    assert "1 of 1 wait too long" in text
    text = boss.get(f"/process/approval?{MONTH}").get_data(as_text=True)
    with app.app_context():
        waiting = db.session.scalars(sa.select(Approval.id).where(Approval.state == ApprovalState.OPEN)).one()
    assert f"/approvals/{waiting}" in text
    assert boss.get(f"/approvals/{waiting}").status_code == 200
    assert "since 2026-11-16 10:00" in text


@pytest.mark.usefixtures("waited")
def test_areas_go_down_and_small_ones_show_no_figures(app: Flask) -> None:
    rows = figures(app, "boss", f"/process/approval/export.csv?{MONTH}")
    assert [row["Month"] for row in rows[:12]] == [f"2025-{n}" for n in (12,)] + [f"2026-{n:02}" for n in range(1, 12)]
    assert [(row["Region code"], row["Ended"], row["Median in hours"]) for row in rows[12:]] == [
        ("41", "6", "3.00"),
        ("42", "2", ""),
    ]
    rows = figures(app, "boss", f"/process/approval/export.csv?{MONTH}&region=4101")
    assert [(row["Region code"], row["Ended"]) for row in rows[12:]] == [("410102", "6")]
    text = Visitor(app, "boss").get(f"/process/approval?{MONTH}&region=42").get_data(as_text=True)
    assert "fewer than 5: no figures" in text


@pytest.mark.usefixtures("waited")
def test_nobody_sees_beyond_his_patch_and_a_rep_nothing(app: Flask) -> None:
    assert figures(app, "stranger", f"/process/export.csv?{MONTH}")[0]["Ended"] == "0"
    assert figures(app, "stranger", f"/process/export.csv?{MONTH}&region=41")[0]["Ended"] == "0"
    assert figures(app, "admin", f"/process/export.csv?{MONTH}")[0]["Ended"] == "8"
    assert Visitor(app, "rep").get("/process").status_code == 403
    assert "/process" not in Visitor(app, "rep").get("/me").get_data(as_text=True)
    assert Visitor(app, "boss").get("/process/export.xlsx").status_code == 200
    assert Visitor(app, "boss").get("/process/nothing").status_code == 404


@pytest.mark.parametrize("given", ["month=2026-13", "month=%00", "region=41%00", "month=9999-12", "region=", "hours=x"])
def test_what_cannot_be_asked_is_left_out(app: Flask, people: dict[str, User], given: str) -> None:
    boss = Visitor(app, "boss")
    assert boss.get(f"/process?{given}").status_code == 200
    assert boss.get(f"/process/approval?{given}").status_code == 200


def test_every_step_of_a_ticket_a_remark_and_a_case_is_timed(app: Flask, people: dict[str, User]) -> None:
    """One ticket that needs two approvals and is heard twice, one remark, one cross-area case that is appealed."""
    with app.app_context():
        rep, boss = viewer_of(people["rep"]), viewer_of(people["boss"])
        admin = viewer_of(people["admin"])
        distributor = cast.make_distributor()
        hours = iter(MONDAY.astimezone(UTC) + timedelta(hours=n) for n in range(7))

        def when() -> When:
            now = next(hours)
            return When(now, now, cast.TODAY)

        ticket = cast.make_ticket(distributor, people["rep"], now=when().now)
        remediation.advance(rep, ticket, TicketVerb.ANSWER, "We come tomorrow", when())
        proposal = remediation.Proposal(RemedyKind.CREDIT_NOTE, 600_000, cast.TODAY, "Half of it")
        proposed = remediation.propose(rep, ticket, proposal, when())
        seen = proposed.id
        remediation.approve(boss, ticket, "", when(), seen=seen)
        remediation.approve(admin, ticket, "", when(), seen=seen)
        remediation.advance(rep, ticket, TicketVerb.CARRY_OUT, "Booked", when())
        at = when()
        remediation.hear(rep, ticket, "yes", 5, at)
        later = When(at.now + timedelta(days=2), at.now + timedelta(days=2), cast.TODAY)
        said = feedback.Said(RemarkKind.PRAISE, "Good feed")
        start = MONDAY.astimezone(UTC)
        taken = When(start, start, cast.TODAY)
        remark = feedback.take_down(rep, key=uuid7(), distributor=distributor, said=said, when=taken)
        feedback.answer(boss, remark, "Thank you", start + timedelta(hours=3), cast.TODAY)
        feedback.tell_back(rep, remark, TellWay.PHONE, "", start + timedelta(hours=5))
        case = cast.make_case(people["colleague"], seller_id=distributor.id, now=start)

        def then(hours: int) -> When:
            now = start + timedelta(hours=hours)
            return When(now, now, cast.TODAY)

        crossarea.advance(boss, case, CaseVerb.INVESTIGATE, "", then(1))
        crossarea.rule(boss, case, CaseVerb.BENIGN, "Once", then(4), seen=case.version)
        crossarea.appeal(rep, case, "Not ours", then(5))
        crossarea.rule_on_appeal(admin, case, CaseVerb.UPHOLD, "Yours", then(7), seen=case.version)
        db.session.commit()

        asked = Asked(MONDAY.date().replace(day=1))
        found = queries.overview(admin, asked, cast.TODAY)
        names = {one.name for one in steps.declared() if one.group is not steps.Group.DECISIONS}
        assert {name: waits.count for name, waits in found.items() if waits.count} == dict.fromkeys(names, 1)
        spans = {
            name: queries.detail(admin, steps.find(name), asked, later.now, cast.TODAY).of_month.count for name in names
        }
        assert set(spans.values()) == {1}
        assert single(names, admin) == {
            "answer": 1,
            "proposal": 2,
            "first_approval": 1,
            "second_approval": 1,
            "carry_out": 1,
            "hearing": 1,
            "solved": 6,
            "feedback": 3,
            "cross_area": 4,
            "cross_area_appeal": 2,
            "told": 2,
        }
        # He says two days later that it was not good after all: he was heard once of one remedy, and it waits anew.
        remediation.hear(rep, ticket, "no", 1, later)
        db.session.commit()
        found = queries.overview(admin, asked, cast.TODAY)
        assert (found["hearing"].count, found["solved"].count) == (1, 0)
        waiting = queries.stuck(admin, asked, later.now, cast.TODAY)
        assert {name: one.count for name, one in waiting.items() if one.count} == {"solved": 1}


def single(names: set[str], viewer: Any) -> dict[str, int]:
    """{step: hours of the one wait}, straight from the steps' own selects."""
    found = {}
    for name in names:
        step = steps.find(name)
        assert step is not None
        rows = [row for row in db.session.execute(step.done) if row.started is not None]
        assert len(rows) == 1, name
        found[name] = round((rows[0].ended - rows[0].started) / timedelta(hours=1))
    return found


def test_limits_and_ratings_count_too_and_wait(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        for number, (rating, limit) in enumerate(
            [
                (AssessmentState.CONFIRMED, IncreaseState.APPROVED),
                (AssessmentState.RETURNED, IncreaseState.DECLINED),
                (AssessmentState.PROPOSED, IncreaseState.ASKED),
                (AssessmentState.WITHDRAWN, IncreaseState.WITHDRAWN),
            ]
        ):
            distributor = cast.make_distributor(f"D{number}")
            ended = MONDAY + timedelta(hours=2) if number < 2 else None
            cast.make_rating(distributor, people["rep"], state=rating, proposed_at=MONDAY, decided_at=ended)
            cast.add(
                CreditIncrease(
                    distributor_id=distributor.id,
                    amount=1,
                    days=1,
                    reason="Two new barns",
                    state=limit,
                    asked_by_id=people["rep"].id,
                    asked_at=MONDAY,
                    decided_at=ended,
                )
            )
        db.session.commit()
        boss = viewer_of(people["boss"])
        asked = Asked(MONDAY.date().replace(day=1))
        found = queries.overview(boss, asked, cast.TODAY)
        assert (found["rating"].count, found["limit"].count) == (2, 2)
        waiting = queries.stuck(boss, asked, MONDAY + timedelta(hours=9), cast.TODAY)
        # 8 working hours are the target of a limit, 20 of a rating; the day ends before nine hours are over.
        assert waiting["rating"] == queries.Stuck(1, MONDAY.astimezone(UTC), 0)
        assert waiting["limit"].count == 1
        assert waiting["limit"].late == 0
        assert queries.stuck(boss, asked, MONDAY + timedelta(hours=23), cast.TODAY)["limit"].late == 1
