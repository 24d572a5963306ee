"""The playbook's pages, and the picker that takes a contact for one of its types."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import language
from fieldapp.core.page import page, see_other
from fieldapp.core.panels import Panel
from fieldapp.people.accounts.viewer import Viewer

from . import actions, forms, queries
from .book import Playbook, playbook
from .queries import Person
from .rules import CustomerType, rank

SHOWN = 3  # ranked types that fit on a phone beside the ticks

concern = Concern("playbook", __name__, section="me")


def book() -> Playbook:
    """The playbook in the reader's language."""
    return playbook(language())


@concern.route("/playbook", allow=SIGNED_IN)
def index() -> Response:
    """The eight types and the four skills."""
    return page("network/playbook/index.html", book=book())


@concern.route("/playbook/<key>", allow=SIGNED_IN)
def show(key: str) -> Response:
    """One type: what one notices, how he or she acts, what works."""
    if key not in set(CustomerType):
        abort(404)
    return page("network/playbook/show.html", book=book(), shown=book().types[CustomerType(key)])


@concern.route("/contacts/<uuid:contact_id>/type", allow=SIGNED_IN, section="distributors")
def choose(contact_id: UUID) -> Response:
    """What was seen of a contact; htmx gets the types that fit it."""
    person = _find(contact_id)
    ticked = forms.was_ticked(request.args)
    seen = forms.read_seen(request.args, book().signs) if ticked else None
    headers = None
    if wants_fragment():
        headers = {"HX-Replace-Url": url_for(".choose", contact_id=contact_id, ticked=1, seen=list(seen or ()))}
    return _picker(person, seen, headers=headers)


@concern.route("/contacts/<uuid:contact_id>/type", allow=SIGNED_IN, methods=("POST",), section="distributors")
def classify(contact_id: UUID) -> Response:
    """Set the type, or that none fits."""
    person, seen = _find(contact_id), forms.read_seen(request.form, book().signs)
    chosen = forms.read_type(request.form)
    if not chosen.valid:
        problem = _("“%(type)s” is not one of the eight types. Tap one of those below.", type=chosen.given[:40])
        return _picker(person, seen, status=422, problem=problem)
    try:
        actions.classify(current_user, person, chosen.type, seen, forms.read_was(request.form), clock.now())
    except actions.ChangedError:
        return _picker(person, seen, status=409, overtaken=True)
    if chosen.type is None:
        flash(_("Noted for %(name)s: none of the eight types fits.", name=person.called), "ok")
    else:
        title = book().types[chosen.type].title
        flash(_("Saved for %(name)s: %(type)s.", name=person.called, type=title), "ok")
    return see_other(url_for("portfolio.show", distributor_id=person.distributor_id))


@concern.route(
    "/contacts/<uuid:contact_id>/type/restoration", allow=SIGNED_IN, methods=("POST",), section="distributors"
)
def restore(contact_id: UUID) -> Response:
    """Undo the latest judgement."""
    person, was = _find(contact_id), forms.read_was(request.form)
    try:
        if was is None:
            raise actions.ChangedError
        actions.restore(current_user, person, was, clock.now())
    except actions.ChangedError:
        return _picker(person, None, status=409, overtaken=True)
    flash(_("Undone. What stood before holds again."), "ok")
    return see_other(url_for(".choose", contact_id=contact_id))


@concern.route("/contacts/<uuid:contact_id>/type/erasure", allow=SIGNED_IN, methods=("POST",), section="distributors")
def erase(contact_id: UUID) -> Response:
    """Delete every judgement about a contact."""
    person = _find(contact_id)
    actions.erase(current_user, person, clock.now())
    flash(_("Deleted: nothing is kept about the type of %(name)s.", name=person.called), "ok")
    return see_other(url_for(".choose", contact_id=contact_id))


def _find(contact_id: UUID) -> Person:
    return queries.find(current_user, contact_id) or abort(404)


def _picker(
    person: Person,
    seen: Sequence[str] | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The picker. `seen` None: what the open judgement was made of."""
    known = queries.judgements(person.id)
    latest = known[0] if known and known[0].ended_at is None else None
    present = latest if latest and latest.of_name == person.name else None
    if seen is None:
        seen = [key for key in present.observed if key in book().signs] if present else []
    ranked = rank(book().profiles, seen)
    return page(
        "network/playbook/choose.html",
        "ranking",
        status=status,
        headers=headers,
        book=book(),
        person=person,
        seen=seen,
        ranked=ranked[:SHOWN],
        tied=len(ranked) > 1 and ranked[1].place == 1,
        latest=latest,
        present=present,
        earlier=[row for row in known if row is not present],
        **more,
    )


def _advice(_viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any] | None:
    people = queries.advised(distributor_id)
    return {"people": people, "book": book()} if people else None


PANELS = (
    Panel("distributor", "network/playbook/panel.html", _advice, order=20),
    Panel("visit", "network/playbook/panel.html", _advice, order=10),
)
