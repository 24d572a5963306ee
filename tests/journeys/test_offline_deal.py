"""A deal is checked in a store without a signal, kept on the phone, and confirmed by the server later."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Error, Page, expect

from fieldapp.core.findings import Verdict
from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.accounts.models import User
from fieldapp.trade.pricing.models import Price
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser

DEAL = "/deals/offline?distributor=D001&terms=credit&product=P10&kg=5000&price={}"


def until(page: Page, script: str) -> Any:
    """Until a script gives something true; polled by evaluate, which fails while the page goes on to another."""
    for _ in range(300):
        with contextlib.suppress(Error):
            if got := page.evaluate(script):
                return got
        page.wait_for_timeout(100)
    return pytest.fail(f"never true: {script}; {page.evaluate('() => outbox.list()')}")


@pytest.fixture
def rep(desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser) -> Iterator[Page]:
    """A rep's phone that has kept its pages and the facts."""
    context = phone(browser, service_workers="allow", base_url=live_server)
    page = sign_in(context, live_server, "rep")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    until(page, "() => outbox.kv.get('deals')")
    until(page, "() => outbox.inner.get('kv', 'me').then((me) => me && me.kept > 0)")
    until(page, "() => navigator.serviceWorker.controller !== null")
    yield page
    context.close()
    assert problems == []


def verdict(page: Page, wanted: str) -> None:
    expect(page.locator("#offline-verdict [data-verdict]")).to_have_attribute("data-verdict", wanted)


def test_checked_without_a_signal_and_confirmed_with_one(desk: Desk, rep: Page) -> None:
    rep.context.set_offline(True)
    rep.goto("/deals/new?distributor=D001")  # the page of the signal leads to the one without
    verdict(rep, "pending")
    assert "/deals/offline?distributor=D001" in rep.url
    rep.select_option("#product-0", label="Product P10 · P10")
    rep.fill("#kg-0", "5000")
    expect(rep.locator("#price-0")).to_have_value("3200.00")
    verdict(rep, "go")
    expect(rep.locator("#offline-of")).to_contain_text("Offline, as of")
    rep.fill("#price-0", "3150")
    verdict(rep, "approval")
    expect(rep.locator("#offline-wrong")).to_contain_text(
        "Net ¥3,110.00/t needs approval. Lowest price that goes: ¥3,190.00/t."
    )
    rep.locator("#offline-verdict button", has_text="Lowest that goes: ¥3,190.00").tap()
    verdict(rep, "go")
    rep.locator("#offline-record button").tap()
    expect(rep.locator("#offline-kept")).to_be_visible()
    expect(rep.locator("#offline-record button")).to_be_hidden()
    assert desk.count(DealCheck) == 0

    desk.change(sa.update(Price).values(floor_price=319_000))  # the office raises the floor meanwhile
    rep.context.set_offline(False)
    until(rep, "() => outbox.list().then((all) => all.length === 0)")
    check = desk.one(DealCheck)
    assert (check.verdict, check.origin, check.inputs["offline"]["verdict"]) == (Verdict.APPROVAL, "offline", "go")
    rep.goto("/")
    rep.locator(".list", has_text="seen as “Go”").locator("a").tap()
    expect(rep.locator(".notice", has_text="The verdict has changed")).to_be_visible()
    rep.fill("#reason", "It was promised in the store")
    rep.locator("button", has_text="Ask for approval").tap()
    expect(rep.locator("#toasts")).to_contain_text("Asked.")


def test_two_deals_are_two_records_and_a_signal_leads_to_the_check(desk: Desk, rep: Page) -> None:
    rep.context.set_offline(True)
    rep.goto(DEAL.format("3190"))
    verdict(rep, "go")
    rep.locator("#offline-record button").tap()
    expect(rep.locator("#offline-kept")).to_be_visible()
    rep.fill("#price-0", "3000")
    verdict(rep, "stop")
    expect(rep.locator("#offline-kept")).to_be_hidden()
    rep.locator("#offline-record button").tap()
    expect(rep.locator("#offline-kept")).to_be_visible()
    assert len(rep.evaluate("() => outbox.list()")) == 2
    rep.context.set_offline(False)
    until(rep, "() => outbox.list().then((all) => all.length === 0)")
    assert desk.count(DealCheck) == 2
    rep.goto(DEAL.format("3195"))  # a phone that was still waiting for its answer has gone on to the check
    verdict(rep, "go")
    rep.locator("#offline-record button").tap()
    rep.wait_for_url(lambda url: "/deals/offline" not in url)
    expect(rep.locator("main")).to_contain_text("Seen without a signal on")
    assert desk.count(DealCheck) == 3


