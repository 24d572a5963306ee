"""`flask restore`: a backup in the place of what is here, whole or not at all."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

import alembic.command
import psycopg
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app

from fieldapp.core.db import begin_writing, db
from fieldapp.people.accounts.models import ApiToken, LoginSession, PasswordLink
from fieldapp.people.audit.actions import record

from . import postgres, sqlite
from .archive import FILES, SQLITE, Archive, Manifest, UpkeepError, sync_folder
from .backup import stored_files

SPARE = 64 << 20  # bytes of the disk that a restore leaves free


@dataclass
class Restored:
    """What came of it. `kept`: where the old database and files are now; `ended`: rows by table that were shut."""

    manifest: Manifest
    files: int
    migrated: bool
    kept: list[Path] = field(default_factory=list)
    ended: dict[str, int] = field(default_factory=dict)


def restore(path: Path, at: datetime, *, force: bool = False) -> Restored:
    """Put the backup at `path` in the place of the database and the stored files. Raises UpkeepError before it changes
    anything, or having undone it. `force` replaces what is there; it is kept as *.before-restore (but for PostgreSQL's
    database)."""
    dialect = db.engine.dialect.name
    with Archive(path.absolute()) as archive:
        manifest = archive.manifest
        _refuse_foreign(manifest, dialect)
        if not force:
            _refuse_to_overwrite(dialect)
        archive.verify()
        _refuse_without_room(archive, dialect)
        heads = ScriptDirectory(str(current_app.config["MIGRATIONS"])).get_heads()
        done = Restored(manifest, sum(name.startswith(FILES) for name in archive.names), heads != [manifest.schema])
        try:
            with _staged_files(archive) as files:
                (_restore_sqlite if dialect == "sqlite" else _restore_postgres)(archive, files, at, done)
        except OSError as error:
            raise UpkeepError(f"nothing was restored: {error}", "make room or mend the rights there") from error
        except (sqlite3.Error, psycopg.Error, sa.exc.SQLAlchemyError) as error:
            said = " ".join(str(getattr(error, "orig", None) or error).split())
            raise UpkeepError(f"nothing was restored: {said}", "check the database server and its disk") from error
    _note(path, at, done)
    return done


def _refuse_foreign(manifest: Manifest, dialect: str) -> None:
    if manifest.database != dialect:
        raise UpkeepError(
            f"this is a backup of {manifest.database}, and FIELDAPP_DATABASE_URL names {dialect}",
            f"restore it where FIELDAPP_DATABASE_URL names {manifest.database}",
        )
    scripts = ScriptDirectory(str(current_app.config["MIGRATIONS"]))
    try:
        known = scripts.get_revision(manifest.schema)
    except CommandError:
        known = None
    if known is None:
        raise UpkeepError(
            f"the backup has schema {manifest.schema} of fieldapp {manifest.app}, newer than this app,"
            f" which knows up to {', '.join(scripts.get_heads())}",
            "update the app to that version (git pull && make install), then restore",
        )


def _refuse_to_overwrite(dialect: str) -> None:
    if (sqlite if dialect == "sqlite" else postgres).holds_users():
        raise UpkeepError("the database here is not empty", "restore elsewhere, or replace it with --force")
    folder = stored_files()
    if folder.is_dir() and any(folder.iterdir()):
        raise UpkeepError(f"{folder} is not empty", "restore elsewhere, or replace it with --force")


def _refuse_without_room(archive: Archive, dialect: str) -> None:
    place = sqlite.path_of().parent if dialect == "sqlite" else current_app.config["INSTANCE"]
    free = shutil.disk_usage(place).free
    if dialect == "sqlite" and archive.unpacked + SPARE > free:
        raise UpkeepError(
            f"the backup needs {archive.unpacked >> 20} MB, and {place} has {free >> 20} MB free", "make room there"
        )


@contextmanager
def _staged_files(archive: Archive) -> Iterator[Path]:
    """The stored files of the backup in a folder beside their place; gone at the end unless it was put there."""
    draft = stored_files().with_name(".files.restoring")
    shutil.rmtree(draft, ignore_errors=True)  # of a restore that was killed
    draft.mkdir(mode=0o700)
    try:
        for name in archive.names:
            if name.startswith(FILES):
                target = draft / PurePosixPath(name[len(FILES) :])
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                archive.unpack(name, target)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _files_in_place(draft: Path, at: datetime, done: Restored) -> Iterator[None]:
    """The staged files in their place; the old ones again when what follows fails."""
    folder = stored_files()
    kept = None
    if folder.is_dir() and any(folder.iterdir()):
        kept = sqlite.aside(folder, at)
        folder.rename(kept)
    elif folder.is_dir():
        folder.rmdir()
    try:
        draft.rename(folder)
        sync_folder(folder.parent)
        yield
    except BaseException:
        if folder.exists():
            folder.rename(draft)
        if kept is not None:
            kept.rename(folder)
        raise
    if kept is not None:
        done.kept.append(kept)


def _restore_sqlite(archive: Archive, files: Path, at: datetime, done: Restored) -> None:
    place = sqlite.path_of()
    draft = place.with_name(f"{place.name}.restoring")
    _remove(draft)
    try:
        archive.unpack(SQLITE, draft)
        with sqlite.opened(draft) as connection:
            _migrate(connection, "heads")
            with connection.begin():
                _shut_doors(connection, at, done)
        with _files_in_place(files, at, done):
            kept = sqlite.put_in_place(draft, at)
        if kept is not None:
            done.kept.insert(0, kept)
    finally:
        _remove(draft)


def _restore_postgres(archive: Archive, files: Path, at: datetime, done: Restored) -> None:
    with _files_in_place(files, at, done), postgres.emptied() as connection:
        _migrate(connection, archive.manifest.schema)
        postgres.load(connection, archive)
        _migrate(connection, "heads")
        _shut_doors(connection, at, done)


def _migrate(connection: sa.Connection, revision: str) -> None:
    config = current_app.extensions["migrate"].migrate.get_config()
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, revision)


def _shut_doors(connection: sa.Connection, at: datetime, done: Restored) -> None:
    """End sessions, password links and tokens: some were ended since the backup, and nobody knows any more which."""
    statements = {
        "sessions": sa.delete(LoginSession),
        "password links": sa.delete(PasswordLink).where(PasswordLink.used_at.is_(None)),
        "tokens": sa.update(ApiToken).where(ApiToken.revoked_at.is_(None)).values(revoked_at=at),
    }
    for name, statement in statements.items():
        done.ended[name] = connection.execute(statement).rowcount


def _note(path: Path, at: datetime, done: Restored) -> None:
    """The audit entry, in the restored database."""
    begin_writing()
    changes = {"file": path.name, "made_at": done.manifest.made_at, "schema": done.manifest.schema, **done.ended}
    record(None, "upkeep.restore", "database", db.engine.dialect.name, at, changes)
    db.session.commit()


def _remove(draft: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        Path(f"{draft}{ending}").unlink(missing_ok=True)
