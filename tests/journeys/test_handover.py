"""A hand-over on a phone: the administrator arranges it for today, the new rep is told and finds the ticket."""

import pytest
from playwright.sync_api import Browser, expect

from fieldapp.core.db import begin_writing, db
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.conftest import on_both_databases
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_visit import store

pytestmark = pytest.mark.browser


@on_both_databases
def test_an_area_goes_to_a_neighbour(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    with desk.app.app_context():
        begin_writing()
        old = db.session.merge(store(desk))
        neighbour = cast.make_distributor("D077", "410103", name="Neighbour", rep_id=with_passwords["rep"].id)
        cast.make_area(old, "410104")
        shop = Outlet(distributor_id=old.id, kind=OutletKind.RETAILER, name="Corner shop", region_code="410104")
        ticket = cast.make_ticket(old, with_passwords["boss"], outlet_id=cast.add(shop).id)
        key, taker = ticket.id, neighbour.id
        db.session.commit()

    admin = sign_in(phone(browser), live_server, "admin")
    admin.goto(f"{live_server}/handovers")
    admin.get_by_role("link", name="Hand over an area").tap()
    admin.locator("input[name=q]").fill("D001")
    admin.locator("#found a").first.tap()
    admin.locator("#found a", has_text="410104").or_(admin.locator("#found a[href*='410104']")).first.tap()
    admin.locator("input[name=q]").fill("D077")
    admin.locator("#found a", has_text="Neighbour").tap()
    expect(admin.locator("#preview")).to_contain_text("Corner shop")
    expect(admin.locator("#preview")).to_contain_text("as it stands now")
    today = admin.evaluate("document.querySelector('#f-day').value")
    admin.locator("#f-reason").fill("The old owner retires")
    admin.locator("#f-day").fill(cast.TODAY.isoformat())
    admin.locator("#f-day").dispatch_event("change")
    expect(admin.get_by_role("button", name="Hand over now")).to_be_visible()
    assert today != cast.TODAY.isoformat()
    expect(admin.locator("#f-reason")).to_have_value("The old owner retires")  # the swap lost nothing
    assert admin.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    admin.get_by_role("button", name="Hand over now").tap()
    expect(admin.locator(".page-header")).to_contain_text("Neighbour")
    expect(admin.locator("main")).to_contain_text("Carried out")

    with desk.app.app_context():
        moved = db.session.get_one(Ticket, key)
        assert (moved.distributor_id, moved.rep_id) == (taker, with_passwords["rep"].id)

    rep = sign_in(phone(browser), live_server, "rep")
    rep.goto(f"{live_server}/notices")
    rep.get_by_text("A hand-over was carried out").first.tap()
    rep.get_by_text("Open tickets").tap()
    rep.get_by_role("link", name="T-000001").tap()
    expect(rep.locator(".thread")).to_contain_text("Handed over")
    expect(rep.locator(".thread")).to_contain_text("The old owner retires")
