"""Tickets that came out of surveys, as far as the viewer may see them."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, url_for

from fieldapp.core.db import db
from fieldapp.fieldwork.remediation import queries
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.surveys import results
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.results import Selection
from fieldapp.people.accounts.viewer import Viewer


def of_surveys(viewer: Viewer, surveys: Collection[UUID]) -> dict[UUID, list[Ticket]]:
    """{survey: its tickets}."""
    found: dict[UUID, list[Ticket]] = defaultdict(list)
    if surveys:
        rows = sa.select(Ticket).where(Ticket.survey_id.in_(surveys), queries.visible(viewer)).order_by(Ticket.number)
        for ticket in db.session.scalars(rows):
            if ticket.survey_id is not None:
                found[ticket.survey_id].append(ticket)
    return found


def count_of(viewer: Viewer, selection: Selection) -> int:
    """How many came out of the surveys of a selection; of persons nothing more is said."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Ticket)
            .join(Survey, Survey.id == Ticket.survey_id)
            .where(*results.condition(selection), queries.visible(viewer))
        )
        or 0
    )


def address(ticket: Ticket) -> str | None:
    """The page of a ticket."""
    return url_for("tickets.show", ticket_id=ticket.id) if "tickets.show" in current_app.view_functions else None
