"""Two people edit a distributor's file in place; a document is kept; the history tells it all."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Attachment, Dossier
from fieldapp.people.accounts.models import User
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in

pytestmark = pytest.mark.browser


def save(page: Page) -> int:
    """Send the company's form as it stands; the status of the answer, once it is swapped in."""
    with page.expect_response(lambda response: response.request.method == "POST") as answered:
        page.locator("#s-company form button", has_text="Save").tap()
    answered.value.finished()
    return answered.value.status


def test_two_edit_one_file_and_neither_loses_what_he_typed(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    phones = phone(browser), phone(browser)
    rep, boss = (sign_in(one, live_server, who) for one, who in zip(phones, ("rep", "boss"), strict=True))
    key = desk.one(Distributor, Distributor.code == "D001").id
    for page in (rep, boss):
        page.goto(f"{live_server}/distributors/{key}")
        page.locator(".tabs a", has_text="File").tap()
        page.locator("#s-company .section-actions a", has_text="Edit").tap()
        expect(page.locator("[name=capital]")).to_be_visible()

    # In place: the first one is saved, and the card reads again.
    rep.fill("[name=capital]", "500000")
    assert save(rep) == 200
    expect(rep.locator("#s-company dl")).to_contain_text("¥500,000.00")

    # The second one is shown both values, what he typed elsewhere is kept, and the choice has the focus.
    boss.fill("[name=capital]", "800000")
    boss.fill("[name=legal_person]", "赵立新")
    assert save(boss) == 409
    expect(boss.locator("[name='choose.capital'][value=mine]")).to_be_focused()
    conflict = boss.locator("#s-company .notice")
    for told in ("¥500,000.00", "¥800,000.00", "stored by Rep"):
        expect(conflict).to_contain_text(told)
    expect(boss.locator("[name=legal_person]")).to_have_value("赵立新")
    assert desk.one(Dossier, Dossier.distributor_id == key).capital == 50_000_000
    boss.locator("label.choice", has_text="stored by").tap()
    assert save(boss) == 200
    expect(boss.locator("#s-company dl")).to_contain_text("赵立新")
    assert desk.one(Dossier, Dossier.distributor_id == key).capital == 50_000_000, "as he chose"

    # A photo becomes a document; what only calls itself one is refused beside its field.
    photo = BytesIO()
    Image.effect_noise((800, 600), 60).convert("RGB").save(photo, "JPEG")
    for content, kept in ((b"<script>alert(1)</script>", 0), (photo.getvalue(), 1)):
        rep.locator("#s-papers details[open], #s-papers details summary").first.tap()
        rep.set_input_files("[name=file]", {"name": "licence.jpg", "mimeType": "image/jpeg", "buffer": content})
        rep.locator("#s-papers form button", has_text="Keep it").tap()
        expect(rep.locator("#s-papers .row-main" if kept else "#s-papers .error")).to_be_visible()
        assert desk.count(Attachment) == kept
    rep.locator("#s-papers .row-main").first.tap()
    rep.wait_for_url("**/file/papers/*")
    rep.go_back()

    rep.goto(f"{live_server}/distributors/{key}/file/history")
    expect(rep.locator("main")).to_contain_text("¥500,000.00")
    for one in phones:
        one.close()
