"""A company of any size for the benchmark, made by SQL in the database itself: 1,000,000 distributors in a minute.

Not believable (that is `flask demo`), only large: each distributor has a credit record, a balance and invoices.
"""

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
PRODUCTS = 60
COUNTIES_SQL = "SELECT code FROM region WHERE length(code) = 6 ORDER BY code"


@dataclass(frozen=True)
class World:
    """A migrated instance folder with data, a rep's session cookie secret and his patch."""

    folder: Path
    distributors: int
    secret: str = "bench-session-secret"
    token: str = "bench-token"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a server or command on this world."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FIELDAPP_")}
        return kept | {"FIELDAPP_INSTANCE": str(self.folder), "FIELDAPP_TODAY": TODAY.isoformat()}

    def code(self, number: int) -> str:
        """The code of the n-th distributor, from 1."""
        return f"D{number:07d}"


def build(folder: Path, distributors: int, lines_each: int) -> World:
    """Make the world, or return the one that an earlier run left complete in `folder`."""
    world = World(folder, distributors)
    done = folder / "complete"
    if done.exists():
        return world
    folder.mkdir(parents=True, exist_ok=True)
    flask(world, "db", "upgrade")
    connection = sqlite3.connect(folder / "fieldapp.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=OFF", "BEGIN"):
        connection.execute(statement)
    _people(connection, world)
    _trade(connection)
    _network(connection, distributors)
    _ledger(connection, lines_each)
    for statement in ("COMMIT", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
        connection.execute(statement)
    connection.close()
    done.touch()
    return world


def flask(world: World, *arguments: str) -> str:
    """Run a flask command on the world; its output. Raises CalledProcessError."""
    command = [sys.executable, "-m", "flask", *arguments]
    return subprocess.run(command, env=world.environ, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _series(count: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"


def _people(connection: sqlite3.Connection, world: World) -> None:
    import hashlib

    def secret_hash(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    now = datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None).isoformat(sep=" ")
    user = "0" * 31 + "1"
    connection.execute(
        "INSERT INTO user_account (id, username, username_key, name, role, patch, locale, theme, active, created_at)"
        " VALUES (?, 'rep', 'rep', 'Rep', 'rep', '[\"41\"]', 'zh', 'auto', 1, ?)",
        (user, now),
    )
    later = (datetime.now(UTC) + timedelta(days=30)).replace(tzinfo=None).isoformat(sep=" ")
    connection.execute(
        "INSERT INTO login_session (id, user_id, created_at, expires_at, agent) VALUES (?, ?, ?, ?, 'bench')",
        (secret_hash(world.secret), user, now, later),
    )
    connection.execute(
        "INSERT INTO api_token (id, token_hash, user_id, created_at) VALUES (?, ?, ?, ?)",
        ("0" * 31 + "2", secret_hash(world.token), user, now),
    )


def _trade(connection: sqlite3.Connection) -> None:
    connection.execute(
        f"{_series(PRODUCTS)} INSERT INTO product (id, code, code_key, name, line, pack_grams, active)"
        " SELECT printf('%032x', i), printf('P%d', i), printf('p%d', i), '猪用配合饲料' || i,"
        " CASE i % 4 WHEN 0 THEN 'pig' WHEN 1 THEN 'poultry' WHEN 2 THEN 'aqua' ELSE 'ruminant' END, 40000, 1 FROM n"
    )
    connection.execute(
        "INSERT INTO price"
        " (id, product_id, region_code, tier, tier_key, valid_from, list_price, floor_price, retail_price)"
        " SELECT lower(hex(randomblob(16))), p.id, r.code, t.tier, lower(t.tier), '2025-01-01', 320000, 310000, 380000"
        " FROM product p JOIN region r ON length(r.code) = 2"
        " JOIN (SELECT '*' AS tier UNION ALL SELECT 'A' UNION ALL SELECT 'B') t"
    )
    connection.execute(
        "INSERT INTO rebate (id, code, code_key, kind, line, percent, valid_from)"
        " VALUES ('%s', 'R1', 'r1', 'month', 'pig', '1.5', '2025-01-01')" % ("0" * 31 + "1")
    )


def _network(connection: sqlite3.Connection, count: int) -> None:
    counties = [row[0] for row in connection.execute(COUNTIES_SQL)]
    connection.execute("CREATE TEMP TABLE county (k INTEGER PRIMARY KEY, code TEXT)")
    connection.executemany("INSERT INTO county VALUES (?, ?)", enumerate(counties))
    connection.execute(
        f"{_series(count)} INSERT INTO distributor"
        " (id, code, code_key, name, pinyin, region_code, tier, status, updated_at)"
        " SELECT printf('%032x', i), printf('D%07d', i), printf('d%07d', i), '丰收农牧饲料经营部' || i,"
        " printf('fengshounongmu%07d', i), c.code, CASE i % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'B' ELSE 'C' END,"
        f" 'active', '2026-11-01 00:00:00' FROM n JOIN county c ON c.k = (i * 1009) % {len(counties)}"
    )
    connection.execute(
        "INSERT INTO area (id, distributor_id, region_code, line, line_key, valid_from, shared)"
        " SELECT lower(hex(randomblob(16))), id, region_code, '*', '*', '2025-01-01', 1 FROM distributor"
        " WHERE rowid % 10 = 0 OR rowid <= 10000"
    )
    connection.execute(
        "INSERT INTO credit_record (distributor_id, grade, credit_limit, term_days, valid_until, frozen)"
        " SELECT id, CASE rowid % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'B' ELSE 'C' END, 20000000, 30, '2027-06-30', 0"
        " FROM distributor"
    )


def _ledger(connection: sqlite3.Connection, lines_each: int) -> None:
    """Twice as many lines as invoices; all but the last two invoices paid, as the balance says."""
    invoices = max(2, lines_each // 2)
    connection.execute(
        f"{_series(invoices)} INSERT INTO invoice (id, number, number_key, distributor_id, date, due, amount)"
        " SELECT printf('%016x%016x', d.rowid, i), 'V' || d.rowid || '-' || i, 'v' || d.rowid || '-' || i, d.id,"
        f" date('2026-11-20', '-' || (({invoices} - i) * 7) || ' days'),"
        f" date('2026-12-20', '-' || (({invoices} - i) * 7) || ' days'), 2000000 FROM distributor d, n"
    )
    connection.execute(
        "INSERT INTO invoice_line (invoice_id, line_no, product_id, weight, amount)"
        " SELECT v.id, l.no, printf('%032x', 1 + l.no), 3000000, 1000000"
        " FROM invoice v, (SELECT 1 AS no UNION ALL SELECT 2) l"
    )
    connection.execute(
        "INSERT INTO payment (id, number, number_key, distributor_id, date, amount)"
        " SELECT printf('%032x', rowid), 'Y' || rowid, 'y' || rowid, id, '2026-11-10',"
        f" {max(0, invoices - 2)} * 2000000 FROM distributor"
    )
    dues = [TODAY + timedelta(days=20), TODAY + timedelta(days=27)]
    items = "[" + ",".join(f'["{due.isoformat()}", 2000000]' for due in dues) + "]"
    connection.execute(
        "INSERT INTO balance (distributor_id, outstanding, as_of, open_items, oldest_due)"
        " SELECT id, 4000000, '2026-11-20', ?, ? FROM distributor",
        (items, dues[0].isoformat()),
    )
