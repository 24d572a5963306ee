"""The database of SQLite: copied while the app writes, and put in the place of another in one step."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from fieldapp.core.db import db, prepare_sqlite

from .archive import UpkeepError, sync_folder


def path_of() -> Path:
    """Where the database lies."""
    name = db.engine.url.database
    if not name or name == ":memory:" or name.startswith("file:"):
        raise UpkeepError(f"the database {name or ':memory:'} is no plain file", "name one in FIELDAPP_DATABASE_URL")
    return Path(name).resolve()


def copy_to(target: Path) -> None:
    """Copy the database as it is at this moment to a new file, and check the copy.

    SQLite's own backup in one step: a reader's snapshot, during which others go on writing. Copying the live file lost
    acknowledged rows; VACUUM INTO may give rows other numbers, to which an index may point.
    """
    source_path = path_of()
    if not source_path.exists():
        raise UpkeepError(f"there is no database at {source_path}", "run `flask db upgrade`")
    try:
        with closing(sqlite3.connect(target)) as copy:
            for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                copy.execute(f"PRAGMA {pragma}")
            with db.engine.connect() as connection:
                source: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
                source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            found = " ".join(copy.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    except sqlite3.Error as error:
        raise UpkeepError(
            f"the database could not be copied to {target}: {error}", "make room there, or choose another place"
        ) from error
    if found != "ok":
        raise UpkeepError(f"the database {source_path} is damaged ({found})", "restore the last good backup")


def schema_of(path: Path) -> str:
    """The revision of a database file."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.Error:
            rows = []
    if len(rows) != 1:
        raise UpkeepError("the database has no schema of this app", "run `flask db upgrade`")
    return str(rows[0][0])


def holds_users() -> bool:
    """Whether the database in place holds anything that a restore would destroy; a damaged one counts as such."""
    path = path_of()
    if not path.exists() or not path.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'user_account'").fetchone():
                return bool(connection.execute("SELECT 1 FROM sqlite_master").fetchone())
            return bool(connection.execute("SELECT 1 FROM user_account").fetchone())
    except sqlite3.Error:
        return True


@contextmanager
def opened(draft: Path) -> Iterator[sa.Connection]:
    """A connection to a restored file that isn't in its place yet; afterwards it is one whole, synced file."""
    with closing(sqlite3.connect(draft)) as connection:
        found = " ".join(connection.execute("PRAGMA integrity_check(1)").fetchone()[0].split())
    if found != "ok":
        raise UpkeepError(f"the database in the backup is damaged ({found})", "take another backup")
    engine = sa.create_engine(f"sqlite:///{draft}")
    prepare_sqlite(engine)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
    with closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(draft: Path, at: datetime) -> Path | None:
    """Set the database aside and rename the draft to its name; where the old one is now, None if there was none."""
    path = path_of()
    kept = None
    db.engine.dispose()
    if path.exists():
        _let_go(path)
        kept = aside(path, at)
        for ending in ("", "-wal", "-shm"):
            part = Path(f"{path}{ending}")
            if part.exists():
                part.rename(f"{kept}{ending}")
    try:
        draft.rename(path)
    except BaseException:
        if kept is not None:
            kept.rename(path)
        raise
    sync_folder(path.parent)
    return kept


def aside(path: Path, at: datetime) -> Path:
    """The name under which something that is replaced is kept; two restores within a second get two names."""
    return path.with_name(f"{path.name}.{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.before-restore")


def _let_go(path: Path) -> None:
    """Write the log of the database back into it. That fails while anybody else has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=2)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise in_use(f"{path} is open elsewhere") from None
    except sqlite3.DatabaseError:
        pass  # damaged: that is why it is being replaced; its log is set aside with it


def in_use(what: str) -> UpkeepError:
    """The refusal while the app runs: it would go on with the old database, and with what it remembers of it."""
    return UpkeepError(what, "stop the app first (systemctl stop fieldapp), then restore")
