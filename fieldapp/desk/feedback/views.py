"""Remarks of customers: taking one down, the list, one with all that can be done, the month by themes."""

from collections.abc import Callable, Mapping
from io import BytesIO
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, current_app, flash, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.clock import When
from fieldapp.core.concern import Concern
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, csv_chunks, write_xlsx
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.picking import pick_distributor
from fieldapp.desk.visits import products
from fieldapp.fieldwork.feedback import actions, queries
from fieldapp.fieldwork.feedback.actions import NotAlikeError, RefusedError
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.policy import kind_name
from fieldapp.fieldwork.feedback.rules import RemarkState, TellWay, Verb, digest, hours, refusal
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.people.accounts.viewer import Viewer

from . import exports, words
from .forms import (
    AnswerForm,
    AskedList,
    HandOverForm,
    MergeForm,
    RemarkForm,
    ReopenForm,
    TellForm,
    bounds,
    month_of,
    read_list,
)

concern = Concern("feedback", __name__, section="feedback", url_prefix="/feedback")
PAGE = 50
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024
MONTHS = 6  # that the digest offers
MOST_EXPORTED = 20_000
ONE = "/<uuid:remark_id>"


# Taking down ------------------------------------------------------------------------------------------------------


@concern.route("/new", allow=SIGNED_IN)
def new() -> Response:
    """The form for a distributor; without one, the way to it."""
    code = request.args.get("distributor", "").replace("\0", "")
    if not code:
        return pick_distributor(
            "feedback.new",
            _("Note a remark"),
            _("Whose is it? Choose the distributor."),
            (url_for("feedback.index"), _("Feedback")),
        )
    form = RemarkForm(_product_key, formdata=None, data={"distributor": code, "visit": request.args.get("visit", "")})
    return _new(form)


def _new(form: RemarkForm, status: int = 200) -> Response:
    store = queries.distributor(current_user, code=form.distributor.data or "") or abort(404)
    return page("desk/feedback/new.html", status=status, form=form, store=store, words=words, products=products.names())


@concern.route("", allow=SIGNED_IN, methods=("POST",), outbox=True, max_bytes=PHOTO_BYTES)
def create() -> Response:
    """Keep it."""
    viewer = _viewer()
    form = RemarkForm(_product_key)
    store = queries.distributor(viewer, code=form.distributor.data or "") or abort(404)
    photo = None
    if not form.validate():
        return _new(form, 422)
    if form.has_photo:
        db.session.rollback()  # decoding takes its time: no lock is held meanwhile
        try:
            photo = contents.examine_photo(form.file.data.stream.read(contents.MAX_BYTES + 1))
        except contents.ContentError as error:
            form.file.errors = [str(error.reason)]
            return _new(form, 422)
    now = clock.now()
    when = When(outbox.made_at(now), now, clock.today())
    try:
        remark = actions.take_down(
            viewer,
            key=outbox.key() or uuid7(),
            distributor=store,
            said=form.said,
            when=when,
            visit_id=_visit_of(viewer, store.id, form.visit_key),
            photo=photo,
        )
    except actions.GoneError:
        abort(404)
    except storage.StorageError as error:
        form.file.errors = [storage.problem(error)]
        return _new(form, 422)
    if remark.owner_id == viewer.id:
        flash(_("Noted. You answer it yourself."), "ok")
    else:
        flash(_("Noted. %(name)s answers it.", name=queries.names(remark.owner_id).get(remark.owner_id, "—")), "ok")
    return see_other(url_for(".show", remark_id=remark.id))


def _visit_of(viewer: Viewer, distributor_id: UUID, given: UUID | None) -> UUID | None:
    """The visit that the page named, else the one that is under way there; a visit of the viewer's own."""
    visit = visits.find(viewer, given) if given is not None else visits.under_way(viewer.id)
    if visit is None or visit.rep_id != viewer.id or visit.distributor_id != distributor_id:
        return None
    return visit.id


def _product_key(text: str) -> UUID | None:
    found = products.meant(text)
    return found.id if found else None


