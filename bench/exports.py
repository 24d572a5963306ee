"""1,000,000 visits written out as CSV and as XLSX by the process that writes long exports: seconds and peak memory.

python -m bench.exports [--quick]
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from .goals import Goal
from .imports import MEASURED
from .world import ROOT, World, flask

VISITS, QUICK_VISITS = 1_000_000, 50_000
REPS, DISTRIBUTORS, DAYS = 80, 10_000, 365
WANTED = {"csv": (10, 100), "xlsx": (60, 200)}  # seconds, MB; 200 MB for XLSX was set without a trial
ADMIN = "0" * 30 + "99"


class Written(NamedTuple):
    """`seconds` from start to end of the process, `cpu` seconds of that busy, `peak_mb` resident at most."""

    seconds: float
    cpu: float
    peak_mb: float
    file_mb: float


def run(folder: Path, quick: bool) -> list[Goal]:
    """Both forms, one after the other."""
    count = QUICK_VISITS if quick else VISITS
    world = build(folder / ("visits-quick" if quick else "visits"), count)
    goals = []
    for form, (seconds, megabytes) in WANTED.items():
        written = write(world, form)
        goals.append(
            Goal(
                "exports",
                f"{count:,} visits, {form}",
                f"≤ {seconds} s, ≤ {megabytes} MB",
                f"{written.seconds:.1f} s, {written.peak_mb:.0f} MB",
                None if quick else written.seconds <= seconds and written.peak_mb <= megabytes,
                f"{written.cpu:.1f} s CPU; file {written.file_mb:.0f} MB; flask export-run, SQLite",
            )
        )
    return goals


def build(folder: Path, count: int) -> World:
    """A world with reps, distributors and so many visits, or the one that an earlier run left complete."""
    world = World(folder, DISTRIBUTORS)
    done = folder / "complete"
    if done.exists():
        return world
    folder.mkdir(parents=True, exist_ok=True)
    flask(world, "db", "upgrade")
    connection = sqlite3.connect(folder / "fieldapp.db", isolation_level=None)
    for statement in ("PRAGMA synchronous=OFF", "PRAGMA foreign_keys=OFF", "BEGIN"):
        connection.execute(statement)
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    user = "INSERT INTO user_account (id, username, username_key, name, role, patch, locale, theme, active, created_at)"
    connection.execute(
        f"{series.format(REPS)} {user} SELECT printf('%032x', i), 'rep' || i, 'rep' || i, '王丽' || i, 'rep',"
        " '[\"41\"]', 'zh', 'auto', 1, '2026-11-01 00:00:00' FROM n"
    )
    connection.execute(
        f"{user} VALUES (?, 'admin', 'admin', 'Admin', 'admin', '[]', 'zh', 'auto', 1, '2026-11-01 00:00:00')", (ADMIN,)
    )
    connection.execute(
        f"{series.format(DISTRIBUTORS)} INSERT INTO distributor"
        " (id, code, code_key, name, pinyin, region_code, tier, status, updated_at)"
        " SELECT printf('%032x', i), printf('D%07d', i), printf('d%07d', i), '丰收农牧饲料经营部' || i, '', '410102',"
        " 'A', 'active', '2026-11-01 00:00:00' FROM n"
    )
    # One visit in twenty has no place, one in thirty was not checked out of, two in three have a summary.
    connection.execute(
        f"{series.format(count)} INSERT INTO visit"
        " (id, distributor_id, rep_id, day, arrived_at, recorded_at, arrival_lat, arrival_lng, arrival_accuracy,"
        " arrival_distance, arrival_problem, left_at, ending, summary, next_on)"
        f" SELECT printf('%032x', i), printf('%032x', 1 + i * 7 % {DISTRIBUTORS}), printf('%032x', 1 + i % {REPS}),"
        f" date('2025-12-01', '+' || (i / {REPS} % {DAYS}) || ' days'),"
        f" datetime('2025-12-01 01:00:00', '+' || (i / {REPS} % {DAYS}) || ' days', '+' || (i % 500) || ' minutes')"
        " || '.000000',"
        " '2026-11-01 00:00:00.000000', CASE WHEN i % 20 THEN 34.7 END, CASE WHEN i % 20 THEN 113.6 END,"
        " CASE WHEN i % 20 THEN 20 END, CASE WHEN i % 20 THEN i % 900 END, CASE WHEN i % 20 = 0 THEN 'denied' END,"
        f" datetime('2025-12-01 01:30:00', '+' || (i / {REPS} % {DAYS}) || ' days', '+' || (i % 500) || ' minutes')"
        " || '.000000',"
        " CASE WHEN i % 30 THEN 'checked-out' ELSE 'repaired' END,"
        " CASE WHEN i % 3 THEN '库存还有三天，竞品降价每袋两元，周五前回访并带新品资料' ELSE '' END,"
        f" date('2025-12-15', '+' || (i / {REPS} % {DAYS}) || ' days') FROM n"
    )
    for statement in ("COMMIT", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
        connection.execute(statement)
    connection.close()
    done.touch()
    return world


def write(world: World, form: str) -> Written:
    """Ask for everything in a form, let the process write it, and measure that."""
    key = uuid4()
    with sqlite3.connect(world.folder / "fieldapp.db") as connection:
        connection.execute(
            "INSERT INTO export_run (id, form, first_day, last_day, state, made_by_id, made_at, beat_at, rows_total,"
            " rows_done, size, scope) VALUES (?, ?, '2025-01-01', '2026-12-31', 'waiting', ?, ?, ?, 0, 0, 0, '')",
            (key.hex, form, ADMIN, "2026-11-23 01:00:00.000000", "2026-11-23 01:00:00.000000"),
        )
    connection.close()
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "export-run", str(key)],
        env=world.environ | {"PYTHONPATH": os.fspath(ROOT)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = next(line for line in done.stderr.splitlines() if line.startswith("peak"))
    file = world.folder / "exports" / f"{key}.{form}"
    size = file.stat().st_size
    file.unlink()
    return Written(seconds, cpu, int(peak.split()[1]) / 1024, size / 1e6)


if __name__ == "__main__":
    for goal in run(Path(tempfile.gettempdir()) / "fieldapp-bench-visits", quick="--quick" in sys.argv):
        print(f"{goal.goal}: {goal.figure} ({goal.note})")
