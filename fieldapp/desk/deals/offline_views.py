"""The deal check without a signal: the snapshot for the phone, its page, and what it sends when the signal is back."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import clock, outbox
from fieldapp.core.access import FIELD
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.core.page import page, see_other
from fieldapp.desk.checks import presentation
from fieldapp.desk.checks.actions import record_check
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.queries import UnknownDistributorError
from fieldapp.people.accounts.viewer import Viewer

from . import forms, queries
from .offline_words import sentences
from .screen import screen
from .signing import signer
from .snapshot import snapshot

concern = Concern("offline", __name__, section="deals", url_prefix="/deals")


@concern.route("/snapshot", allow=FIELD)
def facts() -> Response:
    """The facts of the viewer's distributors for the phone; the signature of the exact bytes is in a header."""
    body = snapshot(current_user, clock.today(), clock.now())
    response = make_response(body)
    response.mimetype = "application/json"
    response.headers["X-Signature"] = signer(current_app.config["INSTANCE"]).sign(body)
    return response


@concern.route("/offline", allow=FIELD)
def show() -> Response:
    """The page without any facts: those come out of the phone."""
    return page(
        "desk/deals/offline.html",
        words=json.dumps(words(), ensure_ascii=False, separators=(",", ":")),
        key=signer(current_app.config["INSTANCE"]).public,
    )


def pages(viewer: Viewer, _today: date) -> list[str]:
    """Addresses that a phone keeps for when there is no signal."""
    return [url_for("offline.show")] if viewer.role in (FIELD.roles or ()) else []


INSTEAD = {"/deals/new": "/deals/offline"}  # without a signal, with the same query


@concern.route("/offline-checks", allow=FIELD, methods=("POST",), outbox=True)
def create() -> Response:
    """Check again by the facts of now what was checked on a phone, and record it beside what was seen then."""
    now = clock.now()
    key = forms.key_made(str(outbox.key() or ""), now)
    try:
        sheet = queries.worksheet(current_user, forms.read(request.form), clock.today(), whole=True, fill=False)
    except UnknownDistributorError:
        abort(404)
    if sheet.evaluation is None:
        s = screen(current_user, sheet, clock.today(), now, came_back=True)
        return page("desk/deals/new.html", status=422, s=s)
    stored = _recorded(key)
    if stored is not None and queries.same_deal(stored, sheet.evaluation, any_day=True):
        return see_other(url_for("deals.show", check_id=stored.id))
    seen = forms.read_seen(request.form, outbox.made_at(now))
    check = record_check(current_user, sheet.evaluation, "offline", now, key if stored is None else None, offline=seen)
    _say(check)
    return see_other(url_for("deals.show", check_id=check.id))


def _recorded(key: UUID | None) -> DealCheck | None:
    """The viewer's own check of this key: the same form again."""
    check = db.session.get(DealCheck, key) if key else None
    return check if check is not None and check.made_by_id == current_user.id else None


def _say(check: DealCheck) -> None:
    seen = check.inputs["offline"]["verdict"]
    words = {"name": check.facts["name"], "now": _verdictwords()[check.verdict], "then": _verdictwords()[Verdict(seen)]}
    if seen != check.verdict:
        flash(_("%(name)s: seen without a signal as “%(then)s”, now it is “%(now)s”.", **words), "error")
    else:
        flash(_("%(name)s: confirmed, “%(now)s” as seen without a signal.", **words), "ok")


def _verdictwords() -> dict[Verdict, str]:
    return {Verdict.GO: _("Go"), Verdict.APPROVAL: _("Needs approval"), Verdict.STOP: _("Stop")}


def words() -> dict[str, Any]:
    """What the page says of a deal, with marks in braces where its numbers stand."""
    return {
        "says": dict(sentences()),
        "titles": {code: presentation.title(code) for code in presentation.codes()},
        "labels": dict(presentation.labels()),
        "and": _(", "),
        "fine": _("All in order"),
        "more": _counted(lambda num: ngettext("%(num)d more", "%(num)d more", num)),
        "hidden": _counted(
            lambda num: ngettext(
                "%(num)d distributor outside your patch", "%(num)d distributors outside your patch", num
            )
        ),
        "overdue": _counted(
            lambda num: ngettext(
                "Overdue %(amount)s, %(num)d day", "Overdue %(amount)s, %(num)d days", num, amount="{amount}"
            )
        ),
        "line": _("Line %(number)s", number="{n}"),
        "net": _("Net %(price)s", price="{net}"),
        "list": _("List %(price)s", price="{list}"),
        "lowest": _("Lowest that goes: %(price)s", price="{price}"),
        "per_tonne": _("per tonne"),
        "per_bag": _("per bag of %(kg)s kg", kg="{kg}"),
        "tonnes": _("%(number)s t", number="{t}"),
        "own": _("where the distributor is"),
        "of": _("Offline, as of %(time)s, not binding", time="{time}"),
        "outbox": _("Deal check · %(name)s", name="{name}"),
        "asks": {
            "product": _("Choose the product."),
            "weight": _("Enter the weight."),
            "price": _("Enter the price."),
            "bad_weight": _("%(value)s is not a weight: use kilograms above 0, at most 3 decimals.", value="{value}"),
            "bad_price": _("%(value)s is not a price: use yuan, 0 or more, at most 2 decimals.", value="{value}"),
            "too_large": _("The deal is too large: check the weight and the price."),
        },
    }


_MANY = 7_654_321


def _counted(say: Any) -> tuple[str, str]:
    """(of one, of several) with the number marked."""
    return say(1), say(_MANY).replace(str(_MANY), "{num}")
