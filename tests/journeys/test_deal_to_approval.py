"""The main job on a phone, from sign-in to an approved deal: a rep and a supervisor, each with a browser of his own."""

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests import cast
from tests.browser import PHONE
from tests.desk.conftest import Desk, buy
from tests.journeys.conftest import on_both_databases

pytestmark = pytest.mark.browser


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User], app: Flask) -> Desk:
    """The desk's world with passwords and a searchable distributor that has bought before."""
    buy(desk, "P10", 5_000_000)
    with app.app_context():
        reindex(list(db.session.scalars(sa.select(Distributor.id))))
        db.session.commit()
    return desk


def sign_in(context: BrowserContext, address: str, username: str) -> Page:
    """A page after signing in."""
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=username]", username)
    page.fill("[name=password]", cast.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def phone(browser: Browser, **more: object) -> BrowserContext:
    return browser.new_context(viewport=PHONE, has_touch=True, locale="en-GB", **more)  # type: ignore[arg-type]


def in_sight(page: Page, selector: str) -> bool:
    """Is it wholly on the screen, without scrolling?"""
    box = page.locator(selector).first.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]


@on_both_databases
def test_from_sign_in_to_an_approved_deal(world: Desk, live_server: str, browser: Browser) -> None:
    rep_phone, boss_phone = phone(browser), phone(browser)
    rep = sign_in(rep_phone, live_server, "rep")

    # Home → the check → the distributor: a verdict at once, after two taps.
    taps = 0
    rep.locator("nav.bar .place-main").tap()
    taps += 1
    rep.locator("#found .row-main", has_text="郑州金禾饲料有限公司").tap()
    taps += 1
    expect(rep.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    assert taps <= 3

    # The price is typed; the verdict follows and stays in sight, and what is typed stays as it is.
    price = rep.locator("#price-0")
    price.fill("")
    price.press_sequentially("3150", delay=40)
    expect(rep.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    expect(price).to_have_value("3150")
    expect(price).to_be_focused()
    assert in_sight(rep, "[data-verdict]")
    assert in_sight(rep, "#price-0")

    # One tap sets the lowest price that goes, one more goes back to what the customer asks.
    rep.locator("[data-set-value='#price-0']").first.tap()
    expect(price).to_have_value("3190.00")
    expect(rep.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    price.fill("3150")
    expect(rep.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")

    # Reload keeps what was typed.
    rep.wait_for_url(lambda url: "price=3150" in url)
    rep.reload()
    expect(price).to_have_value("3150")

    rep.fill("#reason", "They order 20 t more this month.")
    rep.locator("button[name=ask]").tap()
    rep.wait_for_url(lambda url: "/deals/0" in url)
    expect(rep.locator(".badge", has_text="Undecided")).to_be_visible()

    # The supervisor sees that something waits, and decides on one screen.
    boss = sign_in(boss_phone, live_server, "boss")
    expect(boss.locator("nav.bar .waiting")).to_contain_text("1")
    boss.locator("nav.bar a[href='/approvals']").tap()
    boss.locator(".row-main", has_text="郑州金禾饲料有限公司").tap()
    expect(boss.locator("main")).to_contain_text("They order 20 t more this month.")
    expect(boss.locator("main")).to_contain_text("Floor ¥3,150.00")
    boss.fill("#reason", "Only this once.")
    boss.locator("button[value=approve]").tap()
    boss.wait_for_url(lambda url: url.endswith("/approvals"))
    expect(boss.locator("nav.bar .waiting")).to_have_count(0)

    # The rep sees the answer; having seen it, nothing waits for him any more.
    rep.goto(f"{live_server}/approvals")
    expect(rep.locator("nav.bar .waiting")).to_contain_text("1")
    with rep.expect_response(lambda response: response.url.endswith("/acknowledgement")) as answered:
        rep.locator(".row-main", has_text="郑州金禾饲料有限公司").tap()
    assert answered.value.status == 200
    expect(rep.locator("main")).to_contain_text("It holds until")
    rep.goto(f"{live_server}/approvals")
    expect(rep.locator("nav.bar .waiting")).to_have_count(0)

    approval = world.one(Approval)
    assert (approval.state, approval.covers) == (ApprovalState.APPROVED, [["price.below_floor", 1]])
    assert approval.seen_at is not None
    rep_phone.close()
    boss_phone.close()


def test_the_last_answer_wins(world: Desk, live_server: str, browser: Browser) -> None:
    """A slow answer to an earlier price must not overwrite the answer to a later one."""
    context = phone(browser)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/deals/new?distributor=D001&product=P10&kg=5000&price=3190")

    def delay(route: object) -> None:
        if "price=3000&" in route.request.url:  # type: ignore[attr-defined]
            page.wait_for_timeout(1500)
        route.continue_()  # type: ignore[attr-defined]

    page.route("**/deals/new?*", delay)
    page.fill("#price-0", "3000")
    page.wait_for_timeout(300)  # the request of the earlier price is under way
    page.fill("#price-0", "3150")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    page.wait_for_timeout(2000)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    expect(page.locator("#price-0")).to_have_value("3150")
    context.close()


def test_lines_units_and_steps_by_touch(world: Desk, live_server: str, browser: Browser) -> None:
    context = phone(browser)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/deals/new?distributor=D001")
    expect(page.locator("#kg-0")).to_have_value("5000")
    page.locator("[data-step='#kg-0']").nth(1).tap()
    expect(page.locator("#kg-0")).to_have_value("5040")
    expect(page.locator(".verdict-amount")).to_have_text("¥16,128.00")
    page.locator("label.segment", has_text="¥/bag").tap()
    expect(page.locator("#price-0")).to_have_value("128.00")
    expect(page.locator(".verdict-amount")).to_have_text("¥16,128.00")
    page.locator("button[name=add]").tap()
    page.locator("#product-1").select_option("P30")
    expect(page.locator("#price-1")).to_have_value("4500.00")
    expect(page.locator(".verdict-amount")).to_have_text("¥20,628.00")
    page.locator("button[name=remove]").first.tap()
    expect(page.locator("#product-0")).to_have_value("P30")
    expect(page.locator("#product-1")).to_have_count(0)
    context.close()


def test_it_works_without_javascript(world: Desk, live_server: str, browser: Browser) -> None:
    context = phone(browser, java_script_enabled=False)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/deals/new")
    page.locator("#found .row-main", has_text="郑州金禾饲料有限公司").click()
    page.fill("#price-0", "3000")
    page.locator(".deal-check").click()
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "stop")
    page.fill("#price-0", "3190")
    page.locator("#price-0").press("Enter")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "go")
    page.locator(".deal-record button").click()
    expect(page.locator(".verdict")).to_contain_text("Go")
    assert world.one(DealCheck).verdict == "go"
    context.close()
