"""`flask doctor`: is this installation as it should be? One finding for each check, and what to do when it fails."""

import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from flask import current_app

from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, begin_writing, db
from fieldapp.core.health import schema_state
from fieldapp.desk.demo.actions import ACCOUNTS, PASSWORD, is_demo
from fieldapp.desk.imports import runs
from fieldapp.desk.imports.models import ImportRun
from fieldapp.network.areas.queries import overlapping
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.passwords import verify
from fieldapp.people.audit.actions import record
from fieldapp.trade.ledger.actions import rebuild_balances, sum_up_invoices
from fieldapp.trade.ledger.queries import unequal_balances, unequal_sums

from . import sqlite

ROOM = 1 << 30  # bytes
SAMPLE = 200  # distributors whose balance is computed again when not all are asked for
OLDEST_POSTGRES = 13
NAMED = 5  # of what is wrong, in one line


class Wrong(Exception):  # noqa: N818  a finding, not a fault of ours
    """A check failed: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True)
class Finding:
    """The outcome of a check; without a remedy all is well."""

    name: str
    what: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.remedy

    def __str__(self) -> str:
        return f"ok {self.name} — {self.what}" if self.ok else f"FAILED {self.name} — {self.what} — {self.remedy}"


def examine(*, whole_ledger: bool = False) -> Iterator[Finding]:
    """Every check in turn. Those that need the database come last, and end at the first that it cannot answer."""
    begin_reading()
    for name, check in {"settings": settings, "instance": instance, "disk": disk}.items():
        yield _found(name, check)
    needed = {"database": database, "schema": schema}
    for name, check in needed.items():
        finding = _found(name, check)
        yield finding
        if not finding.ok:
            return
    ledger = whole_ledger_equal if whole_ledger else sampled_ledger_equal
    rest = {"integrity": integrity, "accounts": accounts, "imports": imports, "areas": areas, "ledger": ledger}
    for name, check in rest.items():
        yield _found(name, check)


def _found(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, check())
    except Wrong as wrong:
        return Finding(name, str(wrong), wrong.remedy)
    except OSError as error:
        return Finding(name, str(error), "mend the rights or the disk there")
    except sa.exc.SQLAlchemyError as error:
        db.session.rollback()
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        return Finding(name, said, "check FIELDAPP_DATABASE_URL, the server and its disk; then `flask db upgrade`")


def settings() -> str:
    """What the environment says; production's own demands were met, or the app would not have started."""
    config = current_app.config
    if config["TODAY"]:
        return f"{config['ENV_NAME']}, business date fixed to {config['TODAY']}"
    return str(config["ENV_NAME"])


def instance() -> str:
    """The folder can be written, and its secret is read by its owner alone."""
    folder: Path = current_app.config["INSTANCE"]
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        raise Wrong(
            f"{folder} cannot be written: {error.strerror}", "give it to the app's user: chown -R fieldapp …"
        ) from None
    secret = folder / "secret"
    mode = stat.S_IMODE(secret.stat().st_mode) if secret.exists() else 0
    if mode & 0o077:
        raise Wrong(f"{secret} has mode {mode:o}: others may read it", f"chmod 600 {secret}")
    return str(folder)


def disk() -> str:
    """Room for a day's work, and for a copy of the database."""
    places = {current_app.config["INSTANCE"]}
    needed = ROOM
    if db.engine.dialect.name == "sqlite" and (name := db.engine.url.database) and Path(name).exists():
        places.add(Path(name).resolve().parent)
        needed = max(needed, sum(part.stat().st_size for part in _parts(Path(name))))
    free = min((shutil.disk_usage(place).free, str(place)) for place in places)
    if free[0] < needed:
        raise Wrong(
            f"{free[0] >> 20} MB free at {free[1]}, {needed >> 20} MB needed", "make room, or move the instance folder"
        )
    return f"{free[0] >> 20} MB free"


def _parts(path: Path) -> list[Path]:
    return [part for part in (path, Path(f"{path}-wal")) if part.exists()]


