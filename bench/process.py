"""How long each step waits: a month of all steps, and a year of one, among 100,000 tickets and as many approvals.

python -m bench.process [--folder FOLDER]
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.process import queries, steps
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import world
from .goals import Goal
from .search import open_app

ROWS, QUICK = 100_000, 10_000
WANTED_MS = 500
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
ADMIN = Viewer(UUID(int=1), "admin", "Admin", Role.ADMIN, ())


def build(folder: Path, rows: int) -> Path:
    """A world in which a year's tickets were proposed, approved, carried out and solved; one of fifty still waits."""
    made = world.build(folder / f"process-{rows}", 1_000, 2)
    done = made.folder / "waited"
    if not done.exists():
        connection = sqlite3.connect(made.folder / "fieldapp.db", isolation_level=None)
        for statement in (*_BEGIN, _numbers(rows), *_ROWS, "COMMIT", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.execute(statement)
        connection.close()
        done.touch()
    return made.folder


_BEGIN = ("PRAGMA synchronous=OFF", "PRAGMA foreign_keys=OFF", "BEGIN")


def _numbers(rows: int) -> str:
    """Number, key, distributor, and when it began: spread over a year, the hours of the day too."""
    return (
        f"CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {rows})"
        " SELECT i, printf('%016x%016x', i, i * 7919 % 65536) AS key, d.id AS distributor, d.region_code AS region,"
        " (SELECT id FROM user_account LIMIT 1) AS who,"
        f" strftime('%s', '2025-11-24 00:00:00') + CAST(i * (363.0 * 86400 / {rows}) AS INTEGER) AS at,"
        " i % 50 = 0 AS waits"
        " FROM c JOIN distributor d ON d.rowid = c.i % 1000 + 1"
    )


def _after(hours: int) -> str:
    """An instant some hours after the beginning, and up to 50 more."""
    return f"strftime('%Y-%m-%d %H:%M:00.000000', at + ({hours} + i * 31 % 50) * 3600, 'unixepoch')"


_ROWS = (
    "INSERT INTO deal_check (id, made_at, made_by_id, origin, distributor_id, region_code, on_date, ship_to, terms,"
    " amount, verdict, policy_version, inputs, facts, findings)"
    f" SELECT key, {_after(0)}, who, 'screen', distributor, region, '2026-01-01', region, 'cash', 1, 'approval', 1,"
    " '{}', '{}', '[]' FROM n",
    "INSERT INTO approval (id, check_id, region_code, asked_by_id, asked_at, reason, covers, inputs_key, state,"
    " decided_at)"
    f" SELECT key, key, region, who, {_after(0)}, 'They order more', '[[\"price.below\", 1]]', key,"
    f" CASE waits WHEN 1 THEN 'open' ELSE 'approved' END, CASE waits WHEN 1 THEN NULL ELSE {_after(1)} END FROM n",
    "INSERT INTO ticket (id, number, distributor_id, region_code, kind, severity, dangerous, batch, batch_key, story,"
    " wish, state, round, rep_id, made_by_id, made_at, recorded_at, first_due_at, answered_at, solve_due_at, solved_at,"
    " first_told, solve_told)"
    " SELECT key, i, distributor, region, 'quality', 'normal', 0, '', '', printf('%.*c', 200, 'x'), '',"
    " CASE waits WHEN 1 THEN 'proposed' ELSE 'closed' END, 1, who, who,"
    f" {_after(0)}, {_after(0)}, {_after(24)}, {_after(3)}, {_after(72)},"
    f" CASE waits WHEN 1 THEN NULL ELSE {_after(60)} END, 0, 0 FROM n",
    "INSERT INTO remedy (id, ticket_id, round, kind, amount, asked, by_day, words, proposed_by_id, proposed_at,"
    " first_by_id, first_at, second_by_id, decided_at, approved)"
    f" SELECT key, key, 1, 'apology', 0, 0, '2026-01-01', printf('%.*c', 100, 'x'), who, {_after(5)}, who,"
    f" CASE waits WHEN 1 THEN NULL ELSE {_after(9)} END, who,"
    f" CASE waits WHEN 1 THEN NULL ELSE {_after(12)} END, NOT waits FROM n",
    *(
        'INSERT INTO ticket_entry (id, ticket_id, verb, words, "values", by_id, at)'
        f" SELECT printf('%012x%04x', i, {number}) || substr(key, 17), key, {verb}, printf('%.*c', 80, 'x'),"
        f' \'{{"state": "proposed"}}\', who, {_after(hours)} FROM n WHERE NOT waits OR {hours} < 9'
        for number, (verb, hours) in enumerate(
            [
                ("NULL", 0),
                ("'answer'", 3),
                ("'propose'", 5),
                ("'approve'", 9),
                ("'approve'", 12),
                ("'carry_out'", 40),
                ("'satisfied'", 60),
            ]
        )
    ),
    "INSERT INTO remark (id, distributor_id, region_code, kind, text, batch, animal, made_by_id, made_at, recorded_at,"
    " state, owner_id, due_at, warned, answer, answered_at, told, told_at, found_by)"
    f" SELECT key, distributor, region, 'praise', printf('%.*c', 80, 'x'), '', '', who, {_after(0)}, {_after(0)},"
    " CASE waits WHEN 1 THEN 'open' ELSE 'closed' END, who,"
    f" {_after(30)}, 0, '', CASE waits WHEN 1 THEN NULL ELSE {_after(20)} END, '',"
    f" CASE waits WHEN 1 THEN NULL ELSE {_after(30)} END, 'x' FROM n",
)


def measure(app: Flask, repeat: int = 7) -> dict[str, float]:
    """{page: median ms of what it reads and counts}: the overview, and every step."""
    taken: dict[str, list[float]] = {}
    with app.app_context():
        asked = queries.Asked.read({"month": "2026-10"}, NOW.date())
        for _ in range(repeat):
            started = time.perf_counter()
            queries.overview(ADMIN, asked, NOW.date())
            queries.stuck(ADMIN, asked, NOW, NOW.date())
            taken.setdefault("overview", []).append((time.perf_counter() - started) * 1000)
            for step in steps.declared():
                started = time.perf_counter()
                queries.detail(ADMIN, step, asked, NOW, NOW.date())
                taken.setdefault(step.name, []).append((time.perf_counter() - started) * 1000)
        db.session.remove()
        db.engine.dispose()
    return {name: statistics.median(ms) for name, ms in taken.items()}


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`, on SQLite."""
    rows = QUICK if quick else ROWS
    found = measure(open_app(str(build(folder, rows)), None))
    overview = found.pop("overview")
    slowest = max(found, key=lambda name: found[name])
    what = f"among {rows:,} tickets, approvals and remarks of a year, SQLite"
    return [
        Goal(
            "process", f"all steps in a month, {what}", f"< {WANTED_MS} ms", f"{overview:.0f} ms", overview < WANTED_MS
        ),
        Goal(
            "process",
            f"one step over twelve months, {what}",
            f"< {WANTED_MS} ms",
            f"{found[slowest]:.0f} ms",
            found[slowest] < WANTED_MS,
            f"the slowest, {slowest}; half of them {statistics.median(found.values()):.0f} ms",
        ),
    ]


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-process-") as folder:
        for name, ms in measure(open_app(str(build(options.folder or Path(folder), ROWS)), None)).items():
            print(f"{name:16} {ms:6.0f} ms")


if __name__ == "__main__":
    main()
