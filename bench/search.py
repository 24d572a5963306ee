"""Search among many distributors: builds them in a temporary folder, prints how long the index takes and answers.

    python -m bench.search [ROWS] [--url URL]        (default 1,000,000 on SQLite; URL: an empty PostgreSQL database)

The goal (design/performance.md): p50 ≤ 1 ms in the database within a rep's patch at 1,000,000 rows.
"""

import argparse
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db, uuid7
from fieldapp.core.pinyin import syllables
from fieldapp.network.distributors.actions import rebuild
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from .goals import Goal

TODAY = date(2026, 11, 23)
MARKS = "丰禾大江金谷绿源正兴宏达瑞康华牧天邦恒发永盛福泰安顺祥和新希望东方红星朝阳长青春雨田园"
TRADES = ("饲料经营部", "饲料有限公司", "农牧有限公司", "畜牧服务部", "牧业", "饲料行", "农资店", "养殖服务中心")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
# What a person types of a distributor that is there: (name, pinyin, initials, code, phone, contact) → text.
QUERIES: dict[str, Callable[["Known"], str]] = {
    "two Chinese characters": lambda known: known.name[2:4],
    "one Chinese character": lambda known: known.name[2],
    "three Chinese characters": lambda known: known.name[2:5],
    "the place": lambda known: known.name[:2],
    "the trade": lambda known: known.name[-3:],
    "one letter": lambda known: known.pinyin[:1],
    "pinyin, 2 letters": lambda known: known.pinyin[:2],
    "pinyin, 4 letters": lambda known: known.pinyin[:4],
    "pinyin, 9 letters": lambda known: known.pinyin[:9],
    "initials, 3 letters": lambda known: known.initials[1:4],
    "code": lambda known: known.code,
    "phone, 7 digits": lambda known: known.phone[:7],
    "last four digits": lambda known: known.phone[-4:],
    "contact": lambda known: known.contact,
    "nothing there": lambda known: known.name[0] + "驢",
}


class Known(NamedTuple):
    """A distributor to be looked for."""

    name: str
    pinyin: str
    initials: str
    code: str
    phone: str
    contact: str


def distributors(rows: int, places: list[tuple[str, str]], seed: int = 1) -> Iterator[dict[str, Any]]:
    """Names of place, mark and trade, spread over the counties."""
    chance = random.Random(seed)
    for number in range(1, rows + 1):
        region, place = chance.choice(places)
        mark = chance.choice(MARKS) + chance.choice(MARKS)
        due = date.fromordinal(TODAY.toordinal() + chance.randrange(-40, 60))
        yield {
            "id": uuid7().hex,
            "code": f"D{number:07}",
            "name": f"{place}{mark}{chance.choice(TRADES)}",
            "region": region,
            "tier": chance.choice("SABC"),
            "status": chance.choices(["active", "prospect", "watch", "ended"], [88, 6, 4, 2])[0],
            "contact": chance.choice(SURNAMES) + chance.choice(MARKS) + chance.choice(MARKS),
            "phone": f"1{chance.randrange(3 * 10**9, 10**10)}",
            "grade": chance.choice(["A", "B", "C", "D", None]),
            "owed": chance.randrange(0, 10**8) if chance.random() < 0.8 else 0,
            "due": due.isoformat(),
        }


def build(rows: int) -> tuple[float, float]:
    """Fill an empty, migrated database; returns the seconds for the rows and for the index."""
    places = [
        (code, name)
        for code, name in db.session.execute(
            sa.select(Region.code, Region.name).where(sa.func.length(Region.code) == 6)
        )
    ]
    db.session.rollback()
    started = time.perf_counter()
    with db.engine.begin() as connection:
        remaining = distributors(rows, places)
        while batch := list(islice(remaining, 5000)):
            for statement, take in INSERTS:
                marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(take(batch[0])))
                connection.exec_driver_sql(f"{statement} VALUES ({marks})", [take(row) for row in batch])
    filled = time.perf_counter()
    rebuild()
    db.session.commit()
    done = time.perf_counter()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return filled - started, done - filled


# Below SQLAlchemy: the rows are not what is measured.
INSERTS: list[tuple[str, Callable[[dict[str, Any]], tuple[Any, ...]]]] = [
    (
        "INSERT INTO distributor (id, code, code_key, name, pinyin, region_code, tier, status, updated_at)",
        lambda row: (
            row["id"], row["code"], row["code"].casefold(), row["name"], "", row["region"], row["tier"], row["status"],
            "2026-11-01 00:00:00",
        ),
    ),
    (
        "INSERT INTO contact (id, distributor_id, main, name, phone)",
        lambda row: (uuid7().hex, row["id"], True, row["contact"], row["phone"]),
    ),
    (
        "INSERT INTO credit_record (distributor_id, grade, credit_limit, frozen)",
        lambda row: (row["id"], row["grade"], 10**8, False),
    ),
    (
        "INSERT INTO balance (distributor_id, outstanding, as_of, open_items, oldest_due)",
        lambda row: (
            row["id"], row["owed"], TODAY.isoformat(),
            f'[["{row["due"]}", {row["owed"]}]]' if row["owed"] else "[]", row["due"] if row["owed"] else None,
        ),
    ),
]  # fmt: skip


