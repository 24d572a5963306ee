"""An installation to examine: its commands and its interface, in this process or as real processes with a server."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import Flask
from flask.cli import FlaskGroup

from fieldapp import create_app
from fieldapp.config import ROOT, Settings
from fieldapp.core.db import db
from tests.databases import fresh_postgres, fresh_sqlite

from .worlds import TODAY

URL = "/api/v1/deal-checks"
PASSWORD = "seven grey herons wade"


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Reply:
    """An answer of the interface: status, headers that do not differ from time to time, and the body's bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Installation(Protocol):
    """What an examiner can reach."""

    def flask(self, *arguments: str, given: str = "") -> Ran:
        """Run `flask ARGUMENTS` with `given` on standard input."""

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """POST a body to the deal check."""


def ask(installation: Installation, body: Any, token: str | None) -> Reply:
    """POST `body` as JSON with a bearer token."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return installation.post(json.dumps(body).encode(), headers)


class Inside:
    """The app of this process: the same commands and the same requests, without the start of a process for each."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def flask(self, *arguments: str, given: str = "") -> Ran:
        result = self.app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), arguments, input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        response = self.app.test_client().post(URL, data=body, headers=dict(headers))
        return Reply(response.status_code, _lasting(dict(response.headers)), response.get_data())


class Outside:
    """Real processes on a real server, found by nothing but commands and HTTP."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    def flask(self, *arguments: str, given: str = "") -> Ran:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("flask")), *arguments],
            cwd=ROOT, env=self.environ, input=given.encode(), capture_output=True, check=False, timeout=300,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.environ["PORT"]), timeout=120)
        with contextlib.closing(connection):
            connection.request("POST", URL, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, _lasting(dict(response.getheaders())), response.read())


def _lasting(headers: Mapping[str, str]) -> Mapping[str, str]:
    passing = {"date", "x-request-id", "server-timing"}
    return {name.lower(): value for name, value in headers.items() if name.lower() not in passing}


@contextlib.contextmanager
def inside(folder: Path, dialect: str = "sqlite") -> Iterator[Inside]:
    """An installation in this process, on a fresh migrated database."""
    with contextlib.ExitStack() as stack:
        url = fresh_sqlite(folder) if dialect == "sqlite" else stack.enter_context(fresh_postgres())
        app = create_app(
            Settings.read(
                {
                    "FIELDAPP_INSTANCE": str(folder),
                    "FIELDAPP_DATABASE_URL": url,
                    "FIELDAPP_TODAY": TODAY.isoformat(),
                }
            ),
            TESTING=True,
        )
        try:
            yield Inside(app)
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@contextlib.contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    """An installation of its own: migrated by the command, served by the real server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FIELDAPP_INSTANCE": str(folder),
        "FIELDAPP_TODAY": TODAY.isoformat(),
        "FIELDAPP_WORKERS": "1",
        "PORT": str(port),
    }
    installation = Outside(environ)
    upgraded = installation.flask("db", "upgrade")
    assert upgraded.code == 0, upgraded
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tools" / "serve.py"), "--no-preparation"],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said: list[bytes] = []
    assert server.stdout is not None
    reader = threading.Thread(target=lambda out: said.extend(out), args=(server.stdout,), daemon=True)
    reader.start()
    try:
        _wait(port, server, said)
        yield installation
    finally:
        server.terminate()
        server.wait(60)
        reader.join(10)
        server.stdout.close()


def _wait(port: int, server: subprocess.Popen[bytes], said: list[bytes]) -> None:
    for _attempt in range(600):
        assert server.poll() is None, b"".join(said).decode()
        with (
            contextlib.suppress(OSError),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
        ):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(b"".join(said).decode())
