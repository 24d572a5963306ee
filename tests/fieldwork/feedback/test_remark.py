"""A remark's way: taken down once, answered by whoever owns it, closed only when the customer was told."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.feedback import actions, queries
from fieldapp.fieldwork.feedback.actions import RefusedError, Said
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import (
    MOVES,
    REFUSED,
    Part,
    Refusal,
    RemarkKind,
    RemarkState,
    TellWay,
    Verb,
    refusal,
)
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.models import Notice
from tests import cast

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("state", RemarkState)
def test_every_state_and_verb_leads_somewhere_or_has_its_reason(state: RemarkState, verb: Verb) -> None:
    assert ((state, verb) in MOVES) is not ((state, verb) in REFUSED)


def test_who_may_not_hears_that_first() -> None:
    for state in RemarkState:
        for verb in (Verb.ANSWER, Verb.HAND_OVER, Verb.MERGE, Verb.SEPARATE):
            assert refusal(state, verb, {Part.READER, Part.MAKER}, merged=True) is Refusal.NOT_YOURS
    assert refusal(RemarkState.ANSWERED, Verb.TELL, {Part.READER}, merged=True) is None
    assert refusal(RemarkState.OPEN, Verb.TELL, {Part.OWNER}, merged=False) is Refusal.NOT_ANSWERED
    assert refusal(RemarkState.OPEN, Verb.ANSWER, {Part.OWNER}, merged=True) is Refusal.MERGED


def take(rep: Any, store: Any, text: str = "The bags tear", kind: RemarkKind = RemarkKind.COMPLAINT) -> Remark:
    return actions.take_down(rep, key=uuid7(), distributor=store, said=Said(kind, text), when=WHEN)


def test_the_way_of_a_complaint(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        rep, boss = viewer_of(people["rep"]), viewer_of(people["boss"])
        store = cast.make_distributor(rep_id=rep.id)
        remark = take(rep, store)
        again = actions.take_down(
            rep, key=remark.id, distributor=store, said=Said(RemarkKind.COMPLAINT, "The bags tear"), when=WHEN
        )
        assert (again.id, remark.owner_id) == (remark.id, boss.id)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Remark)) == 1
        told = db.session.scalars(sa.select(Notice).where(Notice.kind == "feedback.routed")).one()
        assert told.user_id == boss.id
        with pytest.raises(RefusedError) as refused:
            actions.answer(rep, remark, "Sorry", cast.NOW, cast.TODAY)
        assert refused.value.refusal is Refusal.NOT_YOURS
        with pytest.raises(RefusedError) as refused:
            actions.tell_back(rep, remark, TellWay.PHONE, "", cast.NOW)
        assert refused.value.refusal is Refusal.NOT_ANSWERED
        twin = take(rep, store, "The bags tear again")
        assert [row.id for row in queries.duplicates(boss, remark)] == [twin.id]
        actions.merge(boss, twin, remark, cast.NOW)
        actions.answer(boss, remark, "Thicker bags from next week", cast.NOW, cast.TODAY)
        db.session.refresh(twin)
        assert (twin.state, twin.answer) == (RemarkState.ANSWERED, "Thicker bags from next week")
        actions.tell_back(rep, remark, TellWay.VISIT, "He is content", cast.NOW)
        db.session.refresh(twin)
        assert (remark.state, twin.state) == (RemarkState.CLOSED, RemarkState.ANSWERED), (
            "his customer is still to be told"
        )
        actions.reopen(rep, remark, "They tear again", cast.NOW, cast.TODAY)
        assert (remark.state, remark.told_at) == (RemarkState.OPEN, None)


def test_what_is_overdue_is_told_once_and_then_goes_up(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        rep = viewer_of(people["rep"])
        remark = take(rep, cast.make_distributor(rep_id=rep.id), "Good pellets", RemarkKind.PRAISE)
        assert actions.warn_of_overdue(remark.due_at, cast.TODAY) == 0
        late = remark.due_at + timedelta(minutes=1)
        assert [actions.warn_of_overdue(late, cast.TODAY) for _ in range(2)] == [1, 0]
        assert [actions.warn_of_overdue(late + timedelta(days=9), cast.TODAY) for _ in range(2)] == [1, 0]
        kinds = dict(db.session.execute(sa.select(Notice.kind, Notice.user_id)).tuples().all())
        assert kinds == {"feedback.overdue": rep.id, "feedback.escalated": people["boss"].id}