def test_found_by_name_pinyin_initials_and_code(rep: Page) -> None:
    rep.context.set_offline(True)
    rep.goto("/deals/offline")
    for text, found in (("金禾", 1), ("jinhe", 1), ("zzjh", 1), ("d001", 1), ("D002", 0), ("xyz", 0)):
        rep.fill("#f-q", text)
        expect(rep.locator("#found li")).to_have_count(found)
    rep.fill("#f-q", "jin he")
    rep.locator("#found a").tap()
    expect(rep.locator("#offline-name")).to_have_text("郑州金禾饲料有限公司")
    rep.go_back()
    expect(rep.locator("#offline-pick")).to_be_visible()


def test_lines_and_bags(rep: Page) -> None:
    rep.goto(DEAL.format("3190"))
    verdict(rep, "go")
    rep.locator("label", has=rep.locator("#unit-bag")).tap()
    expect(rep.locator("#price-0")).to_have_value("127.60")
    expect(rep.locator("#lines")).to_contain_text("per bag of 40 kg")
    verdict(rep, "go")
    rep.locator("#offline-add").tap()
    verdict(rep, "pending")
    rep.select_option("#product-1", label="Product P30 · P30")
    verdict(rep, "go")
    rep.locator("[data-drop]").first.tap()
    expect(rep.locator("#lines fieldset")).to_have_count(1)
    expect(rep.locator("#product-0 option:checked")).to_have_text("Product P30 · P30")
    rep.reload()
    expect(rep.locator("#product-0 option:checked")).to_have_text("Product P30 · P30")


SPOIL = {
    "tampered": "kept.text = kept.text.replace('[319000', '[309000').replace('319000', '309000')",
    "expired": "kept.got -= 864e5 + 1000; kept.seen = kept.got",
    "clock": "kept.got += 36e5",
    "tampered signature": "kept.signature = (kept.signature[0] === 'A' ? 'B' : 'A') + kept.signature.slice(1)",
}


@pytest.mark.parametrize("how", SPOIL)
def test_what_is_not_to_be_trusted_is_refused(rep: Page, how: str) -> None:
    rep.context.set_offline(True)
    rep.goto(DEAL.format("3100"))
    verdict(rep, "stop")
    rep.evaluate(
        "async () => { const kept = await outbox.kv.get('deals'), was = JSON.stringify(kept); "
        + SPOIL[how]
        + "; if (JSON.stringify(kept) === was) throw Error('unchanged'); await outbox.kv.set('deals', kept); }"
    )
    rep.reload()
    expect(rep.locator("#offline")).to_have_attribute("data-state", how.split()[0])
    expect(rep.locator("#offline-ready")).to_be_hidden()
    expect(rep.locator("[data-refused]:visible")).to_have_count(1)


def test_the_facts_of_another_user_are_refused(rep: Page) -> None:
    told = rep.evaluate(
        """async () => {
          const kept = await outbox.kv.get('deals'), page = await (await fetch('/deals/offline')).text();
          const key = new DOMParser().parseFromString(page, 'text/html').querySelector('#offline').dataset.key;
          const script = document.createElement('script');
          const name = page.match(/\\/static\\/offline-deal\\.\\w+\\.js/)[0];
          await new Promise((ok) => { script.src = name; script.onload = ok; document.head.append(script); });
          const open = (user) => offlineDeal.open(kept, key, user, Date.now());
          const other = '01930000-0000-7000-8000-000000000000';
          return [(await open(outbox.user)).refused || 'ready', (await open(other)).refused];
        }"""
    )
    assert told == ["ready", "other"]


def test_nothing_kept_yet(rep: Page) -> None:
    rep.evaluate("() => outbox.kv.delete('deals')")
    rep.context.set_offline(True)
    rep.goto("/deals/offline")
    expect(rep.locator("#offline")).to_have_attribute("data-state", "missing")
    expect(rep.locator("main")).to_contain_text("Nothing is kept on this phone yet")
