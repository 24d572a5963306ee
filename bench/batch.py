"""Who bought of a batch: every one of 10,000 distributors, among 2,000,000 invoice lines.

python -m bench.batch [--folder FOLDER] [--url URL]        (URL: an empty PostgreSQL database)
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from fieldapp.core.db import db
from fieldapp.trade.ledger.queries import buyers_of_batch, page_of_buyers

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


def measure(app: Flask, repeat: int = 15) -> tuple[int, float, float]:
    """(buyers found, median ms of the first page with both counts, median ms of all rows)."""
    listed, every = [], []
    with app.app_context():
        found = 0
        for _ in range(repeat):
            started = time.perf_counter()
            found = page_of_buyers(None, None, "B1", 50).mine
            listed.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            buyers_of_batch(None, None, "B1")
            every.append((time.perf_counter() - started) * 1000)
        db.session.remove()
        db.engine.dispose()
    return found, statistics.median(listed), statistics.median(every)


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`, on SQLite."""
    distributors = QUICK if quick else DISTRIBUTORS
    found, listed, every = measure(open_app(str(build(folder, distributors)), None))
    assert found == distributors, (found, distributors)
    goal = f"{found:,} buyers of a batch, counted and the first 50, among {distributors * LINES_EACH:,} lines, SQLite"
    return [
        Goal(
            "batch",
            goal,
            f"< {WANTED_MS} ms",
            f"{listed:.0f} ms",
            listed < WANTED_MS,
            f"all rows, as for a file: {every:.0f} ms",
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
