"""Holding 200,000 invoice lines against floors, approvals and areas after they were read in.

python -m bench.breaches [--quick] [--url URL]       (URL: an empty PostgreSQL database)
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.sheets import write_csv
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.rules import Terms, Verdict
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.trade.ledger import fresh

from .goals import Goal
from .imports import DISTRIBUTORS, LINES, LINES_OF_ONE, PRODUCTS, QUICK_LINES, Reading, prepare, read
from .search import open_app
from .world import ROOT, TODAY

WANTED_S, WANTED_MB = 20, 250
HEADER = ("number", "line_no", "distributor", "ship_to", "date", "ordered_on", "product", "kg", "amount")
PRICES = ("product", "region", "tier", "valid_from", "list_price", "floor_price")
AREAS = ("distributor", "region", "line", "valid_from", "valid_to", "shared")
TOPICS = {"floor": "held against floors and approvals", "cross_area": "looked at for sales outside the area"}
CHECKS_EACH = 20  # deal checks of a distributor; of two a price was approved


def run(folder: Path, quick: bool, url: str | None = None) -> list[Goal]:
    """The file read in and looked at, then all of it again by topic: three of a hundred lines are below the floor, and
    as many go where their buyer may not sell; of some both were approved."""
    lines = QUICK_LINES if quick else LINES
    where = f"{lines:,} invoice lines, {lines * 3 // 100:,} below, {DISTRIBUTORS * CHECKS_EACH:,} deal checks"
    folder.mkdir(parents=True, exist_ok=True)
    goals = []
    with ExitStack() as stack:
        instance = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        if url:
            (instance / "database-url").write_text(url)
        prepare(instance)
        files = {
            "prices": (PRICES, prices()),
            "areas": (AREAS, areas()),
            "invoices": (HEADER, invoices(lines)),
        }
        for kind, (header, rows) in files.items():
            path = instance / f"{kind}.csv"
            with path.open("wb") as file:
                write_csv(file, header, rows)
            if kind == "invoices":
                _apart("--deals", instance, url)
            reading = read(instance, kind, path)
        goals.append(_goal(f"{where}: read in and looked at", 60, 300, reading, url))
        for topic, what in TOPICS.items():
            took = json.loads(_apart("--topic", instance, url, topic))
            again = Reading(took["seconds"], took["cpu"], took["megabytes"], "")
            assert took["invoices"] == -(-lines // LINES_OF_ONE), took
            assert took["remarks"], took
            goals.append(_goal(f"{where}: {what} again", WANTED_S, WANTED_MB, again, url))
    return goals


def _goal(what: str, seconds: int, megabytes: int, reading: Reading, url: str | None) -> Goal:
    figure = f"{reading.cpu:.1f} s CPU, {reading.peak_mb:.0f} MB"
    met = reading.cpu <= seconds and reading.peak_mb <= megabytes
    wanted = f"≤ {seconds} s CPU, ≤ {megabytes} MB"
    note = f"{reading.seconds:.1f} s; {'PostgreSQL, without its own CPU' if url else 'SQLite'}"
    return Goal("breaches", what, wanted, figure, met, note)


def prices() -> Iterator[list[str]]:
    """A price for each product in the province, in four periods."""
    for product in range(PRODUCTS):
        for month in (1, 4, 7, 10):
            yield [f"P{product:02d}", "41", "*", f"2026-{month:02d}-01", "3200", "3000"]


def areas() -> Iterator[list[str]]:
    """All share one county; the one beside it is the first distributor's alone."""
    for number in range(DISTRIBUTORS):
        yield [f"D{number:03d}", "410102", "*", "2025-01-01", "", "yes"]
    yield ["D000", "410103", "*", "2025-01-01", "", "no"]


def invoices(lines: int) -> Iterator[list[str | int | date]]:
    """Lines of this year, three to an invoice."""
    chance = random.Random(1)
    for line in range(lines):
        head = line // LINES_OF_ONE
        day = date(2026, 1, 1) + timedelta(days=head % 320)
        kilograms = chance.randrange(1, 500) * 40
        price = chance.randrange(3000, 3400) if chance.random() > 0.03 else 2950
        yield [
            f"INV{head:07d}",
            line % LINES_OF_ONE + 1,
            f"D{head % DISTRIBUTORS:03d}",
            "410102" if chance.random() > 0.03 else "410103",
            day,
            day,
            f"P{chance.randrange(PRODUCTS):02d}",
            kilograms,
            f"{kilograms * price / 1000:.2f}",
        ]


