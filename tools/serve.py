"""Serve fieldapp: `make run`, and the service of an installation (docs/production.md).

    .venv/bin/python tools/serve.py [--no-preparation]

Brings the database up to date, loads the demo company into a new local one, and starts the server
workers. This process stays small: it loads neither the app nor the database, only watches the workers,
and starts another when one dies. HOST, PORT, FIELDAPP_WORKERS and the other settings come from the
environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

ROOT = Path(__file__).resolve().parent.parent

# Chosen by measurement, docs/adr/0002-server.md
THREADS = 64
BACKLOG = 1024
HEADERS_WITHIN_MS = 30_000
STOP_WITHIN_S = 20


class Watched(Server):
    """granian, which says when it can be used and ends with 0 when it was asked to end."""

    def __init__(self, *args: Any, announce: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._announce = announce

    def startup(self, *args: Any) -> None:
        super().startup(*args)
        threading.Thread(target=self._announce, daemon=True).start()

    def shutdown(self, exit_code: int = 0) -> None:
        if self.interrupt_signal:
            # Ctrl-C reaches the workers as well; that they ended before they were told to is no failure.
            self.interrupt_children.clear()
        super().shutdown(exit_code)


class JsonLines(logging.Formatter):
    """The server's own few messages in the form of the app's log."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "event": record.getMessage(),
                "logger": "server",
                "level": record.levelname.lower(),
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            }
        )


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--no-preparation"]):
        print(__doc__, file=sys.stderr)
        return 2
    os.chdir(ROOT)
    host = os.environ.get("HOST") or "127.0.0.1"
    port = number("PORT", 8000, 1, 65_535)
    workers = number("FIELDAPP_WORKERS", len(os.sched_getaffinity(0)), 1, 256)
    refuse_used(host, port)
    accounts = "" if arguments else prepare()
    server = Watched(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=STOP_WITHIN_S,
        log_level=LogLevels.error,
        log_dictconfig=log_settings(),
        announce=partial(announce, host, port, accounts),
    )
    server.serve(target_loader=partial(load, port), wrap_loader=False)
    return 0


def number(name: str, default: int, least: int, most: int) -> int:
    """The whole number in the variable `name`; ends the program with a message when it is none."""
    given = os.environ.get(name, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
        give_up(f"{name} is {given!r}: use a whole number from {least} to {most}")
    return int(given)


def refuse_used(host: str, port: int) -> None:
    """End with a message when another program serves there; the workers share ports and would not notice."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as problem:
        give_up(f"HOST is {host!r}: {problem.strerror}")
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            give_up(f"Port {port} needs more rights than this user has: use one above 1023, e.g. PORT=8000")
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                give_up(f"Port {port} on {host} is in use: stop what serves there, or choose: PORT=8001 make run")
            give_up(f"HOST is {host!r}: cannot serve there ({problem.strerror})")


def prepare() -> str:
    """Migrate, and load the demo into a new database; the lines that name the demo accounts, if any.

    In a process of its own, so that this one stays small; one at a time for each instance folder.
    """
    instance = Path(os.environ.get("FIELDAPP_INSTANCE") or ROOT / "instance")
    instance.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that the preparation ends as well
    with (instance / ".prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "tools/prepare.py"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            pass_fds=[lock.fileno()],  # the lock is held as long as either process lives
        )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def load(port: int) -> Any:
    """The app, in a worker. A worker ends with its watcher, also when that is killed outright."""
    if sys.platform == "linux":
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGTERM)
    sys.path.insert(0, str(ROOT))
    from wsgi import app

    if sys.platform == "linux":
        threading.Thread(target=notice_dead_clients, args=(port,), daemon=True).start()
    return app


def notice_dead_clients(port: int) -> None:
    """Have the kernel probe silent connections of this worker, and end those that nobody answers.

    A phone that loses its signal in the middle of an upload never says goodbye, and would keep its thread for ever.
    Connections inherit this from the listening socket, which the server makes by itself: it is looked up here.
    """
    for _ in range(300):
        for descriptor in open_sockets():
            with socket.socket(fileno=os.dup(descriptor)) as listener:
                if (
                    listener.family in (socket.AF_INET, socket.AF_INET6)
                    and listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                    and listener.getsockname()[1] == port
                ):
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20)
                    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
                    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
                    return
        time.sleep(0.1)


def open_sockets() -> list[int]:
    """The numbers of this process's open files that are sockets."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            if str(entry.readlink()).startswith("socket:"):
                found.append(int(entry.name))
    return found


def announce(host: str, port: int, accounts: str) -> None:
    """Say where the app is once it answers."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  not a bind
    for _ in range(600):
        connection = http.client.HTTPConnection(reachable, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                shown = f"[{host}]" if ":" in host else host
                print(f"\n{accounts}fieldapp serves on http://{shown}:{port} (Ctrl-C stops it)", flush=True)
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)


def log_settings() -> dict[str, Any]:
    return {
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {"_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
    }


def give_up(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