def database() -> str:
    """It answers; which it is, without its password."""
    engine = db.engine
    where = engine.url.render_as_string(hide_password=True)
    if engine.dialect.name == "sqlite" and not sqlite.path_of().exists():
        raise Wrong(f"{where} is not there", "run `flask db upgrade`, or check FIELDAPP_DATABASE_URL")
    with engine.connect().execution_options(reading=True) as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.scalar(sa.text('SELECT sqlite_version()'))}, {where}"
        version = str(connection.scalar(sa.text("SHOW server_version")))
        if int(version.split(".")[0]) < OLDEST_POSTGRES:
            raise Wrong(f"PostgreSQL {version} at {where} is no longer maintained", "update it")
        encoding = connection.scalar(sa.text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise Wrong(f"the encoding of {where} is {encoding}", "make the database again with -E UTF8 -T template0")
        return f"PostgreSQL {version}, {where}"


def schema() -> str:
    """The database has the tables that this code wants."""
    has, wants = schema_state()
    if has != wants:
        shown = ", ".join(sorted(has)) or "none"
        raise Wrong(f"the database has {shown}, the app wants {', '.join(sorted(wants))}", "run `flask db upgrade`")
    return ", ".join(sorted(has))


def integrity() -> str:
    """Pages, indexes and references hold."""
    with db.engine.connect().execution_options(reading=True) as connection:
        if connection.dialect.name == "sqlite":
            found = " ".join(str(connection.scalar(sa.text("PRAGMA quick_check(1)"))).split())
            if found != "ok":
                raise Wrong(found, "stop the app and restore the last good backup: `flask restore FILE --force`")
            broken = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchmany(NAMED)
            if broken:
                raise Wrong(f"broken references: {', '.join(f'{row[0]} → {row[2]}' for row in broken)}", _REPORT)
            return "quick_check and references ok"
        invalid = connection.scalars(sa.text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"))
        names = list(invalid)
        if names:
            raise Wrong(f"invalid indexes: {', '.join(names[:NAMED])}", "REINDEX INDEX CONCURRENTLY each of them")
        return "indexes valid"


_REPORT = "take a backup, then report it"


def accounts() -> str:
    """Somebody can administer; and in production nobody with a password that the whole world knows."""
    admins = sa.select(sa.func.count()).where(User.role == Role.ADMIN, User.active)
    count = db.session.scalar(admins) or 0
    if current_app.config["PRODUCTION"]:
        if is_demo():
            raise Wrong("this database was made by the demo", "use an empty one: another FIELDAPP_DATABASE_URL")
        demo = db.session.scalars(sa.select(User).where(User.username_key.in_(ACCOUNTS), User.active))
        open_ones = [user.username for user in demo if verify(PASSWORD, user.password_hash)]
        if open_ones:
            raise Wrong(f"demo accounts: {', '.join(open_ones)}", "flask users deactivate each of them")
    if not count:
        raise Wrong("no active administrator", "flask users create NAME --name … --role admin --regions ''")
    return f"{count} active administrators"


def imports() -> str:
    """No reading of a file was interrupted and left alone."""
    going = db.session.scalars(sa.select(ImportRun).where(ImportRun.state.in_(runs.SILENT_AFTER)))
    silent = [run for run in going if runs.interrupted(run, now())]
    if silent:
        names = ", ".join(run.filename for run in silent[:NAMED])
        raise Wrong(f"{len(silent)} interrupted: {names}", "open them on the page Import and read them again")
    return "none interrupted"


def areas() -> str:
    """No two distributors have one region and line for themselves: what came before the database refused that."""
    found = overlapping(NAMED)
    if found:
        named = "; ".join(f"{region} {line}: {one} and {other}" for one, other, region, line in found)
        raise Wrong(f"exclusive areas overlap: {named}", "end one of each on the page Sales areas, or share both")
    return "no overlap"


def sampled_ledger_equal() -> str:
    """Every balance is the sum of its rows; and a sample is what the rules make of its rows."""
    sample = list(db.session.scalars(sa.select(Distributor.id).order_by(sa.func.random()).limit(SAMPLE)))
    _refuse_unequal(unequal_sums() | unequal_balances(sample))
    return f"sums equal; {len(sample)} balances computed again (all: flask doctor --ledger)"


def whole_ledger_equal() -> str:
    """Every balance is what the rules make of its rows."""
    _refuse_unequal(unequal_ledger())
    return "all balances computed again, all equal"


def unequal_ledger() -> set[UUID]:
    """Distributors whose kept balance is not what their rows give; reads the whole ledger."""
    return unequal_sums() | unequal_balances(db.session.scalars(sa.select(Distributor.id)))


def _refuse_unequal(ids: set[UUID]) -> None:
    # Once more: a file may have been taken in between the statement that read the rows and that for the balances.
    ids = ids and (unequal_sums() | unequal_balances(ids)) & ids
    if ids:
        some = sa.select(Distributor.code).where(Distributor.id.in_(list(ids)[:NAMED])).order_by(Distributor.code)
        codes = ", ".join(db.session.scalars(some))
        raise Wrong(f"balances differ from their rows: {codes}" + (" …" if len(ids) > NAMED else ""), _MEND)


_MEND = "run `flask doctor --mend`, and report how it came about"


def mend_ledger(at: datetime) -> int:
    """Compute the balances that differ from their rows again, commit, and say how many. The rows stay as they are."""
    begin_writing()
    ids = unequal_ledger()
    if ids:
        sum_up_invoices(ids)
        rebuild_balances(ids)
        codes = db.session.scalars(
            sa.select(Distributor.code).where(Distributor.id.in_(ids)).order_by(Distributor.code)
        )
        record(None, "upkeep.mend_ledger", "balance", "*", at, {"distributors": [None, list(codes)[:1000]]})
    db.session.commit()
    return len(ids)
