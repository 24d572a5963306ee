"""Prices seen in shops: noted once, with those of visits in one list, charted, and only for one's patch."""

from datetime import timedelta

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.desk.pricebook.chart import chart
from fieldapp.desk.pricebook.seen import Asked, observed
from fieldapp.fieldwork.visits.models import VisitNote
from fieldapp.fieldwork.visits.rules import NoteSection
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.trade.retail.models import RetailObservation
from tests import cast
from tests.desk.conftest import Desk

FORM = {"distributor": "D001", "product": "P10", "price": "132.5", "unit": "bag"}


def test_what_was_noted_and_what_was_seen_on_visits_is_one_list(desk: Desk) -> None:
    rep, key = desk.as_("rep"), str(uuid7())
    for _twice in range(2):
        assert rep.post("/prices/retail", {**FORM, "id": key}).status_code == 303
    rival = {**FORM, "product": "Their grower", "price": "3300", "unit": "tonne", "id": str(uuid7())}
    assert rep.post("/prices/retail", rival).status_code == 303
    with desk.app.app_context():
        row = db.session.scalars(sa.select(RetailObservation).where(RetailObservation.rival == "")).one()
        user = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        visit = cast.make_visit(db.session.get_one(Distributor, row.distributor_id), user, cast.TODAY)
        note = {
            "section": NoteSection.RETAIL,
            "subject": "Product P10",
            "product_id": row.product_id,
            "made_at": cast.NOW,
        }
        cast.add(VisitNote(visit_id=visit.id, price=13_333, weight=40_000, **note))
        db.session.commit()
        found = observed(desk.viewer("boss"), Asked(), cast.TODAY)
        assert sorted((one.what, one.price) for one in found) == [
            ("Product P10", 331_250),
            ("Product P10", 333_325),
            ("Their grower", 330_000),
        ]
        assert observed(desk.viewer("stranger"), Asked(), cast.TODAY) == []
        assert len(observed(desk.viewer("boss"), Asked(), cast.TODAY, product_id=row.product_id)) == 2
    page = rep.get("/prices/retail?product=P10").text
    assert "<svg" in page
    assert "anti-monopoly law" in page
    assert ",3312.5," in rep.get("/prices/retail/export.csv?product=P10").text


def test_what_is_typed_wrongly_comes_back_with_what_to_do(desk: Desk) -> None:
    rep = desk.as_("rep")
    for wrong in (
        {"price": "0"},
        {"price": "a"},
        {"unit": "box"},
        {"bag": "0"},
        {"day": "2026-11-24"},
        {"product": ""},
    ):
        answer = rep.post("/prices/retail", {**FORM, **wrong})
        assert answer.status_code == 422, wrong
        assert 'class="error"' in answer.text, wrong
    assert desk.count(RetailObservation) == 0


def test_the_chart_holds_what_was_seen_and_what_we_suggest() -> None:
    first, last = cast.TODAY - timedelta(days=100), cast.TODAY
    drawn = chart([(first, 300_000), (last, 330_000)], [(last, 330_000)], [(first, 310_000)], first, last)
    assert drawn is not None
    assert [dot.x for dot in drawn.dots] == [8, 294]
    assert drawn.dots[0].y > drawn.dots[1].y
    assert drawn.suggested.split()[0].startswith("8,")
    assert drawn.suggested.split()[1].startswith("294,")
    assert chart([(first, 300_000)], [], [], first, last) is None
