"""Contents of documents and photos on disk: INSTANCE/files/<first two signs of the SHA-256>/<key>, never under a sent
name. Concerns that keep some declare which keys have a row, so that a sweep knows what belongs to nobody.
"""

import os
import secrets
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, Response, abort, current_app, send_file
from flask_babel import gettext as _

_DRAFT = ".part"
_KNOWN = "fieldapp.storage_known"
Known = Callable[[Collection[UUID]], Collection[UUID]]


class StorageError(Exception):
    """The content could not be kept; the message is the system's reason."""


def problem(error: Exception) -> str:
    """What the user reads of it: nothing was saved, and who can help."""
    text = _(
        "The server could not keep the file (%(reason)s). Nothing was saved; tell your administrator.", reason=error
    )
    return str(text)


def folder() -> Path:
    """Where contents lie."""
    path: Path = current_app.config["INSTANCE"] / "files"
    return path


def path_of(key: UUID, sha256: str) -> Path:
    """Where one content lies."""
    return folder() / sha256[:2] / str(key)


def answer(key: UUID, sha256: str, media_type: str, **how: Any) -> Response:
    """A content, for a viewer who may see its row; 404 where it is gone. `how`: as Flask's send_file takes it.

    Somebody else has sent it: a browser runs nothing of it, guesses no other type, and keeps no copy.
    """
    path = path_of(key, sha256)
    if not path.is_file():
        abort(404)
    response = send_file(path, media_type, **how)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def keep(key: UUID, sha256: str, content: bytes) -> Path:
    """Write a content and see it on the disk before returning. Raises StorageError, and then leaves nothing."""
    path = path_of(key, sha256)
    # Named at random: a phone sends a photo under the same key again, and what a killed process left must not bar it.
    draft = path.with_name(f"{key}.{secrets.token_hex(4)}{_DRAFT}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(error.strerror or str(error)) from error
    return path


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(key: UUID, sha256: str) -> None:
    """Remove a content, if it is there."""
    path_of(key, sha256).unlink(missing_ok=True)


def declare(app: Flask, known: Known) -> None:
    """Add a concern that keeps contents. `known(keys)` → those of the keys that have a row of it."""
    app.extensions.setdefault(_KNOWN, []).append(known)


def sweep(before: datetime) -> int:
    """Remove what no row of any concern speaks of and was written before `before`; returns how many.

    A process that is killed between file and row leaves such a file.
    """
    old = [path for path in _files() if path.stat().st_mtime < before.timestamp()]
    keys = {path: _key(path) for path in old}
    asked = [key for key in keys.values() if key is not None]
    declared: list[Known] = current_app.extensions.get(_KNOWN, [])
    there = {key for known in declared for key in known(asked)} if asked else set()
    gone = [path for path, key in keys.items() if key is None or key not in there]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _files() -> Iterator[Path]:
    if folder().is_dir():
        yield from (path for path in folder().glob("*/*") if path.is_file())


def _key(path: Path) -> UUID | None:
    try:
        return UUID(path.name)
    except ValueError:
        return None
