"""A survey's way: asked once, answered once by the rep or by the customer's link, kept as it was asked."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.surveys import actions, book, listeners, policy, queries
from fieldapp.fieldwork.surveys.models import FormVersion, Survey, SurveyAnswer, SurveyLink
from fieldapp.fieldwork.surveys.rules import Answer, Audience, Channel, Purpose, SurveyState
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from tests import cast

CONTENT = {"solved": "yes", "satisfaction": 5}
FARMER: dict[str, Answer] = {"effect": "worse", "trouble": ["growth", "cost"], "overall": 2, "reason": "It was late"}


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_same_key_is_the_same_survey_and_of_nobody_else(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        store = cast.make_distributor()
        survey = cast.make_survey(store, people["rep"])
        assert cast.make_survey(store, people["rep"], key=survey.id).id == survey.id
        assert (count(Survey), survey.state, survey.region_code) == (1, SurveyState.OPEN, store.region_code)
        with pytest.raises(actions.GoneError):
            cast.make_survey(store, people["boss"], key=survey.id)
        with pytest.raises(actions.GoneError):
            cast.make_survey(cast.make_distributor("D002"), people["rep"], key=survey.id)


def test_it_is_found_in_the_patch_only(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        survey = cast.make_survey(cast.make_distributor(), people["rep"])
        saw = {name for name, user in people.items() if queries.find(viewer_of(user), survey.id)}
        assert saw == {"rep", "boss", "admin"}


def test_answers_are_kept_once_and_told_to_who_listens(app: Flask, people: dict[str, User]) -> None:
    heard: list[tuple[object, Mapping[str, Answer]]] = []

    def listen(survey: Survey, answers: Mapping[str, Answer], _now: datetime) -> None:
        heard.append((survey.subject_id, answers))

    listeners.declare(app, Purpose.REMEDY, listen)
    with app.app_context():
        begin_writing()
        rep, store, subject = viewer_of(people["rep"]), cast.make_distributor(), uuid7()
        asked = cast.make_survey(store, people["rep"], purpose=Purpose.REMEDY, subject_id=subject)
        actions.answer(rep, asked, CONTENT, cast.NOW - timedelta(hours=2), cast.NOW)
        assert heard == [(subject, CONTENT)]
        assert (asked.state, asked.channel) == (SurveyState.ANSWERED, Channel.REP)
        assert asked.answered_at == cast.NOW - timedelta(hours=2)
        with pytest.raises(actions.ClosedError):
            actions.answer(rep, asked, {"solved": "no", "satisfaction": 1}, cast.NOW, cast.NOW)
        assert queries.answers_of(asked) == CONTENT
        other = cast.make_survey(store, people["rep"], audience=Audience.FARMER)
        actions.answer(rep, other, FARMER, cast.NOW, cast.NOW)
        assert queries.answers_of(other) == FARMER
        assert len(heard) == 1, "the answer of another purpose"
        told = db.session.scalars(sa.select(AuditEntry.changes).where(AuditEntry.action == "surveys.answer")).all()
        assert told == [{"state": ["open", "answered"]}] * 2, "never what was answered"


def test_a_link_is_good_for_one_answer(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        rep, store = viewer_of(people["rep"]), cast.make_distributor()
        survey = cast.make_survey(store, people["rep"], purpose=Purpose.REMEDY)
        first = actions.open_link(rep, survey, cast.NOW)
        token = actions.open_link(rep, survey, cast.NOW)
        assert token not in {row.token_hash for row in db.session.scalars(sa.select(SurveyLink))}
        late = cast.NOW + timedelta(days=policy.LINK_DAYS)
        for wrong, at in ((first, cast.NOW), ("x" * 32, cast.NOW), (token, late)):
            with pytest.raises(actions.GoneError):
                actions.answer_by_link(wrong, CONTENT, at)
        assert actions.by_link(token, cast.NOW).id == survey.id
        actions.answer_by_link(token, CONTENT, cast.NOW)
        assert (survey.state, survey.channel) == (SurveyState.ANSWERED, Channel.LINK)
        with pytest.raises(actions.GoneError):
            actions.answer_by_link(token, CONTENT, cast.NOW)
        with pytest.raises(actions.ClosedError):
            actions.open_link(rep, survey, cast.NOW)
        assert count(SurveyAnswer) == 2


def test_a_customer_may_decline(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        survey = cast.make_survey(cast.make_distributor(), people["rep"])
        token = actions.open_link(viewer_of(people["rep"]), survey, cast.NOW)
        actions.decline_by_link(token, cast.NOW)
        assert (survey.state, survey.answered_at) == (SurveyState.DECLINED, None)
        with pytest.raises(actions.GoneError):
            actions.by_link(token, cast.NOW)


def test_a_version_is_made_once_and_stays(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        version = book.current("farmer", cast.NOW)
        assert book.current("farmer", cast.NOW).id == version.id
        db.session.commit()
        for statement in (sa.update(FormVersion).values(number=9), sa.delete(FormVersion)):
            with pytest.raises(sa.exc.DBAPIError, match="never changed"):
                db.session.execute(statement)
            db.session.rollback()


def test_of_two_answers_at_once_one_counts(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        rep = viewer_of(people["rep"])
        survey = cast.make_survey(cast.make_distributor(), people["rep"], purpose=Purpose.REMEDY)
        token = actions.open_link(rep, survey, cast.NOW)
        db.session.commit()
        key = survey.id
    gate = threading.Barrier(2)

    def by_rep() -> bool:
        with app.app_context():
            begin_writing()
            found = db.session.get_one(Survey, key)
            db.session.rollback()
            gate.wait()
            try:
                actions.answer(rep, found, CONTENT, cast.NOW, cast.NOW)
            except actions.ClosedError:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    def by_customer() -> bool:
        with app.app_context():
            begin_writing()
            gate.wait()
            try:
                actions.answer_by_link(token, CONTENT, cast.NOW)
            except actions.GoneError:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(one) for one in (by_rep, by_customer)]
        assert sorted(one.result() for one in done) == [False, True]
    with app.app_context():
        assert count(SurveyAnswer) == 2
