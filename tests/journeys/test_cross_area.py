"""Goods where they do not belong: told without a signal, traced by their batch, heard, decided, and in the grade."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.standing.crossarea.models import CrossCase, CrossPhoto
from fieldapp.standing.crossarea.rules import CaseState, Into, Verdict
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_complaint import fold
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_field_day import EMPTY
from tests.journeys.test_offline_deal import until
from tests.journeys.test_visit import picture

pytestmark = pytest.mark.browser

BATCH = "261101-X"


def case_of(desk: Desk) -> CrossCase:
    found: CrossCase = desk.one(CrossCase)
    return found


def state(page: Page, words: str) -> None:
    expect(page.locator(".page-header")).to_contain_text(words)


def hear(page: Page, side: str, words: str) -> None:
    fold(page, "hearing")
    page.locator(f"#s-hearing label:has([value={side}])").tap()
    page.locator("#hearing-words").fill(words)
    page.locator("#s-hearing").get_by_role("button", name="Keep it").tap()
    expect(page.locator(".thread")).to_contain_text(words)


@on_both_databases
def test_from_a_bag_in_a_shop_to_the_grade(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    with desk.app.app_context():
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        seller = cast.make_distributor("S002", "420102", name="Shop Far Away")
        cast.make_invoice(seller, "I-S002", {"product": product, "weight": 40_000, "amount": 1, "batch": BATCH})
        db.session.commit()

    # Three taps to the form; it is there without a signal, too.
    road = phone(browser, service_workers="allow", base_url=live_server)
    rep = sign_in(road, live_server, "rep")
    until(rep, "() => outbox.inner.get('kv', 'me').then((me) => me && me.kept > 0)")
    until(rep, "() => outbox.inner.get('pages', '/cross-area/new').then((page) => !!page)")
    until(rep, "() => navigator.serviceWorker.controller !== null")
    road.set_offline(True)
    rep.goto("/cross-area/new?distributor=D001")
    rep.locator("#cross-photos").set_input_files([picture()])  # type: ignore[list-item]
    rep.locator("#cross-product").fill("P10")
    rep.locator("#cross-region").select_option("410102")
    rep.locator("#cross-batch").fill(BATCH.lower())
    rep.locator("#cross-quantity").fill("22")
    rep.locator("#cross-price").fill("118")
    report = rep.get_by_role("button", name="Report it")
    report.tap()
    expect(rep.get_by_role("link", name="1 waiting to be sent")).to_be_visible()
    assert desk.count(CrossCase) == 0
    road.set_offline(False)
    until(rep, EMPTY)
    case = case_of(desk)
    assert (case.seller_id, case.into, case.weight) == (seller.id, Into.FOREIGN, 880_000)
    assert desk.count(CrossPhoto) == 1

    # The rep may not know who sold it; his supervisor does, and is told at home.
    rep.goto(f"/cross-area/{case.id}")
    expect(rep.locator("main")).to_contain_text("a distributor elsewhere")
    boss = sign_in(phone(browser, base_url=live_server), live_server, "boss")
    boss.get_by_role("link", name="1 new cross-area report or suspicion").tap()
    boss.get_by_role("link", name="C-000001").tap()
    for shown in ("Shop Far Away", "0.88 t"):
        expect(boss.locator("main")).to_contain_text(shown)
    boss.get_by_role("button", name="Look into it").tap()
    state(boss, "Being investigated")

    # Both sides are heard; without them it cannot be called malicious.
    expect(boss.get_by_role("button", name="Malicious")).to_have_count(0)
    hear(rep, "hear_harmed", "He lost two farms to them.")
    colleague = sign_in(phone(browser, base_url=live_server), live_server, "colleague")
    colleague.goto(f"/cross-area/{case.id}")
    hear(colleague, "hear_seller", "His driver took them along.")
    expect(colleague.locator("main")).to_contain_text("A colleague")

    # Decided from the approvals, on one screen.
    boss.goto("/approvals")
    boss.get_by_role("link", name="C-000001").tap()
    boss.locator("#decision-words").fill("Whole pallets, three times.")
    boss.get_by_role("button", name="Malicious").tap()
    state(boss, "Case confirmed")
    state(boss, "Malicious")
    case = case_of(desk)
    assert (case.state, case.verdict) == (CaseState.CONFIRMED, Verdict.MALICIOUS)

    # It fills in indicator 7 of the seller's grade, and says where that comes from.
    colleague.goto(f"/distributors/{seller.id}/grade/new")
    expect(colleague.locator("main")).to_contain_text("confirmed cases since 2025-11-23")
    expect(colleague.locator("[name=cross_area][value=worst]")).to_be_checked()