def make_deals() -> None:
    """Deal checks of a year for every distributor, and a week's approval of each tenth: a price, and a sale outside."""
    chance = random.Random(2)
    user = User(username="bench", username_key="bench", name="Bench", role=Role.REP, patch=["41"])
    user.created_at = datetime(2026, 1, 1, tzinfo=UTC)
    db.session.add(user)
    db.session.flush()
    checks: list[dict[str, Any]] = []
    approvals: list[dict[str, Any]] = []
    for place, distributor in enumerate(db.session.scalars(sa.select(Distributor.id).order_by(Distributor.code)).all()):
        for number in range(CHECKS_EACH):
            key = UUID(int=place * CHECKS_EACH + number + 1)
            at = datetime(2026, 1, 1, 2, tzinfo=UTC) + timedelta(days=chance.randrange(320))
            line = {
                "product": f"P{chance.randrange(PRODUCTS):02d}", "grams": chance.randrange(1, 500) * 40_000,
                "price": 295_000, "unit": "tonne",
            }  # fmt: skip
            checks.append(
                {
                    "id": key, "made_at": at, "made_by_id": user.id, "origin": "screen", "distributor_id": distributor,
                    "region_code": "410102", "on": at.date(), "ship_to": chance.choice(["410102", "410103"]),
                    "terms": Terms.CREDIT, "amount": 1_000_000, "verdict": Verdict.APPROVAL, "policy_version": 1,
                    "inputs": {"distributor": f"D{place:03d}", "lines": [line]}, "facts": {"as": "x" * 1500},
                    "findings": [{"code": "price.below_floor", "line": 1, "facts": {"net": 295_000, "as": "x" * 300}}],
                }
            )  # fmt: skip
            if number % 10 == 0:
                approvals.append(
                    {
                        "id": key, "check_id": key, "region_code": "410102", "asked_by_id": user.id, "asked_at": at,
                        "reason": "They order more", "inputs_key": key.hex, "state": ApprovalState.APPROVED,
                        "covers": [["price.below_floor", 1], ["territory.foreign", 1]], "decided_by_id": user.id,
                        "decided_at": at, "expires_at": at + timedelta(days=7),
                    }
                )  # fmt: skip
    db.session.execute(sa.insert(DealCheck), checks)
    db.session.execute(sa.insert(Approval), approvals)
    db.session.commit()


def look(topic: str) -> dict[str, float]:
    """All invoices looked at again for one topic, in this process."""
    readers = fresh._topics()
    for other in set(readers) - {topic}:
        del readers[other]
    reader, remarks = readers[topic], []

    def counted(ids: Any, now: datetime, today: date) -> int:
        remarks.append(reader(ids, now, today))
        return remarks[-1]

    readers[topic] = counted
    started, worked = time.perf_counter(), time.process_time()
    fresh.queue_since(date(2026, 1, 1))
    db.session.commit()
    done = fresh.work(datetime(2026, 11, 23, 1, tzinfo=UTC), TODAY)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    again = {"seconds": seconds, "cpu": worked, "megabytes": int(peak.split()[1]) / 1024}
    return again | {"invoices": done, "remarks": len(remarks)}


def _apart(what: str, instance: Path, url: str | None, *more: str) -> str:
    command = [sys.executable, "-m", "bench.breaches", what, *more, "--folder", str(instance)]
    command += ["--url", url] if url else []
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def main() -> None:
    """Build, measure, print; or one of these alone, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--url")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--deals", action="store_true")
    parser.add_argument("--topic", choices=TOPICS)
    options = parser.parse_args()
    if not (options.deals or options.topic):
        for goal in run(options.folder, options.quick, options.url):
            print(f"{goal.goal}: {goal.figure} ({goal.note})")
        return
    with open_app(str(options.folder), options.url).app_context():
        if options.deals:
            make_deals()
        else:
            print(json.dumps(look(options.topic)))
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    main()
