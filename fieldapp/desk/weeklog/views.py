"""The weekly log: one's own, one of the team, the team's list; writing, submitting, deciding, commenting."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS, FIELD, SIGNED_IN, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.desk.exports.sheets import flag_words
from fieldapp.people.accounts.models import Role

from . import actions, forms, queries, words
from .actions import Decision
from .forms import CommentForm, DecisionForm, LogForm
from .models import WeeklyLog
from .queries import Rep
from .rules import OPEN, LogState, days_of, monday_of
from .sections import declared

concern = Concern("weeklog", __name__, section="today", url_prefix="/week")


@concern.route("", allow=SIGNED_IN)
def show() -> Response:
    """A week of one's own, or of somebody of the team. An administrator has none of his own and gets the list."""
    try:
        rep_id = forms.rep_of(request.args)
    except ValueError:
        abort(404)
    if rep_id is None and current_user.role is Role.ADMIN:
        return see_other(url_for(".team", week=forms.week_of(request.args, clock.today()).isoformat()))
    return _show(_rep(rep_id or current_user.id), forms.week_of(request.args, clock.today()))


@concern.route("/team", allow=DECIDERS)
def team() -> Response:
    """Who has submitted the week, and who has not."""
    today = clock.today()
    monday = forms.week_of(request.args, today)
    members = queries.team(current_user, monday)
    handed_in = [one for one in members if one.state in queries.KEPT]
    return page(
        "desk/weeklog/team.html",
        members=members,
        words=words,
        handed_in=len(handed_in),
        accepted=sum(one.state is LogState.ACCEPTED for one in members),
        undecided=[one for one in members if one.state is LogState.SUBMITTED],
        others=[one for one in members if one.state is not LogState.SUBMITTED],
        tabs=_tabs(monday, here="team"),
        **_around(monday, today, ".team"),
    )


@concern.route("/remarks", allow=FIELD, methods=("POST",))
def write() -> Response:
    """Keep what was written, to go on later."""
    return _written(submitting=False)


@concern.route("/submission", allow=FIELD, methods=("POST",))
def submit() -> Response:
    """Give the log to the supervisors, with the figures as they are now."""
    return _written(submitting=True)


@concern.route("/logs/<uuid:log_id>/decision", allow=SUPERVISORS, methods=("POST",))
def decide(log_id: UUID) -> Response:
    """Accept a log of the team, or return it."""
    (log, rep), form = _log(log_id), DecisionForm()
    if log.rep_id == current_user.id:
        abort(403)
    if not form.validate():
        return _show(rep, log.week, status=422, deciding=form)
    decision = Decision(form.decision.data)
    try:
        actions.decide(current_user, log, decision, form.text.data, clock.now())
    except actions.MovedError:
        return _show(rep, log.week, status=409, deciding=form, moved=True)
    flash(_("Accepted.") if decision is Decision.ACCEPT else _("Returned to %(name)s.", name=rep.name), "ok")
    return see_other(url_for(".team", week=log.week.isoformat()))


@concern.route("/logs/<uuid:log_id>/comments", allow=SIGNED_IN, methods=("POST",))
def comment(log_id: UUID) -> Response:
    """Say something about a log; it stays."""
    (log, rep), form = _log(log_id), CommentForm()
    if not form.validate():
        return _show(rep, log.week, status=422, commenting=form)
    actions.comment(current_user, log, form.text.data, clock.now())
    return see_other(f"{_address(rep, log.week)}#said")


def _written(*, submitting: bool) -> Response:
    today, now = clock.today(), clock.now()
    form, rep = LogForm(today), _rep(current_user.id)
    if not form.validate():
        monday = forms.read_week(form.week.data, today) or monday_of(today)
        return _show(rep, monday, status=422, form=form)
    try:
        if submitting:
            actions.submit(current_user, form.monday, form.remarks(), today, now)
        else:
            actions.write(current_user, form.monday, form.remarks(), now)
    except actions.MovedError:
        return _show(rep, form.monday, status=409, form=form, moved=True)
    flash(_("Submitted. Your supervisor sees it now.") if submitting else _("Saved as a draft."), "ok")
    return see_other(_address(rep, form.monday))


def _log(log_id: UUID) -> tuple[WeeklyLog, Rep]:
    return queries.find_log(current_user, log_id) or abort(404)


def _rep(rep_id: UUID) -> Rep:
    return queries.find_rep(current_user, rep_id) or abort(404)


def _address(rep: Rep, monday: date) -> str:
    return url_for(".show", week=monday.isoformat(), rep=None if rep.id == current_user.id else rep.id)


def _around(monday: date, today: date, endpoint: str, rep_id: UUID | None = None) -> dict[str, Any]:
    """What a page needs to say which week it shows, and to lead to those beside it."""

    def link(start: date) -> str:
        return url_for(endpoint, week=start.isoformat(), rep=rep_id)

    last = monday_of(today)
    days = days_of(monday)
    return {
        "monday": monday,
        "sunday": days[-1],
        "number": monday.isocalendar().week,
        "before": link(monday - timedelta(days=7)),
        "after": link(monday + timedelta(days=7)) if monday < last else None,
        "today": today,
    }


def _tabs(monday: date, here: str) -> list[tuple[str, str, bool]]:
    """Between a supervisor's own week and his team's; nobody else has both."""
    if current_user.role is not Role.SUPERVISOR:
        return []
    week = monday.isoformat()
    return [
        (url_for(".team", week=week), _("Team"), here == "team"),
        (url_for(".show", week=week), _("My week"), here == "own"),
    ]


def _show(rep: Rep, monday: date, *, status: int = 200, form: LogForm | None = None, **more: Any) -> Response:
    today, now = clock.today(), clock.now()
    week = queries.week(current_user, rep, monday, today, now)
    mine = rep.id == current_user.id
    if form is None:
        written = week.log
        values = (
            {"went_well": written.went_well, "problems": written.problems, "needs": written.needs} if written else {}
        )
        form = LogForm(today, formdata=None, data={"week": monday.isoformat(), **values})
    return page(
        "desk/weeklog/show.html",
        status=status,
        week=week,
        figures=week.figures,
        totals=week.figures["totals"],
        form=form,
        mine=mine,
        writes=mine and current_user.role is not Role.ADMIN and week.state in OPEN,
        decides=not mine and current_user.role is Role.SUPERVISOR and week.state is LogState.SUBMITTED,
        told=week.log is not None and (mine or week.log.submitted_at is not None),
        words=words,
        flag_words={flag.value: text for flag, text in flag_words().items()},
        sections=[(one.template, week.figures["sections"].get(one.name)) for one in declared()],
        tabs=_tabs(monday, "own" if mine else "") if mine else [],
        back=None if mine else (url_for(".team", week=monday.isoformat()), _("Team")),
        sheet={kind: _sheet(kind, rep, monday) for kind in ("xlsx", "csv")},
        **_around(monday, today, ".show", None if mine else rep.id),
        **{"moved": False, "deciding": None, "commenting": None, **more},
    )


def _sheet(kind: str, rep: Rep, monday: date) -> str:
    first, last = monday.isoformat(), (monday + timedelta(days=6)).isoformat()
    return url_for("exports.visits", kind=kind, first=first, last=last, rep=str(rep.id))
