"""A week's log on two phones: the rep submits it, the supervisor returns it with a comment, the rep corrects it, it is
accepted; then it is printed and fetched as a workbook."""

import re
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from fieldapp.core.db import db
from fieldapp.desk.weeklog.models import WeeklyLog
from fieldapp.desk.weeklog.rules import LogState
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User], app: Flask) -> Desk:
    """The rep has made a visit today."""
    with app.app_context():
        distributor = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        place = {"arrival_lat": 34.7, "arrival_lng": 113.6, "arrival_accuracy": 20, "arrival_distance": 86}
        cast.make_visit(distributor, with_passwords["rep"], cast.TODAY, **place)
        db.session.commit()
    return desk


@on_both_databases
def test_submitted_returned_corrected_accepted(world: Desk, live_server: str, browser: Browser, tmp_path: Path) -> None:
    rep_phone, boss_phone = phone(browser), phone(browser)
    rep = sign_in(rep_phone, live_server, "rep")
    rep.locator("main .row-main", has_text="Weekly log").tap()
    expect(rep.locator("main")).to_contain_text("86 m from the store")
    rep.fill("#f-went_well", "Two new barns")
    rep.locator("button", has_text="Save draft").tap()
    expect(rep.locator("#f-went_well")).to_have_value("Two new barns")
    rep.fill("#f-problems", "The road is closed")
    rep.locator("#remarks button", has_text=re.compile("^Submit$")).tap()
    expect(rep.locator("main")).to_contain_text("Your supervisor reads it")

    boss = sign_in(boss_phone, live_server, "boss")
    boss.locator("main .row-main", has_text="1 weekly log waits for you").tap()
    boss.locator("main .row-main", has_text="Rep").first.tap()
    expect(boss.locator("main")).to_contain_text("The road is closed")
    # Without a word it is not returned; what was typed stays.
    boss.locator("button[value=return]").tap()
    expect(boss.locator("#decision-text-error")).to_be_visible()
    boss.fill("#decision-text", "Which road?")
    boss.locator("button[value=return]").tap()
    boss.wait_for_url(lambda url: "/week/team" in url)

    rep.goto(live_server)
    rep.locator("main .row-main", has_text="Returned to you").tap()
    expect(rep.locator("main")).to_contain_text("Which road?")
    rep.fill("#f-problems", "The road to the market is closed")
    rep.locator("button", has_text="Submit again").tap()
    expect(rep.locator("main")).to_contain_text("Your supervisor reads it")

    boss.locator("main .row-main", has_text="Rep").first.tap()
    expect(boss.locator("main")).to_contain_text("The road to the market is closed")
    boss.locator("button[value=accept]").tap()
    boss.wait_for_url(lambda url: "/week/team" in url)
    expect(boss.locator("main .badge", has_text="accepted")).to_be_visible()
    with world.app.app_context():
        assert db.session.scalars(sa.select(WeeklyLog)).one().state is LogState.ACCEPTED

    rep.goto(f"{live_server}/week")
    expect(rep.locator("main .badge", has_text="accepted")).to_be_visible()
    expect(rep.locator("#remarks")).to_have_count(0)
    with rep.expect_download() as fetched:
        rep.locator("main a", has_text="Excel of this week").tap()
    path = tmp_path / "week.xlsx"
    fetched.value.save_as(path)
    assert openpyxl.load_workbook(path).sheetnames == ["Summary", "Rep"]
    # On paper: no buttons, no bar, the name of the rep at the head.
    rep.emulate_media(media="print")
    expect(rep.locator(".print-header")).to_contain_text("Rep · rep")
    expect(rep.locator("nav.bar")).to_be_hidden()
    expect(rep.locator("main .button").first).to_be_hidden()
    assert rep.pdf(format="A4").startswith(b"%PDF")
    rep_phone.close()
    boss_phone.close()
