"""Opening a ticket: two fields are enough, what is known is filled in, and it goes on without a signal."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.feedback.rules import RemarkKind
from fieldapp.fieldwork.remediation.models import Ticket, TicketPhoto
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.models import Notice
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.desk.visits.conftest import Road, jpeg, road, waited

__all__ = ["desk", "road"]

NOBODYS = "01a217fc-0000-7000-8000-000000000000"  # the key of no row


def report(desk: Desk, who: str = "rep", headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
    body = {"distributor": "D001", "kind": "quality", "story": "Five bags were wet.", **fields}
    return desk.as_(who).post("/tickets", body, headers=headers)


def the_ticket(desk: Desk) -> Any:
    return desk.one(Ticket)


def sold(desk: Desk, batch: str = "261116-P10") -> str:
    """D001 bought P10 of a batch; the line as the form names it."""
    with desk.app.app_context():
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        head = {"number": "I7", "number_key": "i7", "date": cast.TODAY - timedelta(days=3), "amount": 100}
        invoice = cast.add(Invoice(distributor_id=store.id, **head))
        line = {"weight": 40_000, "amount": 100, "batch": batch, "batch_key": batch.casefold()}
        cast.add(InvoiceLine(invoice_id=invoice.id, line_no=1, product_id=product.id, **line))
        db.session.commit()
        return f"{invoice.id}/1"


def test_kind_and_story_are_enough(desk: Desk) -> None:
    answer = report(desk)
    ticket = the_ticket(desk)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/tickets/{ticket.id}")
    assert (ticket.kind, ticket.severity, ticket.story) == ("quality", "normal", "Five bags were wet.")
    assert "T-000001" in desk.as_("rep").get(answer.headers["Location"]).text


def test_what_is_missing_is_named_and_nothing_typed_is_lost(desk: Desk) -> None:
    answer = report(desk, kind="", story="", wish="Take the wet bags back", severity="severe")
    assert answer.status_code == 422
    assert "Choose what it is about." in answer.text
    assert "Fill this in." in answer.text
    assert "Take the wet bags back" in answer.text
    assert 'value="severe" checked' in answer.text
    assert desk.count(Ticket) == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kind", "theft", "Choose what it is about."),
        ("severity", "awful", "Choose one of those shown."),
        ("delivery", "nonsense", "This delivery is no longer there."),
        ("delivery", f"{NOBODYS}/1", "This delivery is no longer there."),
        ("product", "P99", "There is no product “P99”."),
        ("outlet", NOBODYS, "This outlet is no longer there."),
        ("batch", "x" * 65, "Use at most 64 characters."),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_field(desk: Desk, name: str, value: str, words: str) -> None:
    answer = report(desk, **{name: value})
    assert answer.status_code == 422
    assert words in answer.text


def test_outside_the_patch_there_is_no_such_distributor(desk: Desk) -> None:
    assert report(desk, distributor="D900").status_code == 404
    assert desk.as_("rep").get("/tickets/new?distributor=D900").status_code == 404
    assert report(desk, "admin").status_code == 403


def test_a_delivery_says_product_batch_and_invoice(desk: Desk) -> None:
    key = sold(desk)
    assert f'value="{key}"' in desk.as_("rep").get("/tickets/new?distributor=D001").text
    assert report(desk, delivery=key).status_code == 303
    ticket = the_ticket(desk)
    assert (ticket.batch, str(ticket.invoice_id)) == ("261116-P10", key.partition("/")[0])
    assert desk.one(Product, Product.id == ticket.product_id).code == "P10"


def test_what_is_typed_wins_over_the_delivery(desk: Desk) -> None:
    assert report(desk, delivery=sold(desk), product="P30").status_code == 303
    ticket = the_ticket(desk)
    assert (desk.one(Product, Product.id == ticket.product_id).code, ticket.batch) == ("P30", "")


def test_at_a_farm(desk: Desk, road: Road) -> None:
    with desk.app.app_context():
        farm = cast.add(Outlet(distributor_id=road.store(), kind=OutletKind.FARM, name="Farm Liu"))
        db.session.commit()
    assert "Farm Liu" in desk.as_("rep").get("/tickets/new?distributor=D001").text
    assert report(desk, outlet=str(farm.id)).status_code == 303
    assert (the_ticket(desk).farm_id, the_ticket(desk).outlet_id) == (farm.id, None)


def test_photos_come_with_it_and_twice_sent_is_once_kept(desk: Desk) -> None:
    key = str(uuid7())
    for _tap in range(2):
        answer = report(desk, id=key, photos=[jpeg(), jpeg("red")])
        assert answer.status_code == 303
    assert (desk.count(Ticket), desk.count(TicketPhoto)) == (1, 2)


def test_what_is_no_photo_is_refused(desk: Desk) -> None:
    answer = report(desk, photos=[jpeg(), (io.BytesIO(b"%PDF-1.4 %%EOF"), "a.pdf")])
    assert answer.status_code == 422
    assert "This is a PDF." in answer.text
    assert desk.count(Ticket) == 0
    assert report(desk, photos=[jpeg() for _ in range(7)]).status_code == 422


def test_dead_animals_warn_at_once_and_the_form_says_whom(desk: Desk) -> None:
    form = desk.as_("rep").get("/tickets/new?distributor=D001").text
    assert "Deputy" in form
    assert "Boss" in form
    assert "the administrators are warned at once" in form
    answer = report(desk, kind="animals", severity="minor")
    assert "were warned at once" in desk.as_("rep").get(answer.headers["Location"]).text
    ticket = the_ticket(desk)
    assert (ticket.severity, ticket.dangerous) == ("severe", True)
    with desk.app.app_context():
        told = sa.select(User.username).join(Notice, Notice.user_id == User.id)
        assert {"deputy", "boss", "admin"} <= set(db.session.scalars(told))


def test_written_without_a_signal_it_is_received_once_on_its_visit(desk: Desk, road: Road) -> None:
    visit, key = uuid7(), uuid7()
    assert road.arrive(key=visit, ago={"hours": 3}).status_code == 303
    headers = {"X-Outbox": "1", "Idempotency-Key": str(key), **waited(hours=2)}
    for _sent in range(2):
        answer = report(desk, headers=headers, visit=str(visit))
        assert answer.headers["X-Receipt"] == str(key)
        assert answer.headers["X-Next"].endswith(f"/tickets/{key}")
    ticket = the_ticket(desk)
    assert (ticket.id, ticket.visit_id) == (key, visit)
    assert timedelta(hours=1, minutes=59) < ticket.recorded_at - ticket.made_at < timedelta(hours=2, minutes=1)


def test_a_visit_that_never_arrived_keeps_no_complaint_away(desk: Desk) -> None:
    assert report(desk, visit=str(uuid7())).status_code == 303
    assert the_ticket(desk).visit_id is None


def test_from_the_low_answers_of_a_survey(desk: Desk, road: Road) -> None:
    with desk.app.app_context():
        store = db.session.get_one(Distributor, road.store())
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        survey = cast.make_survey(store, rep)
        scores = dict.fromkeys(("price", "quality", "technical", "rep", "promotion", "payment", "overall"), 5)
        answers = {**scores, "delivery": 2, "recommend": 9}
        surveys.answer(viewer_of(rep), survey, answers, cast.NOW, cast.NOW)
        db.session.commit()
        key = survey.id
    form = desk.as_("rep").get(f"/tickets/new?survey={key}").text
    assert "Delivery: 2 of 5" in form
    assert 'value="delivery" required checked' in form
    assert "Prices: " not in form  # the side bar has a place of that name
    report(desk, survey=str(key))
    assert the_ticket(desk).survey_id == key


def test_from_a_remark(desk: Desk, road: Road) -> None:
    remark = make_remark(desk, road)
    form = desk.as_("rep").get(f"/tickets/new?distributor=D001&remark={remark}").text
    assert "The piglets do not eat it." in form
    assert 'value="B-77"' in form
    report(desk, remark=str(remark))
    assert the_ticket(desk).remark_id == remark


def test_a_remark_of_another_distributor_is_not_carried_over(desk: Desk, road: Road) -> None:
    remark = make_remark(desk, road)
    assert (
        "The piglets do not eat it." not in desk.as_("rep").get(f"/tickets/new?distributor=D002&remark={remark}").text
    )
    report(desk, distributor="D002", remark=str(remark))
    assert the_ticket(desk).remark_id is None


def make_remark(desk: Desk, road: Road) -> UUID:
    at = road.store()
    with desk.app.app_context():
        begin_writing()
        viewer, key = desk.viewer("rep"), uuid7()
        said = feedback.Said(RemarkKind.EFFECT, "The piglets do not eat it.", batch="B-77")
        store = db.session.get_one(Distributor, at)
        when = When(cast.NOW, cast.NOW, cast.TODAY)
        feedback.take_down(viewer, key=key, distributor=store, said=said, when=when)
        db.session.commit()
        return key


def test_without_a_distributor_it_is_picked_first(desk: Desk) -> None:
    assert "郑州金禾饲料有限公司" in desk.as_("rep").get("/tickets/new").text
    found = desk.as_("rep").fragment("/tickets/new?q=d001").text
    assert "/tickets/new?distributor=D001" in found
    assert "<html" not in found
