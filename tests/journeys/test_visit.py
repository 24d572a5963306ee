"""A visit on a phone: from the distributor's page to the check-out, with a place and without, and without a signal."""

import io
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fieldapp.core.db import db
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPhoto, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending, PlaceProblem
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import in_sight, phone, sign_in
from tests.journeys.test_every_page import serious

pytestmark = pytest.mark.browser

STORE = {"latitude": 34.7605, "longitude": 113.65, "accuracy": 20}

# The phone holds its key, the queue's script and the products: it needs the server no more.
READY = """async () => {
  const ready = async () => window.outbox && window.outbox.forms && await window.outbox.kv.get("products");
  while (!await ready()) await new Promise((ok) => setTimeout(ok, 50));
}"""


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User]) -> Desk:
    return desk


@pytest.fixture
def road(world: Desk, browser: Browser) -> Iterator[BrowserContext]:
    """A phone in the store that says where it is."""
    context = phone(browser, geolocation=STORE, permissions=["geolocation"], service_workers="allow")
    yield context
    context.close()


def picture() -> dict[str, object]:
    target = io.BytesIO()
    Image.new("RGB", (2400, 1800), "green").save(target, "JPEG")
    return {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": target.getvalue()}


def store(world: Desk, code: str = "D001") -> Distributor:
    found: Distributor = world.one(Distributor, Distributor.code == code)
    return found


def noted(page: Page, section: str, **typed: str) -> None:
    """Open a section with one tap, type, note it; the page comes back with one more."""
    part = page.locator(f"#s-{section}")
    if part.get_attribute("open") is None:
        part.locator("summary").tap()
    for name, value in typed.items():
        part.locator(f"[name={name}]").fill(value)
    part.locator("form:not([action*=removal]) button[type=submit]").tap()


def accessible(page: Page) -> None:
    page.evaluate(Axe().axe_script)
    assert serious(page, None) == []


def test_a_visit_from_the_distributors_page_to_the_check_out(
    world: Desk, live_server: str, road: BrowserContext
) -> None:
    page = sign_in(road, live_server, "rep")
    page.goto(f"{live_server}/distributors/{store(world).id}")
    page.locator("section.actions a", has_text="Visit").tap()
    expect(page.locator("#brief")).to_contain_text("Nobody has visited them yet.")
    expect(page.locator("#brief")).to_contain_text("Available")
    accessible(page)
    assert in_sight(page, "#to-check-in")
    page.locator("#to-check-in").tap()
    expect(page.locator("#during .card").first).to_contain_text("56 m from the store, ±20 m")
    accessible(page)

    noted(page, "stock", subject="P10", amount="125")
    expect(page.locator("#s-stock .row-title")).to_have_text("Product P10")
    noted(page, "retail", subject="P10", price="128")
    expect(page.locator("#s-retail")).to_contain_text("¥128.00 per 40 kg bag")
    noted(page, "stock", subject="P30", amount="many")
    expect(page.locator("#stock-amount")).to_have_attribute("aria-invalid", "true")
    page.locator("#stock-amount").fill("40")
    page.locator("#s-stock form:not([action*=removal]) button[type=submit]").tap()
    expect(page.locator("#s-stock .row-title")).to_have_count(2)

    page.locator("#s-talk-ask summary").tap()
    page.locator("#s-talk-ask button", has_text="Done").tap()
    expect(page.locator("#s-talk-ask summary .count")).to_have_text("Done")
    noted(page, "promises", text="Bring the new price list")
    expect(page.locator("#s-promises .row-title")).to_have_text("Bring the new price list")
    page.locator("#s-photos summary").tap()
    page.locator("#photo-file").set_input_files(picture())  # type: ignore[arg-type]
    page.locator("#s-photos button", has_text="Keep the photo").tap()
    expect(page.locator("#s-photos img")).to_have_count(1)

    expect(page.locator("#departure-summary")).to_have_value(
        "Stock seen: Product P10 125 bags; Product P30 40 bags\nRetail prices seen: Product P10 ¥128.00 per 40 kg bag"
    )
    page.locator("#to-check-out").tap()
    page.locator("#check-out > button[data-place]").tap()
    page.wait_for_url(lambda url: "/visits/" in url)
    expect(page.locator("main")).to_contain_text("56 m from the store")
    accessible(page)

    visit: Visit = world.one(Visit)
    assert (visit.ending, visit.departure_distance) == (Ending.CHECKED_OUT, 56)
    assert world.count(VisitNote) == 4
    assert world.one(Task).visit_id == visit.id
    assert world.one(VisitPhoto).size < 300_000
    assert world.one(VisitPlan).day == visit.next_on


def test_a_phone_that_may_not_say_where_it_is(world: Desk, live_server: str, browser: Browser) -> None:
    context = phone(browser)  # nothing granted: the browser refuses
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/distributors/{store(world).id}/visit")
    page.locator("#to-check-in").tap()
    expect(page.locator("#check-in [data-problem=denied]")).to_be_visible()
    accessible(page)
    assert world.count(Visit) == 0
    page.locator("#check-in [data-placeless]").tap()
    expect(page.locator("#during")).to_contain_text("No place")
    assert world.one(Visit).arrival_problem is PlaceProblem.DENIED
    context.close()


def test_a_visit_without_javascript(world: Desk, live_server: str, browser: Browser) -> None:
    context = phone(browser, java_script_enabled=False)
    page = sign_in(context, live_server, "rep")
    page.goto(f"{live_server}/distributors/{store(world).id}/visit")
    page.locator("#to-check-in").click()
    expect(page.locator("#during")).to_contain_text("Here since")
    page.locator("#s-other summary").click()
    page.locator("#other-text").fill("A quiet day")
    page.locator("#s-other button", has_text="Note it").click()
    expect(page.locator("#departure-summary")).to_have_value("Other remarks: A quiet day")
    page.locator("#check-out > button[data-place]").click()
    expect(page.locator("main")).to_contain_text("no place: the phone found none")
    assert world.one(Visit).ending is Ending.CHECKED_OUT
    context.close()


def test_a_whole_visit_without_a_signal(world: Desk, live_server: str, road: BrowserContext) -> None:
    page = sign_in(road, live_server, "rep")
    address = f"{live_server}/distributors/{store(world).id}/visit"
    page.goto(address)
    page.evaluate(READY)
    road.set_offline(True)
    page.locator("#to-check-in").tap()
    expect(page.locator("#during")).to_be_visible()
    expect(page.locator("#waiting .row-title")).to_have_count(1)
    noted(page, "stock", subject="P10", amount="125")
    expect(page.locator("#waiting .row-title")).to_have_count(2)
    expect(page.locator("#waiting")).to_contain_text("P10")
    noted(page, "promises", text="Bring the new price list")
    expect(page.locator("#waiting .row-title")).to_have_count(3)
    accessible(page)
    page.locator("#to-check-out").tap()
    page.locator("#check-out > button[data-place]").tap()
    expect(page.locator("#after")).to_be_visible()
    expect(page.locator("#waiting .row-title")).to_have_count(4)
    assert world.count(Visit) == 0

    road.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden(timeout=20_000)
    visit: Visit = world.one(Visit)
    assert (visit.ending, visit.arrival_distance, visit.departure_distance) == (Ending.CHECKED_OUT, 56, 56)
    assert visit.left_at is not None
    assert visit.left_at > visit.arrived_at
    assert (world.count(VisitNote), world.one(Task).visit_id) == (1, visit.id)
    page.goto(address)
    expect(page.locator("#to-check-in")).to_be_visible()
    expect(page.locator("#brief")).to_contain_text("Bring the new price list")


def test_the_forgotten_visit_is_asked_for_at_the_next_store(
    world: Desk, live_server: str, road: BrowserContext
) -> None:
    page = sign_in(road, live_server, "rep")
    page.goto(f"{live_server}/distributors/{store(world).id}/visit")
    page.locator("#to-check-in").tap()
    expect(page.locator("#during")).to_contain_text("Here since")
    page.goto(f"{live_server}/distributors/{store(world, 'D002').id}/visit")
    expect(page.locator("#before")).to_contain_text("is still open")
    accessible(page)
    page.locator("#to-check-in").tap()
    expect(page.locator("#during .card").first).to_contain_text("Keep this point as the store's place")
    with world.app.app_context():
        endings = list(db.session.scalars(sa.select(Visit.ending).order_by(Visit.arrived_at)))
    assert endings == [Ending.REPAIRED, None]
