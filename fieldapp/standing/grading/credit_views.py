"""A distributor's credit page: what holds and why; freezing and lifting; asking for more and deciding on it."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import DECIDERS, SIGNED_IN, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.db import uuid7
from fieldapp.core.money import show_yuan
from fieldapp.core.page import page, see_other
from fieldapp.network.territory import patches

from . import card, freezes, increases
from .credit_forms import IncreaseForm, ReasonForm, read_decision
from .credit_rules import Refusal
from .increases import Decision
from .models import CreditIncrease

concern = Concern("credit", __name__, section="distributors", url_prefix="/distributors/<uuid:distributor_id>/credit")


@concern.route("", allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """The page."""
    return _show(distributor_id)


@concern.route("/freezes", allow=DECIDERS, methods=("POST",))
def freeze(distributor_id: UUID) -> Response:
    """Freeze the credit by hand."""
    _find(distributor_id)
    form = ReasonForm()
    if not form.validate():
        return _show(distributor_id, status=422, open="freeze", form=form)
    try:
        freezes.freeze(current_user, distributor_id, form.reason.data, form.key, clock.now())
    except freezes.FrozenError as error:
        return _show(distributor_id, status=409, told="frozen", by=error.freeze.frozen_by_id)
    flash(_("The credit is frozen."), "ok")
    return _back(distributor_id)


@concern.route("/freezes/<uuid:freeze_id>/lifting", allow=DECIDERS, methods=("POST",))
def lift(distributor_id: UUID, freeze_id: UUID) -> Response:
    """Lift a freeze by hand."""
    held = card.find_freeze(current_user, distributor_id, freeze_id) or _missing()
    form = ReasonForm()
    if not form.validate():
        return _show(distributor_id, status=422, open="lift", form=form)
    try:
        freezes.lift(current_user, held, form.reason.data, clock.now())
    except freezes.LiftedError as error:
        return _show(distributor_id, status=409, told="lifted", by=error.freeze.lifted_by_id)
    flash(_("The freeze by hand is lifted."), "ok")
    return _back(distributor_id)


@concern.route("/increases", allow=SIGNED_IN, methods=("POST",))
def ask(distributor_id: UUID) -> Response:
    """Ask for a temporary increase of the limit."""
    _find(distributor_id)
    form = IncreaseForm()
    if not form.validate():
        return _show(distributor_id, status=422, open="ask", form=form)
    try:
        increases.ask(
            current_user,
            distributor_id,
            form.fen,
            form.whole_days,
            form.reason.data,
            form.key,
            clock.now(),
            clock.today(),
        )
    except increases.RefusedError as error:
        return _refused(distributor_id, form, error.refusals)
    flash(_("Asked. A supervisor of this area decides."), "ok")
    return _back(distributor_id)


@concern.route("/increases/<uuid:increase_id>/withdrawal", allow=SIGNED_IN, methods=("POST",))
def withdraw(distributor_id: UUID, increase_id: UUID) -> Response:
    """Take one's own open request back."""
    increase = _increase(distributor_id, increase_id)
    try:
        increases.withdraw(current_user, increase, clock.now())
    except increases.NotYoursError:
        abort(403)
    except increases.MovedOnError as error:
        return _moved_on(error)
    flash(_("Withdrawn. Nobody is asked any more."), "ok")
    return _back(distributor_id)


@concern.route("/increases/<uuid:increase_id>/decision", allow=SUPERVISORS, methods=("POST",))
def decide(distributor_id: UUID, increase_id: UUID) -> Response:
    """Approve or decline."""
    increase = _increase(distributor_id, increase_id)
    form, decision = ReasonForm(), read_decision(request.form)
    if not form.validate() or decision is None:
        return _show(distributor_id, status=422, open="decide", form=form, choose=decision is None)
    try:
        increases.decide(current_user, increase, decision, form.reason.data, clock.now(), clock.today())
    except increases.NotYoursError:
        abort(403)
    except increases.MovedOnError as error:
        return _moved_on(error)
    except increases.RefusedError as error:
        return _show(distributor_id, status=409, open="decide", form=form, told="refused", refusals=error.refusals)
    flash(_("Approved.") if decision is Decision.APPROVE else _("Declined."), "ok")
    return _back(distributor_id)


@concern.route("/increases/<uuid:increase_id>/ending", allow=DECIDERS, methods=("POST",))
def end(distributor_id: UUID, increase_id: UUID) -> Response:
    """End a running increase before its day."""
    increase = _increase(distributor_id, increase_id)
    form = ReasonForm()
    if not form.validate():
        return _show(distributor_id, status=422, open="end", form=form)
    try:
        increases.end(current_user, increase, form.reason.data, clock.now())
    except increases.MovedOnError as error:
        return _moved_on(error)
    flash(_("The increase is ended."), "ok")
    return _back(distributor_id)


def _missing() -> Any:
    abort(404)


def _find(distributor_id: UUID) -> Any:
    return card.find(current_user, distributor_id) or _missing()


def _increase(distributor_id: UUID, increase_id: UUID) -> CreditIncrease:
    return card.find_increase(current_user, distributor_id, increase_id) or _missing()


def _back(distributor_id: UUID) -> Response:
    return see_other(url_for(".show", distributor_id=distributor_id))


def _moved_on(error: increases.MovedOnError) -> Response:
    moved = error.increase
    by = moved.ended_by_id or moved.decided_by_id or moved.asked_by_id
    return _show(moved.distributor_id, status=409, told=moved.state.value, by=by)


def _refused(distributor_id: UUID, form: IncreaseForm, against: list[Refusal]) -> Response:
    """What is wrong with the figures stands at its field; what no figure would mend stands on top."""
    shown = card.credit_card(current_user, distributor_id, clock.today()) or _missing()
    held, terms = shown["card"], shown["card"].terms
    if Refusal.AMOUNT in against:
        form.amount.errors = [
            _(
                "Give at most %(most)s: %(percent)s %% of the limit.",
                most=show_yuan(held.most),
                percent=f"{terms.increase_percent.normalize():f}",
            )
        ]
    if Refusal.DAYS in against:
        form.days.errors = [_("Give 1 to %(days)s days.", days=terms.increase_days)]
    figures = {Refusal.AMOUNT, Refusal.DAYS}
    if figures.issuperset(against):
        return _show(distributor_id, status=422, open="ask", form=form)
    return _show(distributor_id, status=409, told="refused", refusals=against)


def _show(distributor_id: UUID, *, status: int = 200, **more: Any) -> Response:
    distributor = _find(distributor_id)
    context = card.credit_card(current_user, distributor_id, clock.today()) or _missing()
    names: dict[str, str] = patches.names([distributor.region_code] if distributor.region_code else [])
    return page(
        "standing/grading/credit_page.html",
        status=status,
        distributor=distributor,
        place=lambda code: (names.get(code) or code).replace(" · ", " "),
        new_key=uuid7(),
        panels=panels.shown("credit", current_user, distributor_id, clock.today()),
        **context,
        **more,
    )
