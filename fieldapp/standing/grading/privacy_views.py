"""Sensitive answers: a supervisor looks at one, the person withdraws his consent, and who has looked at what."""

from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS, FIELD, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.network.distributors.models import Distributor

from . import actions, consents, forms, queries, wording
from .scoring import Indicator
from .views import grade_page

_KINDS = "any(residence, habits)"

concern = Concern("sensitive", __name__, section="distributors")


@concern.route(
    f"/distributors/<uuid:distributor_id>/sensitive/<{_KINDS}:indicator>/reading", allow=SUPERVISORS, methods=("POST",)
)
def look(distributor_id: UUID, indicator: str) -> Response:
    """What is recorded, in an answer that nothing stores. It is a POST: a look is written down, and opening a page is
    none."""
    distributor, kind = _distributor(distributor_id), Indicator(indicator)
    option = consents.look(current_user, distributor.id, kind, clock.today(), clock.now())
    _version, policy = queries.policy_on(clock.today())
    return page(
        "standing/grading/look.html",
        "value",
        headers={"Cache-Control": "no-store"},
        distributor=distributor,
        title=wording.title(kind),
        text=wording.option(kind, option, policy) if option else None,
    )


@concern.route(
    f"/distributors/<uuid:distributor_id>/sensitive/<{_KINDS}:indicator>/withdrawal", allow=FIELD, methods=("POST",)
)
def withdraw(distributor_id: UUID, indicator: str) -> Response:
    """The person no longer agrees: the answer goes at once, and the grade is proposed again without it."""
    distributor, kind = _distributor(distributor_id), Indicator(indicator)
    found = consents.find(distributor.id, kind)
    if found is None:
        flash(_("Nothing is recorded any more."), "info")
        return see_other(url_for("grading.show", distributor_id=distributor.id))
    note = _("Consent withdrawn: graded again without “%(title)s”.", title=wording.title(kind))
    try:
        made = actions.forget(current_user, distributor, {kind: found.id}, note, clock.now())
    except actions.DecidedError:
        return grade_page(distributor, status=409, overtaken=True)
    flash(_("Deleted."), "ok")
    if made is not None:
        flash(_("The grade without it is proposed; it counts once a supervisor confirms it."), "info")
        return see_other(url_for("grading.rating", assessment_id=made.id))
    return see_other(url_for("grading.show", distributor_id=distributor.id))


@concern.route("/sensitive-reads", allow=DECIDERS, section="approvals")
def reads() -> Response:
    """Who has looked at which sensitive answer."""
    rows, more = consents.reads(current_user, forms.read_key(request.args.get("before")))
    return page(
        "standing/grading/reads.html",
        rows=rows,
        wording=wording,
        next_url=url_for(".reads", before=more) if more else None,
    )


def _distributor(distributor_id: UUID) -> Distributor:
    return queries.distributor(current_user, distributor_id) or abort(404)
