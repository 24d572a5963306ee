"""The outbox in a real Chromium: written without a signal, sent once, whatever happens between."""

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts.models import LoginSession
from tests.core.outbox.conftest import Phone, Server, noted, texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def test_written_with_a_signal_it_is_sent_at_once(app: Flask, phone: Phone) -> None:
    page = phone.open()
    phone.write("Good stock", "stock")
    page.wait_for_url("**/demo?noted=*")
    assert page.locator("#noted").inner_text() == "Good stock"
    assert page.locator("#toasts").inner_text() == "Noted."
    assert texts(app) == ["Good stock"]


def test_written_without_a_signal_it_is_sent_when_there_is_one(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    phone.write("First")
    phone.until("() => document.querySelector('#toasts').innerText.includes('Saved on the phone')")
    phone.write("Second")
    phone.until("() => document.querySelector('#outbox').innerText === '2 waiting to be sent'")
    page.goto(f"{phone.server.address}/demo")  # from the service worker
    phone.until("() => document.querySelector('#outbox').innerText.startsWith('No signal: as of')")
    assert texts(app) == []
    phone.context.set_offline(False)
    phone.sent()
    assert texts(app) == ["First", "Second"]


def test_a_killed_server_gets_it_when_it_is_back(app: Flask, phone: Phone, server: Server) -> None:
    phone.ready()
    server.kill()
    phone.write("While it was down")
    phone.until("() => document.querySelector('#toasts').innerText.includes('Saved on the phone')")
    server.start()
    phone.sent()
    assert texts(app) == ["While it was down"]


def test_a_lost_reply_does_not_make_it_twice(app: Flask, phone: Phone, server: Server) -> None:
    phone.ready()
    server.lose_replies = 1
    phone.write("Once")
    phone.sent()
    assert (server.lost, texts(app)) == (1, ["Once"])


def test_a_double_tap_is_one(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    page.fill("#text-talk", "Tapped twice")
    page.evaluate("() => { for (let i = 0; i < 2; i++) document.querySelector('#talk button').click(); }")
    phone.sent()
    assert texts(app) == ["Tapped twice"]


def test_a_session_that_ran_out_says_so_and_loses_nothing(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    change(app, sa.update(LoginSession).values(expires_at=now() - timedelta(days=1)))
    phone.write("Signed out meanwhile")
    phone.until("() => document.querySelector('#outbox').innerText === '1 waiting: sign in again'")
    assert phone.states() == ["login"]
    assert texts(app) == []
    phone.sign_in("rep")
    page.goto(f"{phone.server.address}/me")
    phone.sent()
    assert texts(app) == ["Signed out meanwhile"]


def test_what_the_server_refuses_at_once_is_shown_on_its_page(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    phone.write("refuse this", "stock")
    phone.until("() => document.activeElement.id === 'text-stock' && document.activeElement.ariaInvalid === 'true'")
    assert page.input_value("#text-stock") == "refuse this"
    assert phone.states() == ["rejected"]
    phone.write("Corrected", "stock")
    page.wait_for_url("**/demo?noted=*")
    assert texts(app) == ["Corrected"]
    assert phone.records() == []


def test_what_is_refused_later_is_corrected_from_the_page_waiting(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    phone.write("refuse this later")
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    key = phone.records()[0]["id"]
    phone.write("Goes on")
    phone.context.set_offline(False)
    phone.until("() => document.querySelector('#outbox').innerText === '1 need you'")
    assert texts(app) == ["Goes on"]
    page.goto(f"{phone.server.address}/outbox")
    page.get_by_text("Write something that is not refused.").wait_for()
    page.get_by_role("link", name="Correct").click()
    phone.until("() => document.querySelector('#text-talk').value === 'refuse this later'")
    phone.write("Corrected later")
    phone.sent()
    assert texts(app) == ["Goes on", "Corrected later"]
    assert noted(app)[1].subject_id == key


def test_a_waiting_record_is_changed_before_it_is_sent_and_deleted_only_when_asked(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    phone.write("Before")
    phone.write("Never mind")
    phone.until("() => outbox.list().then((all) => all.length === 2)")
    first, second = (record["id"] for record in phone.records())
    page.goto(f"{phone.server.address}/demo#outbox={first}")
    page.reload()
    phone.until("() => document.querySelector('#text-talk').value === 'Before'")
    assert phone.states() == ["held", "waiting"]
    phone.write("After")
    phone.until("() => outbox.list().then((all) => all[0].state === 'waiting' && all[0].fields.text === 'After')")
    page.goto(f"{phone.server.address}/outbox")
    delete = page.locator("[data-part=open] .card").nth(1).get_by_role("button", name="Delete")
    delete.click()
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    assert len(phone.records()) == 2
    delete.click()
    page.locator("#confirm").get_by_role("button", name="Yes").click()
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    phone.context.set_offline(False)
    phone.sent()
    assert [(entry.subject_id, entry.changes["text"]) for entry in noted(app)] == [(first, "After")]
    assert second not in {entry.subject_id for entry in noted(app)}


def test_a_broken_server_holds_the_order(app: Flask, phone: Phone) -> None:
    phone.ready()
    phone.context.set_offline(True)
    phone.write("break here")
    phone.write("Behind it")
    phone.until("() => outbox.list().then((all) => all.length === 2)")
    phone.context.set_offline(False)
    phone.until("() => outbox.list().then((all) => all[0].tries > 0)")
    assert [(record["state"], record["tries"] > 0) for record in phone.records()] == [
        ("waiting", True),
        ("waiting", False),
    ]
    assert texts(app) == []


def test_what_is_typed_while_the_one_before_is_kept_is_no_part_of_it(app: Flask, phone: Phone) -> None:
    phone.ready()
    phone.context.set_offline(True)
    phone.page.evaluate(
        """() => {
            const form = document.querySelector("#talk"), text = form.querySelector("textarea, [name=text]");
            const type = (value) => { text.value = value; text.dispatchEvent(new Event("input", { bubbles: true })); };
            type("The first");
            form.requestSubmit();
            form.requestSubmit(); // a double tap
            type("The second");
            form.requestSubmit();
        }"""
    )
    phone.until("() => outbox.list().then((all) => all.length === 2)")
    assert [record["fields"]["text"] for record in phone.records()] == ["The first", "The second"]
    phone.context.set_offline(False)
    phone.sent()
    assert texts(app) == ["The first", "The second"]


def test_two_tabs_send_each_record_once(app: Flask, phone: Phone) -> None:
    phone.ready()
    other = phone.open(page=phone.context.new_page())
    phone.context.set_offline(True)
    for number in range(3):
        phone.write(f"Left {number}")
        phone.write(f"Right {number}", page=other)
    phone.until("() => outbox.list().then((all) => all.length === 6)")
    phone.context.set_offline(False)
    phone.sent()
    phone.sent(other)
    assert sorted(texts(app)) == sorted([f"{side} {n}" for side in ("Left", "Right") for n in range(3)])


def test_a_full_phone_says_so_and_keeps_what_is_typed(app: Flask, phone: Phone) -> None:
    page = phone.open("/sign-in")
    devtools = phone.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": phone.server.address, "quotaSize": 3 << 20})
    phone.ready()
    page.evaluate(FILL)
    phone.context.set_offline(True)
    page.evaluate("() => { document.querySelector('#text-talk').value = 'No room '.repeat(40000); }")
    page.click("#talk button")
    phone.until("() => document.querySelector('#toasts').innerText.includes('storage is full')")
    assert page.input_value("#text-talk") == "No room " * 40_000
    assert phone.records() == []
    phone.context.set_offline(False)
    page.click("#talk button")  # with a signal it need not be kept
    phone.until("() => document.querySelector('#toasts').innerText.includes('Sent.')")
    assert texts(app) == ["No room " * 40_000]


# Fill the phone until a quarter of a megabyte does not fit any more.
FILL = """async () => {
  let n = 0;
  for (let size = 1 << 18; size > 200; )
    await outbox.inner.tx(["kv"], (s) => { s.put({ id: `full ${n++}`, data: new ArrayBuffer(size) }); })
      .catch(() => { size /= 4; });
}"""


def test_another_user_of_the_phone_sees_and_sends_nothing_of_it(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    phone.write("The first one's secret")
    page.fill("#text-talk", "A draft of the first one")
    phone.until("() => outbox.inner.tx(['drafts'], (s) => s.count(), 'readonly')")
    change(app, sa.delete(LoginSession))
    phone.sign_in("colleague")
    phone.context.set_offline(False)  # the first one's page is still open, under the second one's session
    phone.until("() => fetch('/outbox/token').then((r) => r.ok)")
    phone.ready()
    assert phone.records() == []
    assert page.input_value("#text-talk") == ""
    phone.write("The second one's")
    phone.sent()
    assert texts(app) == ["The second one's"]
    page.goto(f"{phone.server.address}/outbox")
    page.get_by_text("Nothing waits").wait_for()
    assert "first one" not in stored(phone)
    phone.sign_in("rep")
    phone.ready()
    phone.sent()
    assert texts(app) == ["The second one's", "The first one's secret"]
    phone.until("() => document.querySelector('#text-talk').value === 'A draft of the first one'")


def test_signing_out_asks_about_what_is_unsent_and_takes_the_key(app: Flask, phone: Phone, server: Server) -> None:
    page = phone.ready()
    server.kill()
    phone.write("Unsent")
    phone.until("() => document.querySelector('#toasts').innerText.includes('Saved on the phone')")
    page.evaluate(FAR_OFF)
    page.evaluate("() => outbox.kv.set('snapshot', 'prices of the day')")
    page.goto(f"{server.address}/me")  # from the service worker
    server.start()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("Not everything is sent yet").wait_for()
    page.get_by_role("button", name="Sign out anyway").click()
    page.wait_for_url("**/sign-in*")
    assert "Unsent" not in stored(phone)
    assert "prices of the day" not in stored(phone)
    held = page.evaluate(HELD)
    assert (held["key"], held["pages"]) == (False, 0)


# The next try is long from now.
FAR_OFF = """() => outbox.inner.tx(['outbox'], (s) => s.getAll())
  .then(([r]) => outbox.inner.tx(['outbox'], (s) => { s.put({ ...r, due: 9e15 }); }))"""
HELD = """() => new Promise((ok) => {
  const r = indexedDB.open("fieldapp", 1);
  r.onsuccess = () => {
    const t = r.result.transaction(["kv", "pages"]);
    const me = t.objectStore("kv").get("me"), n = t.objectStore("pages").count();
    t.oncomplete = () => ok({ key: Boolean(me.result), pages: n.result });
  };
})"""
# Everything in the phone's database, as somebody would find it who reads its files.
STORED = """() => new Promise((ok) => {
  const r = indexedDB.open("fieldapp", 1);
  r.onsuccess = () => {
    const names = [...r.result.objectStoreNames], t = r.result.transaction(names);
    const all = names.map((n) => t.objectStore(n).getAll());
    const plain = (k, v) => v instanceof ArrayBuffer ? new TextDecoder().decode(v) : v instanceof Uint8Array ? "" : v;
    t.oncomplete = () => ok(JSON.stringify(all.map((a) => a.result), plain));
  };
})"""


def stored(phone: Phone) -> str:
    return str(phone.page.evaluate(STORED))


def change(app: Flask, statement: sa.Executable) -> None:
    with app.app_context():
        db.session.execute(statement)
        db.session.commit()


def test_what_is_typed_survives_a_reload(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    page.fill("#text-talk", "Half a sent")
    page.check("#f-urgent")
    phone.until("() => outbox.inner.tx(['drafts'], (s) => s.count(), 'readonly')")
    page.wait_for_timeout(600)  # the draft of the last key press
    page.reload()
    phone.until("() => document.querySelector('#text-talk').value === 'Half a sent'")
    assert page.is_checked("#f-urgent")
    phone.write("Half a sentence")
    phone.sent()
    page.reload()
    page.wait_for_timeout(500)
    assert page.input_value("#text-talk") == ""
    assert texts(app) == ["Half a sentence"]


def test_a_stale_draft_never_overwrites_what_waits(app: Flask, phone: Phone) -> None:
    """Failed first in the trial: it brought an old key back."""
    page = phone.ready()
    page.fill("#text-talk", "First visit")
    phone.until("() => outbox.inner.tx(['drafts'], (s) => s.count(), 'readonly')")
    page.evaluate("() => outbox.inner.tx(['drafts'], (s) => s.getAll()).then((all) => { window.stale = all[0]; })")
    phone.context.set_offline(True)
    page.click("#talk button")
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    assert page.evaluate("() => outbox.inner.tx(['drafts'], (s) => s.count(), 'readonly')") == 0
    page.evaluate("() => outbox.inner.tx(['drafts'], (s) => { s.put(window.stale); })")
    page.reload()
    page.wait_for_timeout(500)
    assert page.input_value("#text-talk") == ""
    page.evaluate(
        "() => outbox.list().then(([r]) => { document.querySelector('#talk').dataset.key = r.id; })"
    )  # as a form that came back from the browser's memory
    phone.write("Second visit")
    phone.until("() => outbox.list().then((all) => all.length === 2)")
    phone.context.set_offline(False)
    phone.sent()
    assert texts(app) == ["First visit", "Second visit"]


def test_a_fragment_never_takes_a_pages_place(phone: Phone) -> None:
    """Failed first in the trial: the cache holds one entry an address."""
    page = phone.ready()
    page.evaluate("() => fetch('/me', { headers: { 'HX-Request': 'true' } }).then((r) => r.text())")
    phone.context.set_offline(True)
    page.goto(f"{phone.server.address}/me")
    assert page.locator("nav.bar").count() == 1


def test_photos_are_not_read_for_the_badge(phone: Phone, tmp_path: Path) -> None:
    """Failed first in the trial: it took ten times as long. The photo lies in a store of its own."""
    page = phone.ready()
    phone.context.set_offline(True)
    page.set_input_files("#photo", picture(tmp_path))
    phone.write("With a photo", "stock")
    page.wait_for_url("**/demo?queued")
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    big = page.evaluate(
        "() => outbox.inner.tx(['outbox'], (s) => s.getAll(), 'readonly').then(([r]) => r.data.byteLength)"
    )
    assert big < 2000


def test_the_shell_before_this_one_stays(phone: Phone) -> None:
    """Failed first in the trial: kept pages name the assets that they were made with."""
    page = phone.open("/healthz")
    page.evaluate("async () => { await caches.open('shell old'); await caches.open('shell before'); }")
    phone.ready()
    kept = page.evaluate("() => caches.keys()")
    assert len(kept) == 2
    assert "shell before" in kept


def test_photos_are_made_small_and_lose_what_is_hidden_in_them(app: Flask, phone: Phone, tmp_path: Path) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    source = picture(tmp_path)
    page.set_input_files("#photo", source)
    assert int(page.input_value("[name=taken_at]")) == pytest.approx(source.stat().st_mtime * 1000, abs=2000)
    phone.write("With a photo", "stock")
    page.wait_for_url("**/demo?queued")
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    sent = page.evaluate(
        """async () => {
          const [rec] = await outbox.list(), { get, unseal } = outbox.inner, me = await get("kv", "me");
          const bytes = await unseal(me.key, (await get("body", rec.id)).parts[0]);
          return [...new Uint8Array(bytes)];
        }"""
    )
    photo = Image.open(BytesIO(bytes(sent)))
    assert (photo.format, max(photo.size)) == ("JPEG", 1600)
    assert not photo.getexif()
    phone.context.set_offline(False)
    phone.sent()
    assert noted(app)[0].changes["photo"] == hashlib.sha256(bytes(sent)).hexdigest()


def picture(folder: Path) -> Path:
    """A photo of 2400 × 1200 with a place in its EXIF."""
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    path = folder / "shop.jpg"
    Image.new("RGB", (2400, 1200), "#0b5263").save(path, exif=exif)
    return path


def test_pages_that_were_not_kept_say_so_and_others_stand_in(phone: Phone) -> None:
    page = phone.ready()
    phone.context.set_offline(True)
    page.goto(f"{phone.server.address}/distributors")
    page.get_by_text("This page is not kept on the phone").wait_for()
    page.get_by_role("link", name="Notes").click()
    page.wait_for_url("**/demo")
    page.goto(f"{phone.server.address}/deals/new?distributor=D001")
    assert page.url.endswith("/demo?distributor=D001")
    assert page.locator("#talk").count() == 1


def test_the_systems_sync_wakes_the_page(app: Flask, phone: Phone) -> None:
    page = phone.ready()
    devtools = phone.context.new_cdp_session(page)
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    phone.context.set_offline(True)
    phone.write("In the pocket")
    phone.until("() => outbox.list().then((all) => all.length === 1)")
    page.evaluate("() => addEventListener('online', (event) => event.stopImmediatePropagation(), true)")
    phone.until("() => true")
    phone.context.set_offline(False)
    assert found
    devtools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": phone.server.address, "registrationId": found[-1], "tag": "outbox", "lastChance": False},
    )
    phone.sent()
    assert texts(app) == ["In the pocket"]
