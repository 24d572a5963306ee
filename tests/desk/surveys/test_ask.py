"""Asking now: whom one may ask, what is open already, and a survey that was filled in on a visit without a signal."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.chores import run_all
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.surveys import actions, policy, queries
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import Audience, SurveyState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from tests import cast

from .test_answer import DISTRIBUTOR


@pytest.fixture
def store(app: Flask, people: dict[str, User]) -> str:
    with app.app_context():
        made = cast.make_distributor()
        cast.add(Outlet(distributor_id=made.id, kind=OutletKind.RETAILER, name="Corner shop"))
        cast.add(Outlet(distributor_id=made.id, kind=OutletKind.FARM, name="Hill farm"))
        db.session.commit()
        return str(made.id)


def surveys(app: Flask) -> list[tuple[Survey, str]]:
    with app.app_context():
        rows = db.session.execute(
            sa.select(Survey, FormVersion.form)
            .join(FormVersion, FormVersion.id == Survey.version_id)
            .order_by(Survey.id)
        )
        return [(survey, form) for survey, form in rows.tuples()]


def outlet(app: Flask, name: str) -> str:
    with app.app_context():
        return str(db.session.scalars(sa.select(Outlet.id).where(Outlet.name == name)).one())


def test_the_distributor_is_asked_with_one_tap_and_not_twice(app: Flask, store: str, visit: Any) -> None:
    rep, address = visit("rep"), f"/distributors/{store}/surveys"
    assert f'action="{address}"' in rep.get(f"/distributors/{store}").text
    first = rep.post(address, {"id": str(uuid7())})
    again = rep.post(address, {"id": str(uuid7())})
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert [form for _survey, form in surveys(app)] == ["distributor"]
    assert rep.get(first.location).status_code == 200


@pytest.mark.parametrize(
    ("name", "form", "column"), [("Corner shop", "retailer", "outlet_id"), ("Hill farm", "farmer", "farm_id")]
)
def test_whoever_they_sell_on_to_is_asked_by_its_own_form(
    app: Flask, store: str, visit: Any, name: str, form: str, column: str
) -> None:
    rep, key = visit("rep"), outlet(app, name)
    assert name in rep.get(f"/distributors/{store}/surveys").text
    page = rep.post(f"/distributors/{store}/surveys", {"who": key}, follow_redirects=True).text
    assert name in page
    [(survey, asked)] = surveys(app)
    assert (asked, str(getattr(survey, column))) == (form, key)


def test_a_customer_who_is_not_theirs_is_not_asked(app: Flask, store: str, visit: Any, people: Any) -> None:
    with app.app_context():
        other = cast.make_distributor("D002")
        stranger = cast.add(Outlet(distributor_id=other.id, kind=OutletKind.FARM, name="Far farm"))
        db.session.commit()
        key = stranger.id
    back = visit("rep").post(f"/distributors/{store}/surveys", {"who": str(key)})
    assert back.status_code == 422
    assert "Choose another" in back.text
    assert surveys(app) == []
    with app.app_context():
        begin_writing()
        found = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        with pytest.raises(actions.GoneError):
            actions.ask(
                viewer_of(people["rep"]),
                key=uuid7(),
                purpose="visit",
                distributor=found,
                audience=Audience.FARMER,
                farm_id=key,
                now=cast.NOW,
                today=cast.TODAY,
            )


def test_on_a_visit_it_is_asked_and_answered_in_one_record(app: Flask, store: str, visit: Any) -> None:
    rep = visit("rep")
    rep.post(f"/distributors/{store}/visit", {"id": str(uuid7()), "problem": "denied"})
    page = rep.get(f"/distributors/{store}/visit").text
    assert f'action="/distributors/{store}/surveys/answered"' in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    key = str(uuid7())
    headers = {"X-Outbox": "1", "Idempotency-Key": key, "X-Client-Created": "1000", "X-Client-Now": "1500"}
    sent = {**DISTRIBUTOR, "version": version[1]}
    answers = [rep.post(f"/distributors/{store}/surveys/answered", sent, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].headers["X-Next"] == answers[1].headers["X-Next"]
    [(survey, _form)] = surveys(app)
    assert survey.state is SurveyState.ANSWERED
    with app.app_context():
        assert survey.visit_id == db.session.scalar(sa.select(Visit.id))
    assert "4.0 of 5 on average" in rep.get(f"/distributors/{store}").text


def test_what_waited_is_checked_against_the_form_that_was_shown(app: Flask, store: str, visit: Any) -> None:
    """The office has changed the form while the phone had no signal."""
    rep = visit("rep")
    rep.post(f"/distributors/{store}/surveys")
    with app.app_context():
        begin_writing()
        content = {
            "audience": "distributor",
            "title": {"zh": "新", "en": "New"},
            "questions": [{"key": "new", "kind": "text", "required": True, "words": {"zh": "新", "en": "New"}}],
        }
        cast.add(FormVersion(form="distributor", number=2, content=content, made_at=cast.NOW))
        db.session.commit()
    assert rep.post(f"/distributors/{store}/surveys/answered", {**DISTRIBUTOR, "version": "1"}).status_code == 303
    [(survey, _form)] = surveys(app)
    assert survey.state is SurveyState.ANSWERED, "the one that was open, by the same version"
    wrong = rep.post(f"/distributors/{store}/surveys/answered", {**DISTRIBUTOR, "version": "2"})
    assert wrong.status_code == 422
    assert "New: Write a few words." in wrong.text


def test_nobody_asks_outside_his_patch(store: str, visit: Any) -> None:
    for address in (f"/distributors/{store}/surveys", f"/distributors/{store}/surveys/answered"):
        assert visit("colleague").post(address, DISTRIBUTOR).status_code == 404
        assert visit("admin").post(address, DISTRIBUTOR).status_code == 403


def test_time_ends_what_nobody_answers_and_forgets_words(app: Flask, store: str, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        found = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        contact = found.contacts[0].id
        asked = cast.make_survey(found, people["rep"])
        said = cast.make_survey(found, people["rep"], contact_id=contact)
        actions.answer(viewer_of(people["rep"]), said, {"price": 4, "mend": "My name is Wang"}, cast.NOW, cast.NOW)
        db.session.commit()
        due = asked.due + timedelta(days=policy.GRACE_DAYS)
        assert run_all(cast.NOW, due)[0]["surveys_expire"] == 0
        done, failed = run_all(cast.NOW, due + timedelta(days=1))
        assert (done["surveys_expire"], failed) == (1, [])
        later = cast.NOW + timedelta(days=policy.KEEP_MONTHS * 31)
        assert run_all(later - timedelta(days=60), cast.TODAY)[0]["surveys_forget"] == 0
        assert run_all(later, cast.TODAY)[0]["surveys_forget"] == 1
        db.session.expire_all()
        assert queries.answers_of(said) == {"price": 4}
        assert db.session.get_one(Survey, said.id).contact_id is None
        assert db.session.get_one(Survey, asked.id).state is SurveyState.EXPIRED
