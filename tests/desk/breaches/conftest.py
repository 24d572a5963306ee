"""The desk's world, and a shop that reads invoices in: the floor of P10 is 3150, a rebate of 40 makes that 3190."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.cli import FlaskGroup

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.breaches.models import Breach, BreachEntry
from tests.desk.conftest import Desk

COLUMNS = "number,line_no,distributor,ship_to,date,due,ordered_on,product,kg,amount"


@dataclass
class Shop:
    """`sold("N1,1,D001,410102,2026-11-20,2026-12-20,,P10,5000,15000")` reads that in, by the command."""

    desk: Desk
    folder: Path

    def sold(self, *rows: str) -> str:
        """What the command says."""
        path = self.folder / "invoices.csv"
        path.write_text("\n".join([COLUMNS, *rows]) + "\n")
        return self._run("import", "invoices", str(path))

    def review(self) -> None:
        """Look at all invoices again."""
        assert "looked at" in self._run("invoices", "review", "--since", "2026-01-01")

    def _run(self, *words: str) -> str:
        return str(self.desk.app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), [*words]).output)

    def line(self, amount: object, number: str = "N1", **changes: Any) -> str:
        """A row: 5 t of P10, on 20 November, on credit."""
        cells = {
            "number": number,
            "line_no": 1,
            "distributor": "D001",
            "ship_to": "410102",
            "date": "2026-11-20",
            "due": "2026-12-20",
            "ordered_on": "",
            "product": "P10",
            "kg": 5000,
            "amount": amount,
            **changes,
        }
        return ",".join(str(cells[column]) for column in COLUMNS.split(","))

    def found(self) -> list[tuple[str, str, int]]:
        """(result, state, lost fen) of every breach, in the order in which they were found."""
        with self.desk.app.app_context():
            rows = db.session.scalars(sa.select(Breach).order_by(Breach.number))
            return [(row.result.value, row.state.value, row.lost) for row in rows]

    def breach(self, number: int = 1) -> Breach:
        """One of them."""
        found: Breach = self.desk.one(Breach, Breach.number == number)
        return found

    def thread(self, breach: Breach) -> list[str]:
        """The verbs of its thread."""
        with self.desk.app.app_context():
            entries = sa.select(BreachEntry.verb).where(BreachEntry.breach_id == breach.id).order_by(BreachEntry.id)
            return [verb.value for verb in db.session.scalars(entries)]

    def approved(self, price: str = "3150.00", day: str = "2026-11-20", **changes: Any) -> UUID:
        """A deal that was approved on a day and held until the next."""
        key = self.desk.ask(self.desk.record(price, **{"on": day, **changes}))
        assert self.desk.decide(key).status_code == 303
        at = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=SHANGHAI)
        until = at.replace(day=at.day + 1)
        self.desk.change(sa.update(Approval).where(Approval.id == key).values(decided_at=at, expires_at=until))
        return key


@pytest.fixture
def shop(desk: Desk, tmp_path: Path) -> Shop:
    """The shop."""
    return Shop(desk, tmp_path)