# Lists ------------------------------------------------------------------------------------------------------------


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """What he answers, what is open, what is to be told, what was told; htmx gets the results alone."""
    viewer, asked = _viewer(), read_list(request.args)
    store = queries.distributor(viewer, code=asked.distributor) if asked.distributor else None
    if asked.distributor and store is None:
        abort(404)
    edge = request.args.get("after", type=UUID)
    last = queries.find(viewer, edge) if edge else None
    found = queries.listed(viewer, asked.narrowed(store.id if store else None, _mark(last)), PAGE)
    rows = found[:PAGE]
    mine = sum(queries.counts(viewer))
    names = {
        "mine": pgettext("feedback", "Mine"),
        "open": _("Unanswered"),
        "tell": _("To tell"),
        "closed": _("Told"),
        "all": pgettext("feedback", "All"),
    }
    return page(
        "desk/feedback/index.html",
        "results",
        asked=asked,
        store=store,
        rows=rows,
        words=words,
        kind_name=kind_name,
        now=clock.now(),
        parts_of=[
            (_link(asked, part=part), text, part == asked.part, mine if part == "mine" and mine else None)
            for part, text in names.items()
        ],
        kinds=_chips(asked, "kind", words.kinds()),
        themes=_chips(asked, "theme", words.themes()),
        first=_link(asked) if last else None,
        more=_link(asked, after=rows[-1].id) if len(found) > PAGE else None,
        product=_product_names(),
    )


def _mark(last: Remark | None) -> Any:
    return (last.made_at, last.id) if last else None


def _link(asked: AskedList, **changes: Any) -> str:
    return f"{url_for('.index')}?{urlencode(asked.args(**changes))}"


