"""Who bought of a batch: every one of 10,000 distributors, among 2,000,000 invoice lines.

python -m bench.batch [--folder FOLDER] [--url URL]        (URL: an empty PostgreSQL database)
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from fieldapp.core.db import db
from fieldapp.desk.batches.queries import regions_of_buyers
from fieldapp.trade.ledger.queries import buyers_of_batch, page_of_buyers, products_of_batch

from . import world
from .goals import Goal
from .search import open_app

DISTRIBUTORS, QUICK = 10_000, 1_000
LINES_EACH = 200
WANTED_MS = 200
TABLES = ("region", "distributor", "product", "invoice", "invoice_line")


def build(folder: Path, distributors: int) -> Path:
    """A world with a batch on every line: the first invoices of all distributors are of one, the rest of 900 others."""
    made = world.build(folder / f"batch-{distributors}", distributors, LINES_EACH)
    done = made.folder / "batched"
    if not done.exists():
        connection = sqlite3.connect(made.folder / "fieldapp.db", isolation_level=None)
        for statement in (
            "PRAGMA synchronous=OFF",
            "BEGIN",
            "UPDATE invoice_line SET batch_key = CASE WHEN substr(invoice_id, 17) = printf('%016x', 1) THEN 'b1'"
            " ELSE 'b' || (rowid % 900 + 2) END",
            "UPDATE invoice_line SET batch = upper(batch_key)",
            "INSERT INTO contact (id, distributor_id, main, name, phone)"
            " SELECT id, id, 1, '李建国', '13800000000' FROM distributor",
            "COMMIT",
            "ANALYZE",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ):
            connection.execute(statement)
        connection.close()
        done.touch()
    return made.folder


def copy(source: Path, app: Flask) -> None:
    """The same rows in an empty PostgreSQL database."""
    with app.app_context():
        upgrade()
        tables = [db.metadata.tables[name] for name in (*TABLES[:3], "contact", *TABLES[3:])]
        here = sa.create_engine(f"sqlite:///{source / 'fieldapp.db'}")
        with here.connect() as read:
            for table in tables:
                db.session.execute(sa.text(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL"))
                if table.name == "region":
                    db.session.execute(sa.text("DELETE FROM region"))
                for rows in read.execution_options(yield_per=5_000).execute(sa.select(table)).mappings().partitions():
                    db.session.execute(sa.insert(table), [dict(row) for row in rows])
        db.session.commit()
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()


class Measured(NamedTuple):
    """Buyers found; median ms of the first page with both counts, of all rows, and of the regions to be warned."""

    found: int
    listed: float
    every: float
    warned: float


def measure(app: Flask, repeat: int = 15) -> Measured:
    """What is asked of a batch, each several times."""
    listed, every, warned = [], [], []
    with app.app_context():
        found = 0
        product = products_of_batch("B1")[0].id
        for _ in range(repeat):
            started = time.perf_counter()
            found = page_of_buyers(None, None, "B1", 50).mine
            listed.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            buyers_of_batch(None, None, "B1")
            every.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            regions_of_buyers(product, "B1")
            warned.append((time.perf_counter() - started) * 1000)
        db.session.remove()
        db.engine.dispose()
    return Measured(found, *map(statistics.median, (listed, every, warned)))


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`, on SQLite."""
    distributors = QUICK if quick else DISTRIBUTORS
    took = measure(open_app(str(build(folder, distributors)), None))
    assert took.found == distributors, (took, distributors)
    among = f"of a batch, among {distributors * LINES_EACH:,} lines, SQLite"
    return [
        Goal("batch", f"{what} {among}", f"< {WANTED_MS} ms", f"{ms:.0f} ms", ms < WANTED_MS)
        for what, ms in (
            (f"{took.found:,} buyers, counted and the first 50,", took.listed),
            (f"{took.found:,} buyers, all of them for a file,", took.every),
            (f"the regions to warn, {took.found:,} buyers", took.warned),
        )
    ]


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as folder:
        made = build(options.folder or Path(folder), DISTRIBUTORS)
        app = open_app(str(made), options.url)
        if options.url:
            copy(made, app)
        print(*measure(app))


if __name__ == "__main__":
    main()
