"""A complaint until it is put right.

Told at a visit without a signal, proposed, approved less, carried out, asked again, opened again, solved, learned from.
"""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import db
from fieldapp.fieldwork.remediation.models import Lesson, Remedy, Ticket, TicketPhoto
from fieldapp.fieldwork.remediation.rules import RootCause, TicketState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.accounts.models import User
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_field_day import EMPTY
from tests.journeys.test_offline_deal import until
from tests.journeys.test_visit import READY, STORE, picture, store

pytestmark = pytest.mark.browser


def ticket_of(desk: Desk) -> Ticket:
    found: Ticket = desk.one(Ticket)
    return found


def state(page: Page, words: str) -> None:
    expect(page.locator(".page-header")).to_contain_text(words)


def fold(page: Page, name: str) -> None:
    """Open a form of the ticket's page, if it is not the one that stands open."""
    part = page.locator(f"#s-{name}")
    if part.get_attribute("open") is None:
        part.locator("summary").first.tap()


def propose(page: Page, amount: str, words: str) -> None:
    fold(page, "proposal")
    page.locator("#proposal-kind").select_option("credit_note")
    page.locator("#proposal-amount").fill(amount)
    page.locator("#proposal-words").fill(words)
    page.get_by_role("button", name="Propose this remedy").tap()
    state(page, "Waits for approval")


@on_both_databases
def test_from_the_complaint_to_the_lesson(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    # In the store, without a signal.
    road = phone(browser, geolocation=STORE, permissions=["geolocation"], service_workers="allow")
    rep = sign_in(road, live_server, "rep")
    rep.goto(f"{live_server}/distributors/{store(desk).id}/visit")
    rep.locator("#to-check-in").tap()
    expect(rep.locator("#during")).to_contain_text("Here since")
    rep.evaluate(READY)
    road.set_offline(True)
    rep.locator("#s-ticket summary").first.tap()
    rep.locator("#ticket label:has([name=kind][value=quality])").tap()
    rep.locator("#ticket-story").fill("Eleven bags are caked and smell of mould.")
    rep.locator("#ticket-wish").fill("Take them back.")
    rep.locator("#ticket-photos").set_input_files([picture()])  # type: ignore[list-item]
    rep.locator("#ticket").get_by_role("button", name="Report it").tap()
    expect(rep.get_by_role("link", name="1 waiting to be sent")).to_be_visible()
    assert desk.count(Ticket) == 0
    road.set_offline(False)
    until(rep, EMPTY)
    ticket = ticket_of(desk)
    assert (ticket.story, ticket.visit_id) == ("Eleven bags are caked and smell of mould.", desk.one(Visit).id)
    assert desk.count(TicketPhoto) == 1

    # From home it is one tap away.
    rep.goto(live_server)
    rep.get_by_role("list", name="Tickets that wait for you").get_by_role("link").first.tap()
    rep.wait_for_url(f"**/tickets/{ticket.id}")
    propose(rep, "400", "A credit note for eleven bags.")

    # The supervisor gives less, on one screen.
    boss = sign_in(phone(browser), live_server, "boss")
    boss.goto(f"{live_server}/approvals")
    boss.get_by_role("link", name="T-000001").tap()
    boss.wait_for_url(f"**/tickets/{ticket.id}")
    for shown in ("Eleven bags are caked", "Take them back.", "¥400.00", "Sales, 12 months"):
        expect(boss.locator("main")).to_contain_text(shown)
    expect(boss.locator("main img")).to_have_count(1)
    fold(boss, "less")
    boss.locator("#less-amount").fill("300")
    boss.locator("#less-words").fill("Nine bags were ours.")
    boss.get_by_role("button", name="Approve this amount").tap()
    state(boss, "Remedy approved")

    # Carried out, with a photo; asked again by a link of his own.
    rep.reload()
    expect(rep.locator("main")).to_contain_text("Nine bags were ours.")
    fold(rep, "completion")
    rep.locator("#completion-words").fill("Credit note 300 handed over.")
    rep.locator("#completion-file").set_input_files([picture()])  # type: ignore[list-item]
    rep.get_by_role("button", name="It is carried out").tap()
    state(rep, "Carried out")
    rep.get_by_role("button", name="Ask the customer again").tap()
    rep.wait_for_url("**/surveys/*")
    rep.get_by_text("They answer themselves, or not at all").tap()
    rep.get_by_role("button", name="Link and QR code").tap()
    address = rep.get_by_role("img", name="QR code of the link").get_attribute("data-address")
    assert address is not None
    customer = phone(browser).new_page()
    customer.goto(address)
    customer.locator("label:has([name=q-solved][value=no])").tap()
    customer.locator("label:has([name=q-satisfaction][value='2'])").tap()
    customer.get_by_role("button", name="Send my answers").tap()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Thank you")

    # Not content: it is open again, and the rep is told.
    rep.goto(f"{live_server}/notices")
    rep.get_by_role("button", name="The customer is not content").tap()
    rep.wait_for_url(f"**/tickets/{ticket.id}")
    state(rep, "Reported")
    state(rep, "opened again once")

    # A second remedy, approved as it is; the customer tells the rep that it is well.
    propose(rep, "150", "The two others as well.")
    boss.goto(f"{live_server}/tickets/{ticket.id}")
    boss.get_by_role("button", name="Approve", exact=True).tap()
    state(boss, "Remedy approved")
    rep.reload()
    fold(rep, "completion")
    rep.locator("#completion-words").fill("The rest was handed over.")
    rep.get_by_role("button", name="It is carried out").tap()
    state(rep, "Carried out")
    fold(rep, "heard")
    rep.locator("label:has([name=solved][value=yes])").tap()
    rep.locator("label:has([name=satisfaction][value='5'])").tap()
    rep.get_by_role("button", name="Keep it").tap()
    state(rep, "Solved")

    # What it taught stands on the next ticket like it.
    fold(rep, "lesson")
    rep.locator("#lesson-cause").select_option("storage")
    rep.locator("#lesson-words").fill("Pallets in the store, first in first out.")
    rep.locator("#lesson-standing").check()
    rep.get_by_role("button", name="Close the ticket").tap()
    state(rep, "Closed")
    assert ticket_of(desk).state is TicketState.CLOSED
    assert desk.one(Lesson).cause is RootCause.STORAGE
    with desk.app.app_context():
        amounts = db.session.execute(sa.select(Remedy.asked, Remedy.amount).order_by(Remedy.proposed_at)).all()
    assert [tuple(row) for row in amounts] == [(40_000, 30_000), (15_000, 15_000)]
    rep.goto(f"{live_server}/tickets/new?distributor=D001")
    rep.locator("#ticket label:has([name=kind][value=quality])").tap()
    rep.locator("#ticket-story").fill("Three more bags.")
    rep.get_by_role("button", name="Report it").last.tap()
    expect(rep.locator("main")).to_contain_text("Pallets in the store, first in first out.")
