"""Approvals: what waits, one request with everything to decide by, the decision, taking it back."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, g, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import SIGNED_IN, SUPERVISORS, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.desk.checks.presentation import present, seeing_now, stored_findings, title
from fieldapp.standing.grading import card as credit_card
from fieldapp.standing.grading import queries as grading

from . import actions, queries
from .actions import Decision
from .forms import ReasonForm, read_before, read_decision
from .models import Approval

concern = Concern("approvals", __name__, section="approvals", url_prefix="/approvals")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """A supervisor's patch: what is open, and what was decided lately; one's own requests."""
    own = queries.own(current_user, read_before(request.args))
    decides = current_user.role != "rep"
    return page(
        "desk/approvals/index.html",
        waiting_rows=queries.open_in_patch(current_user) if decides else [],
        decided=queries.decided_lately(current_user, clock.now()) if decides else [],
        increases=credit_card.open_in_patch(current_user) if decides else [],
        own_increases=credit_card.own(current_user),
        own=own[: queries.PAGE],
        next_key=own[queries.PAGE - 1].id if len(own) > queries.PAGE else None,
        decides=decides,
        ratings=grading.waiting(current_user) if decides else [],
        panels=panels.shown("approvals", current_user, current_user.id, clock.today()) if decides else [],
        title=title,
        now=clock.now(),
        today=clock.today(),
    )


@concern.route("/<uuid:approval_id>", allow=SIGNED_IN)
def show(approval_id: UUID) -> Response:
    """One request, on one screen."""
    return _show(_find(approval_id))


@concern.route("/<uuid:approval_id>/decision", allow=SUPERVISORS, methods=("POST",))
def decide(approval_id: UUID) -> Response:
    """Approve or decline."""
    approval = _find(approval_id)
    form, decision = ReasonForm(), read_decision(request.form)
    if not form.validate() or decision is None:
        return _show(approval, status=422, form=form, choose=decision is None)
    try:
        actions.decide(current_user, approval, decision, form.reason.data, clock.now(), clock.today())
    except actions.NotYoursError:
        abort(403)
    except (actions.DecidedError, actions.NotApprovableError) as error:
        return _show(approval, status=409, form=form, refused=type(error).__name__)
    flash(_("Approved.") if decision is Decision.APPROVE else _("Declined."), "ok")
    return see_other(url_for(".index"))


@concern.route("/<uuid:approval_id>/withdrawal", allow=SIGNED_IN, methods=("POST",))
def withdraw(approval_id: UUID) -> Response:
    """Take one's own open request back."""
    approval = _find(approval_id)
    try:
        actions.withdraw(current_user, approval, clock.now())
    except actions.NotYoursError:
        abort(403)
    except actions.DecidedError:
        return _show(approval, status=409, refused="DecidedError")
    flash(_("Withdrawn. Nobody is asked any more."), "ok")
    return see_other(url_for("deals.show", check_id=approval.check_id))


@concern.route("/<uuid:approval_id>/acknowledgement", allow=SIGNED_IN, methods=("POST",))
def acknowledge(approval_id: UUID) -> Response:
    """The one who asked has seen the answer."""
    approval = _find(approval_id)
    try:
        actions.acknowledge(current_user, approval, clock.now())
    except actions.NotYoursError:
        abort(403)
    if wants_fragment():
        return make_response("")  # sent by the page itself, which takes its button away
    return see_other(url_for(".show", approval_id=approval.id))


def waiting() -> int:
    """How much waits for the viewer, for the badge."""
    return _badges()[0]


def unread() -> int:
    """How many notices he has not read, for the bell."""
    return _badges()[1]


def _badges() -> tuple[int, int]:
    """Asked once a page, and only when a page shows them."""
    viewer: Any = current_user._get_current_object()
    if not viewer.is_authenticated:
        return 0, 0
    if "badges" not in g:
        g.badges = queries.badges(viewer, clock.today())
    found: tuple[int, int] = g.badges
    return found


def _find(approval_id: UUID) -> Approval:
    approval = queries.find(current_user, approval_id)
    if approval is None:
        abort(404)
    return approval


def _show(approval: Approval, *, status: int = 200, **more: Any) -> Response:
    today, now = clock.today(), clock.now()
    review = queries.review(current_user, approval, now, today)
    fresh = review.fresh
    return page(
        "desk/approvals/show.html",
        status=status,
        approval=approval,
        check=approval.check,
        review=review,
        findings=present(fresh.result.findings, seeing_now(current_user, fresh))
        if fresh
        else stored_findings(current_user, approval.check, today),
        floors=queries.floors(current_user, fresh),
        nets=queries.nets(approval.check),
        earlier=queries.earlier(current_user, approval, now),
        people=queries.names(approval.asked_by_id, approval.decided_by_id),
        mine=approval.asked_by_id == current_user.id,
        decides=current_user.role == "supervisor" and approval.asked_by_id != current_user.id,
        title=title,
        **more,
    )
