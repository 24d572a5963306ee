"""What tickets have to say elsewhere: at a distributor, on a visit, on the home page, among the approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import clock
from fieldapp.core.db import db
from fieldapp.core.panels import Panel
from fieldapp.fieldwork.remediation import queries, words
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import OPEN, WAITS, TicketState
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import lists, opening, sources
from .lists import Row

MOST = 5
MOST_ON_VISIT = 3
SOLVED = (TicketState.SOLVED, TicketState.CLOSED)
TO_DO = OPEN - set(WAITS)  # the handler's turn: what waits for an approval is not


def _open_at(viewer: Viewer, distributor_id: UUID, most: int) -> list[Row]:
    found = (
        lists.rows()
        .where(Ticket.distributor_id == distributor_id, Ticket.state.in_(OPEN), queries.visible(viewer))
        .order_by(lists.DUE, Ticket.number)
    )
    return [Row(*row) for row in db.session.execute(found.limit(most))]


def _shown() -> dict[str, Any]:
    return {"now": clock.now(), "words": words}


def _distributor(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any]:
    """Two statements."""
    solved = sa.select(sa.func.count()).where(
        Ticket.distributor_id == distributor_id, Ticket.state.in_(SOLVED), Ticket.solved_at.is_not(None)
    )
    return {
        "rows": _open_at(viewer, distributor_id, MOST),
        "solved": db.session.scalar(solved) or 0,
        "distributor": sources.find_distributor(viewer, key=distributor_id),
        "reports": viewer.role is not Role.ADMIN,
        **_shown(),
    }


def _visit(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any]:
    """What is open there, and the form, so that it is there without a signal too. Five statements for a rep."""
    reports = viewer.role is not Role.ADMIN
    visit = visits.under_way(viewer.id) if reports else None
    return {
        "rows": _open_at(viewer, distributor_id, MOST_ON_VISIT),
        "distributor": sources.find_distributor(viewer, key=distributor_id),
        "f": opening.fields_of(distributor_id) if reports else None,
        "visit": visit.id if visit and visit.distributor_id == distributor_id else "",
        **_shown(),
    }


def _home(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """What waits for him, to be done or to be approved, the longest late first; nothing where nothing does."""
    turn: Any = sa.and_(Ticket.rep_id == viewer.id, Ticket.state.in_(TO_DO))
    if viewer.role is not Role.REP:
        turn = sa.or_(turn, sa.and_(*queries.awaits(viewer, today)))
    found = lists.rows().where(turn).order_by(lists.DUE, Ticket.number).limit(MOST)
    rows = [Row(*row) for row in db.session.execute(found)]
    return {"rows": rows, "part": "mine" if viewer.role is Role.REP else "waiting", **_shown()} if rows else None


def _approvals(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """Remedies that wait for him; nothing where none does."""
    waiting = queries.waiting(viewer, today)
    if not waiting:
        return None
    keys = [ticket.id for ticket in waiting]
    amounts = _amounts(keys)
    found = lists.rows().where(Ticket.id.in_(keys)).order_by(Ticket.recorded_at, Ticket.id)
    rows = [(Row(*row), amounts.get(row.id)) for row in db.session.execute(found)]
    return {"rows": rows, **_shown()}


def _amounts(tickets: list[UUID]) -> dict[UUID, int]:
    """What the remedy proposed last comes to, in fen."""
    found = sa.select(Remedy.ticket_id, Remedy.amount).where(Remedy.ticket_id.in_(tickets))
    return dict(db.session.execute(found.order_by(Remedy.proposed_at, Remedy.id)).tuples().all())


PANELS = (
    Panel("distributor", "desk/tickets/panel.html", _distributor, order=20),
    Panel("visit", "desk/tickets/visit_panel.html", _visit, order=8),
    Panel("home", "desk/tickets/home.html", _home, order=20),
    Panel("approvals", "desk/tickets/approvals.html", _approvals, order=20),
)
