"""The map by keyboard: from a province to a city to a county and back."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.cli import FlaskGroup
from playwright.sync_api import Browser, expect

from fieldapp.network.territory.data import read_regions
from fieldapp.people.accounts.models import User
from tests.browser import PHONE
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.network.territory.coverage_shapes import counties, feature, write

pytestmark = pytest.mark.browser


def test_down_to_a_county_and_back_by_keyboard(
    app: Flask, desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser, tmp_path: Path
) -> None:
    codes = [row.code for row in read_regions() if row.code.startswith("41") and len(row.code) in (4, 6)]
    tree = {city: [c for c in codes if len(c) == 6 and c[:4] == city] for city in codes if len(city) == 4}
    shapes = counties(tree, (110.3, 31.4, 116.7, 36.4), depth=5)
    path = write(tmp_path / "henan.geojson", [feature(code, ring) for code, ring in shapes.items()])
    done = app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), ["import", "boundaries", str(path)])
    assert done.exit_code == 0, done.stderr
    context = phone(browser)
    page = sign_in(context, live_server, "boss")
    page.goto(f"{live_server}/coverage?region=41")
    page.locator("svg.map a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/coverage?region=4101")
    title = page.locator("h2.map-title")
    expect(title).to_have_text("郑州市")
    expect(title).to_be_focused()  # the next key goes on from the new map
    assert page.title().startswith("郑州市")
    assert Axe().run(page).violations_count == 0
    small = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg.map a')].map((a) => a.getBoundingClientRect())"
        ".flatMap((box) => [box.width, box.height]))"
    )
    assert small >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("svg.map a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/coverage?region=410102")
    page.go_back()
    expect(title).to_have_text("郑州市")
    page.go_back()
    expect(title).to_have_text("河南省")
    assert page.locator("h1").count() == 1, "the whole page, not a part in a part"
    context.close()
