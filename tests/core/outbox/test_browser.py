"""The outbox in a real Chromium: written without a signal, sent once, whatever happens between."""

import pytest
from flask import Flask

from tests.core.outbox.conftest import Phone, Server, texts

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
    assert "No signal: as of" in phone.until("() => document.querySelector('#outbox').innerText")
    assert texts(app) == []
    phone.context.set_offline(False)
    phone.sent()
    assert texts(app) == ["First", "Second"]


def test_a_killed_server_gets_it_when_it_is_back(app: Flask, phone: Phone, server: Server) -> None:
    phone.ready()
    server.kill()
    phone.write("While it was down")
    phone.until("() => outbox.list().then((all) => all.length === 1 && all[0].tries > 0)")
    server.start()
    phone.sent()
    assert texts(app) == ["While it was down"]
