"""The plan: whose day has come is opened once, his rep is told, and both find it in their lists."""

from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.surveys import actions, plan, plan_rules, policy
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Purpose, SurveyState
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.notices.models import Notice
from tests import cast
from tests.desk.conftest import Desk


def store(desk: Desk, code: str = "D001") -> Distributor:
    return db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()


def day_of(desk: Desk, months: int = 6) -> date:
    """The day on which D001 is asked."""
    with desk.app.app_context():
        return plan_rules.turn(store(desk).id, months, cast.TODAY)[1]


def run(desk: Desk, day: date) -> int:
    with desk.app.app_context():
        begin_writing()
        done = plan.open_due(cast.NOW + (day - cast.TODAY), day)
        db.session.commit()
        return done


def surveys(desk: Desk) -> list[Survey]:
    with desk.app.app_context():
        return list(db.session.scalars(sa.select(Survey)))


def test_a_distributor_is_asked_once_in_its_half_year(desk: Desk) -> None:
    day = day_of(desk)
    assert run(desk, day - timedelta(days=1)) == 0
    assert run(desk, day) == 1
    assert run(desk, day) == 0, "run again"
    assert run(desk, day + timedelta(days=3)) == 0
    (made,) = surveys(desk)
    with desk.app.app_context():
        assert made.due == day + timedelta(days=policy.on(day).due_days)
    assert (made.purpose, made.state) == (Purpose.PERIODIC, SurveyState.OPEN)
    notices = [desk.one(Notice, Notice.kind == plan.DUE)]
    assert [(one.user_id, one.path, one.values) for one in notices] == [(made.rep_id, "/surveys", {"count": 1})]


def test_who_has_ended_or_has_no_rep_or_was_just_asked_is_left_alone(desk: Desk) -> None:
    day = day_of(desk)
    desk.change(sa.update(Distributor).values(status=Status.ENDED))
    assert run(desk, day) == 0
    desk.change(sa.update(Distributor).values(status=Status.ACTIVE))
    desk.change(sa.update(User).where(User.username == "rep").values(active=False))
    assert run(desk, day) == 0
    desk.change(sa.update(User).values(active=True))
    with desk.app.app_context():
        begin_writing()
        at = cast.NOW + (day - cast.TODAY) - timedelta(days=20)
        rep = desk.viewer("rep")
        asked = actions.ask(
            rep, key=uuid7(), purpose=Purpose.VISIT, distributor=store(desk), now=at, today=day - timedelta(days=20)
        )
        db.session.commit()
        assert asked.state is SurveyState.OPEN
    assert run(desk, day) == 0, "one is open"


def test_a_first_run_opens_no_flood(desk: Desk) -> None:
    assert run(desk, day_of(desk) + timedelta(days=32)) == 0


def test_farms_are_drawn_and_always_the_same(desk: Desk) -> None:
    with desk.app.app_context():
        distributor = store(desk)
        for number in range(200):
            cast.add(Outlet(distributor_id=distributor.id, kind=OutletKind.FARM, name=f"Farm {number}"))
        db.session.commit()
        drawn = {
            farm
            for farm in db.session.scalars(sa.select(Outlet.id))
            if (turn := plan_rules.sampled(farm, 5, cast.TODAY))
            and cast.TODAY - timedelta(days=31) < turn[1] <= cast.TODAY
        }
    run(desk, cast.TODAY)
    assert {one.farm_id for one in surveys(desk) if one.farm_id} == drawn
    run(desk, cast.TODAY)
    assert len([one for one in surveys(desk) if one.farm_id]) == len(drawn)


def test_a_sample_is_as_large_as_the_policy_says() -> None:
    keys = [UUID(int=number) for number in range(4000)]
    drawn = [one for one in keys if plan_rules.sampled(one, 5, cast.TODAY)]
    assert 140 < len(drawn) < 260
    assert not [one for one in keys if plan_rules.sampled(one, 0, cast.TODAY)]
    assert all(plan_rules.sampled(one, 100, cast.TODAY) for one in keys)
    other = [one for one in keys if plan_rules.sampled(one, 5, date(2027, 2, 1))]
    assert len(set(drawn) & set(other)) < 60, "another quarter, others"


def test_days_are_spread_over_the_period() -> None:
    days = {plan_rules.turn(UUID(int=number), 6, cast.TODAY) for number in range(500)}
    assert {period for period, _day in days} == {"2026-07-01"}
    assert min(day for _period, day in days) >= date(2026, 7, 1)
    assert max(day for _period, day in days) < date(2027, 1, 1)
    assert len({day.isocalendar().week for _period, day in days}) > 20


def test_a_rep_finds_what_is_due_on_his_home_page_and_in_his_list(desk: Desk) -> None:
    with desk.app.app_context():
        begin_writing()
        rep = db.session.get_one(User, desk.viewer("rep").id)
        near = cast.make_survey(store(desk), rep)
        late = cast.make_survey(store(desk, "D002"), rep)
        near.due, late.due = cast.TODAY + timedelta(days=5), cast.TODAY - timedelta(days=1)
        db.session.commit()
    home = desk.as_("rep").get("/").text
    assert "2 surveys due" in home
    assert "1 is late" in home
    listed = desk.as_("rep").get("/surveys").text
    assert listed.index(str(late.id)) < listed.index(str(near.id)), "the most urgent above"
    assert "surveys due" not in desk.as_("mate").get("/").text
    assert str(near.id) not in desk.as_("mate").get("/surveys").text, "not his own"
    assert str(near.id) in desk.as_("mate").get("/surveys?who=all").text, "of his patch"
    assert str(near.id) in desk.as_("boss").get("/surveys").text
    assert str(near.id) not in desk.as_("stranger").get("/surveys?who=all").text
    assert str(near.id) not in desk.as_("rep").get("/surveys?part=answered").text
    assert str(near.id) not in desk.as_("rep").get("/surveys?audience=farmer").text
    assert str(near.id) in desk.as_("rep").get("/surveys?audience=distributor").text


def test_a_long_list_goes_on(desk: Desk) -> None:
    with desk.app.app_context():
        begin_writing()
        rep = db.session.get_one(User, desk.viewer("rep").id)
        keys = [cast.make_survey(store(desk), rep).id for _number in range(53)]
        db.session.commit()
    first = desk.as_("rep").get("/surveys").text
    onwards = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = desk.as_("rep").get(onwards).text
    assert [sum(f"/surveys/{key}" in page for key in keys) for page in (first, second)] == [50, 3]
