"""A rep plans his week on his phone by tapping, and sees it on today's page; nothing of it needs JavaScript."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from tests import cast
from tests.browser import PHONE
from tests.cast import TODAY
from tests.desk.rounds.conftest import Round, rounds
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in

__all__ = ["rounds"]

pytestmark = pytest.mark.browser


@pytest.fixture
def due(app: Flask, rounds: Round, with_passwords: dict[str, User]) -> Round:
    """Eight distributors in two counties, due for longer and longer; one has a promise for today."""
    with app.app_context():
        for number in range(8):
            row = cast.make_distributor(
                f"D{number:03}",
                "410102" if number % 2 else "410105",
                name=f"Store {number}",
                rep_id=rounds.people["rep"].id,
                lat=34.75 + number / 100,
                lng=113.62,
            )
            cast.make_credit(row, "A")
            cast.make_visit(row, rounds.people["rep"], TODAY - timedelta(days=10 + number))
            if number == 3:
                cast.make_task(row, rounds.people["rep"], TODAY, text="Bring two posters")
        db.session.commit()
    return rounds


def plan(page: Page, name: str) -> None:
    page.locator(".row", has_text=name).get_by_role("button", name=f"Plan {name}").tap()
    expect(page.locator("ul[aria-label=Planned]")).to_contain_text(name)


@on_both_databases
def test_a_week_is_planned_by_tapping_and_stands_on_todays_page(due: Round, live_server: str, browser: Browser) -> None:
    context = phone(browser, geolocation={"latitude": 34.82, "longitude": 113.62}, permissions=["geolocation"])
    page = sign_in(context, live_server, "rep")
    page.get_by_role("link", name="Week", exact=True).tap()
    for name in ("Store 7", "Store 5"):
        plan(page, name)
    expect(page.locator(".days [aria-current]")).to_contain_text("2")

    # Another day; then one visit is put on it, and one is taken off.
    page.locator(".days a", has_text="24").tap()
    plan(page, "Store 6")
    page.locator(".days a", has_text="23").tap()
    row = page.locator(".row", has_text="Store 5")
    row.locator(".sheet summary").tap()
    button = page.get_by_role("button", name="Tue 24")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= PHONE["height"], "in the thumb's reach"
    button.tap()
    expect(page.locator("ul[aria-label=Planned]")).not_to_contain_text("Store 5")
    page.locator(".days a", has_text="24").tap()
    expect(page.locator("ul[aria-label=Planned]")).to_contain_text("Store 5")
    page.get_by_role("button", name="Take Store 6 off the plan").tap()
    expect(page.locator("ul[aria-label=Planned]")).not_to_contain_text("Store 6")

    # Today's page: what is planned, what was promised, who is due.
    page.locator("nav.tabs a", has_text="Visits").tap()
    expect(page.locator("ul[aria-label='Planned for today'] .row-title")).to_have_text(["Store 7"])
    expect(page.locator("ul[aria-label='Promised or asked for by today']")).to_contain_text("Bring two posters")
    due_list = page.locator("ul[aria-label='Due for a visit'] .row-title")
    expect(due_list).to_have_text([f"Store {number}" for number in (6, 5, 4, 2, 1, 0)])
    page.get_by_role("button", name="Nearest first").tap()
    page.wait_for_url("**lat=34.82**")
    expect(due_list).to_have_text([f"Store {number}" for number in (6, 5, 4, 2, 1, 0)])
    expect(page.locator("ul[aria-label='Due for a visit'] .row-sub").first).to_have_text("1.1 km")

    # Call and navigate are a tap each; the sheet closes by a tap beside it.
    row = page.locator(".row", has_text="Store 7")
    expect(row.get_by_role("link", name="Call Store 7")).to_have_attribute("href", "tel:13800000000")
    row.locator(".sheet summary").tap()
    expect(page.get_by_role("link", name="AMap")).to_be_visible()
    page.touchscreen.tap(200, 60)
    expect(page.get_by_role("link", name="AMap")).to_be_hidden()

    # The promise is done, with what came of it.
    page.locator("nav.tabs a", has_text="Tasks").tap()
    page.locator(".task summary", has_text="Bring two posters").tap()
    page.get_by_label("What came of it").fill("Hung up")
    page.get_by_role("button", name="It is done").tap()
    expect(page.locator("main")).to_contain_text("No open tasks")
    context.close()


def test_a_tap_in_a_long_list_comes_back_to_its_place(due: Round, live_server: str, browser: Browser) -> None:
    context = phone(browser)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/visits/week")
    page.locator(".row", has_text="Store 0").get_by_role("button").scroll_into_view_if_needed()
    height = page.evaluate("scrollY")
    assert height > 100
    page.locator(".row", has_text="Store 0").get_by_role("button").tap()
    expect(page.locator("ul[aria-label=Planned]")).to_contain_text("Store 0")
    assert page.evaluate("scrollY") > 100
    context.close()


def test_it_is_planned_without_javascript(due: Round, live_server: str, browser: Browser) -> None:
    context = phone(browser, java_script_enabled=False)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/visits/week")
    page.locator(".row", has_text="Store 7").get_by_role("button").click()
    page.locator(".row", has_text="Store 7").locator(".sheet summary").click()
    page.get_by_role("button", name="Wed 25").click()
    page.locator(".days a", has_text="25").click()
    assert "Store 7" in page.locator("ul[aria-label=Planned]").inner_text()
    context.close()
