"""The lists and the home page: statements and CPU of a page, at 10,000 and at 1,000,000 distributors.

python -m bench.lists [ROWS] [--folder FOLDER]
"""

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import LoginSession, Role, User

from .goals import Goal
from .search import kept, open_app

PAGES = {
    "home": "/",
    "list": "/distributors",
    "list, page 2": "next",
    "list, searched": "/distributors?q=fs",
    "list, as typed (fragment)": "/distributors?q=fs",
    "list, longest overdue": "/distributors?sort=overdue&overdue=1",
    "list, most owed": "/distributors?sort=outstanding",
    "list, by status and grade": "/distributors?status=watch&grade=B",
    "ratings, due": "/ratings",
    "ratings, never graded": "/ratings?part=never",
    "a distributor's grade": "first/grade",
    "a new rating": "first/grade/new",
}
PATCHES = {"rep": (Role.REP, ["4101"]), "supervisor": (Role.SUPERVISOR, ["41"])}


class Measured(NamedTuple):
    """A page: statements (the session's own included), and median milliseconds of CPU in this process."""

    page: str
    statements: int
    cpu: float


def measure(app: Flask, client: FlaskClient, repeat: int = 30) -> list[Measured]:
    """Each page through the whole app, the pages interleaved."""
    listed = client.get("/distributors").get_data(as_text=True)
    following = listed.partition('rel="next"')[0].rpartition('href="')[2]
    first = listed.partition('class="row-main" href="')[2].partition('"')[0]
    addresses = {name: path.replace("first", first) for name, path in PAGES.items() if path != "next"}
    if following.startswith("/distributors?"):
        addresses["list, page 2"] = following.partition('"')[0].replace("&amp;", "&")
    cookie = "; ".join(f"{kept.key}={kept.value}" for kept in (client._cookies or {}).values())
    seen: list[str] = []
    with app.app_context():
        # SQLite says what it runs: hot reads go below what SQLAlchemy counts.
        event.listen(db.engine, "checkout", lambda connection, *_rest: connection.set_trace_callback(seen.append))
    busy: dict[str, list[float]] = {name: [] for name in addresses}
    statements = dict.fromkeys(addresses, 0)
    for _ in range(repeat):
        for name, path in addresses.items():
            seen.clear()
            # The request is made and the answer looked at outside the clock: the test's client is no part of the app.
            headers = [("Cookie", cookie), *([("HX-Request", "true")] if "fragment" in name else [])]
            environ = EnvironBuilder(path, headers=headers).get_environ()
            started = time.process_time()
            body, status, _headers = run_wsgi_app(app, environ)
            busy[name].append((time.process_time() - started) * 1000)
            assert status == "200 OK", (path, status)
            assert b"".join(body), path
            statements[name] = sum(not text.startswith("--") for text in seen)  # not what the text index does inside
    return [Measured(name, statements[name], statistics.median(busy[name])) for name in addresses]


def signed_in(app: Flask, username: str) -> FlaskClient:
    """A client of one of PATCHES, or of an administrator; the user is made when he is not there."""
    role, patch = PATCHES.get(username, (Role.ADMIN, []))
    client = app.test_client()
    with app.app_context():
        user = db.session.scalar(sa.select(User).where(User.username_key == username))
        if user is None:
            user = User(username=username, username_key=username, name=username, role=role, patch=patch)
            user.created_at = now()
            db.session.add(user)
            db.session.flush()
        secret = f"bench-{username}-{time.time_ns()}"
        later = now() + timedelta(hours=1)
        db.session.add(LoginSession(id=secret_hash(secret), user_id=user.id, created_at=now(), expires_at=later))
        db.session.commit()
    with client.session_transaction() as session:
        session["_user_id"] = secret
    return client


def report(folder: Path, rows: int) -> dict[str, list[Measured]]:
    """Measure the pages of each viewer in a world of so many distributors; printed as a table."""
    app = open_app(str(kept(folder, rows)), None)
    measured = {}
    for username in PATCHES:
        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stderr(nowhere),
        ):  # the log, a line for each request
            measured[username] = measure(app, signed_in(app, username))
        print(f"\n{username}, {rows:,} distributors          statements   CPU ms")
        for line in measured[username]:
            print(f"  {line.page:34} {line.statements:8} {line.cpu:8.2f}")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return measured


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`."""
    goals = []
    for rows in (2_000,) if quick else (10_000, 1_000_000):
        lines = report(folder, rows)["rep"]
        most = max(lines, key=lambda line: line.statements)
        slowest = max(lines, key=lambda line: line.cpu)
        where = f"{rows:,} distributors"
        few, quick_enough = most.statements <= 10, slowest.cpu <= 5
        goals += [
            Goal("lists", f"statements of a page, {where}", "≤ 10", str(most.statements), few, most.page),
            Goal("lists", f"CPU of a page, {where}", "≤ 5 ms", f"{slowest.cpu:.1f} ms", quick_enough, slowest.page),
        ]
    return goals


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-lists-") as folder:
        report(options.folder or Path(folder), options.rows)


if __name__ == "__main__":
    main()
