"""A verdict is of what was typed when it was asked for: until the next answer it is greyed and cannot be recorded."""

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.accounts.models import User
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser

DEAL = "/deals/new?distributor=D001&product=P10&kg=5000&price=3190.00"


@pytest.fixture
def page(desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser) -> Page:
    """A rep's phone with a verdict on it that goes."""
    page = sign_in(phone(browser), live_server, "rep")
    page.goto(f"{live_server}{DEAL}")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    return page


ASKING = "**/deals/new?*"
# The weight is changed while the price is being asked; `shown` is what stood there each time it was no longer greyed.
CHANGE_MEANWHILE = """() => {
  window.shown = [];
  const answer = document.getElementById("answer"), weight = document.getElementById("kg-0");
  new MutationObserver(() => {
    if (!answer.hasAttribute("aria-busy")) window.shown.push(answer.querySelector(".verdict-amount").textContent);
  }).observe(answer, { attributeFilter: ["aria-busy"] });
  document.addEventListener("htmx:before:request", () => setTimeout(() => {
    weight.value = "6000";
    weight.dispatchEvent(new Event("input", { bubbles: true }));
  }), { once: true });
}"""


def record(page: Page) -> None:
    """Tap the button, as somebody does who did not look."""
    page.locator(".deal-record button").last.tap()


def test_until_the_answer_it_is_greyed_and_not_recorded(desk: Desk, page: Page) -> None:
    held: list[Route] = []
    page.route(ASKING, lambda route: held.append(route))
    sent: list[Request] = []
    page.on(
        "request", lambda request: "/deals" in request.url and "snapshot" not in request.url and sent.append(request)
    )
    expect(page.locator(".verdict")).to_have_css("opacity", "1")
    with page.expect_request(ASKING):
        page.fill("#price-0", "3000")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    expect(page.locator(".verdict")).to_have_css("opacity", "0.55")
    record(page)
    assert [request.method for request in sent] == ["GET"]
    assert "/deals/new" in page.url

    held[0].continue_()
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "stop")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    assert desk.count(DealCheck) == 0
    record(page)
    page.wait_for_url(lambda url: "/deals/new" not in url)
    assert desk.one(DealCheck).verdict == "stop"
    page.context.close()


def test_the_answer_to_what_was_typed_before_leaves_it_greyed(page: Page) -> None:
    page.evaluate(CHANGE_MEANWHILE)
    page.fill("#price-0", "3150")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".verdict-amount")).to_have_text("¥18,900.00")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.shown") == ["¥18,900.00"]
    page.context.close()


def test_without_a_connection_it_stays_greyed_and_is_asked_again_with_one(desk: Desk, page: Page) -> None:
    page.context.set_offline(True)
    page.fill("#price-0", "3150")
    toast = page.locator("#toasts .toast-error")
    expect(toast).to_contain_text("No connection. Nothing was lost")
    toast.locator("button").tap()
    expect(toast).to_have_count(0)
    record(page)
    expect(toast).to_contain_text("No connection. Nothing was lost")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    assert "/deals/new" in page.url

    page.context.set_offline(False)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    assert desk.count(DealCheck) == 0
    page.locator(".deal-record button", has_text="Record without asking").tap()
    page.wait_for_url(lambda url: "/deals/new" not in url)
    assert desk.one(DealCheck).verdict == "approval"
    page.context.close()
