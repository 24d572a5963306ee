"""The database of PostgreSQL, over the app's own connection: neither pg_dump nor pg_restore has to be there.

Backup: COPY of every table in one snapshot. Restore: one transaction drops what is there, migrates to the schema of the
backup, fills its tables, and migrates on; it happens whole or not at all.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.sql import SQL, Composed, Identifier

from fieldapp.core.db import db

from .archive import TABLES, Archive, UpkeepError, Writer
from .sqlite import in_use

VERSION_TABLE = "alembic_version"
_COLUMNS = """
    SELECT c.relname, a.attname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY c.relname, a.attnum"""
_FOREIGN_KEYS = """
    SELECT t.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace AND k.conparentid = 0"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND coalesce(backend_type, 'client backend') = 'client backend'"""
_LEAVE_WITHIN_S = 2
# The same text whatever the server's settings, when it is written and when it is read.
_SETTINGS = ("client_encoding = 'UTF8'", "datestyle = 'ISO, YMD'", "intervalstyle = 'iso_8601'", "timezone = 'UTC'")


def dump(writer: Writer) -> tuple[str, dict[str, list[str]]]:
    """Write every table as it is at one moment; (revision, columns by table)."""
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**snapshot) as connection:
        cursor = _cursor(connection)
        tables = _tables(cursor)
        if VERSION_TABLE not in tables:
            raise UpkeepError("the database has no schema of this app", "run `flask db upgrade`")
        revision = cursor.execute("SELECT version_num FROM alembic_version").fetchone()
        for table, columns in tables.items():
            with cursor.copy(_copy(table, columns, SQL("TO STDOUT"))) as rows:
                writer.add(f"{TABLES}{table}.copy", rows)
        return str(revision[0] if revision else ""), tables


def holds_users() -> bool:
    """Whether the database holds anything that a restore would destroy."""
    with db.engine.connect() as connection:
        cursor = _cursor(connection)
        tables = _tables(cursor)
        if "user_account" in tables:
            return bool(cursor.execute("SELECT 1 FROM user_account LIMIT 1").fetchone())
        return bool(tables.keys() - {VERSION_TABLE})


def _others(cursor: Any) -> int:
    """How many others use the database; one that was just closed is still listed for a moment."""
    until = time.monotonic() + _LEAVE_WITHIN_S
    while True:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        others = int(cursor.execute(_OTHERS).fetchone()[0])
        if not others or time.monotonic() > until:
            return others
        time.sleep(0.1)


@contextmanager
def emptied() -> Iterator[sa.Connection]:
    """A transaction in which nothing of the app is left in the database; committed at the end."""
    db.engine.dispose()
    with db.engine.connect() as connection, connection.begin():
        cursor = _cursor(connection)
        if others := _others(cursor):
            raise in_use(f"{others} other connections use the database")
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for table in _tables(cursor):
            cursor.execute(SQL("DROP TABLE IF EXISTS {} CASCADE").format(Identifier(table)))
        for (function,) in cursor.execute(_FUNCTIONS).fetchall():
            cursor.execute(SQL("DROP FUNCTION IF EXISTS {} CASCADE").format(SQL(function)))
        yield connection


def load(connection: sa.Connection, archive: Archive) -> None:
    """Fill the tables, which the migrations up to the backup's revision have made, with what the backup holds."""
    cursor = _cursor(connection)
    written = archive.manifest.tables
    stored = _tables(cursor)
    if {name: sorted(columns) for name, columns in stored.items()} != {n: sorted(c) for n, c in written.items()}:
        raise UpkeepError("the tables in the backup are not those of its schema", "use the app that made it")
    # References and triggers rest meanwhile: tables come in any order, and what triggers keep is in the backup too.
    keys = cursor.execute(_FOREIGN_KEYS).fetchall()
    for table, name, _definition in keys:
        cursor.execute(SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Identifier(table), Identifier(name)))
    for table, columns in written.items():
        cursor.execute(SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(Identifier(table)))
        cursor.execute(SQL("DELETE FROM {}").format(Identifier(table)))  # what the migrations put there
        with cursor.copy(_copy(table, columns, SQL("FROM STDIN"))) as rows:
            for piece in archive.pieces(f"{TABLES}{table}.copy"):
                rows.write(piece)
        cursor.execute(SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(Identifier(table)))
    for table, name, definition in keys:
        parts = Identifier(table), Identifier(name), SQL(definition)
        cursor.execute(SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(*parts))
    cursor.execute("ANALYZE")


def _cursor(connection: sa.Connection) -> psycopg.Cursor[Any]:
    """The driver's own cursor, within the transaction of the connection."""
    connection.exec_driver_sql("SELECT 1")  # begins it
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    cursor = raw.cursor()
    for setting in _SETTINGS:
        cursor.execute(f"SET LOCAL {setting}".encode())
    return cursor


def _tables(cursor: psycopg.Cursor[Any]) -> dict[str, list[str]]:
    """Columns by table."""
    tables: dict[str, list[str]] = {}
    for table, column in cursor.execute(_COLUMNS).fetchall():
        tables.setdefault(table, []).append(column)
    return tables


def _copy(table: str, columns: Iterable[str], direction: SQL) -> Composed:
    names = SQL(", ").join(map(Identifier, columns))
    return SQL("COPY {} ({}) {}").format(Identifier(table), names, direction)
