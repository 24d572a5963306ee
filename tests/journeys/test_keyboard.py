"""From the home page to a recorded check by keyboard alone: one always sees where one is, and never loses the place."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import db
from fieldapp.desk.checks.models import DealCheck
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests.browser import DESK, PHONE
from tests.desk.conftest import Desk, buy
from tests.journeys.test_deal_to_approval import sign_in

pytestmark = pytest.mark.browser

# What is wrong with where the focus is; "" when nothing is. An input that is laid over its label shows it there.
WHERE = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return "the focus is lost";
  const name = e.outerHTML.slice(0, 120), box = e.getBoundingClientRect();
  if (box.width < 2 || box.height < 2) return "not visible: " + name;
  if (box.bottom > innerHeight + 1 || box.top < -1 || box.left < -1 || box.right > innerWidth + 1)
    if (box.height < innerHeight) return `off the screen (${box.top}…${box.bottom} of ${innerHeight}): ` + name;
  const x = box.left + box.width / 2, y = box.top + Math.min(box.height, innerHeight) / 2;
  const over = document.elementFromPoint(x, Math.min(innerHeight - 1, y));
  if (over && !e.contains(over) && !over.contains(e) && e.closest("label") !== over.closest("label"))
    return "covered by " + over.outerHTML.slice(0, 80) + ": " + name;
  const style = (x) => getComputedStyle(x);
  const ring = (x) => x && style(x).outlineStyle !== "none" && parseFloat(style(x).outlineWidth) >= 2;
  if (![e, e.nextElementSibling, e.parentElement].some(ring)) return "no ring: " + name;
  return "";
}"""


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User], app: Flask) -> Desk:
    buy(desk, "P10", 5_000_000)
    with app.app_context():
        reindex(list(db.session.scalars(sa.select(Distributor.id))))
        db.session.commit()
    return desk


def tab_to(page: Page, selector: str, key: str = "Tab", most: int = 40) -> None:
    """Press Tab until the focus is on what is looked for; at every step it has to be in sight."""
    for _ in range(most):
        page.keyboard.press(key)
        problem = page.evaluate(WHERE)
        assert not problem, f"on the way to {selector}: {problem}"
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{most} times {key} did not come to {selector}")


def here(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.id || document.activeElement.tagName"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_from_home_to_a_recorded_check(world: Desk, live_server: str, browser: Browser, size: Any) -> None:
    context = browser.new_context(viewport=size, locale="en-GB")
    page = sign_in(context, live_server, "rep")
    page.goto(live_server)

    # The way past the navigation comes first and leads to the content.
    tab_to(page, ".skip", most=1)
    page.keyboard.press("Enter")
    assert here(page) == "main"

    # Search the distributor: the list follows what is typed, and the place stays in the search.
    page.goto(live_server)
    tab_to(page, "a.place-main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/new*")
    if page.evaluate("!document.activeElement.matches('[type=search]')"):
        tab_to(page, "[type=search]")
    page.keyboard.type("jinhe")
    page.wait_for_url(lambda url: "q=jinhe" in url)
    expect(page.locator("#found .row-main")).to_have_count(1)
    assert page.evaluate("document.activeElement.matches('[type=search]')")
    tab_to(page, "#found .row-main")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "distributor=D001" in url)

    # Type a price: the verdict follows, the place stays.
    if here(page) != "price-0":
        tab_to(page, "#price-0")
    page.keyboard.press("Control+A")
    page.keyboard.type("3150")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    assert here(page) == "price-0"

    # The button that sets the lowest price is gone after the next answer; the price has the focus then.
    tab_to(page, "[data-set-value]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    assert here(page) == "price-0"
    assert not page.evaluate(WHERE)

    # One more line and away with it: what was added or is left has the focus.
    tab_to(page, "button[name=add]")
    page.keyboard.press("Enter")
    expect(page.locator("#product-1")).to_have_count(1)
    assert not page.evaluate(WHERE), page.evaluate(WHERE)
    tab_to(page, "button[name=remove]", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#product-1")).to_have_count(0)
    assert not page.evaluate(WHERE), page.evaluate(WHERE)

    # All the rest of the page is in sight as one comes by, to the button that records.
    tab_to(page, ".deal-record button")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/deals/0" in url)
    assert world.one(DealCheck).verdict == "go"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # past the last: the browser's own bar is next
        assert not page.evaluate(WHERE), page.evaluate(WHERE)
    context.close()


def test_a_refused_form_puts_the_focus_on_what_is_wrong(world: Desk, live_server: str, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/deals/new?distributor=D001&product=P10&kg=5000&price=3150")
    tab_to(page, "button[name=ask]", most=60)
    page.keyboard.press("Enter")
    expect(page.locator("#reason")).to_be_focused()
    assert not page.evaluate(WHERE), page.evaluate(WHERE)
    context.close()
