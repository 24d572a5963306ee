"""A distributor that can be rated, and who may: on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import Assessment, CreditRecord
from fieldapp.trade.ledger.models import Balance, Invoice
from tests import cast
from tests.desk.conftest import desk
from tests.visitor import Visitor

__all__ = ["Rated", "desk", "rated"]

AGREED = {"residence_agreed": "y", "residence_how": "spoken"}
SAME = {"residence": "best", **AGREED, "arrears": "best", "focus_percent": "55", "cross_area": "best"}


@dataclass
class Rated:
    """The app with `D001`: a customer since 2020, ¥1,200,000 invoiced in each of the last three years: growth 0 %.

    Answered as SAME it scores 85.0 and is A, with 30 days and ¥100,000.
    """

    app: Flask
    id: UUID
    other: UUID
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def as_(self, username: str) -> Visitor:
        """A browser signed in as one of the cast; the same one for the same name."""
        if username not in self.visitors:
            self.visitors[username] = Visitor(self.app, username)
        return self.visitors[username]

    def seen(self, answers: dict[str, str], who: str = "rep", distributor: UUID | None = None) -> str:
        """What the page shows for these answers, as the form sends it back."""
        page = self.as_(who).post(f"/distributors/{distributor or self.id}/grade/new", answers)
        assert page.status_code == 200, page.text
        return page.text.partition('name="seen" value="')[2].partition('"')[0]

    def propose(self, who: str = "rep", distributor: UUID | None = None, **changes: str) -> TestResponse:
        """The form as it is sent."""
        answers = {**SAME, **changes}
        asked = {key: value for key, value in answers.items() if key not in {"note", "id", "seen"}}
        seen = self.seen(asked, who, distributor)
        return self.as_(who).post(f"/distributors/{distributor or self.id}/ratings", {"seen": seen, **answers})

    def proposed(self, who: str = "rep", **changes: str) -> UUID:
        """An open proposal; its key."""
        response = self.propose(who, **changes)
        assert response.status_code == 303, response.text
        return UUID(response.headers["Location"].rpartition("/")[2])

    def decide(
        self, key: UUID, decision: str = "confirm", who: str = "boss", reason: str = "Right so."
    ) -> TestResponse:
        """A supervisor's answer."""
        return self.as_(who).post(f"/ratings/{key}/decision", {"decision": decision, "reason": reason})

    def one(self, model: Any, *where: Any) -> Any:
        """The one row, or None."""
        with self.app.app_context():
            return db.session.scalars(sa.select(model).where(*where)).one_or_none()

    def rating(self, key: UUID) -> Assessment:
        """A rating as it is stored."""
        found = self.one(Assessment, Assessment.id == key)
        assert isinstance(found, Assessment)
        return found

    def credit(self) -> CreditRecord | None:
        """The credit record that counts."""
        found: CreditRecord | None = self.one(CreditRecord, CreditRecord.distributor_id == self.id)
        return found

    def count(self, *where: Any) -> int:
        """How many ratings."""
        with self.app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).select_from(Assessment).where(*where)) or 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """The ERP or the office changes a fact."""
        with self.app.app_context():
            yield
            db.session.commit()

    def audited(self, action: str) -> list[AuditEntry]:
        """Audit entries of an action."""
        with self.app.app_context():
            return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def invoice(distributor_id: UUID, day: date, amount: int) -> None:
    """An invoice of so many fen."""
    number = f"{distributor_id.hex[-6:]}-{day.isoformat()}"
    cast.add(
        Invoice(number=number, number_key=number.casefold(), distributor_id=distributor_id, date=day, amount=amount)
    )


@pytest.fixture
def rated(app: Flask, people: dict[str, User]) -> Rated:
    """The world of a rating, committed."""
    with app.app_context():
        cast.make_user("deputy", Role.SUPERVISOR, ["4101"])
        cast.make_user("mate", Role.REP, ["4101"])
        row = cast.make_distributor(
            "D001", name="郑州金禾饲料有限公司", since=date(2020, 3, 1), rep_id=people["rep"].id
        )
        other = cast.make_distributor("D002", region="420106")
        for year in (2023, 2024, 2025):
            for month, day in ((11, year), (4, year + 1)):
                invoice(row.id, date(day, month, 5), 60_000_000)
        db.session.add(Balance(distributor_id=row.id, outstanding=6_000_000, as_of=cast.TODAY, open_items=[]))
        db.session.commit()
        return Rated(app, row.id, other.id)
