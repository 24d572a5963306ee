"""Tickets as a viewer may see them: his own, and those of his patch; with thread, photos and cases alike."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from statistics import median_low
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import policy
from .models import Lesson, Remedy, Ticket, TicketEntry, TicketPhoto
from .rules import HIGHEST, OPEN, WAITS, Severity, TicketKind, TicketState, most_below

MOST_ENTRIES = 500
MOST_OPEN = 50
_KNOWN_CHUNK = 1000


class Cost(NamedTuple):
    """What remedies cost: in how many cases one was approved, and in fen the sum, the median and the highest."""

    cases: int
    total: int
    median: int
    highest: int


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a ticket: his own, and those of distributors that lie in his patch now."""
    if viewer.everywhere:
        return sa.true()
    return sa.or_(Ticket.made_by_id == viewer.id, Ticket.rep_id == viewer.id, _in_patch(viewer))


def _in_patch(viewer: Viewer) -> sa.ColumnElement[bool]:
    there = sa.exists().where(Distributor.id == Ticket.distributor_id, viewer.scope(Distributor.region_code))
    return there.correlate(Ticket)


def find(viewer: Viewer, ticket_id: UUID) -> Ticket | None:
    """A ticket that he may see, or None."""
    return db.session.scalar(sa.select(Ticket).where(Ticket.id == ticket_id, visible(viewer)))


def find_photo(viewer: Viewer, photo_id: UUID) -> TicketPhoto | None:
    """A photo of a ticket that he may see, or None."""
    return db.session.scalar(
        sa.select(TicketPhoto)
        .join(Ticket, Ticket.id == TicketPhoto.ticket_id)
        .where(TicketPhoto.id == photo_id, visible(viewer))
    )


def open_of(viewer: Viewer, distributor_id: UUID) -> Sequence[Ticket]:
    """The open tickets of a distributor, what is due first above."""
    return db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.distributor_id == distributor_id, Ticket.state.in_(OPEN), visible(viewer))
        .order_by(Ticket.solve_due_at, Ticket.id)
        .limit(MOST_OPEN)
    ).all()


def handled_by(viewer: Viewer, most: int = 10) -> Sequence[UUID]:
    """The open tickets that he handles, what is due first above; their keys."""
    return db.session.scalars(
        sa.select(Ticket.id)
        .where(Ticket.rep_id == viewer.id, Ticket.state.in_(OPEN))
        .order_by(Ticket.solve_due_at, Ticket.id)
        .limit(most)
    ).all()


def waiting(viewer: Viewer, today: date) -> Sequence[Ticket]:
    """Tickets whose remedy the viewer may approve now, the oldest first; nothing for reps."""
    if viewer.role is Role.REP:
        return []
    return db.session.scalars(
        sa.select(Ticket).where(*awaits(viewer, today)).order_by(Ticket.recorded_at, Ticket.id).limit(MOST_OPEN)
    ).all()


def awaits(viewer: Viewer, today: date) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions on a ticket whose remedy a supervisor or administrator may approve: what `decide` allows him."""
    remedy = _undecided_by(viewer.id)
    if viewer.role is Role.ADMIN:
        return Ticket.state == TicketState.SECOND, sa.exists().where(*remedy).correlate(Ticket)
    limits = policy.on(today).limits
    before = sa.orm.aliased(Remedy)
    earlier = (
        sa.select(sa.func.coalesce(sa.func.sum(before.amount), 0))
        .where(before.ticket_id == Ticket.id, before.approved.is_(True), before.round < Ticket.round)
        .correlate(Ticket)
        .scalar_subquery()
    )
    below = [
        sa.and_(Ticket.severity == severity, Remedy.amount + earlier <= most)
        for severity in Severity
        if (most := most_below(HIGHEST, severity, limits)) is not None
    ]
    remedy.append(sa.or_(Ticket.state == TicketState.PROPOSED, *below))
    return Ticket.state.in_(WAITS), _in_patch(viewer), sa.exists().where(*remedy).correlate(Ticket)


def waiting_in(state: TicketState, me: Any, region_within: Callable[[Any], Any]) -> sa.ScalarSelect[int]:
    """How many tickets of a state await `me` where `region_within(column)` holds, to put into another statement.

    Whether a second approval needs an administrator is not asked here: see `waiting_second`.
    """
    return (
        sa.select(sa.func.count())
        .select_from(Ticket)
        .join(Distributor, Distributor.id == Ticket.distributor_id)
        .where(
            Ticket.state == state,
            region_within(Distributor.region_code),
            sa.exists().where(*_undecided_by(me)).correlate(Ticket),
        )
        .scalar_subquery()
    )


def waiting_second(viewer: Viewer, today: date) -> int:
    """How many tickets await the viewer's second approval."""
    wanted = awaits(viewer, today)
    return db.session.scalar(sa.select(sa.func.count()).where(Ticket.state == TicketState.SECOND, *wanted)) or 0


