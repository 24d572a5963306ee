"""Tasks: what was promised and what the company asks for, to be done or dropped; asking for a promotion."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from fieldapp.core import clock, outbox, panels
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import uuid7
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.tasks import actions
from fieldapp.fieldwork.tasks import queries as own
from fieldapp.fieldwork.tasks.forms import DropForm, OutcomeForm, TaskForm
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import reps_of
from fieldapp.people.accounts.viewer import Viewer

from . import tasks
from .forms import sent_key, written_on
from .rules import When, parts
from .tasks import AskedTasks, Part, Wanted
from .views import visit_url

concern = Concern("tasks", __name__, section="today", url_prefix="/tasks")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """One's own tasks, the team's, or what was done and dropped."""
    today, viewer = clock.today(), _viewer()
    given = request.args.get("part", "")
    part = Part(given) if given in set(Part) and (given != Part.TEAM or _decides(viewer)) else Part.MINE
    found = tasks.listed(viewer, AskedTasks(part, tasks.cursor(part, request.args.get("after", ""))))
    names = {
        When.LATE: _("Late"),
        When.TODAY: _("Today"),
        When.WEEK: _("This week"),
        When.LATER: _("Later"),
    }
    grouped = (
        [(None, found.rows)]
        if part is Part.ENDED
        else [(names[when], [found.rows[i] for i in at]) for when, at in parts([row.due for row in found.rows], today)]
    )
    ways = [(Part.MINE, _("Mine")), (Part.TEAM, _("Team")), (Part.ENDED, _("Done and dropped"))]
    return page(
        "desk/rounds/tasks.html",
        part=part,
        groups=grouped if found.rows else [],
        today=today,
        visit=visit_url,
        decides=_decides(viewer),
        chips=[
            (url_for(".index", part=way if way is not Part.MINE else None), text, way is part)
            for way, text in ways
            if way is not Part.TEAM or _decides(viewer)
        ],
        more=url_for(".index", part=part, after=found.more) if found.more else None,
        first=url_for(".index", part=part) if request.args.get("after") else None,
    )


@concern.route("/<uuid:task_id>", allow=SIGNED_IN)
def show(task_id: UUID) -> Response:
    """One task."""
    return _show(task_id)


@concern.route("/<uuid:task_id>/completion", allow=SIGNED_IN, methods=("POST",), outbox=True)
def finish(task_id: UUID) -> Response:
    """It is done."""
    task, form = _find(task_id), OutcomeForm()
    if not form.validate():
        return _show(task_id, status=422, form=form)
    try:
        actions.finish(_viewer(), task, form.outcome.data or "", outbox.made_at(clock.now()))
    except actions.MovedOnError:
        return _show(task_id, status=409, moved_on=True)
    flash(_("Done."), "ok")
    return see_other(url_for(".index"))


@concern.route("/<uuid:task_id>/cancellation", allow=SIGNED_IN, methods=("POST",), outbox=True)
def drop(task_id: UUID) -> Response:
    """It will not be done."""
    task, form = _find(task_id), DropForm()
    if not form.validate():
        return _show(task_id, status=422, form=form)
    try:
        actions.drop(_viewer(), task, form.reason.data, outbox.made_at(clock.now()))
    except actions.NotYoursError:
        abort(403)
    except actions.MovedOnError:
        return _show(task_id, status=409, moved_on=True)
    flash(_("Dropped, with the reason."), "ok")
    return see_other(url_for(".index"))


@concern.route("/new", allow=DECIDERS)
def new() -> Response:
    """Ask for a promotion: what, by when, at which distributors; htmx gets the preview alone."""
    return _new(request.args)


@concern.route("", allow=DECIDERS, methods=("POST",))
def promote() -> Response:
    """Ask for it."""
    viewer, now = _viewer(), clock.now()
    form = TaskForm(written=written_on(clock.today(), now, outbox.made_at(now)))
    reps = reps_of(viewer)
    found = tasks.reached(viewer, _wanted(request.form), reps)
    expected = request.form.get("expected", "")
    if not form.validate() or not found.owners or found.too_many:
        return _new(request.form, status=422, form=form)
    if expected != str(len(found.owners)):
        return _new(request.form, status=409, form=form, changed=True)
    due = form.day
    assert due is not None  # noqa: S101  validate() has read it
    try:
        asked = actions.Asked(found.owners, form.text.data, due)
        made = actions.promote(viewer, key=sent_key(request.form) or uuid7(), asked=asked, now=now)
    except actions.GoneError:
        abort(404)
    flash(
        ngettext("Asked for at %(num)d distributor.", "Asked for at %(num)d distributors.", made or len(found.owners)),
        "ok",
    )
    return see_other(url_for(".index", part=Part.TEAM))


def _viewer() -> Viewer:
    viewer: Viewer = current_user._get_current_object()
    return viewer


def _decides(viewer: Viewer) -> bool:
    return viewer.role is not Role.REP


def _find(task_id: UUID) -> Task:
    return own.find(_viewer(), task_id) or abort(404)


def _show(task_id: UUID, *, status: int = 200, **more: Any) -> Response:
    viewer = _viewer()
    row = tasks.one(viewer, task_id)
    if row is None:
        abort(404)
    return page(
        "desk/rounds/task.html",
        status=status,
        row=row,
        today=clock.today(),
        visit=visit_url,
        decides=_decides(viewer),
        panels=panels.shown("task", viewer, task_id, clock.today()),
        **more,
    )


def _wanted(given: MultiDict[str, str]) -> Wanted:
    region, rep = given.get("region", ""), given.get("rep", "")
    try:
        chosen = UUID(rep)
    except ValueError:
        chosen = None
    text = " ".join(given.get("q", "").replace("\0", "").split())[:100]
    return Wanted(
        text,
        region if region.isascii() and region.isdecimal() and len(region) <= 9 else "",
        given.get("tier", "").replace("\0", "")[:64],
        chosen,
    )


def _new(given: MultiDict[str, str], *, status: int = 200, form: TaskForm | None = None, **more: Any) -> Response:
    viewer, wanted = _viewer(), _wanted(given)
    reps = reps_of(viewer)
    return page(
        "desk/rounds/new_task.html",
        "preview",
        status=status,
        form=form,
        text=given.get("text", "")[:1000],
        due=given.get("due", "")[:20],
        wanted=wanted,
        found=tasks.reached(viewer, wanted, reps),
        most=tasks.MOST_AT_ONCE,
        reps=[(str(rep.id), rep.name) for rep in reps],
        tiers=[(tier, tier) for tier in tasks.tiers(viewer)],
        places=tasks.places(viewer),
        new_key=uuid7(),
        today=clock.today(),
        **more,
    )
