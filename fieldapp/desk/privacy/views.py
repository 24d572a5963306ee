"""A contact person's data: all of it on one page, a copy to hand over, and its erasure."""

import json
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import FIELD, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import language
from fieldapp.core.page import page, see_other
from fieldapp.core.templates import render
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier import words
from fieldapp.network.dossier.presentation import shown_text
from fieldapp.network.playbook.book import playbook
from fieldapp.standing.grading import wording
from fieldapp.standing.grading.actions import DecidedError

from . import actions, queries
from .forms import EraseForm
from .queries import Held

FIELDS = ("name", "phone", "wechat", "birthday", "role", "channel")

concern = Concern("privacy", __name__, section="distributors")


@concern.route("/contacts/<uuid:contact_id>/data", allow=FIELD)
def show(contact_id: UUID) -> Response:
    """All that is held about a contact."""
    return _show(*_find(contact_id))


@concern.route("/contacts/<uuid:contact_id>/data.<any(json, html):kind>", allow=FIELD)
def copy(contact_id: UUID, kind: str) -> Response:
    """The same as a file to hand over; a sensitive answer is only named in it."""
    held = queries.held(*_find(contact_id), clock.today())
    if kind == "json":
        body = json.dumps(_as_json(held), ensure_ascii=False, indent=2)
    else:
        body = render("desk/privacy/copy.html", held=held, today=clock.today(), lang=language(), **_texts(held))
    return Response(
        body,
        content_type="application/json; charset=utf-8" if kind == "json" else "text/html; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename=personal-data-{clock.today().isoformat()}.{kind}"},
    )


@concern.route("/contacts/<uuid:contact_id>/data/erasure", allow=SUPERVISORS, methods=("POST",))
def erase(contact_id: UUID) -> Response:
    """Delete it; what the law makes us keep stays."""
    contact, distributor = _find(contact_id)
    form = EraseForm()
    if not form.validate():
        return _show(contact, distributor, status=422, form=form)
    note = _("A person's data were erased: graded again without a personal answer.")
    try:
        again = actions.erase(current_user, contact, distributor, form.reason.data, note, clock.now())
    except DecidedError:
        return _show(contact, distributor, status=409, form=form, overtaken=True)
    flash(_("Erased. What the law makes us keep stays: sales records, and that this was erased."), "ok")
    if again is not None:
        flash(_("The grade without it is proposed; it counts once a supervisor confirms it."), "info")
    return see_other(url_for("portfolio.show", distributor_id=distributor.id))


def _find(contact_id: UUID) -> tuple[Contact, Distributor]:
    return queries.find(current_user, contact_id) or abort(404)


def _show(contact: Contact, distributor: Distributor, *, status: int = 200, **more: Any) -> Response:
    held = queries.held(contact, distributor, clock.today())
    return page("desk/privacy/show.html", status=status, held=held, **_texts(held), **more)


def _texts(held: Held) -> dict[str, Any]:
    """What the page and the copy read alike."""
    book = playbook(language())
    return {
        "fields": [
            (words.field_name("contacts", name), shown_text("contacts", name, getattr(held.contact, name)))
            for name in FIELDS
        ],
        "judged": [
            (
                book.types[row.type].title if row.type else _("None of the eight types fits"),
                [book.signs[key] for key in row.observed if key in book.signs],
                row,
            )
            for row in held.types
        ],
        "answers": [(wording.title(one.indicator), wording.how(one.how), one) for one in held.answers],
        "events": [
            (event, ", ".join(words.field_name("contacts", change.field) for change in event.changes if change.field))
            for event in held.events
        ],
        "places": [
            _("the distributor's page and file, and the search: reps and supervisors of its area, administrators"),
            _("the deal check: how to talk with the main contact, to the same people"),
        ],
    }


def _as_json(held: Held) -> dict[str, Any]:
    """The copy for a machine: codes as stored, times in ISO 8601."""
    contact = held.contact
    return {
        "as_of": clock.now().isoformat(),
        "distributor": held.distributor.name,
        "contact": {name: getattr(contact, name) for name in FIELDS} | {"main": contact.main},
        "customer_types": [
            {
                "type": row.type,
                "observed": row.observed,
                "set_by": row.setter,
                "set_at": row.set_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in held.types
        ],
        "sensitive_answers": [
            {
                "about": one.indicator,
                "answer": "recorded; shown on request by a supervisor",
                "consent": one.how,
                "consent_on": one.on.isoformat(),
                "expires_on": one.expires_on.isoformat(),
                "recorded_by": one.recorded_by,
            }
            for one in held.answers
        ],
        "changes": [
            {
                "at": event.at.isoformat(),
                "by": event.who,
                "what": event.verb,
                "fields": [change.field for change in event.changes if change.field],
            }
            for event in held.events
        ],
    }