def _undecided_by(me: Any) -> list[sa.ColumnElement[bool]]:
    """The conditions on the remedy of a ticket that counts: somebody neither proposed it nor approved it first."""
    latest = (
        sa.select(Remedy.id)
        .where(Remedy.ticket_id == Ticket.id, Remedy.round == Ticket.round)
        .order_by(Remedy.proposed_at.desc(), Remedy.id.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    others = sa.or_(Remedy.first_by_id.is_(None), Remedy.first_by_id != me)
    return [Remedy.id == latest, Remedy.proposed_by_id != me, others]


def thread(ticket: Ticket) -> Sequence[TicketEntry]:
    """What was done and said, the first above; of a ticket that the viewer has found."""
    return db.session.scalars(
        sa.select(TicketEntry)
        .where(TicketEntry.ticket_id == ticket.id)
        .order_by(TicketEntry.at, TicketEntry.id)
        .limit(MOST_ENTRIES)
    ).all()


def photos(ticket: Ticket) -> Sequence[TicketPhoto]:
    """Its photos, of a ticket that the viewer has found."""
    return db.session.scalars(
        sa.select(TicketPhoto).where(TicketPhoto.ticket_id == ticket.id).order_by(TicketPhoto.at, TicketPhoto.id)
    ).all()


def given_to(distributor_id: UUID, since: datetime) -> Cost:
    """What remedies a distributor was given since an instant; it has been found through the viewer."""
    return _cost(Ticket.distributor_id == distributor_id, Remedy.decided_at >= since)


def alike(ticket: Ticket) -> Cost:
    """What remedies cost in other tickets of the same kind and product, wherever they were: sums, nobody's name."""
    return _cost(Ticket.id != ticket.id, Ticket.kind == ticket.kind, Ticket.product_id == ticket.product_id)


def _cost(*conditions: sa.ColumnElement[bool]) -> Cost:
    amounts = sorted(
        db.session.scalars(
            sa.select(Remedy.amount)
            .join(Ticket, Ticket.id == Remedy.ticket_id)
            .where(Remedy.approved.is_(True), *conditions)
        )
    )
    return Cost(len(amounts), sum(amounts), median_low(amounts), amounts[-1]) if amounts else Cost(0, 0, 0, 0)


def lessons(kind: TicketKind, product_id: UUID | None) -> Sequence[Lesson]:
    """Standing lessons of a kind and product, the latest first."""
    return db.session.scalars(
        sa.select(Lesson)
        .where(Lesson.standing.is_(True), Lesson.kind == kind, Lesson.product_id == product_id)
        .order_by(Lesson.at.desc())
        .limit(5)
    ).all()


def known_photos(keys: Collection[UUID]) -> Collection[UUID]:
    """Those of the keys that a photo of a ticket has."""
    asked, found = list(keys), set[UUID]()
    for start in range(0, len(asked), _KNOWN_CHUNK):
        chunk = asked[start : start + _KNOWN_CHUNK]
        found |= set(db.session.scalars(sa.select(TicketPhoto.id).where(TicketPhoto.id.in_(chunk))))
    return found
