"""A real browser on a real server: Chromium's launch, a phone's screen, and the server that `make run` starts."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests import cast
from tools.browser import find

ROOT = Path(__file__).resolve().parent.parent
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
READY_WITHIN_S = 120

expect.set_options(timeout=20_000)  # how fast this machine is today is nothing that a test asserts


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium or Playwright's own, quiet on the network. Fails with the remedy when there is none."""
    flags = (
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )
    return {**browser_type_launch_args, "executable_path": find(), "args": list(flags)}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A phone with a touch screen, in Chinese. A test for the office overrides the viewport with DESK."""
    return {
        **browser_context_args,
        "viewport": PHONE,
        "has_touch": True,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
    }


@pytest.fixture
def live_server(app: Flask, tmp_path: Path) -> Iterator[str]:
    """The address of the real server on the database and the instance folder of the `app` fixture.

    What a test commits through `app` the browser sees, and the other way round.
    """
    with serving(tmp_path, FIELDAPP_DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"]) as address:
        yield address


@contextlib.contextmanager
def serving(instance: Path, **environ: str) -> Iterator[str]:
    """Run `tools/serve.py` on an instance whose database is already migrated; gives its address, no slash at the end.

    It is asked to stop at the end as a service is (SIGTERM), and must then end well.
    """
    port = free_port()
    settings = {
        "FIELDAPP_INSTANCE": str(instance),
        "FIELDAPP_TODAY": cast.TODAY.isoformat(),
        "FIELDAPP_WORKERS": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        **environ,
    }
    log = instance / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "tools/serve.py"), "--no-preparation"],
            env=os.environ | settings,
            stdout=out,
            stderr=out,
        )
    try:
        wait_until_ready(port, server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        ended = server.wait(timeout=60)
    assert ended == 0, log.read_text()


def wait_until_ready(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until /readyz answers 200; fails with the server's log when it ends or takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    pytest.fail(f"The server did not become ready:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
