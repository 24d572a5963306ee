"""`flask backup`: one file with the database and what users uploaded, consistent while the app runs."""

import os
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app

from fieldapp.core.db import db

from . import postgres, sqlite
from .archive import FILES, FORMAT, SQLITE, Manifest, Writer, app_version, writing

STORED = "files"  # the folder in the instance that holds what users uploaded and the app keeps


def backup(path: Path, at: datetime, *, force: bool = False) -> Manifest:
    """Write a backup to `path`. Raises UpkeepError; then nothing is left behind.

    Left out: the secret (it belongs to the installation, and everybody signs in again after a restore), and files of
    imports, which are read once and deleted.
    """
    path = path.absolute()
    dialect = db.engine.dialect.name
    with writing(path, at, force=force) as writer:
        # The database first: the app stores a file before it commits the row that names it, and never changes one, so
        # that every row of this moment finds its file afterwards. The other way round, a row committed in between would
        # name a file that was not taken along. A file too many does no harm.
        schema, tables = _copy_sqlite(path, writer) if dialect == "sqlite" else postgres.dump(writer)
        _add_files(stored_files(), writer)
        manifest = Manifest(FORMAT, app_version(), schema, dialect, at.astimezone(UTC).isoformat(), tables)
        writer.finish(manifest)
    return manifest


def stored_files() -> Path:
    """The folder of the stored files; it may not be there yet."""
    folder: Path = current_app.config["INSTANCE"] / STORED
    return folder


def _copy_sqlite(path: Path, writer: Writer) -> tuple[str, dict[str, list[str]]]:
    draft = path.with_name(f"{path.name}.part.db")
    draft.unlink(missing_ok=True)  # of a backup that was killed; we hold the lock
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        sqlite.copy_to(draft)
        schema = sqlite.schema_of(draft)
        writer.add_file(SQLITE, draft)
        return schema, {}
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            Path(f"{draft}{ending}").unlink(missing_ok=True)


def _add_files(folder: Path, writer: Writer) -> None:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(parent, name)
            # A name with a dot in front is a file still being written. One that has gone was deleted meanwhile, with
            # its row: the restored row says so as it would have had the file been deleted a moment earlier.
            if name.startswith(".") or file.is_symlink() or not file.is_file():
                continue
            writer.add_file(f"{FILES}{file.relative_to(folder).as_posix()}", file, packed=False)
