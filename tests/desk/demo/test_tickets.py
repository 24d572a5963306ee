"""The demo's tickets: every state, one that made animals ill, some late, their threads told in the past."""

import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.desk.demo import tickets
from fieldapp.fieldwork.remediation.models import Lesson, Ticket, TicketEntry
from fieldapp.fieldwork.remediation.rules import TicketState, TicketVerb
from tests import cast


def test_tickets_in_every_state(app: Flask) -> None:
    with app.app_context():
        people = cast.make_cast()
        for number in range(tickets.TICKETS):
            cast.make_distributor(f"D{number:03}", rep_id=people["rep"].id)
        tickets.write("boss", "admin", now(), cast.TODAY)
        db.session.commit()
        found = list(db.session.scalars(sa.select(Ticket)))
        assert {ticket.state for ticket in found} == set(TicketState)
        assert any(ticket.dangerous for ticket in found)
        assert all(ticket.recorded_at <= now() for ticket in found)
        entries = list(db.session.scalars(sa.select(TicketEntry)))
        assert all(entry.at <= now() for entry in entries)
        assert TicketVerb.ESCALATE in {entry.verb for entry in entries}, "one is late"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Lesson).where(Lesson.standing))
