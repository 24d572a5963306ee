"""A ticket of D001 in the desk's world, whose page is used by the rep, two supervisors and the administrator."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.remediation.actions import latest_remedy
from fieldapp.fieldwork.remediation.models import Remedy, Ticket, TicketEntry
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.desk.visits.conftest import jpeg

__all__ = ["desk", "jpeg"]


@dataclass
class Counter:
    """The desk with a ticket's way through the web."""

    desk: Desk

    def opened(self, who: str = "rep", code: str = "D001", **values: Any) -> UUID:
        """A ticket that was opened just now; its key. `product`: a code."""
        with self.desk.app.app_context():
            user = db.session.scalars(sa.select(User).where(User.username == who)).one()
            store = db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()
            product = values.pop("product", None)
            if product:
                values["product_id"] = db.session.scalars(sa.select(Product.id).where(Product.code == product)).one()
            ticket = cast.make_ticket(store, user, **{"now": now(), **values})
            db.session.commit()
            return ticket.id

    def proposed(self, yuan: str = "800", who: str = "rep", **values: Any) -> UUID:
        """One with a credit note proposed."""
        key = self.opened(**values)
        assert self.propose(key, yuan, who).status_code == 303
        return key

    def propose(self, key: UUID, yuan: str = "800", who: str = "rep", **changes: str) -> TestResponse:
        """Propose a credit note."""
        form = {"kind": "credit_note", "amount": yuan, "by_day": cast.TODAY.isoformat(), "words": "Five wet bags"}
        return self.post(key, "proposal", who, **{**form, **changes})

    def decide(self, key: UUID, decision: str = "approve", who: str = "boss", **changes: Any) -> TestResponse:
        """Decide about the remedy that waits."""
        form = {"seen": str(self.remedy(key).id), "decision": decision, "words": "As we talked"}
        return self.post(key, "decision", who, **{**form, **changes})

    def post(self, key: UUID, resource: str, who: str = "rep", **form: Any) -> TestResponse:
        """Send a form of the page, with a key of its own unless it gives one."""
        return self.desk.as_(who).post(f"/tickets/{key}/{resource}", {"id": str(uuid7()), **form})

    def page(self, key: UUID, who: str = "rep") -> str:
        """The page as somebody sees it."""
        answer = self.desk.as_(who).get(f"/tickets/{key}")
        assert answer.status_code == 200
        return answer.text

    def ticket(self, key: UUID) -> Ticket:
        """Its row."""
        found: Ticket = self.desk.one(Ticket, Ticket.id == key)
        return found

    def remedy(self, key: UUID) -> Remedy:
        """The remedy that counts."""
        with self.desk.app.app_context():
            found = latest_remedy(db.session.get_one(Ticket, key))
            assert found is not None
            return found

    def verbs(self, key: UUID) -> list[str]:
        """What was done, in its order."""
        with self.desk.app.app_context():
            rows = sa.select(TicketEntry.verb).where(TicketEntry.ticket_id == key).order_by(TicketEntry.id)
            return [verb.value for verb in db.session.scalars(rows) if verb]


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)
