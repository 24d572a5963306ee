"""Visits as files: asked for on one page, sent at once when they are few, else written in the background."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, abort, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE

from . import forms, queries, runs, sheets
from .forms import VisitsForm
from .models import ExportForm, ExportRun, ExportState
from .queries import Asked

concern = Concern("exports", __name__, section="today", url_prefix="/exports")

TYPES = {ExportForm.CSV: CSV_TYPE, ExportForm.XLSX: XLSX_TYPE}


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The form, and what was made lately."""
    return _index(forms.from_address(current_user, request.args, clock.today()))


@concern.route("", allow=SIGNED_IN, methods=("POST",))
def create() -> Response:
    """A few thousand visits are sent at once, more are written in the background."""
    form, kind = VisitsForm(current_user), forms.read_form(request.form.get("form", ""))
    if not form.validate() or kind is None:
        return _index(form, 422, choose=kind is None)
    asked = form.asked()
    if queries.count(current_user, asked, runs.AT_ONCE + 1) <= runs.AT_ONCE:
        return see_other(address(kind, asked))
    try:
        run = runs.begin(current_user._get_current_object(), asked, kind, clock.now())
    except runs.TooManyError:
        return _index(form, 409, busy=True)
    return see_other(url_for("exports.show", export_id=run.id))


@concern.route("/visits.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def visits(kind: str) -> Response:
    """The file itself, of a few thousand visits at most."""
    form = forms.from_address(current_user, request.args, clock.today())
    if not form.validate():
        return _index(form, 422)
    asked, viewer = form.asked(), current_user._get_current_object()
    if queries.count(viewer, asked, runs.AT_ONCE + 1) > runs.AT_ONCE:
        return _index(form, 422, long=True)
    name = file_name(asked, kind)
    if kind == ExportForm.XLSX:
        book = BytesIO()
        sheets.xlsx(book, viewer, asked)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(sheets.csv(viewer, asked))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


@concern.route("/<uuid:export_id>", allow=SIGNED_IN)
def show(export_id: UUID) -> Response:
    """How far it is, then the file; only that, when htmx asks."""
    run, now = _find(export_id), clock.now()
    return page(
        "desk/exports/show.html",
        "run",
        run=run,
        whose=_whose(run),
        running=runs.running(run, now),
        interrupted=runs.interrupted(run, now),
        there=run.state is ExportState.DONE and runs.file_of(run).exists(),
        may=runs.may_fetch(current_user, run),
        until=runs.kept_until(run),
    )


@concern.route("/<uuid:export_id>/writings", allow=SIGNED_IN, methods=("POST",))
def write_again(export_id: UUID) -> Response:
    """Begin an interrupted one anew."""
    run = _find(export_id)
    if runs.again(run, clock.now()):
        runs.start(export_id)
    return see_other(url_for(".show", export_id=export_id))


@concern.route("/<uuid:export_id>/file", allow=SIGNED_IN)
def download(export_id: UUID) -> Response:
    """The file, for whoever made it, while he may still have what is in it."""
    run = _find(export_id)
    asked = Asked(run.first, run.last, run.rep_id)
    path = runs.file_of(run)
    if run.state is not ExportState.DONE or not path.exists() or not runs.may_fetch(current_user, run):
        abort(404)
    return send_file(path, TYPES[run.form], as_attachment=True, download_name=file_name(asked, run.form.value))


def address(kind: ExportForm, asked: Asked) -> str:
    """Where the file of a few visits is fetched."""
    first, last = asked.first.isoformat(), asked.last.isoformat()
    return url_for("exports.visits", kind=kind.value, first=first, last=last, rep=asked.rep_id)


def file_name(asked: Asked, kind: str) -> str:
    """`visits-2026-11-23-2026-11-29.xlsx`."""
    return f"visits-{asked.first.isoformat()}-{asked.last.isoformat()}.{kind}"


def _find(export_id: UUID) -> ExportRun:
    return queries.find(current_user, export_id) or abort(404)


def _whose(run: ExportRun) -> str:
    if run.rep_id is None:
        return _("Everybody in my patch")
    rep = queries.named(current_user, run.rep_id)
    return rep.name if rep else "—"


def _index(form: VisitsForm, status: int = 200, **more: Any) -> Response:
    now, found = clock.now(), queries.latest(current_user)
    usual = [
        (url_for(".index", first=first.isoformat(), last=last.isoformat(), rep=form.rep.data or None), name, on)
        for name, (first, last) in forms.periods(clock.today()).items()
        for on in [(form.first.data, form.last.data) == (first.isoformat(), last.isoformat())]
    ]
    words = {
        "week": _("This week"),
        "week_before": _("Last week"),
        "month": _("This month"),
        "month_before": _("Last month"),
    }
    return page(
        "desk/exports/index.html",
        status=status,
        form=form,
        usual=[(href, words[name], on) for href, name, on in usual],
        found=[(run, runs.interrupted(run, now)) for run in found],
        **more,
    )
