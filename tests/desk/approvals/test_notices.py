"""What people are told of approvals, ratings and temporary limits: once, those concerned, until it is settled."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import now
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.notices.models import Notice
from fieldapp.standing.grading import increases
from fieldapp.standing.grading.actions import Decision, decide
from fieldapp.standing.grading.models import Assessment, CreditIncrease
from tests import cast
from tests.desk.conftest import Desk


def told(desk: Desk, kind: str, *, unread: bool = True) -> list[str]:
    """Who was told of it."""
    with desk.app.app_context():
        found = sa.select(User.username).join(Notice, Notice.user_id == User.id).where(Notice.kind == kind)
        if unread:
            found = found.where(Notice.read_at.is_(None))
        return sorted(db.session.scalars(found))


def test_all_who_may_decide_hear_of_a_request_until_one_has_decided(desk: Desk) -> None:
    approval_id = desk.ask()
    assert told(desk, "approvals.asked") == ["boss", "deputy"]
    desk.decide(approval_id)
    assert told(desk, "approvals.asked") == []
    assert told(desk, "approvals.decided") == ["rep"]
    page = desk.as_("rep").get("/notices").text
    assert "Your deal was approved" in page
    desk.as_("rep").post(f"/approvals/{approval_id}/acknowledgement")
    assert told(desk, "approvals.decided") == []


def test_a_withdrawn_request_waits_for_nobody(desk: Desk) -> None:
    approval_id = desk.ask(who="boss")
    assert told(desk, "approvals.asked") == ["deputy"], "nobody is told of his own"
    desk.as_("boss").post(f"/approvals/{approval_id}/withdrawal")
    assert told(desk, "approvals.asked") == []
    assert told(desk, "approvals.decided", unread=False) == []


def test_a_temporary_limit_is_told_of_and_its_answer(desk: Desk) -> None:
    with desk.app.app_context():
        begin_writing()
        store: UUID = db.session.scalars(sa.select(Distributor.id).where(Distributor.code == "D001")).one()
        rep, key = desk.viewer("rep"), uuid7()
        increases.ask(rep, store, 100_000, 10, "Two barns", key, now(), cast.TODAY)
        db.session.commit()
    assert told(desk, "credit.asked") == ["boss", "deputy"]
    with desk.app.app_context():
        begin_writing()
        row = db.session.get_one(CreditIncrease, key)
        increases.decide(desk.viewer("boss"), row, increases.Decision.DECLINE, "No", now(), cast.TODAY)
        db.session.commit()
    assert told(desk, "credit.asked") == []
    assert told(desk, "credit.decided") == ["rep"]
    page = desk.as_("rep").get("/notices").text
    assert "Your temporary limit was declined" in page


def test_a_rating_is_told_of_and_its_answer(desk: Desk) -> None:
    with desk.app.app_context():
        begin_writing()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        rating = cast.make_rating(store, rep)
        key = rating.id
        db.session.commit()
        begin_writing()
        decide(desk.viewer("boss"), db.session.get_one(Assessment, key), Decision.CONFIRM, "Yes", now())
        db.session.commit()
    assert told(desk, "grading.decided") == ["rep"]
    with desk.app.app_context():
        made = db.session.scalars(sa.select(Notice.made_at)).one()
        assert now() - made < timedelta(minutes=1)
