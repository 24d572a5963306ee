"""Loading the demo company: through the same door as the ERP's files, so that the demo proves the door."""

import csv
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db
from fieldapp.core.sheets import CellError
from fieldapp.desk.imports.engine import Order, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.passwords import hash_password
from fieldapp.people.audit.actions import record
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.ledger import fresh

from . import (
    breaches,
    conflicts,
    crossarea,
    dossiers,
    feedback,
    fieldwork,
    handovers,
    history,
    merged,
    people,
    prices,
    ratings,
    services,
    surveys,
    tickets,
)
from .company import KINDS, Company

ACCOUNTS = ("rep", "rep2", "boss", "admin")
PASSWORD = "field-demo-2026"  # noqa: S105  printed on every start of a demo; refused everywhere else
LOADED = "demo.load"


class DemoError(RuntimeError):
    """The demo cannot be loaded here; the message says why and what to do."""


def load(company: Company, at: datetime, progress: Callable[[str, float], None]) -> None:
    """Load a company into an empty database. `progress` is given the kind and its share from 0 to 1.

    Raises DemoError when there are users already, or when a row of the company is refused (a fault of the generator).
    """
    if db.session.scalar(sa.select(sa.exists(sa.select(User.id)))):
        raise DemoError("the database holds users already: the demo is for an empty one (another FIELDAPP_INSTANCE)")
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / f"{kind}.csv"
            if _write(company, kind, path):
                _read(kind, path, at, progress)
    begin_writing()
    hashed = hash_password(PASSWORD)
    db.session.execute(sa.update(User).where(User.username.in_(ACCOUNTS)).values(password_hash=hashed))
    all_there = db.session.scalar(sa.select(sa.func.count()).where(User.username.in_(ACCOUNTS))) == len(ACCOUNTS)
    if all_there:
        history.write(company, "rep", "boss", at, company.today)
        ratings.write(company, "rep", "boss", at, company.today)
        dossiers.write(company, "rep", "boss", at, company.today)
        fieldwork.write(company.network.seed, "boss", at, company.today)
        tickets.write("boss", "admin", at, company.today)
        surveys.write(company.network.seed, at, company.today)
        feedback.write(company.network.seed, "boss", at)
        services.write(company.network.seed, "boss", at, company.today)
        crossarea.write("boss", "admin", at, company.today)
        prices.write(company.network.seed, "boss", at, company.today)
        merged.plant("boss", company.today)
        conflicts.write("boss", at, company.today)
        handovers.write("boss", "admin", at, company.today)
    people.write(company.network.seed, at)
    record(None, LOADED, "demo", company.name, at, {})
    db.session.commit()
    fresh.work(at, company.today)
    breaches.write("rep", "boss", at, company.today, company.network.count)
    if all_there:
        merged.look("boss", at, company.today)


def _write(company: Company, kind: str, path: Path) -> bool:
    """The file of a kind; False when the company is too small to have such rows."""
    rows = company.rows(kind)
    first = next(rows, None)
    if first is None:
        return False
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)
    return True


def _read(kind: str, path: Path, at: datetime, progress: Callable[[str, float], None]) -> None:
    problems: list[CellError] = []

    def report(problem: CellError) -> None:
        if len(problems) < 10:
            problems.append(problem)

    outcome = read(Order(kinds()[kind], path, path.name, None, at), report, lambda share: progress(kind, share))
    if not outcome.written:
        raise DemoError(f"{kind} were refused: " + "; ".join(str(problem) for problem in problems))


def is_demo() -> bool:
    """Whether this database was made by the demo."""
    return bool(db.session.scalar(sa.select(sa.exists().where(AuditEntry.action == LOADED))))


def describe_accounts() -> str:
    """The demo accounts, a line each, for the terminal."""
    users = db.session.scalars(sa.select(User).where(User.username.in_(ACCOUNTS)))
    by_name = {user.username: user for user in users}
    lines = ["Demo accounts (password of each: " + PASSWORD + ")"]
    for name in ACCOUNTS:
        if name in by_name:
            user = by_name[name]
            where = " ".join(user.patch[:4]) + (" …" if len(user.patch) > 4 else "")
            lines.append(f"  {name:<6} {user.role.value:<11} {where or 'everywhere'}")
    return "\n".join(lines) + "\n"
