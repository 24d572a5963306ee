"""A day in the field on one phone: a visit with a signal, then one without, a deal, a photo, and the week's log.

The signal goes, the server is killed; what was written arrives once, in order, with the times at which it was written.
Then another rep takes the same phone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.core.outbox import Receipt
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.weeklog.models import WeeklyLog
from fieldapp.desk.weeklog.rules import LogState
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPhoto
from fieldapp.fieldwork.visits.rules import Ending, NoteSection
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import LoginSession, User
from tests import cast
from tests.browser import ROOT, free_port, wait_until_ready
from tests.desk.conftest import Desk
from tests.journeys.test_deal_to_approval import phone, sign_in
from tests.journeys.test_offline_deal import until, verdict
from tests.journeys.test_visit import READY, STORE, noted, picture

pytestmark = pytest.mark.browser

# Everything that the phone stores, bytes as text.
DUMP = """async () => {
  const asked = indexedDB.open('fieldapp');
  const db = await new Promise((ok, no) => { asked.onsuccess = () => ok(asked.result); asked.onerror = no; });
  const plain = (v) => v instanceof ArrayBuffer || ArrayBuffer.isView(v) ? new TextDecoder().decode(v)
    : v instanceof CryptoKey ? 'key' : Array.isArray(v) ? v.map(plain)
    : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, plain(w)])) : v;
  const all = {};
  for (const name of db.objectStoreNames) all[name] = await new Promise((ok) => {
    const r = db.transaction(name).objectStore(name).getAll();
    r.onsuccess = () => ok(r.result.map(plain));
  });
  db.close();
  return all;
}"""
EMPTY = "() => outbox.list().then((all) => all.length === 0)"


class Server:
    """The real server, which can be killed with all its processes and started again at the same address."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.address = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "FIELDAPP_INSTANCE": str(folder),
            "FIELDAPP_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "FIELDAPP_TODAY": cast.TODAY.isoformat(),
            "FIELDAPP_WORKERS": "1",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        self.start()

    def start(self) -> None:
        log = self.folder / "server.log"
        with log.open("a") as out:
            command = [sys.executable, str(ROOT / "tools/serve.py"), "--no-preparation"]
            environ = os.environ | self.environ
            self.process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, start_new_session=True)
        wait_until_ready(self.port, self.process, log)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(app: Flask, tmp_path: Path) -> Iterator[Server]:
    made = Server(app, tmp_path)
    yield made
    if made.process.poll() is None:
        made.kill()


@pytest.fixture
def world(desk: Desk, with_passwords: dict[str, User]) -> Desk:
    """Two visits are planned for today."""
    with desk.app.app_context():
        for code in ("D001", "D002"):
            cast.make_plan(store(code), with_passwords["rep"], cast.TODAY)
        db.session.commit()
    return desk


