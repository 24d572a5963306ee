"""The calendar: every kind of promise on its day, overdue on top, of oneself or of the team, and nobody else's."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.desk.promises import queries, sources
from fieldapp.desk.promises.rules import month_of, read_month
from fieldapp.fieldwork.conflicts import actions as conflicts
from fieldapp.fieldwork.conflicts import agreements, meetings
from fieldapp.fieldwork.conflicts.agreements import Promise
from fieldapp.fieldwork.conflicts.meetings import Sitting
from fieldapp.fieldwork.conflicts.models import Conflict
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkKind
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.actions import Proposal
from fieldapp.fieldwork.remediation.rules import RemedyKind
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from tests import cast
from tests.visitor import Visitor

DAY = cast.TODAY + timedelta(days=2)
WHEN = When(cast.NOW, cast.NOW, cast.TODAY)


@pytest.fixture
def promised(app: Flask) -> Flask:
    """One promise of every kind for the same day, and some elsewhere, overdue, or done."""
    with app.app_context():
        people = cast.make_cast()
        ours = cast.make_distributor("D001", rep_id=people["rep"].id, name="郑州金禾饲料有限公司")
        theirs = cast.make_distributor("D042", "420102", rep_id=people["colleague"].id, name="Wuhan Feed")
        rep, boss = viewer_of(people["rep"]), viewer_of(people["boss"])
        cast.make_task(ours, people["rep"], DAY, text="Bring the list")
        cast.make_task(theirs, people["colleague"], DAY, text="Colleague's task")
        cast.make_task(ours, people["rep"], cast.TODAY - timedelta(days=40), text="Long overdue")
        cast.make_plan(ours, people["rep"], DAY + timedelta(days=1))
        conflict = cast.make_conflict([ours, theirs], people["rep"])
        meetings.plan_meeting(rep, conflict, Sitting(DAY, "09:00", "Town hall"), WHEN)
        points = [Promise("Marks the map", DAY), Promise("Stays west", DAY, theirs.id)]
        agreements.agree(boss, conflict, points, "", WHEN)
        agreements.plan_visit(rep, conflict, ours.id, rep.id, DAY, WHEN)
        ticket = cast.make_ticket(ours, people["rep"])
        remediation.propose(rep, ticket, Proposal(RemedyKind.APOLOGY, 0, DAY, "Say sorry"), WHEN)
        remedy = remediation.latest_remedy(ticket)
        assert remedy is not None
        remediation.approve(boss, ticket, "", WHEN, seen=remedy.id)
        said = feedback.Said(RemarkKind.COMPLAINT, "The bags are torn")
        when = When(cast.NOW, cast.NOW, cast.TODAY)
        remark = feedback.take_down(rep, key=uuid7(), distributor=ours, said=said, when=when)
        # Late in the evening of that day in Shanghai, which is another day nowhere but in UTC's morning.
        due = datetime.combine(DAY, datetime.min.time(), SHANGHAI) + timedelta(minutes=5)
        db.session.execute(sa.update(Remark).where(Remark.id == remark.id).values(due_at=due))
        survey = cast.make_survey(ours, people["rep"])
        db.session.execute(sa.update(Survey).where(Survey.id == survey.id).values(due=DAY))
        db.session.commit()
    return app


def rows(app: Flask, who: str, query: str = "") -> list[dict[str, str]]:
    text = Visitor(app, who).get(f"/promises/export.csv?month={cast.TODAY:%Y-%m}{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def kinds(found: list[dict[str, str]], day: date = DAY) -> list[str]:
    return sorted(row["Kind"] for row in found if row["Day"] == day.isoformat())


def test_every_kind_stands_on_its_day_once(promised: Flask) -> None:
    found = rows(promised, "rep", "&part=team")
    assert kinds(found) == [
        "Feedback to be answered or told back",
        "Follow-up visits",
        "Meetings of conflicts",
        "Points of agreements",
        "Promises and promotions",
        "Remedies to be carried out",
        "Surveys to be asked",
    ], "the plan of the follow-up visit stands there once"
    assert kinds(found, DAY + timedelta(days=1)) == ["Planned visits"]
    assert found[0]["What"] == "Long overdue"
    assert found[0]["State"] == "late"


def test_a_team_and_nobody_elses(promised: Flask) -> None:
    def texts(who: str, query: str = "") -> set[str]:
        return {row["What"] for row in rows(promised, who, query)}

    assert "Colleague's task" not in texts("rep", "&part=team")
    assert {"Marks the map", "Stays west"} <= texts("boss")
    assert "Stays west" not in texts("rep", "&part=team"), "of a party that he does not cover"
    assert {"Colleague's task", "Stays west"} <= texts("colleague")
    assert "Say sorry" not in texts("colleague", "&part=team")
    assert rows(promised, "stranger", "&part=team") == []
    assert texts("boss", "&distributor=D042") == {"Colleague's task", "Stays west"}
    assert texts("boss", "&source=meeting") == {"C-000001 Town hall"}
    assert texts("boss", "&region=4201") == {"Colleague's task", "Stays west"}


def test_the_page_marks_today_and_what_is_overdue(promised: Flask) -> None:
    text = Visitor(promised, "rep").get(f"/promises?month={cast.TODAY:%Y-%m}").text
    assert 'aria-current="date"' in text
    assert "Long overdue" in text.partition('class="calendar"')[0]
    assert "40 days late" in text
    day = Visitor(promised, "rep").get(f"/promises?day={DAY.isoformat()}").text
    assert "Bring the list" in day
    assert "Long overdue" not in day
    other = Visitor(promised, "rep").get("/promises?month=2031-02").text
    assert "Nothing is promised in this month" in other
    for odd in ("month=9999-99", "month=0001-01", "day=nonsense", "owner=x", "source=none", "part=x"):
        assert Visitor(promised, "rep").get(f"/promises?{odd}").status_code == 200


def test_what_an_earlier_agreement_said_counts_no_longer(promised: Flask) -> None:
    with promised.app_context():
        conflict = db.session.scalars(sa.select(Conflict)).one()
        boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == "boss")).one())
        conflicts.reopen(boss, conflict, "Again", WHEN)
        db.session.commit()
    assert "Points of agreements" not in kinds(rows(promised, "rep"))


def test_a_day_shows_few_and_counts_all(promised: Flask) -> None:
    with promised.app_context():
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        for number in range(6):
            cast.make_task(store, rep, DAY, text=f"More {number}")
        db.session.commit()
        viewer: Any = viewer_of(rep)
        asked = queries.read(viewer, MultiDict({"month": f"{cast.TODAY:%Y-%m}"}), cast.TODAY)
        found = queries.calendar(viewer, asked, cast.TODAY)
        assert found.counts[DAY] == (12, 12)
        assert sum(one.source.name == "task" for one in found.days[DAY]) == queries.A_DAY
        assert found.overdue_count == 1
        assert {one.name for one in sources.declared()} >= {"task", "point", "meeting", "visit"}


def test_a_month_has_whole_weeks() -> None:
    november = month_of(date(2026, 11, 23))
    assert (november.first, november.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert november.shown == (date(2026, 10, 26), date(2026, 12, 6))
    assert all(len(week) == 7 and week[0].weekday() == 0 for week in november.weeks)
    assert (november.neighbour(-1), november.neighbour(1)) == ("2026-10", "2026-12")
    assert month_of(date(2027, 2, 10)).weeks[-1][-1] == date(2027, 2, 28)
    for text in ("", "2026-13", "26-11", "9999-12"):
        assert read_month(text, cast.TODAY) == date(2026, 11, 1)
