"""`flask restore`."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import ApiToken, LoginSession, PasswordLink, User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.ledger.models import Balance
from tests.desk.upkeep.conftest import (
    Elsewhere,
    body,
    dialect_of,
    forge,
    ok,
    put_back,
    refused,
    run,
    store,
    usernames,
)
from tests.visitor import Visitor

PHOTO = "files/2026/照片 1.jpg"


@pytest.fixture
def backup(office: Flask, tmp_path: Path) -> Path:
    """A backup of the office."""
    path = tmp_path / "b.zip"
    ok(office, "backup", path)
    return path


def untouched(app: Flask) -> Callable[[], bool]:
    """Notes how an installation stands; the answer says whether it still does."""

    def state() -> object:
        folder: Path = app.config["INSTANCE"]
        with app.app_context():
            users = sorted(db.session.scalars(sa.select(User.username)))
            rows = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
            db.session.remove()
            db.engine.dispose()
        kept = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("files/**/*") if path.is_file()}
        names = {path.name for path in folder.iterdir() if path.suffix not in {".zip", ".db-wal", ".db-shm"}}
        return users, rows, kept, names

    before = state()
    return lambda: state() == before


def test_elsewhere_all_of_it_is_there_and_the_doctor_is_content(
    office: Flask, backup: Path, elsewhere: Elsewhere
) -> None:
    other = elsewhere()
    said = ok(other, "restore", backup)
    assert "and 1 files" in said
    ok(other, "doctor", "--ledger")
    assert usernames(other) == usernames(office)
    photo = other.config["INSTANCE"] / PHOTO
    assert photo.read_bytes() == b"\xff\xd8 a photo"
    with other.app_context():
        begin_reading()
        assert db.session.scalar(sa.select(Distributor.name)) == "郑州金禾饲料有限公司"
        assert db.session.scalar(sa.select(Balance.outstanding)) == 50_000
    assert "郑州金禾" in Visitor(other, "boss").get("/distributors?q=jinhe").text
    assert not list(other.config["INSTANCE"].rglob("*restor*"))


def test_doors_are_shut_and_the_audit_says_so(office: Flask, tmp_path: Path, elsewhere: Elsewhere) -> None:
    phone = Visitor(office, "rep")
    assert phone.is_signed_in()
    token = ok(office, "users", "token", "rep").strip()
    ok(office, "users", "create", "new", "--name", "New", "--role", "rep")  # with a password link
    ok(office, "backup", tmp_path / "b.zip")
    other = elsewhere()
    said = ok(other, "restore", tmp_path / "b.zip")
    assert "1 sessions, 1 password links, 1 tokens" in said
    answer = other.test_client().post("/api/v1/deal-checks", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    with other.app_context():
        begin_reading()
        for model in (LoginSession, PasswordLink):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 0
        assert db.session.scalars(sa.select(ApiToken.revoked_at)).one() is not None
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "upkeep.restore")).one()
        assert (entry.actor_id, entry.changes["sessions"]) == (None, 1)


def test_what_is_not_empty_is_left_alone_unless_told(office: Flask, backup: Path) -> None:
    ok(office, "users", "create", "since", "--name", "Since", "--role", "admin")
    still = untouched(office)
    assert "--force" in refused(office, "restore", backup)
    assert still()
    store(office, "since.jpg", b"since")
    said = ok(office, "restore", backup, "--force")
    assert "since" not in usernames(office)
    assert not (office.config["INSTANCE"] / "files/since.jpg").exists()
    kept = sorted(path.name.split(".")[0] for path in office.config["INSTANCE"].glob("*.before-restore"))
    assert kept == (["fieldapp", "files"] if dialect_of(office) == "sqlite" else ["files"])
    assert said.count(".before-restore") == len(kept)
    [files] = office.config["INSTANCE"].glob("files.*.before-restore")
    assert (files / "since.jpg").read_bytes() == b"since"


def test_files_alone_are_not_overwritten_either(backup: Path, elsewhere: Elsewhere) -> None:
    other = elsewhere()
    ok(other, "db", "upgrade")
    store(other, "theirs.jpg", b"theirs")
    still = untouched(other)
    assert "files is not empty" in refused(other, "restore", backup).replace("\n", " ")
    assert still()


def test_an_empty_migrated_database_is_taken(backup: Path, elsewhere: Elsewhere) -> None:
    other = elsewhere()
    ok(other, "db", "upgrade")
    ok(other, "restore", backup)
    ok(other, "doctor")


def test_a_tampered_and_a_cut_off_file_change_nothing(office: Flask, backup: Path) -> None:
    whole = backup.read_bytes()
    still = untouched(office)
    with zipfile.ZipFile(backup) as archive:
        largest = max(archive.infolist(), key=lambda info: info.compress_size)
    place = largest.header_offset + 200 + largest.compress_size // 2
    for broken in (whole[: len(whole) // 2], whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :]):
        backup.write_bytes(broken)
        assert "damaged" in refused(office, "restore", backup, "--force")
    assert still()


def changed(backup: Path, target: Path, **manifest: object) -> Path:
    """The backup with another manifest."""
    members = body(backup)
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | manifest).encode()
    return forge(target, members)


def test_a_newer_schema_the_other_database_another_form(office: Flask, backup: Path, tmp_path: Path) -> None:
    still = untouched(office)
    newer = changed(backup, tmp_path / "newer.zip", schema="9999", app="9.0")
    said = refused(office, "restore", newer, "--force")
    assert "9999 of fieldapp 9.0" in said
    assert "update the app" in said
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[dialect_of(office)]
    said = refused(office, "restore", changed(backup, tmp_path / "other.zip", database=other), "--force")
    assert f"backup of {other}" in said
    assert "the form 2" in refused(office, "restore", changed(backup, tmp_path / "form.zip", format=2), "--force")
    assert still()


def test_an_older_schema_is_migrated(office: Flask, tmp_path: Path, elsewhere: Elsewhere) -> None:
    put_back(office, "0002")
    ok(office, "backup", tmp_path / "old.zip")
    ok(office, "db", "upgrade")
    other = elsewhere()
    said = ok(other, "restore", tmp_path / "old.zip")
    assert "schema 0002 was migrated" in said
    ok(other, "doctor")
    assert "郑州金禾" in Visitor(other, "boss").get("/distributors?q=jinhe").text


def test_the_running_app_is_not_pulled_from_under_its_users(office: Flask, backup: Path) -> None:
    still = untouched(office)
    running = sa.create_engine(office.config["SQLALCHEMY_DATABASE_URI"])
    with running.connect() as connection:
        connection.execute(sa.select(User.id)).all()
        connection.rollback()
        assert "stop the app first" in refused(office, "restore", backup, "--force")
    running.dispose()
    assert still()
    ok(office, "restore", backup, "--force")


def test_whole_or_not_at_all(office: Flask, backup: Path, tmp_path: Path) -> None:
    """The sums are right, and the database in it is broken: found only when most of the work is done."""
    members = body(backup)
    if dialect_of(office) == "sqlite":
        members["database.sqlite"] = (
            members["database.sqlite"][:8192] + bytes(8192) + members["database.sqlite"][16384:]
        )
    else:
        members["database/payment.copy"] = b""
        members["database/invoice.copy"] = b""  # its lines are left behind
    store(office, "since.jpg", b"since")
    still = untouched(office)
    said = refused(office, "restore", forge(tmp_path / "broken.zip", members), "--force")
    assert "nothing was restored" in said or "damaged" in said
    assert still()


def test_restored_twice_over_itself(office: Flask, backup: Path) -> None:
    for _ in range(2):
        assert run(office, "restore", backup, "--force").exit_code == 0
    ok(office, "doctor", "--ledger")


def test_numbers_and_texts_come_back_as_they_were(office: Flask, tmp_path: Path, elsewhere: Elsewhere) -> None:
    awkward = {"text": "tab\tline\nback\\slash \\N 'quote' \u2028 😀", "empty": "", "none": None, "n": -1}
    with office.app_context():
        db.session.add(
            AuditEntry(at=now(), action="t", subject_type="t", subject_id="\\N", changes=awkward, request_id="")
        )
        db.session.commit()
        db.session.remove()
    ok(office, "backup", tmp_path / "b.zip")
    other = elsewhere()
    ok(other, "restore", tmp_path / "b.zip")
    with other.app_context():
        begin_reading()
        row = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "t")).one()
        assert (row.changes, row.subject_id, row.request_id) == (awkward, "\\N", "")
