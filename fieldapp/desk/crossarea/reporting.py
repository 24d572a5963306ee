"""Reporting goods that were found where they do not belong; also from a phone that has no signal."""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import FIELD
from fieldapp.core.clock import When
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.desk.visits import products
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import actions, policy, words

from . import sources
from .report_forms import ReportForm
from .sources import Source
from .views import concern, photo_problem

MOST_BYTES = 45 * 1024 * 1024


@concern.route("/new", allow=FIELD)
def new() -> Response:
    """Say what was found, and where."""
    source = sources.read(_viewer(), request.args)
    given = {
        "distributor": source.distributor.code if source.distributor else "",
        "visit": source.visit_id or "",
        "region": source.region,
    }
    return _new(source, ReportForm(source, _bag(), formdata=None, data={"unit": "bag", **given}))


@concern.route("/trace", allow=FIELD)
def trace() -> Response:
    """Who bought a batch, while it is typed."""
    source = sources.read(_viewer(), request.args)
    asked = {name: request.args.get(name, "")[:64] for name in ("product", "batch", "region", "seller")}
    form = ReportForm(source, _bag(), formdata=None, data=asked)
    return page("desk/crossarea/trace.html", form=form, traced=_traced(source, form))


@concern.route("", allow=FIELD, methods=("POST",), outbox=True, max_bytes=MOST_BYTES)
def create() -> Response:
    """Report it. The same key again is the same case with the same photos."""
    source = sources.read(_viewer(), request.form)
    form = ReportForm(source, _bag())
    valid = form.validate()
    photos = _examined(form) if valid else None
    if photos is None:
        return _new(source, form, status=422)
    heard = clock.now()
    when = When(outbox.made_at(heard), heard, clock.today())
    key = outbox.key() or uuid7()
    try:
        case = actions.report(_viewer(), key=key, found=form.found, when=when)
        for number, photo in enumerate(photos):
            photo_key = uuid5(key, f"photo {number}")
            actions.keep_photo(_viewer(), case, key=photo_key, content=photo, caption="", when=when)
    except actions.GoneError:
        abort(404)
    except storage.StorageError as error:
        form.photos.errors = [photo_problem(error)]
        return _new(source, form, status=422)
    flash(_("Reported as %(number)s.", number=words.number(case.number)), "ok")
    return see_other(url_for("crossarea.show", case_id=case.id))


def pages(viewer: Viewer, _today: date) -> list[str]:
    """The form, for the phone."""
    return [url_for("crossarea.new")] if viewer.role in (FIELD.roles or ()) else []


INSTEAD = {"/cross-area": "/cross-area/new"}  # without a signal the form, whatever it was begun on


def _viewer() -> Any:
    return current_user._get_current_object()


def _bag() -> int:
    return policy.on(clock.today()).bag_kg


def _traced(source: Source, form: ReportForm) -> sources.Trace | None:
    batch, product_id = form.traced
    return sources.trace(source.viewer, batch, product_id, form.region.data or "", form.line, clock.today())


def _examined(form: ReportForm) -> list[contents.Content] | None:
    """The photos that were sent; None, and the form says why, if one is none."""
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    try:
        return [contents.examine_photo(file.stream.read(contents.MAX_BYTES + 1)) for file in form.photos.data or ()]
    except contents.ContentError as error:
        form.photos.errors = [str(error.reason)]
        return None


def _new(source: Source, form: ReportForm, *, status: int = 200) -> Response:
    key: UUID | str = outbox.key() or uuid7()
    return page(
        "desk/crossarea/new.html",
        status=status,
        source=source,
        form=form,
        regions=sources.regions(source.viewer, form.region.data or ""),
        products=products.names(),
        traced=_traced(source, form),
        key=key,
    )
