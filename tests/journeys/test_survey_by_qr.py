"""A customer answers by a QR code on his own phone, with no account; the rep sees it. And a survey without a signal."""

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from fieldapp.core.db import begin_writing, db
from fieldapp.desk.surveys.views import qr_code
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Audience, SurveyState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.accounts.models import User
from tests import cast
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_every_page import serious
from tests.journeys.test_visit import READY

pytestmark = pytest.mark.browser

SENT = """async () => {
  while ((await window.outbox.list()).length) await new Promise((ok) => setTimeout(ok, 50));
}"""


@pytest.fixture
def store(app: Flask, with_passwords: dict[str, User]) -> str:
    with app.app_context():
        begin_writing()
        made = cast.make_distributor(name="Henan Feed Store", rep_id=with_passwords["rep"].id)
        db.session.commit()
        return str(made.id)


def tap(page: Page, question: str, value: str | int) -> None:
    page.locator(f"label:has([name=q-{question}][value='{value}'])").tap()


@on_both_databases
def test_a_survey_by_qr_on_a_second_phone(app: Flask, store: str, live_server: str, browser: Browser) -> None:
    rep = sign_in(phone(browser), live_server, "rep")
    rep.goto(f"{live_server}/distributors/{store}")
    rep.get_by_role("button", name="Ask now").tap()
    rep.wait_for_url("**/surveys/*")
    survey = rep.url
    rep.get_by_text("They answer themselves, or not at all").tap()
    rep.get_by_role("button", name="Link and QR code").tap()
    code = rep.get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    address = code.get_attribute("data-address")
    assert address is not None
    assert address.startswith(live_server)
    drawn = code.locator("path").last.get_attribute("d")
    assert drawn is not None
    assert drawn in qr_code(address), "what the camera reads is that address"
    rep.evaluate(Axe().axe_script)
    assert serious(rep, None) == []

    guest = phone(browser)
    customer = guest.new_page()
    customer.goto(address)
    expect(customer.get_by_role("heading", level=1)).to_have_text("Distributor satisfaction")
    customer.evaluate(Axe().axe_script)
    assert serious(customer, None) == []
    assert customer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for key in ("price", "quality", "technical", "rep", "promotion", "payment", "overall"):
        tap(customer, key, 4)
    tap(customer, "recommend", 8)
    send = customer.get_by_role("button", name="Send my answers")
    send.tap()  # the browser itself says which one is missing
    expect(customer).to_have_url(address)
    tap(customer, "delivery", 2)
    customer.get_by_label("What should we mend first?").fill("Come on time")
    send.tap()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Thank you")
    customer.goto(address)
    expect(customer.get_by_role("heading", level=1)).to_have_text("Thank you")
    stranger = browser.new_context().new_page()
    gone = stranger.goto(address)
    assert gone is not None
    assert gone.status == 410

    rep.goto(survey)
    expect(rep.locator("main")).to_contain_text("filled in by the customer")
    expect(rep.locator("main")).to_contain_text("Come on time")
    expect(rep.locator("main")).to_contain_text("Delivery: 2 or less")
    with app.app_context():
        [kept] = db.session.scalars(sa.select(Survey)).all()
        assert kept.state is SurveyState.ANSWERED
        assert urlsplit(survey).path.endswith(str(kept.id))


def test_a_question_is_shown_when_it_is_asked(
    app: Flask, store: str, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    with app.app_context():
        begin_writing()
        found = db.session.scalars(sa.select(cast.Distributor)).one()
        survey = cast.make_survey(found, with_passwords["rep"], audience=Audience.FARMER)
        db.session.commit()
        key = survey.id
    page = sign_in(phone(browser), live_server, "rep")
    page.goto(f"{live_server}/surveys/{key}")
    progress = page.locator("[data-answered] .num")
    expect(progress).to_have_text("0 / 2")
    expect(page.locator("#ask-trouble")).to_be_hidden()
    tap(page, "effect", "worse")
    expect(page.locator("#ask-trouble")).to_be_visible()
    expect(progress).to_have_text("1 / 3")
    tap(page, "trouble", "growth")
    tap(page, "effect", "better")
    expect(page.locator("#ask-trouble")).to_be_hidden()
    tap(page, "overall", 5)
    expect(page.locator("#ask-reason")).to_be_hidden()
    expect(progress).to_have_text("2 / 2")
    page.get_by_role("button", name="Save the answers").tap()
    expect(page.get_by_role("list", name="Answers")).to_contain_text("Better than before")
    expect(page.get_by_role("list", name="Answers")).not_to_contain_text("Growth")

    # Without JavaScript everything is shown, and what is not asked is dropped.
    with app.app_context():
        begin_writing()
        found = db.session.scalars(sa.select(cast.Distributor)).one()
        key = cast.make_survey(found, with_passwords["rep"], audience=Audience.FARMER).id
        db.session.commit()
    plain = sign_in(phone(browser, java_script_enabled=False), live_server, "rep")
    plain.goto(f"{live_server}/surveys/{key}")
    expect(plain.locator("#ask-trouble")).to_be_visible()
    tap(plain, "effect", "same")
    tap(plain, "overall", 3)
    plain.get_by_role("button", name="Save the answers").tap()
    expect(plain.get_by_role("list", name="Answers")).to_contain_text("About the same")


def test_asked_and_answered_without_a_signal(app: Flask, store: str, live_server: str, browser: Browser) -> None:
    road = phone(browser, service_workers="allow")
    page = sign_in(road, live_server, "rep")
    page.goto(f"{live_server}/distributors/{store}/visit")
    page.locator("#to-check-in").tap()
    page.get_by_role("button", name="Check in without a place").tap()
    expect(page.locator("#during")).to_contain_text("Here since")
    page.evaluate(READY)
    road.set_offline(True)
    page.locator("#s-survey summary").tap()
    for key in ("price", "quality", "delivery", "technical", "rep", "promotion", "payment", "overall"):
        tap(page, key, 4)
    tap(page, "recommend", 9)
    page.locator("#survey").get_by_role("button", name="Save the answers").tap()
    expect(page.get_by_role("link", name="1 waiting to be sent")).to_be_visible()
    expect(page.locator("#survey [name=q-price]:checked")).to_have_count(0)
    road.set_offline(False)
    page.evaluate(SENT)
    with app.app_context():
        [kept] = db.session.scalars(sa.select(Survey)).all()
        assert kept.state is SurveyState.ANSWERED
        assert kept.visit_id == db.session.scalar(sa.select(Visit.id))
