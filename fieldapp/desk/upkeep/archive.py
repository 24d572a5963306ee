"""The file of a backup: a zip with a manifest, the database, the stored files, and the SHA-256 of each.

    manifest.json           who made it: app version, schema, kind of database, time
    database.sqlite         the whole database of SQLite, or
    database/TABLE.copy     every table of PostgreSQL, as COPY writes it
    files/…                 what users uploaded and the app keeps
    SHA256SUMS              as `sha256sum -c` reads it, once the zip is unpacked

The file appears under its name only when it is whole and on the disk. Nothing in it is believed before it was checked.
"""

import fcntl
import hashlib
import json
import os
import re
import stat
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from fieldapp.config import ROOT

FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
SQLITE = "database.sqlite"
TABLES = "database/"
FILES = "files/"
PIECE = 1 << 20
MANIFEST_BYTES = 1 << 20
SUMS_BYTES = 256 << 20
RATIO = 100  # real databases shrink to a third or a tenth; a bomb to a thousandth
_SAFE = re.compile(r"(?:database\.sqlite|database/[a-z0-9_]+\.copy|files/.+)", re.DOTALL)


class UpkeepError(Exception):
    """What went wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} — {remedy}")


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `tables`: columns by table, in the order in which COPY wrote them."""

    format: int
    app: str
    schema: str
    database: str
    made_at: str
    tables: dict[str, list[str]] = field(default_factory=dict)


def app_version() -> str:
    """The version of this app."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


class Writer:
    """Members go in one after the other, each with its SHA-256."""

    def __init__(self, file: zipfile.ZipFile, at: datetime) -> None:
        self._zip = file
        self._time = at.timetuple()[:6]
        self._sums: list[str] = []

    def add(self, name: str, pieces: Iterable[bytes | bytearray | memoryview], *, packed: bool = True) -> None:
        """Write a member. `packed` False for what is compressed already (photos)."""
        info = zipfile.ZipInfo(name, self._time)
        if name != MANIFEST and not _is_safe(info):
            raise UpkeepError(f"the file {name!r} has a name that a backup cannot hold", "rename or remove it")
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        digest = hashlib.sha256()
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                digest.update(piece)
                member.write(piece)
        self._sums.append(f"{digest.hexdigest()}  {name}\n")

    def add_file(self, name: str, path: Path, *, packed: bool = True) -> None:
        """Write a file as a member."""
        with path.open("rb") as file:
            self.add(name, pieces_of(file), packed=packed)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the sums of everything."""
        self.add(MANIFEST, [json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()])
        self._zip.writestr(SUMS, "".join(self._sums))


@contextmanager
def writing(path: Path, at: datetime, *, force: bool) -> Iterator[Writer]:
    """A new archive at `path`, which nobody sees before it is whole. Raises UpkeepError; leaves nothing behind."""
    if path.is_dir():
        raise UpkeepError(f"{path} is a folder", "name a file in it")
    if path.exists() and not force:
        raise UpkeepError(f"{path} exists already", "name another file, or replace it with --force")
    part = path.with_name(f"{path.name}.part")
    try:
        with _alone(part, path) as file:
            with zipfile.ZipFile(file, "w") as archive:
                yield Writer(archive, at)
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise UpkeepError(
            f"{path} cannot be written: {error.strerror or error}", "make room there, or choose another place"
        ) from error


@contextmanager
def _alone(part: Path, path: Path) -> Iterator[IO[bytes]]:
    """The unfinished file, ours alone, and gone at the end. What a killed backup left is written over."""
    # For its owner only: personal data and the hashes of passwords are in it.
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpkeepError(f"another backup is being written to {path}", "let it end") from None
        try:
            file.truncate()
            yield file
        finally:
            part.unlink(missing_ok=True)


class Archive:
    """An archive to read. Opening it checks names, sizes and the manifest, `verify` the contents."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise UpkeepError(
                f"{path} cannot be read: {error.strerror or error}", "check its name and rights"
            ) from None
        except (zipfile.BadZipFile, ValueError) as error:
            raise self._damaged(str(error)) from None
        try:
            self._members = self._names()
            self.manifest = self._manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """Database and files, by name."""
        return sorted(self._members)

    @property
    def unpacked(self) -> int:
        """Bytes of database and files once they are unpacked."""
        return sum(info.file_size for info in self._members.values())

    def verify(self) -> None:
        """Read everything and compare it with its sum. Raises UpkeepError at the first difference."""
        sums = self._sums()
        if sums.keys() != {*self._members, MANIFEST}:
            raise self._damaged("its contents are not those it lists")
        for name, expected in sums.items():
            digest = hashlib.sha256()
            for piece in self.pieces(name):
                digest.update(piece)
            if digest.hexdigest() != expected:
                raise self._damaged(f"{name} is not what was written")

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member, piece by piece."""
        try:
            with self._zip.open(name) as member:
                yield from pieces_of(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise self._damaged(f"{name}: {error}") from None

    def unpack(self, name: str, target: Path) -> None:
        """Write a member to a new file, for its owner only, and onto the disk."""
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in self.pieces(name):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def _names(self) -> dict[str, zipfile.ZipInfo]:
        """The members but for the manifest and the sums; refuses what would land outside, and bombs."""
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename
            if name in members:
                raise self._damaged(f"{name!r} stands in it twice")
            if name not in {MANIFEST, SUMS} and not _is_safe(info):
                raise self._damaged(f"{name!r} does not belong into a backup")
            members[name] = info
        if not members.keys() >= {MANIFEST, SUMS}:
            raise self._damaged("it has no manifest")
        manifest, sums = members.pop(MANIFEST), members.pop(SUMS)
        total = sum(info.file_size for info in members.values())
        packed = self.path.stat().st_size
        if manifest.file_size > MANIFEST_BYTES or sums.file_size > SUMS_BYTES or total > packed * RATIO + (64 << 20):
            raise self._damaged(f"{packed} bytes would become {total}")
        return members

    def _manifest(self) -> Manifest:
        try:
            given = json.loads(b"".join(self.pieces(MANIFEST)))
            form = given["format"]
            if form == FORMAT:
                manifest = Manifest(**given)
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"its manifest cannot be read ({error})") from None
        if form != FORMAT:
            raise UpkeepError(f"{self.path} has the form {form!r}, known here is {FORMAT}", "use the app that made it")
        return manifest

    def _sums(self) -> dict[str, str]:
        sums = {}
        for line in b"".join(self.pieces(SUMS)).decode(errors="replace").splitlines():
            digest, _, name = line.partition("  ")
            sums[name] = digest
        return sums

    def _damaged(self, why: str) -> UpkeepError:
        return UpkeepError(f"{self.path} is damaged or no backup of this app: {why}", "take another backup")


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of an open file, a piece at a time."""
    while piece := file.read(PIECE):
        yield piece


def sync_folder(path: Path) -> None:
    """Put the names in a folder onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_safe(info: zipfile.ZipInfo) -> bool:
    """Whether a member has a name that we write, and stays below its folder when it is unpacked."""
    name = info.filename
    mode = info.external_attr >> 16
    parts = name.split("/")
    return (
        bool(_SAFE.fullmatch(name))
        and not any(part in {"", ".", ".."} for part in parts)
        and not any(mark in name for mark in ("\\", "\0", "\n", "\r"))
        and (not stat.S_IFMT(mode) or stat.S_ISREG(mode))
    )
