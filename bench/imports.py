"""Reading 200,000 invoice lines by `flask import`: CSV and XLSX, into an empty ledger and a second time."""

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from fieldapp.core.sheets import write_csv, write_xlsx

from .goals import Goal

LINES, QUICK_LINES = 200_000, 20_000
DISTRIBUTORS, PRODUCTS, LINES_OF_ONE = 300, 60, 3
WANTED_S, WANTED_MB = 60, 300
HEADER = ("number", "line_no", "distributor", "ship_to", "date", "due", "product", "kg", "amount")
# The highest memory of the process itself: getrusage would count what its parent held when it was forked.
MEASURED = """
import atexit, sys
from flask.cli import main
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            print("peak", line.split()[1], file=sys.stderr)
atexit.register(peak)
sys.argv = ["flask", "--app", "fieldapp", *sys.argv[1:]]
main()
"""


class Reading(NamedTuple):
    """`seconds` from start to end of the command, `cpu` seconds of that busy, `peak_mb` resident at most, `said`: its
    last line."""

    seconds: float
    cpu: float
    peak_mb: float
    said: str


def run(folder: Path, quick: bool) -> list[Goal]:
    """The goal of the design, and what the same rows cost as XLSX and when nothing has changed."""
    lines = QUICK_LINES if quick else LINES
    folder.mkdir(parents=True, exist_ok=True)
    goals = []
    with tempfile.TemporaryDirectory(dir=folder) as there:
        for form in ("csv", "xlsx"):
            instance = Path(there) / form
            instance.mkdir()
            path = instance / f"invoices.{form}"
            with path.open("wb") as file:
                (write_csv if form == "csv" else write_xlsx)(file, HEADER, invoices(lines))
            prepare(instance)
            new = read(instance, "invoices", path)
            again = read(instance, "invoices", path)
            assert f"{lines} created" in new.said, new.said
            assert f"{lines} unchanged" in again.said, again.said
            goals += [
                goal(f"{lines:,} invoice lines, {form}", new),
                goal(f"the same {form} again, nothing changed", again),
            ]
    return goals


def goal(what: str, reading: Reading) -> Goal:
    """A row of the table."""
    met = reading.seconds <= WANTED_S and reading.peak_mb <= WANTED_MB
    figure = f"{reading.seconds:.1f} s, {reading.peak_mb:.0f} MB"
    return Goal(
        "imports",
        what,
        f"≤ {WANTED_S} s, ≤ {WANTED_MB} MB",
        figure,
        met,
        f"{reading.cpu:.1f} s CPU; flask import, SQLite; aim 20 s",
    )


def prepare(instance: Path) -> None:
    """A migrated database with the products and distributors that the invoices name."""
    flask(instance, "db", "upgrade")
    tables = {
        "products": ([f"P{n:02d}", f"饲料 {n}", "pig"] for n in range(PRODUCTS)),
        "distributors": ([f"D{n:03d}", f"经销商 {n}", "410102"] for n in range(DISTRIBUTORS)),
        # Without any price every line would be a breach to be written down, which no company has.
        "prices": ([f"P{n:02d}", "41", "*", "2025-01-01", "3200", "2800"] for n in range(PRODUCTS)),
    }
    headers = {
        "products": ("code", "name", "line"),
        "distributors": ("code", "name", "region"),
        "prices": ("product", "region", "tier", "valid_from", "list_price", "floor_price"),
    }
    for kind, rows in tables.items():
        path = instance / f"{kind}.csv"
        with path.open("wb") as file:
            write_csv(file, headers[kind], rows)
        read(instance, kind, path)


def invoices(lines: int) -> Iterator[list[str | int | date]]:
    """Invoice lines over two years, three to an invoice."""
    chance = random.Random(1)
    for line in range(lines):
        head = line // LINES_OF_ONE
        day = date(2025, 1, 1) + timedelta(days=head % 690)
        kilograms = chance.randrange(1, 500) * 40
        yield [
            f"INV{head:07d}",
            line % LINES_OF_ONE + 1,
            f"D{head % DISTRIBUTORS:03d}",
            "410102",
            day,
            day + timedelta(days=30),
            f"P{line % PRODUCTS:02d}",
            kilograms,
            f"{kilograms * chance.randrange(280_000, 420_000) // 1000 / 100:.2f}",
        ]


def read(instance: Path, kind: str, path: Path) -> Reading:
    """Read a file and measure it."""
    return measure(instance, "import", kind, str(path))


def measure(instance: Path, *command: str) -> Reading:
    """Run a command and measure it."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = flask(instance, *command)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = next(line for line in done.stderr.splitlines() if line.startswith("peak"))
    return Reading(seconds, cpu, int(peak.split()[1]) / 1024, done.stdout.splitlines()[-1])


def flask(instance: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of the app on its own instance; on another database where the folder names one."""
    named = instance / "database-url"
    url = named.read_text() if named.exists() else ""
    environment = {**os.environ, "FIELDAPP_INSTANCE": str(instance), "FIELDAPP_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-c", MEASURED, *command], env=environment, check=True, capture_output=True, text=True
    )


if __name__ == "__main__":
    for result in run(Path(tempfile.gettempdir()) / "fieldapp-bench", quick="--quick" in sys.argv):
        print(f"{result.goal}: {result.figure}")
