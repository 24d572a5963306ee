"""Tickets in a rep's weekly log: what he opened, what was solved, what still waits."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.desk.weeklog.sections import Section
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import OPEN
from fieldapp.network.distributors.models import Distributor

MOST = 30


def read(rep_id: UUID, first: date, last: date) -> dict[str, Any] | None:
    """The counts of the week, and its tickets: opened or solved in it by him, and his that are open; one statement."""
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (first, last + timedelta(days=1)))
    opened = sa.and_(Ticket.made_by_id == rep_id, Ticket.recorded_at >= begins, Ticket.recorded_at < ends)
    solved = sa.and_(Ticket.rep_id == rep_id, Ticket.solved_at >= begins, Ticket.solved_at < ends)
    # Of a week that has passed, what came later is left out.
    waits = sa.and_(Ticket.rep_id == rep_id, Ticket.state.in_(OPEN), Ticket.recorded_at < ends)
    flags = [sa.case((condition, 1), else_=0) for condition in (opened, solved, waits)]
    counts = [sa.func.sum(flag).over() for flag in flags]
    found = db.session.execute(
        sa.select(Ticket, Distributor.name, *flags, *counts)
        .join(Distributor, Distributor.id == Ticket.distributor_id)
        .where(sa.or_(opened, solved, waits))
        .order_by(Ticket.number.desc())
        .limit(MOST)
    ).all()
    if not found:
        return None
    rows = [
        {
            "id": str(ticket.id),
            "number": ticket.shown_number,
            "distributor_id": str(ticket.distributor_id),
            "name": name,
            "kind": ticket.kind.value,
            "what": "solved" if is_solved else "waits" if is_waiting else "opened",
        }
        for ticket, name, _opened, is_solved, is_waiting, *_sums in found
    ]
    return {"opened": int(found[0][5]), "solved": int(found[0][6]), "waiting": int(found[0][7]), "rows": rows}


SECTIONS = (Section("tickets", "desk/tickets/week.html", read, order=30),)