def viewers() -> dict[str, Viewer]:
    """A rep of one city, a supervisor of a province, an administrator."""
    return {
        name: Viewer(uuid7(), name, name, role, patch)
        for name, role, patch in (
            ("rep", Role.REP, ("4101",)),
            ("supervisor", Role.SUPERVISOR, ("41",)),
            ("admin", Role.ADMIN, ()),
        )
    }


class Measured(NamedTuple):
    """Searches of one kind: milliseconds from call to rows (of CPU: the median), and the most rows found."""

    kind: str
    p50: float
    p95: float
    cpu: float
    found: int


def measure(viewer: Viewer, repeat: int = 40) -> list[Measured]:
    """Searches for distributors that lie in the patch, the kinds interleaved."""
    rows = db.session.execute(
        sa.select(Distributor.name, Distributor.pinyin, Distributor.code, Contact.phone, Contact.name)
        .join(Contact)
        .where(viewer.scope(Distributor.region_code))
        .limit(5000)
    ).all()
    chance = random.Random(2)
    times: dict[str, list[float]] = {kind: [] for kind in QUERIES}
    busy: dict[str, list[float]] = {kind: [] for kind in QUERIES}
    most = dict.fromkeys(QUERIES, 0)
    for name, pinyin, code, phone, contact in chance.sample(rows, min(repeat, len(rows))):
        known = Known(name, pinyin, "".join(part[0] for part in syllables(name)), code, phone, contact)
        for kind, typed in QUERIES.items():
            text = typed(known)
            started, busy_before = time.perf_counter(), time.process_time()
            found = search(viewer, text)
            busy[kind].append((time.process_time() - busy_before) * 1000)
            times[kind].append((time.perf_counter() - started) * 1000)
            most[kind] = max(most[kind], len(found))
    return [
        Measured(
            kind,
            statistics.median(times[kind]),
            sorted(times[kind])[int(len(times[kind]) * 0.95)],
            statistics.median(busy[kind]),
            most[kind],
        )
        for kind in QUERIES
    ]


def open_app(folder: str, url: str | None) -> Flask:
    """An app on a fresh database in the folder (or the given one), migrated."""
    environ = {"FIELDAPP_INSTANCE": folder, "FIELDAPP_TODAY": TODAY.isoformat()}
    if url:
        environ["FIELDAPP_DATABASE_URL"] = url
    app = create_app(Settings.read(environ))
    with app.app_context():
        upgrade()
        db.session.remove()
    return app


def kept(folder: Path, rows: int) -> Path:
    """The instance folder with so many distributors: built now, or left complete by an earlier run."""
    place = folder / f"distributors-{rows}"
    done = place / "complete"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        app = open_app(str(place), None)
        with app.app_context():
            show_built(rows, place, *build(rows))
            db.session.remove()
            db.engine.dispose()
        done.touch()
    return place


def show_built(rows: int, folder: Path, seconds: float, index_seconds: float) -> None:
    """What building took and takes."""
    size = sum(path.stat().st_size for path in folder.iterdir()) // 2**20
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{rows:,} distributors: rows {seconds:.0f} s, index {index_seconds:.0f} s, {size:,} MB, memory {memory} MB")


def measured(app: Flask) -> dict[str, list[Measured]]:
    """Every viewer's searches, printed as a table."""
    found = {}
    with app.app_context():
        db.session().reading = True
        for name, viewer in viewers().items():
            found[name] = measure(viewer)
            print(f"\n{name:32} p50 ms   p95 ms   CPU ms  results")
            for line in found[name]:
                print(f"  {line.kind:28} {line.p50:8.2f} {line.p95:8.2f} {line.cpu:8.2f} {line.found:8}")
        db.session.remove()
        db.engine.dispose()
    return found


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`: the rep's searches."""
    rows = 20_000 if quick else 1_000_000
    rep = measured(open_app(str(kept(folder, rows)), None))["rep"]
    slowest = max(rep, key=lambda line: line.p50)
    middle = statistics.median(line.p50 for line in rep)
    note = f"median of {len(rep)} kinds of query; slowest: {slowest.kind} {slowest.p50:.2f} ms; call to rows, sqlite"
    wanted = "p50 ≤ 1 ms in the database"
    return [Goal("search", f"search among {rows:,}, rep's patch", wanted, f"{middle:.2f} ms", middle <= 1, note)]


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        app = open_app(folder, options.url)
        with app.app_context():
            show_built(options.rows, Path(folder), *build(options.rows))
        measured(app)


if __name__ == "__main__":
    main()
