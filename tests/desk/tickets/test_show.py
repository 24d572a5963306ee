"""What the page of a ticket says, what each role can do there in each state, and the warning of a dangerous batch."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind, TicketState
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.notices.models import Notice
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.tickets.conftest import Counter

# What a form of each resource is sent with, right in itself.
FORMS = {
    "proposal": {"kind": "apology", "by_day": cast.TODAY.isoformat(), "words": "Sorry"},
    "answer": {"words": "We look into it"},
    "steps": {"words": "Loaded"},
    "completion": {"words": "Delivered"},
    "question": {},
    "verdict": {"solved": "yes", "satisfaction": "5"},
    "lesson": {"cause": "use", "words": "Explain it"},
    "withdrawal": {"words": "A mistake"},
    "comments": {"words": "Seen"},
}
_HANDLED = {
    "proposal": {"reported", "returned", "declined"},
    "answer": {"reported", "proposed", "second", "approved", "returned", "declined", "under_way", "carried_out"},
    "steps": {"approved", "under_way"},
    "completion": {"approved", "under_way"},
    "question": {"carried_out"},
    "verdict": {"carried_out"},
    "lesson": {"solved", "declined"},
    "withdrawal": {"reported", "proposed", "second", "returned"},
    "comments": {state.value for state in TicketState},
}
_DECIDED = {"boss": set(), "deputy": {"proposed", "second"}, "admin": {"second"}, "rep": set()}


def standing_at(counter: Counter, state: TicketState) -> UUID:
    """A ticket in a state, its remedy of ¥800 approved first by the boss."""
    key = counter.opened()
    counter.propose(key)
    with counter.desk.app.app_context():
        boss = db.session.scalars(sa.select(User.id).where(User.username == "boss")).one()
    counter.desk.change(sa.update(Ticket).where(Ticket.id == key).values(state=state))
    first = boss if state is not TicketState.PROPOSED else None
    counter.desk.change(sa.update(Remedy).where(Remedy.ticket_id == key).values(first_by_id=first))
    return key


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", list(TicketState))
def test_every_resource_by_every_role_follows_the_table(counter: Counter, state: TicketState) -> None:
    for resource, form in FORMS.items():
        for who in ("rep", "deputy", "admin"):
            key = standing_at(counter, state)
            allowed = state.value in _HANDLED[resource] and (who != "admin" or resource == "comments")
            before = len(counter.verbs(key))
            answer = counter.post(key, resource, who, **form)
            if allowed:
                assert answer.status_code == 303, (resource, who, state)
                assert len(counter.verbs(key)) == before + 1
            else:
                assert answer.status_code in (403, 409), (resource, who, state)
                assert "Not done" in answer.text or who == "admin"
                assert len(counter.verbs(key)) == before
                assert counter.ticket(key).state is state
    for who, states in _DECIDED.items():
        for decision in ("approve", "less", "return", "decline"):
            key = standing_at(counter, state)
            answer = counter.decide(key, decision, who, amount="100")
            if state.value in states or (who == "boss" and state is TicketState.PROPOSED):
                assert answer.status_code == 303, (decision, who, state)
            else:
                assert answer.status_code in (403, 409), (decision, who, state)
                assert "Not done" in answer.text or who == "rep"
                assert counter.ticket(key).state is state


def test_the_page_tells_the_story(counter: Counter) -> None:
    key = counter.opened(product="P10", batch="B7", wish="Take them back", severity=Severity.SEVERE)
    page = counter.page(key)
    for said in (
        "T-000001",
        "郑州金禾饲料有限公司",
        "Quality",
        "Severe",
        "Reported",
        "Five bags were wet.",
        "Take them back",
    ):
        assert said in page
    assert 'href="tel:' in page
    assert "/batches?batch=B7" in page
    assert "Product P10" in page


def test_a_clock_that_ran_out_is_red(counter: Counter) -> None:
    key = counter.opened()
    assert "hours late" not in counter.page(key)
    due = counter.ticket(key).recorded_at - timedelta(hours=5)
    counter.desk.change(sa.update(Ticket).where(Ticket.id == key).values(first_due_at=due))
    assert "5 hours late" in counter.page(key)


def test_an_administrator_comments_and_does_nothing_else_on_the_road(counter: Counter) -> None:
    page = counter.page(counter.opened(), "admin")
    assert "/comments" in page
    assert "/proposal" not in page
    assert "/withdrawal" not in page


def sold(counter: Counter, code: str, batch: str, number: str) -> None:
    """A distributor bought of a batch."""
    with counter.desk.app.app_context():
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()
        product = db.session.scalars(sa.select(Product.id).where(Product.code == "P10")).one()
        day = cast.TODAY - timedelta(days=3)
        row = Invoice(number=number, number_key=number.casefold(), distributor_id=store.id, date=day, amount=1000)
        invoice = cast.add(row)
        line = {"product_id": product, "weight": 40_000, "amount": 1000, "batch": batch, "batch_key": batch.casefold()}
        cast.add(InvoiceLine(invoice_id=invoice.id, line_no=1, **line))
        db.session.commit()


def test_a_dangerous_product_warns_and_leads_to_every_buyer(counter: Counter) -> None:
    for number, code in enumerate(("D001", "D002", "D900")):
        sold(counter, code, "B7", f"I{number}")
    key = counter.opened(product="P10", batch=" b7", kind=TicketKind.ANIMALS, story="Three sows do not eat")
    page = counter.page(key)
    assert "2 distributors of your patch bought batch" in page
    assert "1 more elsewhere" in page
    with counter.desk.app.app_context():
        statement = sa.select(User.username).join(Notice, Notice.user_id == User.id)
        told = set(db.session.scalars(statement.where(Notice.kind == "remediation.dangerous")))
    assert told == {"boss", "deputy", "stranger", "admin"}  # the stranger's patch has a buyer
    assert "Find out product and batch" in counter.page(counter.opened(kind=TicketKind.ANIMALS))


def test_an_own_ticket_outside_the_patch_is_seen_and_left_to_others(counter: Counter) -> None:
    key = counter.opened()
    counter.desk.change(sa.update(Distributor).where(Distributor.code == "D001").values(region_code="650102"))
    page = counter.page(key)
    assert "outside your patch now" in page
    assert counter.post(key, "answer", words="Hello").status_code == 403
    assert counter.desk.as_("boss").get(f"/tickets/{key}").status_code == 404
    assert counter.desk.as_("stranger").get(f"/tickets/{key}").status_code == 200