def _chips(asked: AskedList, name: str, options: list[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    """A tap on one that is on takes it away."""
    held = getattr(asked, name)
    return [(_link(asked, **{name: None if held == key else key}), text, held == key) for key, text in options]


def _product_names() -> Mapping[UUID, str]:
    return reference.read()[0].once(_by_key)


def _by_key(held: reference.Reference) -> Mapping[UUID, str]:
    return {product.id: product.name for product in held.products.values()}


# One remark -------------------------------------------------------------------------------------------------------


@concern.route(ONE, allow=SIGNED_IN)
def show(remark_id: UUID) -> Response:
    """One remark, and what can be done with it."""
    return _show(_find(remark_id))


def _find(remark_id: UUID) -> Remark:
    return queries.find(_viewer(), remark_id) or abort(404)


def _show(remark: Remark, status: int = 200, **more: Any) -> Response:
    viewer, store = _viewer(), queries.store_of(remark)
    parts = queries.parts_of(viewer, remark)
    merged = remark.merged_into_id is not None
    may = {verb for verb in Verb if refusal(remark.state, verb, parts, merged=merged) is None}
    kept = queries.find(viewer, remark.merged_into_id) if remark.merged_into_id else None
    return page(
        "desk/feedback/show.html",
        status=status,
        remark=remark,
        store=store,
        reach=viewer.covers(store.region_code),
        may={verb.name for verb in may},
        kept=kept,
        steps=queries.steps_of(remark.id),
        photos=queries.photos_of(remark.id),
        alike=queries.duplicates(viewer, remark) if Verb.MERGE in may else [],
        merged=queries.merged_with(viewer, remark) if not merged else [],
        receivers=[(str(one.id), one.name) for one in queries.receivers(remark)] if Verb.HAND_OVER in may else [],
        people=queries.names(remark.owner_id, remark.made_by_id, remark.answered_by_id, remark.told_by_id),
        ticket=_ticket_link(remark, store.code),
        words=words,
        kind_name=kind_name,
        product=_product_names(),
        now=clock.now(),
        **more,
    )


def _ticket_link(remark: Remark, code: str) -> str | None:
    """To a ticket that begins with this remark, where there are pages of tickets."""
    if "tickets.new" not in current_app.view_functions:
        return None
    return url_for("tickets.new", distributor=code, remark=remark.id)


def _do(remark_id: UUID, form: Any, name: str, done: str, act: Callable[[Viewer, Remark], None]) -> Response:
    """Check a form, do what it says, and show the remark: with the form as typed, or as it is now."""
    remark = _find(remark_id)
    if form is not None and not form.validate():
        return _show(remark, 422, form=form, came_back=name)
    try:
        act(_viewer(), remark)
    except RefusedError as error:
        db.session.rollback()
        return _show(_find(remark_id), 409, form=form, came_back=name, refused=words.refusal_text(error.refusal))
    except NotAlikeError:
        db.session.rollback()
        gone = _("The other remark was told or merged meanwhile, so nothing was merged. Choose another one.")
        return _show(_find(remark_id), 409, refused=gone)
    flash(done, "ok")
    return see_other(url_for(".show", remark_id=remark_id))


@concern.route(f"{ONE}/answer", allow=SIGNED_IN, methods=("POST",))
def answer(remark_id: UUID) -> Response:
    """What we say to it."""
    form = AnswerForm()
    done = _("Answered. Now the customer is to be told.")
    now, today = clock.now(), clock.today()
    return _do(
        remark_id, form, "answer", done, lambda who, one: actions.answer(who, one, form.answer.data or "", now, today)
    )


@concern.route(f"{ONE}/telling", allow=SIGNED_IN, methods=("POST",), outbox=True)
def tell_back(remark_id: UUID) -> Response:
    """The customer was told: it is closed."""
    form = TellForm()
    now = outbox.made_at(clock.now())
    return _do(
        remark_id,
        form,
        "tell",
        _("Told. It is closed."),
        lambda who, one: actions.tell_back(who, one, TellWay(form.how.data), form.told.data or "", now),
    )


@concern.route(f"{ONE}/handover", allow=SIGNED_IN, methods=("POST",))
def hand_over(remark_id: UUID) -> Response:
    """Somebody else answers."""
    remark = _find(remark_id)
    form = HandOverForm([one.id for one in queries.receivers(remark)])
    return _do(
        remark_id,
        form,
        "hand-over",
        _("Handed over."),
        lambda who, one: actions.hand_over(who, one, form.key or one.owner_id, form.words.data or "", clock.now()),
    )


@concern.route(f"{ONE}/reopening", allow=SIGNED_IN, methods=("POST",))
def reopen(remark_id: UUID) -> Response:
    """The customer is not content."""
    form = ReopenForm()
    now, today = clock.now(), clock.today()
    return _do(
        remark_id,
        form,
        "reopen",
        _("Open again."),
        lambda who, one: actions.reopen(who, one, form.reason.data or "", now, today),
    )


@concern.route(f"{ONE}/merging", allow=SIGNED_IN, methods=("POST",))
def merge(remark_id: UUID) -> Response:
    """It says the same as another one."""
    remark, form = _find(remark_id), MergeForm()
    kept = queries.find(_viewer(), form.key) if form.validate() and form.key else None
    if kept is None:
        return _show(remark, 422, refused=_("The other remark is not there any more. Choose one of those shown."))
    done = _("Merged: both are answered with one answer, and each customer is told.")
    return _do(remark_id, None, "merge", done, lambda who, one: actions.merge(who, one, kept, clock.now()))


@concern.route(f"{ONE}/separation", allow=SIGNED_IN, methods=("POST",))
def separate(remark_id: UUID) -> Response:
    """It does not say the same after all."""
    now, today = clock.now(), clock.today()
    done = _("Separated: it is answered on its own again.")
    return _do(remark_id, None, "separate", done, lambda who, one: actions.separate(who, one, now, today))


@concern.route("/photos/<uuid:picture_id>", allow=SIGNED_IN)
def photo(picture_id: UUID) -> Response:
    """The photo itself, to whoever may see its remark."""
    row = queries.find_photo(_viewer(), picture_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


# The month --------------------------------------------------------------------------------------------------------


@concern.route("/digest", allow=SIGNED_IN)
def month() -> Response:
    """What customers spoke of in a month, beside the month before."""
    viewer, today = _viewer(), clock.today()
    chosen = request.args.get("month", "")
    chosen = chosen if bounds(chosen) else month_of(today)
    since, until = bounds(chosen) or abort(404)
    before, _ends = bounds(month_of(since.date(), 1)) or abort(404)
    counted = queries.month(viewer, since, until)
    rows = digest(counted, queries.by_theme(viewer, before, since))
    told = sum(one.state is RemarkState.CLOSED for one in counted)
    waits = [hours(one.answered_at - one.made_at) for one in counted if one.answered_at is not None]
    products = _product_names()
    return page(
        "desk/feedback/digest.html",
        month=chosen,
        before_month=month_of(since.date(), 1),
        rows=rows,
        total=len(counted),
        earlier=sum(row.before for row in rows),
        told=told,
        hours=median(waits) if waits else None,
        quotes=queries.quotes(viewer, since, until),
        tops=[(products.get(key, "—"), count) for key, count in queries.top_products(viewer, since, until)],
        months=[(url_for(".month", month=m), m, m == chosen) for m in (month_of(today, n) for n in range(MONTHS))],
        words=words,
        kind_name=kind_name,
    )


@concern.route("/digest.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The month's remarks as a sheet."""
    chosen = request.args.get("month", "")
    chosen = chosen if bounds(chosen) else month_of(clock.today())
    found = queries.listed(_viewer(), AskedList("all", month=chosen).narrowed(None, None), MOST_EXPORTED)
    rows, name = exports.rows(found[:MOST_EXPORTED], _product_names()), f"feedback-{chosen}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(exports.header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _viewer() -> Viewer:
    viewer: Viewer = current_user._get_current_object()
    return viewer
