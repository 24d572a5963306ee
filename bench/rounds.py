"""The rep's day and week with 1,000,000 visits behind them: CPU of a page, and who is due among 300 and 10,000.

python -m bench.rounds [--folder FOLDER]
"""

import argparse
import contextlib
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fieldapp.core.db import db

from . import lists, world
from .goals import Goal
from .search import open_app

DISTRIBUTORS, OWN = 10_000, 300
PAGES = {
    "today, 300 of his own": ("rep", "/visits"),
    "the week, 300 of his own": ("rep", "/visits/week"),
    "home of the rep": ("rep", "/"),
    "today, his whole patch": ("rep", "/visits?all=1"),
    "today, 10,000 (administrator)": ("office", "/visits"),
}


def build(folder: Path, each: int) -> Path:
    """A world in which every distributor has `each` visits, one a week, and the first of Henan are the rep's."""
    made = world.build(folder / f"rounds-{each}", DISTRIBUTORS, 2)
    done = made.folder / "visited"
    if done.exists():
        return made.folder
    connection = sqlite3.connect(made.folder / "fieldapp.db", isolation_level=None)
    for statement in ("PRAGMA synchronous=OFF", "BEGIN"):
        connection.execute(statement)
    (rep,) = connection.execute("SELECT id FROM user_account WHERE username = 'rep'").fetchone()
    connection.execute(
        "UPDATE distributor SET rep_id = ? WHERE id IN"
        " (SELECT id FROM distributor WHERE region_code >= '41' AND region_code < '42' LIMIT ?)",
        (rep, OWN),
    )
    connection.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {each - 1})"
        " INSERT INTO visit (id, distributor_id, rep_id, day, arrived_at, recorded_at, left_at, ending, summary)"
        " SELECT printf('%016x%016x', d.rowid, i), d.id, ?,"
        " date('2026-11-22', '-' || (i * 7 + d.rowid % 40) || ' days'),"
        " datetime('2026-11-22 02:00:00', '-' || (i * 7 + d.rowid % 40) || ' days') || '.000000',"
        " '2026-11-22 02:00:00.000000', '2026-11-22 03:00:00.000000', 'checked-out', '' FROM distributor d, n",
        (rep,),
    )
    for statement in ("COMMIT", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
        connection.execute(statement)
    connection.close()
    done.touch()
    return made.folder


def measure(app: Flask, repeat: int = 15) -> dict[str, float]:
    """{page: median milliseconds of CPU in this process}."""
    cookies = {}
    for username in ("rep", "office"):
        client = lists.signed_in(app, username)
        cookies[username] = "; ".join(f"{kept.key}={kept.value}" for kept in (client._cookies or {}).values())
    taken: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(repeat):
        for name, (username, path) in PAGES.items():
            environ = EnvironBuilder(path, headers=[("Cookie", cookies[username])]).get_environ()
            started = time.process_time()
            body, status, _headers = run_wsgi_app(app, environ)
            taken[name].append((time.process_time() - started) * 1000)
            assert status == "200 OK", (path, status)
            assert b"".join(body)
    return {name: statistics.median(values) for name, values in taken.items()}


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`: a hundred times the visits, and what that changes."""
    found = []
    for each in (1, 100):
        app = open_app(str(build(folder, each)), None)
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
            found.append(measure(app, 5 if quick else 15))
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    few, many = found
    own = "today, 300 of his own"
    rest = ", ".join(f"{name}: {few[name]:.1f} → {taken:.1f} ms" for name, taken in many.items() if name != own)
    growth = many[own] / few[own]
    figure = f"{few[own]:.1f} → {many[own]:.1f} ms"
    return [Goal("rounds", "today's page, 10,000 → 1,000,000 visits, CPU", "≤ 1.25 ×", figure, growth <= 1.25, rest)]


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-rounds-") as folder:
        for goal in run(options.folder or Path(folder), False):
            print(goal.figure, goal.note, sep="\n")


if __name__ == "__main__":
    main()
