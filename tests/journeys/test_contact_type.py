"""A rep classifies a contact on his phone: from the distributor's page, two taps beside the ticks."""

import pytest
from playwright.sync_api import Browser, expect

from fieldapp.network.playbook.models import ContactType
from fieldapp.network.playbook.rules import CustomerType
from fieldapp.people.accounts.models import User
from tests.browser import PHONE
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser


@on_both_databases
def test_a_contact_is_classified_in_two_taps_and_the_ticks(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    context = phone(browser)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/distributors")
    page.locator(".row-main", has_text="郑州金禾饲料有限公司").tap()

    # The chip, two ticks, the type that comes first: that is all.
    taps = ticks = 0
    page.locator(".chip", has_text="Type?").tap()
    taps += 1
    expect(page.locator("h1")).to_have_text("What did you see?")
    for sign in ("Talks little", "Serious"):
        row = page.locator("label.choice", has_text=sign)
        box = row.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        row.tap()
        ticks += 1
    first = page.locator("#ranking .ranked").first
    expect(first).to_contain_text("Quiet")
    expect(first).to_contain_text("Serious · Talks little")
    expect(page.locator("#live")).to_have_text("Fits best: Quiet")
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"], "in sight, wherever one has scrolled to"
    first.tap()
    taps += 1
    page.wait_for_url("**/distributors/*")
    assert (taps, ticks) == (2, 2)

    # It is saved with what was seen, and the advice stands on the page.
    row = desk.one(ContactType)
    assert (row.type, row.observed) == (CustomerType.QUIET, ["serious", "silent"])
    expect(page.locator("main")).to_contain_text("Leave a silence and wait for the answer")

    # Two more taps take it back.
    page.locator(".list .chip", has_text="Quiet").tap()
    page.locator("button", has_text="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Undone.")
    assert desk.count(ContactType, ContactType.ended_at.is_(None)) == 0
    context.close()


def test_a_tap_without_ticks_and_what_back_shows(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    context = phone(browser)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/distributors")
    page.locator(".row-main", has_text="郑州金禾饲料有限公司").tap()
    page.locator(".chip", has_text="Type?").tap()
    page.locator("label.choice", has_text="Interrupts").tap()
    expect(page.locator("#ranking .ranked")).to_have_count(1)
    page.wait_for_url("**seen=interrupts**")
    page.reload()
    expect(page.locator("label input[value=interrupts]")).to_be_checked()
    page.locator("summary", has_text="Choose without ticking").tap()
    page.locator("button[form=set]", has_text="Expert").tap()
    page.wait_for_url("**/distributors/*")
    row = desk.one(ContactType)
    assert (row.type, row.observed) == (CustomerType.EXPERT, ["interrupts"])
    context.close()


def test_it_works_without_javascript(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    context = phone(browser, java_script_enabled=False)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/distributors")
    page.locator(".row-main", has_text="郑州金禾饲料有限公司").click()
    page.locator(".chip", has_text="Type?").click()
    page.locator("label input[value=serious]").check()
    page.locator("button", has_text="Which types fit?").click()
    expect(page.locator("label input[value=serious]")).to_be_checked()
    page.locator("#ranking .ranked").first.click()
    expect(page.locator("main")).to_contain_text("Invite questions")
    assert desk.one(ContactType).type is CustomerType.QUIET
    context.close()
