"""Holding 200,000 invoice lines against the floor after they were read in."""

import random
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from fieldapp.core.sheets import write_csv

from .goals import Goal
from .imports import DISTRIBUTORS, LINES, LINES_OF_ONE, PRODUCTS, QUICK_LINES, Reading, measure, prepare, read

WANTED_S, WANTED_MB = 20, 250
HEADER = ("number", "line_no", "distributor", "ship_to", "date", "ordered_on", "product", "kg", "amount")
PRICES = ("product", "region", "tier", "valid_from", "list_price", "floor_price")


def run(folder: Path, quick: bool) -> list[Goal]:
    """`flask invoices review` over all of it: the queue filled and emptied; three of a hundred lines are below."""
    lines = QUICK_LINES if quick else LINES
    folder.mkdir(parents=True, exist_ok=True)
    goals = []
    with tempfile.TemporaryDirectory(dir=folder) as there:
        instance = Path(there)
        prepare(instance)
        files = {"prices": (PRICES, prices()), "invoices": (HEADER, invoices(lines))}
        for kind, (header, rows) in files.items():
            path = instance / f"{kind}.csv"
            with path.open("wb") as file:
                write_csv(file, header, rows)
            reading = read(instance, kind, path)
        goals.append(_goal(f"{lines:,} invoice lines read in and judged", 60, 300, reading))
        again = measure(instance, "invoices", "review", "--since", "2026-01-01")
        assert f"{-(-lines // LINES_OF_ONE)} invoices since" in again.said, again.said
        goals.append(_goal(f"{lines:,} invoice lines judged again", WANTED_S, WANTED_MB, again))
    return goals


def _goal(what: str, seconds: int, megabytes: int, reading: Reading) -> Goal:
    figure = f"{reading.seconds:.1f} s, {reading.peak_mb:.0f} MB"
    met = reading.seconds <= seconds and reading.peak_mb <= megabytes
    wanted = f"≤ {seconds} s, ≤ {megabytes} MB"
    return Goal("breaches", what, wanted, figure, met, f"{reading.cpu:.1f} s CPU; SQLite")


def prices() -> Iterator[list[str]]:
    """A price for each product in the province, in four periods."""
    for product in range(PRODUCTS):
        for month in (1, 4, 7, 10):
            yield [f"P{product:02d}", "41", "*", f"2026-{month:02d}-01", "3200", "3000"]


def invoices(lines: int) -> Iterator[list[str | int | date]]:
    """Lines of this year, three to an invoice, three of a hundred below the floor."""
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
            "410102",
            day,
            day,
            f"P{chance.randrange(PRODUCTS):02d}",
            kilograms,
            f"{kilograms * price / 1000:.2f}",
        ]
