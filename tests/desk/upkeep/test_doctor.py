"""`flask doctor`: each fault is planted, and named with a remedy."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.config import ROOT
from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.desk.demo.actions import LOADED, PASSWORD
from fieldapp.desk.imports.models import ImportRun, RunState
from fieldapp.desk.upkeep import doctor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.passwords import hash_password
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.ledger.models import Balance, InvoiceLine, Payment
from tests.desk.upkeep.conftest import Elsewhere, dialect_of, ok, put_back, refused
from tests.desk.upkeep.test_backup import damage


def failing(app: Flask, *args: str) -> dict[str, str]:
    """The lines that failed, by the name of their check."""
    lines = [line.split(" — ", 2) for line in refused(app, "doctor", *args).splitlines()]
    failed = {line[0].removeprefix("FAILED "): line for line in lines if line[0].startswith("FAILED ")}
    assert all(len(line) == 3 for line in failed.values()), lines
    return {name: " — ".join(line[1:]) for name, line in failed.items()}


def change(app: Flask, *statements: sa.Executable) -> None:
    with app.app_context():
        for statement in statements:
            db.session.execute(statement)
        db.session.commit()
        db.session.remove()


def test_all_is_well(office: Flask) -> None:
    lines = ok(office, "doctor").splitlines()
    assert all(line.startswith("ok ") for line in lines)
    names = [line.split(" ")[1] for line in lines]
    assert names == [
        "settings",
        "instance",
        "disk",
        "database",
        "schema",
        "integrity",
        "accounts",
        "imports",
        "areas",
        "ledger",
    ]


def test_a_password_in_the_database_address_is_not_shown(office: Flask) -> None:
    office.config["INSTANCE"].joinpath("x").touch()
    said = doctor_outside(office, FIELDAPP_DATABASE_URL="postgresql://someone:hidden-word@127.0.0.1:1/none")
    assert said.returncode == 1
    assert "FAILED database" in said.stdout
    assert "hidden-word" not in said.stdout + said.stderr
    assert "Traceback" not in said.stderr


def doctor_outside(app: Flask, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command as it is typed in the checkout, which finds the app by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIELDAPP_", "FLASK_"))}
    return subprocess.run(
        [str(Path(sys.executable).with_name("flask")), "doctor"],
        cwd=ROOT,
        env=kept | {"FIELDAPP_INSTANCE": str(app.config["INSTANCE"]), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_that_stop_the_app(office: Flask) -> None:
    said = doctor_outside(office, FIELDAPP_ENV="production")
    assert said.returncode == 1
    assert said.stderr.startswith("FAILED settings — FIELDAPP_SECRET_KEY is missing")
    assert "Traceback" not in said.stderr


def test_the_folder_its_secret_and_the_disk(office: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = office.config["INSTANCE"] / "secret"
    secret.chmod(0o644)
    monkeypatch.setattr(doctor, "ROOM", 1 << 60)
    failed = failing(office)
    assert failed.keys() == {"instance", "disk"}
    assert f"chmod 600 {secret}" in failed["instance"]
    assert "MB needed" in failed["disk"]
    monkeypatch.undo()
    secret.chmod(0o600)
    monkeypatch.setitem(office.config, "INSTANCE", office.config["INSTANCE"] / "gone")
    assert "cannot be written" in failing(office)["instance"]


def test_a_schema_that_is_not_there_or_not_current(office: Flask, elsewhere: Elsewhere) -> None:
    failed = failing(elsewhere())
    assert failed.keys() <= {"database", "schema"}
    assert "flask db upgrade" in "".join(failed.values())
    put_back(office, "0002")
    assert failing(office)["schema"] == "the database has 0002, the app wants " + head() + " — run `flask db upgrade`"


def head() -> str:
    return max(path.name.split("_")[0] for path in (ROOT / "migrations/versions").glob("0*.py"))


def test_a_damaged_database(office: Flask) -> None:
    if dialect_of(office) == "sqlite":
        damage(office)
        said = "restore the last good backup"
    else:
        leave_an_index_unfinished(office)
        said = "invalid indexes: broken"
    assert said in failing(office)["integrity"]


def leave_an_index_unfinished(app: Flask) -> None:
    """As a server that died in the middle leaves it: an index that nobody may trust."""
    with (
        app.app_context(),
        db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(sa.exc.IntegrityError),
    ):
        connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY broken ON user_account ((1))")


def test_a_reference_that_leads_nowhere(office: Flask) -> None:
    if dialect_of(office) == "postgresql":
        return  # it keeps its references by itself
    with office.app_context(), db.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        connection.execute(sa.update(InvoiceLine).values(product_id=sa.literal("0" * 32, sa.String)))
        connection.commit()
    assert "invoice_line → product" in failing(office)["integrity"]


def test_nobody_administers(office: Flask) -> None:
    change(office, sa.update(User).where(User.username == "admin").values(active=False))
    assert "flask users create" in failing(office)["accounts"]


def test_demo_accounts_in_production(office: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = hash_password(PASSWORD)
    change(office, sa.update(User).where(User.username == "boss").values(password_hash=hashed))
    ok(office, "doctor")
    monkeypatch.setitem(office.config, "PRODUCTION", True)
    assert "demo accounts: boss" in failing(office)["accounts"]
    entry = {"action": LOADED, "subject_type": "demo", "subject_id": "x", "at": now(), "changes": {}}
    change(office, sa.insert(AuditEntry).values(**entry))
    assert "made by the demo" in failing(office)["accounts"]


def test_an_interrupted_import(office: Flask, people: dict[str, User]) -> None:
    for state, age in ((RunState.READING, 0), (RunState.DONE, 5)):
        row = {"kind": "products", "filename": "新产品.csv", "state": state, "made_by_id": people["admin"].id}
        then = now() - timedelta(minutes=age)
        change(office, sa.insert(ImportRun).values(**row, made_at=then, beat_at=then))
    ok(office, "doctor")
    change(office, sa.update(ImportRun).values(beat_at=now() - timedelta(minutes=2)))
    assert "1 interrupted: 新产品.csv" in failing(office)["imports"]


LEDGER_FAULTS: dict[str, Callable[[], sa.Executable]] = {
    "a wrong sum": lambda: sa.update(Balance).values(outstanding=1),
    "a missing balance": lambda: sa.delete(Balance),
    "wrong open items": lambda: sa.update(Balance).values(open_items=[[None, 50_000]]),
    "a wrong due date": lambda: sa.update(Balance).values(oldest_due=None),
    "a payment put in by hand": lambda: sa.update(Payment).values(amount=1),
    "a line put in by hand": lambda: sa.update(InvoiceLine).where(InvoiceLine.line_no == 1).values(amount=1),
}


def test_a_balance_that_is_not_what_its_rows_give(office: Flask) -> None:
    for fault, statement in LEDGER_FAULTS.items():
        change(office, statement())
        for args in ((), ("--ledger",)):
            assert "D001" in failing(office, *args)["ledger"], fault
        assert "1 balances mended" in ok(office, "doctor", "--mend"), fault
    assert "0 balances mended" in ok(office, "doctor", "--mend", "--ledger")
    with office.app_context():
        mended = db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "upkeep.mend_ledger"))
        assert mended == len(LEDGER_FAULTS)
        db.session.remove()
