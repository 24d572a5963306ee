"""An administrator on his phone: a stricter tolerance is drafted, tried on the past, and published for tomorrow."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from fieldapp.people.accounts.models import User
from fieldapp.people.policy.models import PolicyVersion
from tests.cast import TODAY
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser


@on_both_databases
def test_a_tolerance_is_lowered_tried_and_published_for_tomorrow(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    for price in ("3190.00", "3150.00", "3145.00", "3000.00"):
        desk.record(price)
    context = phone(browser)
    admin = sign_in(context, live_server, "admin")
    admin.goto(f"{live_server}/policy")
    admin.get_by_role("button", name="New draft").tap()
    admin.get_by_role("link", name="Change values").tap()

    tolerance = admin.locator("[name='deal_check.tolerance_percent']")
    tolerance.fill("120")
    tolerance.press("Enter")  # the first button of the form: it saves, and resets nothing
    expect(tolerance).to_be_focused()
    expect(admin.locator(".field .error")).to_contain_text("percentage from 0 to 100")
    tolerance.fill("1")
    tolerance.press("Enter")
    expect(admin.locator("#toasts")).to_contain_text("The draft is saved.")
    expect(admin.locator("main")).to_contain_text("In force: 2 %")
    expect(tolerance).to_have_value("1")

    admin.get_by_role("link", name="Overview").tap()
    admin.get_by_role("button", name="Try on the past").tap()
    expect(admin.locator("main")).to_contain_text("Of the last 4 checks, 2 would get another answer.")
    expect(admin.locator("main a[href^='/deals/']")).to_have_count(2)
    assert admin.evaluate("document.documentElement.scrollWidth") <= 390
    admin.locator("main a[href^='/deals/']").first.tap()
    expect(admin.locator("[data-verdict]")).to_have_attribute("data-verdict", "approval")
    admin.go_back()
    admin.get_by_role("link", name="Policy draft").tap()

    admin.get_by_label("Valid from").fill((TODAY + timedelta(days=1)).isoformat())
    admin.get_by_label("Reason").fill("Prices fell; fewer exceptions.")
    admin.get_by_role("button", name="Publish").tap()
    admin.locator("#confirm button[value=yes]").tap()
    expect(admin.locator("#toasts")).to_contain_text("Version 2 is published.")
    expect(admin.locator("main")).to_contain_text("Version 2 · from 2026-11-24")
    expect(admin.locator("main")).to_contain_text("Version 1 holds today.")

    # The back button leads to a draft that says it is published; nothing can be sent twice.
    admin.go_back()
    admin.reload()
    expect(admin.locator("main")).to_contain_text("published it as version 2")
    expect(admin.get_by_role("button", name="Publish")).to_have_count(0)
    context.close()

    made = desk.one(PolicyVersion, PolicyVersion.version == 2)
    assert (made.valid_from, made.settings["deal_check"]["tolerance_percent"]) == (TODAY + timedelta(days=1), "1")
