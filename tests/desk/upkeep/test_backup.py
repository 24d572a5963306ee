"""`flask backup`."""

import fcntl
import json
import os
import resource
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.config import ROOT
from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.desk.upkeep.conftest import Elsewhere, dialect_of, ok, refused, store


class Writer(threading.Thread):
    """A user at work: stores a file, then writes two rows that name it in one transaction, again and again.

    `acknowledged` grows when the database has said that a pair is kept.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.app = app
        self.acknowledged: list[int] = []
        self.ending = threading.Event()
        self.warm = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ending.is_set():
            with self.app.app_context():
                store(self.app, f"{number}.jpg", str(number).encode())
                for half in ("a", "b"):
                    db.session.add(
                        AuditEntry(at=now(), action="test.write", subject_type=half, subject_id=str(number), changes={})
                    )
                db.session.commit()
            self.acknowledged.append(number)
            number += 1
            if number == 50:
                self.warm.set()

    def halves(self, app: Flask, half: str) -> set[int]:
        """The numbers that a database holds."""
        with app.app_context():
            begin_reading()
            rows = db.session.scalars(sa.select(AuditEntry.subject_id).where(AuditEntry.subject_type == half))
            return {int(row) for row in rows}


def test_nothing_acknowledged_before_it_began_is_missing_and_no_row_names_a_missing_file(
    office: Flask, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    writer = Writer(office)
    writer.start()
    try:
        assert writer.warm.wait(60)
        for number in range(3):
            before = set(writer.acknowledged)
            ok_without_closing(office, tmp_path / f"{number}.zip")
            after = set(writer.acknowledged)
            other = elsewhere()
            ok(other, "restore", tmp_path / f"{number}.zip")
            kept = writer.halves(other, "a")
            assert before <= kept <= after | {len(after), len(after) + 1}
            assert kept == writer.halves(other, "b")
            files = other.config["INSTANCE"] / "files"
            assert all((files / f"{n}.jpg").read_bytes() == str(n).encode() for n in kept)
            ok(other, "users", "create", "chief", "--name", "Chief", "--role", "admin")
            ok(other, "doctor", "--ledger")
            assert len(after) > len(before), "nobody wrote meanwhile: this proves nothing"
    finally:
        writer.ending.set()
        writer.join()


def ok_without_closing(app: Flask, path: Path) -> None:
    """A backup while other threads of this process hold connections."""
    result = app.test_cli_runner().invoke(args=["backup", str(path)])
    assert result.exit_code == 0, result.output


def test_what_is_in_it(office: Flask, tmp_path: Path) -> None:
    (office.config["INSTANCE"] / "imports").mkdir()
    (office.config["INSTANCE"] / "imports" / "x.upload").write_bytes(b"read once")
    store(office, ".half-written", b"x")
    said = ok(office, "backup", tmp_path / "b.zip")
    assert "schema" in said
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        archive.extractall(tmp_path / "unpacked")
    assert {"files/2026/照片 1.jpg", "SHA256SUMS", "manifest.json"} <= names
    assert not any("secret" in name or "import" in name.split("/")[0] or "half-written" in name for name in names)
    assert (manifest["database"], manifest["app"]) == (dialect_of(office), "0.1.0")
    assert manifest["schema"] in {path.name.split("_")[0] for path in (ROOT / "migrations/versions").glob("*.py")}
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "unpacked", check=False)
    assert checked.returncode == 0
    secret = (office.config["INSTANCE"] / "secret").read_bytes()
    assert all(secret not in path.read_bytes() for path in (tmp_path / "unpacked").rglob("*") if path.is_file())


def test_an_existing_file_is_replaced_only_when_told(office: Flask, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(b"last night's")
    assert "--force" in refused(office, "backup", path)
    assert path.read_bytes() == b"last night's"
    ok(office, "backup", path, "--force")
    assert zipfile.is_zipfile(path)


def test_a_killed_backup_is_written_over_and_one_under_way_is_left_alone(office: Flask, tmp_path: Path) -> None:
    path, part = tmp_path / "b.zip", tmp_path / "b.zip.part"
    part.write_bytes(b"half" * 1_000_000)
    if dialect_of(office) == "sqlite":
        (tmp_path / "b.zip.part.db").write_bytes(b"half")
    with part.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another backup" in refused(office, "backup", path)
        assert part.exists()
    ok(office, "backup", path)
    assert path.stat().st_size < 4_000_000
    assert sorted(found.name for found in tmp_path.glob("b.zip*")) == ["b.zip"]


@pytest.mark.parametrize("path", ["missing/b.zip", "", "files/2026/照片 1.jpg/b.zip"])
def test_where_nothing_can_be_written_it_says_so(office: Flask, path: str) -> None:
    said = refused(office, "backup", office.config["INSTANCE"] / path)
    assert str(office.config["INSTANCE"] / path) in said
    assert " — " in said


def test_a_full_disk_is_named_and_nothing_is_left_behind(office: Flask, tmp_path: Path) -> None:
    """Every file is limited to 300 kB by the kernel, whose refusal reaches the writer in the middle of a write."""
    store(office, "large.jpg", os.urandom(400_000))
    target = tmp_path / "backups"
    target.mkdir()
    (target / "b.zip").write_bytes(b"last night's")
    with office.app_context():
        db.engine.dispose()
    limited = subprocess.run(
        [sys.executable, "-m", "flask", "backup", str(target / "b.zip"), "--force"],
        cwd=ROOT,
        env=os.environ
        | {
            "FIELDAPP_INSTANCE": str(office.config["INSTANCE"]),
            "FIELDAPP_DATABASE_URL": office.config["SQLALCHEMY_DATABASE_URI"],
        },
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert limited.returncode != 0
    assert "make room there" in limited.stderr, limited.stderr
    assert "Traceback" not in limited.stderr
    assert [path.name for path in target.iterdir()] == ["b.zip"]
    assert (target / "b.zip").read_bytes() == b"last night's"


def test_a_database_without_a_schema_is_no_backup(elsewhere: Elsewhere, tmp_path: Path) -> None:
    assert "flask db upgrade" in refused(elsewhere(), "backup", tmp_path / "b.zip")
    assert list(tmp_path.glob("b.zip*")) == []


def test_a_damaged_database_is_not_passed_off_as_a_backup(office: Flask, tmp_path: Path) -> None:
    if dialect_of(office) == "postgresql":
        with office.app_context():
            db.session.execute(sa.text("DROP TABLE alembic_version"))
            db.session.commit()
        said = "flask db upgrade"
    else:
        damage(office)
        said = "damaged"
    assert said in refused(office, "backup", tmp_path / "b.zip")
    assert list(tmp_path.glob("b.zip*")) == []


def damage(app: Flask) -> None:
    """Overwrite the root page of the table of products, with nobody connected."""
    with app.app_context():
        cast.make_product("P20")
        db.session.commit()
        root = db.session.scalar(sa.text("SELECT rootpage FROM sqlite_master WHERE name = 'product'"))
        db.session.remove()
        db.engine.dispose()  # the last to go writes the log back
    path = Path(str(sa.make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database))
    with path.open("r+b") as file:
        file.seek((int(root or 0) - 1) * 4096)
        file.write(b"\x00" * 4096)
