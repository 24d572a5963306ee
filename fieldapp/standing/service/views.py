"""A distributor's service promise: what holds, how far it was kept, and a new one by a supervisor."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.network.territory import patches
from fieldapp.people.worktime.policy import WEEKDAYS

from . import actions, queries
from .forms import PromiseForm, read_template
from .rules import TEMPLATES, Need, Template

concern = Concern("service", __name__, section="distributors", url_prefix="/distributors/<uuid:distributor_id>/service")


@concern.route("", allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """The page."""
    return _show(distributor_id)


@concern.route("", allow=SUPERVISORS, methods=("POST",))
def promise(distributor_id: UUID) -> Response:
    """A new version: of a template, or as typed."""
    if queries.find(current_user, distributor_id) is None:
        abort(404)
    form = PromiseForm()
    template = read_template(request.form)
    if not form.validate(template):
        return _show(distributor_id, 422, form)
    terms = TEMPLATES[template] if template else form.terms()
    held = queries.newest(distributor_id)
    needs = [Need(one) for one in held.needs] if template and held else form.chosen_needs()
    try:
        actions.promise(current_user, distributor_id, form.seen, terms, needs, clock.now(), clock.today())
    except actions.ChangedError:
        return _show(distributor_id, 409, form, moved=True)
    flash(_("Promised from today on."), "ok")
    return see_other(url_for(".show", distributor_id=distributor_id))


def _show(distributor_id: UUID, status: int = 200, form: PromiseForm | None = None, **more: Any) -> Response:
    distributor = queries.find(current_user, distributor_id) or abort(404)
    promises = queries.versions(distributor_id)
    names = patches.names([distributor.region_code] if distributor.region_code else [])
    return page(
        "standing/service/show.html",
        status=status,
        row=distributor,
        place=lambda code: (names.get(code) or code).replace(" · ", " "),
        promises=promises,
        makers=queries.makers(promises),
        held=promises[0] if promises else None,
        record=queries.record_of(promises, distributor_id, clock.today()),
        days=queries.DAYS,
        form=form or PromiseForm.of(promises[0] if promises else None),
        weekdays=[name() for name in WEEKDAYS],
        needs=need_names(),
        templates={Template.LARGE: _("Large distributor"), Template.SMALL: _("Small distributor")},
        **more,
    )


def need_names() -> dict[str, str]:
    """{value: name} of what matters to a distributor."""
    return {
        Need.FAST: _("Fast delivery"),
        Need.PRICE: _("Price"),
        Need.CREDIT: _("Credit"),
        Need.TECHNICAL: _("Technical service"),
        Need.EXCHANGE: _("Exchange of goods"),
    }
