"""A rep rates a distributor on his phone, a supervisor confirms, and the deal check knows the new limit."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.standing.grading.models import Assessment, AssessmentState, CreditRecord
from fieldapp.trade.ledger.models import Invoice
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import in_sight, phone, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User], app: Flask) -> Desk:
    """The desk's world, where D001 has bought for ¥1,200,000 a year, a third more each year, since 2019."""
    with app.app_context():
        row = distributor(desk)
        row.since = date(2019, 5, 1)
        for year, amount in ((2024, 67_500_000), (2025, 90_000_000), (2026, 120_000_000)):
            number = f"I{year}"
            cast.add(
                Invoice(
                    number=number,
                    number_key=number,
                    distributor_id=row.id,
                    date=date(year - 1, 11, 10),
                    amount=amount,
                )
            )
        db.session.commit()
    return desk


def distributor(desk: Desk) -> Distributor:
    found: Distributor = desk.one(Distributor, Distributor.code == "D001")
    return db.session.get_one(Distributor, found.id)


def tapping(page: Page) -> Callable[[str, str], None]:
    """Tap an answer and wait until the grade so far has followed."""

    def tap(question: str, option: str) -> None:
        with page.expect_response(lambda response: response.url.endswith("/grade/new")) as answered:
            page.locator("label.choice", has=page.locator(f"[name={question}][value={option}]")).tap()
        assert answered.value.status == 200

    return tap


def agree(page: Page) -> None:
    """The person agrees that his answer is recorded."""
    with page.expect_response(lambda response: response.url.endswith("/grade/new")):
        page.locator("label.choice", has=page.locator("[name=residence_agreed]")).tap()


@on_both_databases
def test_a_rep_rates_and_a_supervisor_confirms(world: Desk, live_server: str, browser: Browser) -> None:
    rep_phone, boss_phone = phone(browser), phone(browser)
    rep = sign_in(rep_phone, live_server, "rep")
    key = world.one(Distributor, Distributor.code == "D001").id

    # From the distributor's page to its grade, and to a new rating.
    rep.goto(f"{live_server}/distributors/{key}")
    rep.locator(".tabs a", has_text="Grade").tap()
    rep.locator("section.actions a", has_text="New rating").tap()
    so_far = rep.locator("#so-far")
    expect(so_far).to_contain_text("3 of 6 answered")
    expect(rep.locator("[name=years][value=best]")).to_be_checked()
    expect(rep.locator("[name=growth][value=middle]")).to_be_checked()
    expect(rep.locator("main")).to_contain_text("33.3 % a year · ledger 2023-11…2026-10")

    # Each tap moves the grade, which stays in sight; a cap is explained as it bites.
    tap = tapping(rep)
    tap("residence", "best")
    expect(so_far).to_contain_text("3 of 6 answered")  # personal: it counts once the person has agreed
    agree(rep)
    expect(so_far).to_contain_text("4 of 6 answered")
    assert in_sight(rep, "#so-far")
    with rep.expect_response(lambda response: response.url.endswith("/grade/new")):
        rep.fill("[name=focus_percent]", "55")
        rep.locator("[name=focus_percent]").blur()
    expect(rep.locator("[name=focus][value=best]")).to_be_checked()
    expect(rep.locator("[name=cross_area][value=best]")).to_be_checked()  # no case is recorded
    tap("arrears", "worst")
    expect(so_far).to_contain_text("Serious arrears to other companies")
    expect(rep.locator("#result")).to_contain_text("the grade is at most D")
    tap("arrears", "best")
    expect(so_far).not_to_contain_text("Serious arrears")
    expect(so_far).to_contain_text("6 of 6 answered")
    expect(so_far).to_contain_text("Score 94.0")

    # A reload keeps it all but where the owner lives, which nothing keeps before it is proposed.
    assert "arrears=best" in rep.url
    assert "residence" not in rep.url
    rep.goto(rep.url)
    expect(so_far).to_contain_text("5 of 6 answered")
    expect(rep.locator("[name=residence][value=best]")).not_to_be_checked()
    tap("residence", "best")
    agree(rep)
    expect(so_far).to_contain_text("Score 94.0")

    so_far.locator("a").tap()
    expect(rep.locator("#result")).to_be_in_viewport()
    expect(rep.locator("#result")).to_contain_text("¥100,000.00")
    rep.fill("[name=note]", "He plans 20 t more.")
    rep.locator("button[formaction$='/ratings']").dblclick()
    rep.wait_for_url(lambda url: "/ratings/0" in url)
    expect(rep.locator("main .badge", has_text="Proposed")).to_be_visible()
    expect(rep.locator("main")).to_contain_text("recorded, not shown")
    assert world.count(Assessment) == 1

    # Back finds the questions as they were left, and says that a proposal waits.
    rep.go_back()
    rep.reload()
    expect(rep.locator("main")).to_contain_text("A proposal waits already")

    # The supervisor sees it on his home page, one tap away, and decides on one screen.
    boss = sign_in(boss_phone, live_server, "boss")
    boss.locator(".row-main", has_text="1 rating waits for your decision").tap()
    boss.locator(".row-main", has_text="郑州金禾饲料有限公司").first.tap()
    expect(boss.locator("main")).to_contain_text("He plans 20 t more.")
    expect(boss.locator("main")).not_to_contain_text("Local, or moved here 3 or more years ago")
    boss.locator("#personal-residence button").tap()
    expect(boss.locator("main")).to_contain_text("Local, or moved here 3 or more years ago")
    assert in_sight(boss, "button[value=confirm]")
    boss.locator("button[value=confirm]").tap()
    boss.wait_for_url(lambda url: url.endswith("/ratings"))
    expect(boss.locator("nav.bar .waiting")).to_have_count(0)

    # The deal check counts with the new limit: ¥100,000.00 less the ¥60,000.00 that are outstanding.
    rep.goto(f"{live_server}/deals/new?distributor=D001&product=P10&kg=5000&price=3190&terms=credit")
    expect(rep.locator(".deal-head")).to_contain_text("Available ¥40,000.00")
    rating, credit = world.one(Assessment), world.one(CreditRecord, CreditRecord.distributor_id == key)
    assert rating.state == AssessmentState.CONFIRMED
    assert (credit.grade, credit.limit, credit.term_days) == ("A", 10_000_000, 30)
    rep_phone.close()
    boss_phone.close()


def test_one_long_form_without_javascript(world: Desk, live_server: str, browser: Browser) -> None:
    context = phone(browser, java_script_enabled=False)
    page = sign_in(context, live_server, "rep")
    key = world.one(Distributor, Distributor.code == "D001").id
    page.goto(f"{live_server}/distributors/{key}/grade/new")
    for question, option in (("residence", "middle"), ("arrears", "middle"), ("cross_area", "middle")):
        page.locator("label.choice", has=page.locator(f"[name={question}][value={option}]")).click()
    page.locator("[name=residence_agreed]").check()
    page.fill("[name=focus_percent]", "45")
    page.locator("[name=focus_percent]").press("Enter")  # works it out, and proposes nothing
    expect(page.locator("#result")).to_contain_text("Score")
    expect(page.locator("#so-far")).to_contain_text("Score 66.0")
    expect(page.locator("[name=focus][value=middle]")).to_be_checked()
    assert world.count(Assessment) == 0
    page.locator("button[formaction$='/ratings']").click()
    expect(page.locator("main")).to_contain_text("Grade C")
    assert world.one(Assessment).score == 660
    context.close()