@pytest.fixture
def road(world: Desk, browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A phone in the first store."""
    context = phone(
        browser,
        geolocation=STORE,
        permissions=["geolocation"],
        service_workers="allow",
        base_url=server.address,
    )
    yield context
    context.close()


def store(code: str) -> Distributor:
    return db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()


def rows(world: Desk, model: Any, order: Any) -> list[Any]:
    with world.app.app_context():
        return list(db.session.scalars(sa.select(model).order_by(order)))


def waits(page: Page, count: int) -> None:
    until(page, f"() => outbox.list().then((all) => all.length === {count})")


def test_a_day_in_the_field(world: Desk, server: Server, road: BrowserContext) -> None:
    with world.app.app_context():
        first, second = store("D001").id, store("D002").id

    # From home to being checked in: two taps.
    page = sign_in(road, server.address, "rep")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    until(page, "() => outbox.kv.get('deals')")
    until(page, "() => outbox.inner.get('kv', 'me').then((me) => me && me.kept > 0)")
    until(page, "() => navigator.serviceWorker.controller !== null")
    page.locator(f"main a.row-main[href='/distributors/{first}/visit']").first.tap()
    expect(page.locator("#brief")).to_contain_text("Nobody has visited them yet.")
    page.locator("#to-check-in").tap()
    expect(page.locator("#during .card").first).to_contain_text("56 m from the store")

    # With a signal, until the photo.
    page.locator("#s-talk-ask summary").tap()
    page.locator("#s-talk-ask button", has_text="Done").tap()
    expect(page.locator("#s-talk-ask summary .count")).to_have_text("Done")
    noted(page, "stock", subject="P10", amount="125")
    expect(page.locator("#s-stock .row-title")).to_have_count(1)
    noted(page, "competitor", subject="Rival 42", price="131")
    expect(page.locator("#s-competitor .row-title")).to_have_count(1)
    noted(page, "order", subject="P30", amount="40")
    expect(page.locator("#s-order .row-title")).to_have_count(1)
    noted(page, "promises", text="Bring the new price list")
    expect(page.locator("#s-promises .row-title")).to_have_count(1)
    page.locator("#s-photos summary").tap()
    page.locator("#photo-file").set_input_files(picture())  # type: ignore[arg-type]
    page.locator("#s-photos button", has_text="Keep the photo").tap()
    expect(page.locator("#s-photos img")).to_have_count(1)
    page.evaluate(READY)

    # The signal goes: check-out, then the next store on its kept page.
    road.set_offline(True)
    page.locator("#to-check-out").tap()
    page.locator("#check-out > button[data-place]").tap()
    expect(page.locator("#after")).to_be_visible()
    waits(page, 1)
    page.goto(f"/distributors/{second}/visit")
    page.locator("#to-check-in").tap()
    expect(page.locator("#during")).to_be_visible()
    waits(page, 2)
    noted(page, "stock", subject="P10", amount="7")
    waits(page, 3)
    noted(page, "promises", text="Call about the piglets")
    waits(page, 4)
    page.reload()
    expect(page.locator("#during")).to_be_visible()
    expect(page.locator("#waiting .row-title")).to_have_count(3)

    # A deal, not binding.
    page.goto("/deals/offline?distributor=D001&terms=credit&product=P10&kg=5000&price=3190")
    verdict(page, "go")
    expect(page.locator("main")).to_contain_text("not binding")
    page.locator("#offline-record button").tap()
    expect(page.locator("#offline-kept")).to_be_visible()
    page.goto("/outbox")
    expect(page.locator("[data-part=open] h2")).to_have_count(5)
    written = page.evaluate("() => outbox.list().then((all) => all.map((row) => [row.id, row.created]))")
    assert (world.count(Visit), world.count(DealCheck), world.count(VisitNote)) == (1, 0, 4)
    assert_sealed(page.evaluate(DUMP))

    # There is a signal, but no server; then there is one.
    server.kill()
    with page.expect_event("requestfailed"):
        road.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
    waits(page, 5)
    server.start()
    page.reload()
    until(page, EMPTY)

    # Everything is there once, with the times of the phone, in its order.
    visits = rows(world, Visit, Visit.arrived_at)
    assert [(visit.distributor_id, visit.ending) for visit in visits] == [(first, Ending.CHECKED_OUT), (second, None)]
    assert visits[0].left_at <= visits[1].arrived_at < visits[1].recorded_at
    notes = rows(world, VisitNote, VisitNote.made_at)
    assert [(note.visit_id, note.section) for note in notes] == [
        (visits[0].id, NoteSection.TALK),
        (visits[0].id, NoteSection.STOCK),
        (visits[0].id, NoteSection.COMPETITOR),
        (visits[0].id, NoteSection.ORDER),
        (visits[1].id, NoteSection.STOCK),
    ]
    assert [task.text for task in rows(world, Task, Task.made_at)] == [
        "Bring the new price list",
        "Call about the piglets",
    ]
    assert world.one(VisitPhoto).visit_id == visits[0].id
    true_times = dict(written)
    for at, key in ((visits[0].left_at, written[0][0]), (visits[1].arrived_at, str(visits[1].id))):
        assert abs(at.timestamp() * 1000 - true_times[key]) < 2000
    received = rows(world, Receipt, Receipt.at)
    arrived = [str(receipt.key) for receipt in received if str(receipt.key) in true_times]
    assert arrived == [key for key, _created in written]
    assert all(one.at <= two.at for one, two in pairwise(received))
    check = world.one(DealCheck)
    assert (check.verdict, check.origin, check.inputs["offline"]["verdict"]) == (Verdict.GO, "offline", "go")

    # The second visit ends; the week's log knows both, and is submitted.
    page.goto(f"/distributors/{second}/visit")
    page.locator("#to-check-out").tap()
    page.locator("#check-out > button[data-place]").tap()
    page.wait_for_url(lambda url: "/visits/" in url)
    page.goto("/week")
    expect(page.locator("main")).to_contain_text("56 m from the store")
    for distributor in (first, second):
        with world.app.app_context():
            row = db.session.get(Distributor, distributor)
            assert row is not None
            expect(page.locator("main")).to_contain_text(row.name)
    page.fill("#f-went_well", "Both stores were open")
    page.locator("#remarks button", has_text="Submit").tap()
    expect(page.locator("main")).to_contain_text("Your supervisor reads it")
    assert world.one(WeeklyLog).state is LogState.SUBMITTED

    another_takes_the_phone(page, server.address, first)
    assert problems == []


@pytest.mark.parametrize("days", [-1, 1])
def test_a_phone_whose_clock_is_a_day_wrong(world: Desk, server: Server, road: BrowserContext, days: int) -> None:
    with world.app.app_context():
        first = store("D001").id
    road.clock.set_system_time(datetime.now(UTC) + timedelta(days=days))
    page = sign_in(road, server.address, "rep")
    page.goto(f"/distributors/{first}/visit")
    page.evaluate(READY)
    road.set_offline(True)
    before = datetime.now(UTC)
    page.locator("#to-check-in").dblclick()  # an impatient rep
    expect(page.locator("#during")).to_be_visible()
    waits(page, 1)
    road.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, EMPTY)
    visit: Visit = world.one(Visit)
    assert visit.day == cast.TODAY
    assert abs((visit.arrived_at - before).total_seconds()) < 5
    page.goto("/")
    page.go_back()  # the page of before the check-in is no second one
    expect(page.locator("#during")).to_be_visible()
    expect(page.locator("#to-check-in")).to_be_hidden()
    assert world.count(Visit) == 1


def test_signed_out_meanwhile_and_refused_then_corrected(world: Desk, server: Server, road: BrowserContext) -> None:
    with world.app.app_context():
        first = store("D001").id
    page = sign_in(road, server.address, "rep")
    page.goto(f"/distributors/{first}/visit")
    page.evaluate(READY)
    road.set_offline(True)
    page.locator("#to-check-in").tap()
    waits(page, 1)
    noted(page, "stock", subject="P10", amount="many")
    waits(page, 2)
    world.change(sa.update(LoginSession).values(expires_at=datetime.now(UTC) - timedelta(days=1)))
    road.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, "() => outbox.list().then((all) => all.length === 2 && all[0].state === 'login')")
    assert world.count(Visit) == 0
    page.close()

    page = sign_in(road, server.address, "rep")
    until(page, "() => outbox.list().then((all) => all.length === 1 && all[0].state === 'rejected')")
    page.goto("/outbox")
    expect(page.locator("[data-part=open] [data-error]")).to_be_visible()
    page.locator("[data-part=open] [data-do=correct]").tap()
    expect(page.locator("#stock-amount")).to_have_value("many")
    expect(page.locator("#stock-amount")).to_be_visible()
    noted(page, "stock", amount="40")
    expect(page.locator("#s-stock .row-title")).to_have_count(1)
    assert (world.count(Visit), world.count(VisitNote)) == (1, 1)
    assert world.one(VisitNote).visit_id == world.one(Visit).id


def another_takes_the_phone(page: Page, address: str, distributor: object) -> None:
    """He signs out: what is left on the phone says nothing, without a signal and to the next one who signs in."""
    page.goto("/me")
    mine = page.evaluate("() => outbox.user")
    page.locator("form[data-outbox-leave] button").tap()
    page.wait_for_url(lambda url: "sign-in" in url)
    left = page.evaluate(DUMP)
    assert (left["pages"], [row for row in left["kv"] if row["id"] == "me"]) == ([], [])
    assert left["outbox"], "the latest that were sent are remembered, sealed"
    assert_sealed(left)
    page.context.set_offline(True)
    page.goto(f"/distributors/{distributor}/visit")
    expect(page.locator("#brief")).to_have_count(0)
    page.context.set_offline(False)

    other = sign_in(page.context, address, "mate")
    until(other, "() => outbox.inner.get('kv', 'me').then((me) => me && me.kept > 0)")
    other.goto("/outbox")
    expect(other.locator("[data-part=none]")).to_be_visible()
    expect(other.locator("[data-part=done]")).to_be_hidden()
    his = other.evaluate("() => outbox.user")
    assert his != mine
    assert other.evaluate("() => outbox.list(true)") == []
    left = other.evaluate(DUMP)
    assert {row["user"] for row in left["pages"]} == {his}
    assert_sealed(left)
    opened = """async () => {
      const me = await outbox.inner.get('kv', 'me');
      const rows = await outbox.inner.tx(['outbox'], (s) => s.getAll(), 'readonly');
      return (await Promise.allSettled(rows.map((row) => outbox.inner.read(me.key, row)))).map((one) => one.status);
    }"""
    assert set(other.evaluate(opened)) == {"rejected"}


def assert_sealed(stores: dict[str, Any]) -> None:
    """Nothing that was written, and no name, can be read in what the phone stores."""
    text = str(stores)
    for word in ("郑州金禾", "piglets", "Rival", "price list", "34.76", "D001"):
        assert word not in text
