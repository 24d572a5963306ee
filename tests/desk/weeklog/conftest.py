"""A week of the rep's: visits with places, a plan, tonnes, money, promises and notes; a colleague with one visit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_reading, db
from fieldapp.desk.weeklog.models import LogComment, WeeklyLog
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState
from fieldapp.fieldwork.visits.models import VisitNote
from fieldapp.fieldwork.visits.rules import Ending, NoteSection, PlaceProblem
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.actions import rebuild_balances
from fieldapp.trade.ledger.models import Invoice, InvoiceLine, Payment
from fieldapp.trade.targets.models import Target
from tests import cast
from tests.visitor import Visitor

MONDAY = cast.TODAY  # 2026-11-23 is one
TUESDAY = MONDAY + timedelta(days=1)
WEEK = f"/week?week={MONDAY.isoformat()}"


@dataclass
class Office:
    """The app with its people and two distributors: Golden Grain is the rep's, River Feed the colleague's."""

    app: Flask
    people: dict[str, User]
    golden: UUID
    river: UUID

    def as_(self, username: str) -> Visitor:
        return Visitor(self.app, username)

    def viewer(self, username: str) -> Viewer:
        return viewer_of(self.people[username])

    def log(self) -> WeeklyLog:
        """The only log."""
        with self.app.app_context():
            begin_reading()
            return db.session.scalars(sa.select(WeeklyLog)).one()

    def said(self) -> list[tuple[str, str]]:
        """(step, text) of every comment, the oldest first."""
        with self.app.app_context():
            begin_reading()
            found = sa.select(LogComment).order_by(LogComment.id)
            return [(one.step.value, one.text) for one in db.session.scalars(found)]

    def submit(self, who: str = "rep", **texts: str) -> Any:
        return self.as_(who).post(
            "/week/submission", {"week": MONDAY.isoformat(), "went_well": "Two new barns", **texts}
        )

    def decide(self, decision: str, text: str = "", who: str = "boss") -> Any:
        log_id = self.log().id
        return self.as_(who).post(f"/week/logs/{log_id}/decision", {"decision": decision, "text": text})


@pytest.fixture
def office(app: Flask, people: dict[str, User]) -> Office:
    with app.app_context():
        golden = cast.make_distributor("D001", "410102", name="Golden Grain", rep_id=people["rep"].id)
        river = cast.make_distributor("D002", "420102", name="River Feed", rep_id=people["colleague"].id)
        db.session.commit()
        return Office(app, people, golden.id, river.id)


@pytest.fixture
def busy(office: Office) -> Office:
    """The same with a full week."""
    with office.app.app_context():
        fill_week(office)
        db.session.commit()
    return office


def fill_week(office: Office) -> None:
    rep, colleague = office.people["rep"], office.people["colleague"]
    golden, river = Stub(office.golden), Stub(office.river)
    # 0.1 degrees of latitude are 11.1 km.
    place = {"arrival_lat": 34.70, "arrival_lng": 113.60, "arrival_accuracy": 20, "arrival_distance": 86}
    first = cast.make_visit(golden, rep, MONDAY, arrived="09:00", minutes=40, **place)
    far = {**place, "arrival_lat": 34.80, "arrival_distance": 900}
    cast.make_visit(golden, rep, MONDAY, arrived="14:00", minutes=20, ending=Ending.REPAIRED, **far)
    cast.make_visit(golden, rep, MONDAY - timedelta(days=3), arrived="10:00", minutes=60, **place)  # the week before
    cast.make_visit(river, colleague, MONDAY, arrived="10:00", minutes=15, arrival_problem=PlaceProblem.DENIED)
    cast.make_plan(golden, rep, MONDAY)
    cast.make_plan(golden, rep, TUESDAY)
    cast.make_plan(golden, rep, MONDAY + timedelta(days=8))
    made = {"visit_id": first.id, "made_at": cast.NOW}
    cast.add(
        VisitNote(section=NoteSection.COMPETITOR, subject="Hope 510", price=14_800, weight=40_000, text="3 t", **made)
    )
    cast.add(VisitNote(section=NoteSection.RETAIL, subject="Our 551", price=15_500, weight=40_000, **made))
    cast.add(VisitNote(section=NoteSection.STOCK, subject="Our stock", **made))
    promise = {"kind": TaskKind.PROMISE, "distributor_id": golden.id, "owner_id": rep.id, "made_by_id": rep.id}
    done = {"state": TaskState.DONE, "done_at": cast.NOW, "done_by_id": rep.id}
    before = cast.NOW - timedelta(days=20)
    cast.add(Task(text="Bring samples", due=TUESDAY, made_at=cast.NOW, **promise))
    cast.add(Task(text="Call the vet", due=MONDAY - timedelta(days=2), made_at=before, **promise))
    cast.add(Task(text="New price list", due=MONDAY, made_at=before, **promise, **done))
    cast.add(Task(text="Long done", due=MONDAY, made_at=before, **promise, **{**done, "done_at": before}))
    product = cast.make_product("P10")
    sell(product.id, golden.id, "I1", MONDAY, 5_000_000, due=MONDAY + timedelta(days=30))
    sell(product.id, golden.id, "I2", date(2026, 11, 3), 7_000_000, due=date(2026, 11, 13))
    sell(product.id, golden.id, "I3", date(2026, 10, 30), 90_000_000, due=date(2026, 12, 30))
    sell(product.id, river.id, "I4", MONDAY, 1_000_000, due=MONDAY)
    cast.add(Payment(number="Y1", number_key="y1", distributor_id=golden.id, date=MONDAY, amount=123_400))
    for line, weight in (("*", 40_000_000), ("pig", 99_000_000)):
        cast.add(Target(distributor_id=golden.id, line=line, line_key=line, period="2026-11", weight=weight))
    rebuild_balances([golden.id, river.id])


def sell(product: UUID, distributor: UUID, number: str, day: date, weight: int, due: date) -> None:
    amount = weight * 3200 // 10_000
    head = {"number": number, "number_key": number.casefold(), "distributor_id": distributor}
    invoice = cast.add(Invoice(**head, date=day, due=due, amount=amount))
    cast.add(InvoiceLine(invoice_id=invoice.id, line_no=1, product_id=product, weight=weight, amount=amount))


class Stub:
    """A distributor by its key, as the makers of rows need it."""

    def __init__(self, id_: UUID) -> None:
        self.id = id_


Visit = Callable[..., Visitor]
