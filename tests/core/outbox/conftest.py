"""The app with the demo concern; a server that can be killed; a wire that can lose what goes over it; a phone."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PageMovedError

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.browser import PHONE, ROOT, free_port, wait_until_ready
from tests.core.outbox import demo
from tests.visitor import Visitor


@pytest.fixture
def app(app: Flask) -> Flask:
    """The app with the demo concern."""
    return demo.add(app)


def noted(app: Flask) -> list[AuditEntry]:
    """What was stored, in order."""
    with app.app_context():
        return list(
            db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == demo.NOTED).order_by(AuditEntry.id))
        )


def texts(app: Flask) -> list[str]:
    return [entry.changes["text"] for entry in noted(app)]


class Server:
    """The app behind a wire: `kill()` and `start()` the server; `lose_replies` answers get lost on the wire."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.environ = {
            "FIELDAPP_INSTANCE": str(folder),
            "FIELDAPP_TODAY": cast.TODAY.isoformat(),
            "FIELDAPP_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "FIELDAPP_WORKERS": "1",
            "PYTHONPATH": str(ROOT),
        }
        self.lose_replies = 0
        self.lost = 0
        self.start()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def start(self) -> None:
        log = self.folder / "demo.log"
        with log.open("a") as out:
            command = [sys.executable, "-m", "tests.core.outbox.demo", str(self.port)]
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | self.environ, stdout=out, stderr=out)
        wait_until_ready(self.port, self.process, log)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self._listener.close()
        self.kill()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _from = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self.port), timeout=60) as server,
        ):
            losing = threading.Event()
            up = threading.Thread(target=self._up, args=(client, server, losing), daemon=True)
            up.start()
            while data := server.recv(1 << 16):
                if losing.is_set():
                    self.lost += 1
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)

    def _up(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if data.startswith(b"POST /demo") and self.lose_replies:
                    self.lose_replies -= 1
                    losing.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)


@pytest.fixture
def server(app: Flask, tmp_path: Path) -> Iterator[Server]:
    made = Server(app, tmp_path)
    yield made
    made.close()


class Phone:
    """A phone with one browser. `open(path)` gives a page; somebody is signed in as soon as `sign_in` was called."""

    def __init__(self, browser: Browser, app: Flask, server: Server) -> None:
        self.app, self.server = app, server
        self.context: BrowserContext = browser.new_context(
            viewport=PHONE, has_touch=True, locale="en-GB", service_workers="allow"
        )
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, username: str) -> None:
        """Carry a session of this user, as after signing in."""
        cookie = Visitor(self.app, username).client.get_cookie("fieldapp")
        assert cookie is not None
        self.context.add_cookies([{"name": "fieldapp", "value": cookie.value, "url": self.server.address}])

    def open(self, path: str = "/demo", page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(self.server.address + path)
        return page

    def ready(self) -> Page:
        """The page of notes, on a phone that has its key, the shell and the kept pages."""
        page = self.open()
        self.until("() => outbox.inner.get('kv', 'me').then((me) => me && me.kept > 0 && me.user === outbox.user)")
        self.until("() => navigator.serviceWorker.controller !== null")
        return page

    def until(self, script: str, page: Page | None = None, within: float = 20) -> Any:
        """Until a script gives something true; polled by evaluate. The page may move on meanwhile."""
        page = page or self.page
        for _ in range(int(within / 0.1)):
            with contextlib.suppress(PageMovedError):
                if got := page.evaluate(script):
                    return got
            page.wait_for_timeout(100)
        return pytest.fail(f"never true: {script}; {self.records(page)}; {self.problems}")

    def write(self, text: str, form: str = "talk", page: Page | None = None) -> None:
        """Type a note and tap Save."""
        page = page or self.page
        page.fill(f"#text-{form}", text)
        page.click(f"#{form} button")

    def records(self, page: Page | None = None) -> list[dict[str, Any]]:
        """What waits."""
        return (page or self.page).evaluate("() => outbox.list()")

    def states(self) -> list[str]:
        return [record["state"] for record in self.records()]

    def sent(self, page: Page | None = None) -> None:
        """Until nothing waits."""
        self.until("() => outbox.list().then((all) => all.length === 0)", page)


@pytest.fixture
def phone(browser: Browser, app: Flask, people: dict[str, User], server: Server) -> Iterator[Phone]:
    """A rep's phone."""
    made = Phone(browser, app, server)
    made.sign_in("rep")
    yield made
    made.context.close()
    assert made.problems == []
