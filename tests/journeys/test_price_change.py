"""A floor goes up: drafted on one phone, compared, approved on another; the rep's deal check says so."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.trade.pricing.models import Price
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser


def test_from_the_draft_to_the_deal_check(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    with desk.app.app_context():
        known = db.session.scalar(sa.select(User.password_hash).where(User.username == "admin"))
        cast.make_user("second", Role.ADMIN, password_hash=known)
        db.session.commit()
    tomorrow = (cast.TODAY + timedelta(days=1)).isoformat()
    check = f"{live_server}/deals/new?distributor=D001&product=P10&kg=5000&price=3190&terms=credit&on={tomorrow}"
    rep = sign_in(phone(browser), live_server, "rep")
    rep.goto(check)
    expect(rep.locator("[data-verdict]").first).to_have_attribute("data-verdict", "go")

    # From the price itself: three taps to the draft's grid.
    admin = sign_in(phone(browser), live_server, "admin")
    admin.goto(f"{live_server}/prices?product=P10")
    admin.locator("#results .list .row-main").first.tap()
    admin.get_by_role("button", name="Change it").tap()
    floor = admin.get_by_label("Floor").first
    expect(floor).to_have_value("3150.00")
    floor.fill("0")
    admin.get_by_role("button", name="Save").first.tap()
    expect(admin.locator("#grid")).to_contain_text("0 is no price")
    # What is typed is not left behind: on the way out the browser asks, and comparing saves it.
    floor.fill("3200")
    asked: list[str] = []
    admin.once("dialog", lambda box: (asked.append(box.type), box.dismiss()))
    admin.get_by_role("link", name="Price changes").tap()
    expect(floor).to_have_value("3200")
    assert asked == ["beforeunload"]
    admin.get_by_role("button", name="Compare and submit").tap()
    expect(admin.locator(".stats")).to_contain_text("Distributors with another price")
    admin.get_by_role("button", name="Submit to a second person").tap()
    expect(admin.get_by_role("button", name="Take it back")).to_be_visible()
    expect(admin.get_by_role("button", name="Approve and publish")).to_have_count(0)

    # The second person is told, sees old and new, and publishes.
    second = sign_in(phone(browser), live_server, "second")
    second.goto(f"{live_server}/approvals")
    second.locator("a.row-main[href*='/prices/drafts/']").first.tap()
    expect(second.locator("main")).to_contain_text("¥3,150.00 → ¥3,200.00")
    second.get_by_role("button", name="Approve and publish").tap()
    expect(second.locator("main")).to_contain_text("Published")
    assert desk.count(Price) == 3

    rep.goto(check)
    expect(rep.locator("[data-verdict]").first).to_have_attribute("data-verdict", "approval")
