"""The page of a ticket, and what can be done there."""

from uuid import UUID

from flask import Response, abort
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.fieldwork.remediation import queries, words

concern = Concern("tickets", __name__, section="distributors", url_prefix="/tickets")


@concern.route("/<uuid:ticket_id>", allow=SIGNED_IN)
def show(ticket_id: UUID) -> Response:
    """One ticket, on one screen."""
    ticket = queries.find(current_user, ticket_id) or abort(404)
    return page("desk/tickets/show.html", ticket=ticket, words=words, now=clock.now())
