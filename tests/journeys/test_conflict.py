"""A conflict between two distributors, from a visit without a signal to the end.

Opened in the store, talked over, agreed with days, seen in the calendar, looked at on a follow-up, ticked off, closed.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from fieldapp.fieldwork.conflicts.models import Conflict, ConflictMeeting, ConflictPhoto, ConflictPoint
from fieldapp.fieldwork.conflicts.rules import ConflictState, Outcome, PointState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.conftest import Desk
from tests.journeys.test_complaint import fold, state
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_field_day import EMPTY
from tests.journeys.test_offline_deal import until
from tests.journeys.test_visit import READY, STORE, accessible, picture, store

pytestmark = pytest.mark.browser

TODAY = cast.TODAY.isoformat()
SOON = (cast.TODAY + timedelta(days=3)).isoformat()


def look(page: Page, party: str) -> None:
    """Note that a party keeps to it."""
    fold(page, "found")
    if page.locator("#found-party").count():
        page.locator("#found-party").select_option(label=party)
    page.locator("#s-found label:has([name=holds][value=yes])").tap()
    page.locator("#found-words").fill("Nobody crossed the river.")
    page.locator("#s-found").get_by_role("button", name="Keep it").tap()


def test_from_the_store_to_the_peace(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    # In the store, without a signal: kind, the other one, the story, a photo.
    road = phone(browser, geolocation=STORE, permissions=["geolocation"], service_workers="allow")
    rep = sign_in(road, live_server, "rep")
    ours, theirs = store(desk), store(desk, "D002")
    rep.goto(f"{live_server}/distributors/{ours.id}/visit")
    rep.locator("#to-check-in").tap()
    expect(rep.locator("#during")).to_contain_text("Here since")
    rep.evaluate(READY)
    road.set_offline(True)
    rep.locator("#s-conflict summary").first.tap()
    rep.locator("#conflict label:has([name=kind][value=area])").tap()
    rep.locator("#conflict-with").select_option("D002")
    rep.locator("#conflict-story").fill("Both deliver to the villages at the river.")
    rep.locator("#conflict-said").fill("The villages were always ours.")
    rep.locator("#conflict-photos").set_input_files([picture()])  # type: ignore[list-item]
    rep.locator("#conflict").get_by_role("button", name="Open the conflict").tap()
    expect(rep.get_by_role("link", name="1 waiting to be sent")).to_be_visible()
    assert desk.count(Conflict) == 0
    road.set_offline(False)
    until(rep, EMPTY)
    conflict = desk.one(Conflict)
    assert (conflict.visit_id, desk.count(ConflictPhoto)) == (desk.one(Visit).id, 1)

    # They meet, and agree.
    page = f"{live_server}/conflicts/{conflict.id}"
    rep.goto(page)
    accessible(rep)
    expect(rep.locator("main")).to_contain_text("The villages were always ours.")
    fold(rep, "held")
    rep.locator("#held-day").fill(TODAY)
    rep.locator("#held-words").fill("Both want the river as their border.")
    rep.get_by_role("button", name="Keep the minutes").tap()
    state(rep, "Being talked over")
    fold(rep, "agreement")
    rep.locator("#agreement-text-0").fill("Stays north of the river")
    rep.locator("#agreement-party-0").select_option(label=theirs.name)
    rep.locator("#agreement-due-0").fill(SOON)
    rep.get_by_role("button", name="Agreed", exact=True).tap()
    state(rep, "Agreed")

    # It stands in the calendar, from where it is two taps to the tick.
    rep.goto(f"{live_server}/promises")
    accessible(rep)
    rep.get_by_role("link", name="Stays north of the river").first.tap()
    rep.wait_for_url(f"**/conflicts/{conflict.id}")
    rep.get_by_text("Kept or broken?").tap()
    rep.get_by_role("button", name="Kept", exact=True).tap()
    expect(rep.locator("#toasts")).to_contain_text("Kept its word")
    assert desk.one(ConflictPoint).state is PointState.KEPT

    # A follow-up visit is planned at one, both are looked at, and it is over.
    fold(rep, "visit")
    rep.locator("#visit-party").select_option(label=ours.name)
    rep.get_by_role("button", name="Put it into the plan").tap()
    expect(rep.locator("main")).to_contain_text("To be looked at")
    look(rep, ours.name)
    expect(rep.locator("#toasts")).to_contain_text("Noted.")
    look(rep, theirs.name)
    state(rep, "Agreed and followed up")
    fold(rep, "closure")
    rep.get_by_text("Settled: the agreement holds").tap()
    rep.locator("#closure-words").fill("Peace at the river.")
    rep.get_by_role("button", name="Close the conflict").tap()
    state(rep, "Closed")
    row = desk.one(Conflict)
    assert (row.state, row.outcome) == (ConflictState.CLOSED, Outcome.SETTLED)


def test_a_meeting_is_planned_on_the_road_and_a_promise_ticked_off_by_the_first(
    desk: Desk, with_passwords: dict[str, User], live_server: str, browser: Browser
) -> None:
    form = {"kind": "area", "story": "Both deliver to the river.", "party": ["D001", "D002"]}
    assert desk.as_("boss").post("/conflicts", form).status_code == 303
    conflict = desk.one(Conflict)
    page = f"{live_server}/conflicts/{conflict.id}"
    road = phone(browser, service_workers="allow")
    rep = sign_in(road, live_server, "rep")
    rep.goto(page)
    until(rep, "() => Boolean(window.outbox && window.outbox.forms)")
    fold(rep, "meeting")
    rep.locator("#meeting-day").fill("2020-01-01")
    rep.get_by_role("button", name="Plan the meeting").tap()
    expect(rep.locator("#s-meeting")).to_contain_text("That day is over.")
    road.set_offline(True)
    rep.locator("#meeting-day").fill(SOON)
    rep.locator("#meeting-place").fill("Town hall")
    rep.get_by_role("button", name="Plan the meeting").tap()
    expect(rep.get_by_role("link", name="1 waiting to be sent")).to_be_visible()
    road.set_offline(False)
    until(rep, EMPTY)
    meeting = desk.one(ConflictMeeting)
    assert (meeting.day.isoformat(), meeting.place) == (SOON, "Town hall")

    # Two tick off the same promise: the second sees how it stands now.
    line = {"text-0": "Marks the map", "party-0": "", "due-0": SOON}
    assert desk.as_("boss").post(f"/conflicts/{conflict.id}/agreement", line).status_code == 303
    point = desk.one(ConflictPoint)
    rep.goto(page)
    rep.get_by_text("Kept or broken?").tap()
    first = desk.as_("boss").post(f"/conflicts/{conflict.id}/points/{point.id}/result", {"result": "kept"})
    assert first.status_code == 303
    rep.get_by_role("button", name="Kept", exact=True).tap()
    expect(rep.locator("#toasts")).to_contain_text("Somebody else was first")
    expect(rep.locator(f"#p-{point.id} .badge")).to_have_text("Kept")
