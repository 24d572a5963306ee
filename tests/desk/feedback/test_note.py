"""Noting a remark: in a few taps, once, with what its kind asks for, by whoever may see the distributor."""

import time
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.feedback.models import Remark, RemarkPhoto
from fieldapp.fieldwork.feedback.rules import EffectResult, RemarkKind, RemarkState, Theme
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.accounts.models import User
from fieldapp.people.notices.models import Notice
from tests import cast
from tests.desk.feedback.conftest import Ear, jpeg


def test_a_complaint_goes_to_the_supervisor_who_hears_of_it(ear: Ear) -> None:
    key = ear.note(theme="packaging", batch="B7")
    remark = ear.remark(key)
    assert (remark.kind, remark.theme, remark.batch) == (RemarkKind.COMPLAINT, Theme.PACKAGING, "B7")
    assert remark.state is RemarkState.OPEN
    page = ear.page(f"/feedback/{key}")
    assert "The bags are torn" in page
    assert "To be answered" in page
    with ear.desk.app.app_context():
        owner = db.session.get_one(User, remark.owner_id)
        told = db.session.scalars(sa.select(Notice).where(Notice.user_id == owner.id)).one()
        assert owner.role == "supervisor"
        assert told.path == f"/feedback/{key}"
    assert "A remark waits for your answer: Complaint" in ear.page("/notices", owner.username)


def test_the_form_comes_back_with_what_was_typed(ear: Ear) -> None:
    answer = ear.send(kind="effect", text="They grow <fast>", product="Nobody's", head="many", days="0")
    assert answer.status_code == 422
    for part in ("They grow &lt;fast&gt;", "No product of ours is called “Nobody&#39;s”", "Say how the animals did."):
        assert part in answer.text
    assert answer.text.count("Give a whole number from 1") == 2
    assert ear.send(kind="rumour", text="").status_code == 422
    with ear.desk.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Remark)) == 0


def test_a_product_effect_keeps_product_batch_animals_and_result(ear: Ear) -> None:
    key = ear.note(
        kind="effect", text="They eat more", product="p10", batch="260901-1", animal="Sows", head="1,200", days="14",
        result="better",
    )  # fmt: skip
    remark = ear.remark(key)
    assert (remark.animal, remark.head, remark.days, remark.result) == ("Sows", 1200, 14, EffectResult.BETTER)
    assert remark.product_id is not None
    page = ear.page(f"/feedback/{key}")
    for part in ("260901-1", "Sows · 1,200 head", "14 days", "Better"):
        assert part in page


def test_what_only_an_effect_has_is_not_kept_of_praise(ear: Ear) -> None:
    remark = ear.remark(ear.note(kind="praise", animal="Sows", head="many", result="worse"))
    assert (remark.animal, remark.head, remark.result) == ("", None, None)


def test_a_photo_is_kept_and_shown_to_whoever_may_see_the_remark(ear: Ear) -> None:
    key = ear.note(file=jpeg())
    with ear.desk.app.app_context():
        photo = db.session.scalars(sa.select(RemarkPhoto).where(RemarkPhoto.remark_id == key)).one()
    url = f"/feedback/photos/{photo.id}"
    assert url in ear.page(f"/feedback/{key}")
    answer = ear.desk.as_("boss").get(url)
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert ear.desk.as_("stranger").get(url).status_code == 404
    refused = ear.send(file=(jpeg()[0].__class__(b"no photo"), "p.jpg"))
    assert refused.status_code == 422
    assert "The bags are torn" in refused.text


def test_a_phone_that_sends_it_twice_makes_one_remark_of_the_time_it_was_said(ear: Ear) -> None:
    key = uuid7()
    sent = int(time.time() * 1000)
    waited = str(sent - int(timedelta(hours=5).total_seconds() * 1000))
    headers = {
        "X-Outbox": "1",
        "Idempotency-Key": str(key),
        "X-Client-Now": str(sent),
        "X-Client-Created": waited,
        "X-CSRFToken": ear.desk.as_("rep").csrf(),
    }
    first = ear.send(headers=headers, id=str(key), file=jpeg())
    again = ear.send(headers=headers, id=str(key), file=jpeg())
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    remark = ear.remark(key)
    assert abs(remark.made_at - (now() - timedelta(hours=5))) < timedelta(minutes=1)
    with ear.desk.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RemarkPhoto)) == 1


def test_it_belongs_to_the_visit_under_way_there(ear: Ear) -> None:
    store = _store(ear)
    with ear.desk.app.app_context():
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        at = now()
        visit = cast.add(Visit(distributor_id=store, rep_id=rep.id, day=cast.TODAY, arrived_at=at, recorded_at=at))
        key: UUID = visit.id
        db.session.commit()
    brief = ear.page(f"/distributors/{store}/visit")
    assert 'action="/feedback"' in brief
    assert ear.remark(ear.note()).visit_id == key
    assert ear.remark(ear.note(visit=str(key))).visit_id == key
    assert ear.remark(ear.note(who="boss", visit=str(key))).visit_id is None, "it is not the visit of the boss"


def _store(ear: Ear) -> UUID:
    from fieldapp.network.distributors.models import Distributor

    found: UUID = ear.desk.one(Distributor, Distributor.code == "D001").id
    return found


def test_nobody_notes_or_reads_outside_his_patch(ear: Ear) -> None:
    key = ear.note()
    assert ear.send("stranger").status_code == 404
    assert ear.desk.as_("stranger").get(f"/feedback/{key}").status_code == 404
    assert ear.desk.as_("stranger").get("/feedback/new?distributor=D001").status_code == 404
    assert ear.desk.as_("stranger").get("/feedback?distributor=D001").status_code == 404
    assert "The bags are torn" not in ear.page("/feedback?part=all", "stranger")


def test_without_a_distributor_one_is_chosen_first(ear: Ear) -> None:
    assert "/feedback/new?distributor=D001" in ear.page("/feedback/new?q=D001")


def test_the_distributors_page_the_home_page_and_the_brief_show_it(ear: Ear) -> None:
    key = ear.note()
    store = _store(ear)
    assert f"/feedback/{key}" in ear.page(f"/distributors/{store}")
    assert f"/feedback/{key}" in ear.page(f"/distributors/{store}/visit")
    owner = ear.remark(key).owner_id
    with ear.desk.app.app_context():
        name = db.session.get_one(User, owner).username
    assert "1 remark waits for your answer" in ear.page("/", name)
