"""Opening a ticket: pick the distributor, say what is wrong; also from a phone that has no signal."""

from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import FIELD
from fieldapp.core.clock import When
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.desk.deals.picking import pick_distributor
from fieldapp.fieldwork.remediation import actions, words
from fieldapp.fieldwork.remediation.actions import Complaint
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind

from . import sources
from .opening_forms import OpenForm
from .sources import Source
from .views import concern

MOST_BYTES = 60 * 1024 * 1024  # the proxy before us lets 64 MB through; a phone makes its photos small first


@concern.route("/new", allow=FIELD)
def new() -> Response:
    """Say what is wrong; without a distributor, pick it first."""
    if not any(request.args.get(name) for name in ("distributor", "visit", "survey", "remark")):
        return pick_distributor(
            "tickets.new", _("Report a problem"), _("At which distributor?"), (url_for("tickets.index"), _("Tickets"))
        )
    source = sources.read(current_user, request.args) or abort(404)
    return _new(source, OpenForm(source.distributor.id, data={"severity": Severity.NORMAL.value, **source.given}))


@concern.route("", allow=FIELD, methods=("POST",), outbox=True, max_bytes=MOST_BYTES)
def create() -> Response:
    """Open it. The same key again is the same ticket with the same photos."""
    source = sources.read(current_user, request.form) or abort(404)
    form = OpenForm(source.distributor.id)
    valid = form.validate()
    photos = _examined(form) if valid else None
    if photos is None:
        return _new(source, form, status=422)
    heard = clock.now()
    when = When(outbox.made_at(heard), heard, clock.today())
    key = outbox.key() or uuid7()
    try:
        ticket = actions.open_ticket(
            current_user, key=key, distributor=source.distributor, complaint=_complaint(source, form), when=when
        )
        for number, photo in enumerate(photos):
            photo_key = uuid5(key, f"photo {number}")
            actions.keep_photo(current_user, ticket, key=photo_key, content=photo, caption="", when=when)
    except actions.GoneError:
        abort(404)
    except storage.StorageError as error:
        form.photos.errors = [storage.problem(error)]
        return _new(source, form, status=422)
    flash(_said(ticket), "ok")
    return see_other(url_for("tickets.show", ticket_id=ticket.id))


def _complaint(source: Source, form: OpenForm) -> Complaint:
    product, batch, invoice = form.goods
    outlet, farm = form.place
    return Complaint(
        kind=TicketKind(form.kind.data),
        severity=Severity(form.severity.data),
        story=form.story.data or "",
        wish=form.wish.data or "",
        product_id=product,
        batch=batch,
        invoice_id=invoice,
        outlet_id=outlet,
        farm_id=farm,
        survey_id=source.survey_id,
        remark_id=source.remark_id,
        visit_id=source.visit_id,
    )


def _examined(form: OpenForm) -> list[contents.Content] | None:
    """The photos that were sent; None, and the form says why, if one is none."""
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    try:
        return [contents.examine_photo(file.stream.read(contents.MAX_BYTES + 1)) for file in form.photos.data or ()]
    except contents.ContentError as error:
        form.photos.errors = [str(error.reason)]
        return None


def _said(ticket: Ticket) -> str:
    number = ticket.shown_number
    if ticket.dangerous:
        return _("Reported as %(number)s. The supervisors and administrators were warned at once.", number=number)
    return _("Reported as %(number)s.", number=number)


def _new(source: Source, form: OpenForm, *, status: int = 200) -> Response:
    distributor = source.distributor
    return page(
        "desk/tickets/new.html",
        status=status,
        source=source,
        f=fields_of(distributor.id, form),
        warned=sources.warned(distributor.region_code),
        key=outbox.key() or uuid7(),
    )


def fields_of(distributor_id: UUID, form: OpenForm | None = None) -> dict[str, Any]:
    """What the template of the form's fields needs; without a form they are empty."""
    return {
        "form": form,
        "kinds": [(kind.value, words.kind_name(kind)) for kind in TicketKind],
        "severities": [(one.value, words.severity_name(one)) for one in reversed(Severity)],
        "deliveries": _by_invoice(sources.deliveries(distributor_id)),
        "outlets": [(str(row.id), row.name) for row in sources.outlets(distributor_id)],
        "products": sources.products() if form is not None else (),
    }


def _by_invoice(lines: list[sources.Delivery]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(day and number, its lines) of each invoice, as a select takes them."""
    return [
        (f"{day.isoformat()} · {number}", [(one.key, f"{one.product} · {one.batch}".rstrip(" ·")) for one in group])
        for (day, number), group in groupby(lines, lambda line: (line.date, line.number))
    ]
