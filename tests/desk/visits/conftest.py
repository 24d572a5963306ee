"""A rep on the road in the desk's world: D001 with a place, D002 without one, both in his patch."""

import io
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.visits.models import Visit, VisitNote
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.visitor import Visitor

__all__ = ["desk"]

STORE = (34.76, 113.65)
NEAR = {"lat": "34.760500", "lng": "113.650000", "accuracy": "20"}
FAR = {"lat": "34.780000", "lng": "113.650000", "accuracy": "20"}


def waited(**ago: float) -> dict[str, str]:
    """Headers of a form that lay in a phone for so long."""
    sent = int(time.time() * 1000)
    return {"X-Client-Now": str(sent), "X-Client-Created": str(sent - int(timedelta(**ago).total_seconds() * 1000))}


def jpeg(colour: str = "green") -> tuple[io.BytesIO, str]:
    """A small photo as a form sends it."""
    target = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(target, "JPEG")
    target.seek(0)
    return target, "p.jpg"


@dataclass
class Road:
    """The desk with what a rep does on the road."""

    desk: Desk

    def store(self, code: str = "D001") -> UUID:
        """A distributor's key."""
        found: Distributor = self.desk.one(Distributor, Distributor.code == code)
        return found.id

    def rep(self, who: str = "rep") -> Visitor:
        """His browser."""
        return self.desk.as_(who)

    def arrive(
        self,
        code: str = "D001",
        who: str = "rep",
        key: UUID | None = None,
        ago: dict[str, float] | None = None,
        **form: str,
    ) -> TestResponse:
        """Check in, now or so long ago without a signal."""
        body = {"id": str(key or uuid7()), **(form or NEAR)}
        headers = waited(**ago) if ago else {}
        return self.rep(who).post(f"/distributors/{self.store(code)}/visit", body, headers=headers)

    def leave(self, visit: UUID, ago: dict[str, float] | None = None, who: str = "rep", **form: str) -> TestResponse:
        """Check out."""
        headers = waited(**ago) if ago else {}
        return self.rep(who).post(f"/visits/{visit}/departure", {**NEAR, **form}, headers=headers)

    def note(self, visit: UUID, section: str = "stock", who: str = "rep", **form: str) -> TestResponse:
        """Note something: 40 bags of P10 unless told otherwise."""
        body = form or {"subject": "P10", "amount": "40", "unit": "bag"}
        return self.rep(who).post(f"/visits/{visit}/notes", {"section": section, **body})

    def visit(self, code: str = "D001") -> Visit:
        """The latest visit to a distributor."""
        return self.visits(code)[-1]

    def visits(self, code: str | None = None) -> list[Visit]:
        """All visits, or those to one, in their order."""
        key = self.store(code) if code else None
        with self.desk.app.app_context():
            statement = sa.select(Visit).order_by(Visit.arrived_at, Visit.id)
            if key:
                statement = statement.where(Visit.distributor_id == key)
            return list(db.session.scalars(statement))

    def notes(self) -> list[VisitNote]:
        """All notes."""
        with self.desk.app.app_context():
            return list(db.session.scalars(sa.select(VisitNote).order_by(VisitNote.made_at, VisitNote.id)))

    def began(self, code: str = "D001", **ago: float) -> Visit:
        """A visit under way for so long; its row."""
        self.arrive(code)
        arrived = now() - timedelta(**ago)
        visit = self.visit(code)
        self.desk.change(sa.update(Visit).where(Visit.id == visit.id).values(arrived_at=arrived, recorded_at=arrived))
        return self.visit(code)

    def made(self, code: str = "D001", days_ago: int = 0, **columns: Any) -> UUID:
        """A visit of earlier, over; its key."""
        key = self.store(code)
        with self.desk.app.app_context():
            rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
            store = db.session.get_one(Distributor, key)
            row = cast.make_visit(store, rep, cast.TODAY - timedelta(days=days_ago), **columns)
            db.session.commit()
            return row.id

    def actions(self) -> list[str]:
        """The verbs of the audit entries about visits, in their order."""
        with self.desk.app.app_context():
            rows = sa.select(AuditEntry.action).where(AuditEntry.action.startswith("visits.")).order_by(AuditEntry.id)
            return [action.partition(".")[2] for action in db.session.scalars(rows)]


@pytest.fixture
def road(desk: Desk) -> Road:
    return Road(desk)
