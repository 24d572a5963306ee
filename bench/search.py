"""Search among many distributors: builds them in a temporary folder, prints how long the index takes and answers.

    python -m bench.search [ROWS] [--url URL]        (default 1,000,000 on SQLite; URL: an empty PostgreSQL database)

The goal (design/performance.md): p50 ≤ 1 ms in the database within a rep's patch at 1,000,000 rows.
"""

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.actions import rebuild
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.ledger.models import Balance

TODAY = date(2026, 11, 23)
MARKS = "丰禾大江金谷绿源正兴宏达瑞康华牧天邦恒发永盛福泰安顺祥和新希望东方红星朝阳长青春雨田园"
TRADES = ("饲料经营部", "饲料有限公司", "农牧有限公司", "畜牧服务部", "牧业", "饲料行", "农资店", "养殖服务中心")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
QUERIES = {
    "two Chinese characters": lambda row: row.name[-9:-7],
    "one Chinese character": lambda row: row.name[-9],
    "three Chinese characters": lambda row: row.name[-9:-6],
    "a trade's name": lambda row: row.name[-3:],
    "pinyin, 2 letters": lambda row: row.pinyin[:2],
    "pinyin, 4 letters": lambda row: row.pinyin[:4],
    "pinyin, 9 letters": lambda row: row.pinyin[:9],
    "initials, 3 letters": lambda row: "".join(part[0] for part in row.spoken.split()[1:4]),
    "code": lambda row: row.code,
    "phone": lambda row: row.phone[:7],
    "last four digits": lambda row: row.phone[-4:],
    "contact": lambda row: row.contact,
    "nothing found": lambda row: row.name[0] + "驢",
}


def distributors(rows: int, places: list[tuple[str, str]], seed: int = 1) -> Iterator[dict[str, Any]]:
    """Names of place, mark and trade, spread over the counties."""
    chance = random.Random(seed)
    for number in range(rows):
        region, place = chance.choice(places)
        mark = chance.choice(MARKS) + chance.choice(MARKS)
        yield {
            "id": uuid7(),
            "code": f"D{number:07}",
            "code_key": f"d{number:07}",
            "name": f"{place}{mark}{chance.choice(TRADES)}",
            "pinyin": "",
            "region_code": region,
            "tier": chance.choice("SABC"),
            "status": chance.choices(["active", "prospect", "watch", "ended"], [88, 6, 4, 2])[0],
            "updated_at": datetime.now(UTC),
            "contact": chance.choice(SURNAMES) + chance.choice(MARKS) + chance.choice(MARKS),
            "phone": f"1{chance.randrange(3 * 10**9, 10**10)}",
            "grade": chance.choice(["A", "B", "C", "D", None]),
            "outstanding": chance.randrange(0, 10**8) if chance.random() < 0.8 else 0,
            "oldest_due": date.fromordinal(TODAY.toordinal() + chance.randrange(-40, 60)),
        }


def build(rows: int) -> tuple[float, float]:
    """Fill an empty, migrated database; returns the seconds for the rows and for the index."""
    places = [
        (code, name)
        for code, name in db.session.execute(
            sa.select(Region.code, Region.name).where(sa.func.length(Region.code) == 6)
        )
    ]
    started = time.perf_counter()
    batch: list[dict[str, Any]] = []
    for row in distributors(rows, places):
        batch.append(row)
        if len(batch) == 5000:
            _insert(batch)
            batch = []
    _insert(batch)
    db.session.commit()
    filled = time.perf_counter()
    rebuild()
    db.session.commit()
    done = time.perf_counter()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return filled - started, done - filled


def _insert(batch: list[dict[str, Any]]) -> None:
    if not batch:
        return
    columns = [column.key for column in Distributor.__table__.columns if column.key in batch[0]]
    db.session.execute(sa.insert(Distributor), [{key: row[key] for key in columns} for row in batch])
    db.session.execute(
        sa.insert(Contact),
        [
            {"id": uuid7(), "distributor_id": row["id"], "main": True, "name": row["contact"], "phone": row["phone"]}
            for row in batch
        ],
    )
    db.session.execute(
        sa.insert(CreditRecord),
        [{"distributor_id": row["id"], "grade": row["grade"], "limit": 10**8, "frozen": False} for row in batch],
    )
    db.session.execute(
        sa.insert(Balance),
        [
            {
                "distributor_id": row["id"],
                "outstanding": row["outstanding"],
                "as_of": TODAY,
                "open_items": [[row["oldest_due"].isoformat(), row["outstanding"]]] if row["outstanding"] else [],
                "oldest_due": row["oldest_due"] if row["outstanding"] else None,
            }
            for row in batch
        ],
    )


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


def measure(viewer: Viewer, repeat: int = 40) -> Iterator[tuple[str, float, float, int]]:
    """(kind of query, p50 ms, p95 ms, results) of searches for distributors that lie in the patch."""
    chance = random.Random(2)
    rows = db.session.execute(
        sa.select(Distributor.code, Distributor.name, Distributor.pinyin, Contact.name.label("contact"), Contact.phone)
        .join(Contact)
        .where(viewer.scope(Distributor.region_code))
        .limit(5000)
    ).all()
    from fieldapp.core.pinyin import syllables

    for kind, typed in QUERIES.items():
        times, found = [], 0
        for row in chance.sample(rows, min(repeat, len(rows))):
            text = typed(_Sample(row, " ".join(syllables(row.name))))
            started = time.perf_counter()
            found = max(found, len(search(viewer, text)))
            times.append((time.perf_counter() - started) * 1000)
        yield kind, statistics.median(times), sorted(times)[int(len(times) * 0.95)], found


class _Sample:
    def __init__(self, row: Any, spoken: str) -> None:
        self.code, self.name, self.pinyin, self.contact, self.phone = row
        self.spoken = spoken


def open_app(folder: str, url: str | None) -> Any:
    """An app on a fresh database in the folder (or the given one), migrated."""
    environ = {"FIELDAPP_INSTANCE": folder, "FIELDAPP_TODAY": TODAY.isoformat()}
    if url:
        environ["FIELDAPP_DATABASE_URL"] = url
    app = create_app(Settings.read(environ))
    with app.app_context():
        upgrade()
        db.session.remove()
    return app


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        app = open_app(folder, options.url)
        with app.app_context():
            rows, index = build(options.rows)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            size = sum(path.stat().st_size for path in Path(folder).iterdir()) // 2**20
            print(
                f"{options.rows:,} distributors on {db.engine.dialect.name}: rows {rows:.0f} s, index {index:.0f} s,"
                f" {size:,} MB on disk, {peak} MB of memory"
            )
            db.session().reading = True
            for name, viewer in viewers().items():
                print(f"\n{name:34} p50 ms   p95 ms  results")
                for kind, middle, high, found in measure(viewer):
                    print(f"  {kind:30} {middle:8.2f} {high:8.2f} {found:8}")


if __name__ == "__main__":
    main()
