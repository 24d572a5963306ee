"""The screen of a visit: brief, check-in, talk plan, notes, promises, photos, check-out; and its page afterwards.

Every form here may come from a phone that had no signal: its key makes it harmless to send twice, and `_when` tells
when it was filled in.
"""

from datetime import timedelta
from functools import partial
from uuid import UUID

from flask import Response, abort, flash, jsonify, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, panels, storage
from fieldapp.core.access import FIELD, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.page import page, see_other
from fieldapp.desk.deals.queries import place_names
from fieldapp.fieldwork.tasks import actions as task_actions
from fieldapp.fieldwork.tasks import queries as task_queries
from fieldapp.fieldwork.tasks.forms import OutcomeForm, PromiseForm
from fieldapp.fieldwork.visits import actions, plans, policy, queries
from fieldapp.fieldwork.visits.actions import When
from fieldapp.fieldwork.visits.forms import (
    SUBJECT_LENGTH,
    CheckInForm,
    CheckOutForm,
    NoteForm,
    PhotoForm,
    WordsForm,
    sent_key,
)
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.fieldwork.visits.rules import OF_OURS, NoteSection, PhotoPurpose, business_day
from fieldapp.network.dossier import actions as dossier
from fieldapp.network.dossier.parts import PARTS
from fieldapp.network.dossier.queries import supplied

from . import presentation, products, screen
from .screen import Failed

concern = Concern("visits", __name__, section="distributors")
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024
AT = "/distributors/<uuid:distributor_id>/visit"
VISIT = "/visits/<uuid:visit_id>"
# A check-in that waited longer was written without a signal: nobody is there any more to be asked.
ASKED_WITHIN = timedelta(seconds=15)


# Before and during -----------------------------------------------------------------------------------------------


@concern.route(AT, allow=SIGNED_IN)
def now(distributor_id: UUID) -> Response:
    """The visit to a distributor that is to begin, or under way."""
    return _live(distributor_id)


@concern.route(AT, allow=FIELD, methods=["POST"], outbox=True)
def check_in(distributor_id: UUID) -> Response:
    """He has arrived."""
    store = queries.distributor(current_user, distributor_id) or abort(404)
    form, when = CheckInForm(), _when()
    open_one = queries.under_way(current_user.id)
    guess = when.now - when.at > ASKED_WITHIN
    left = None
    if open_one is not None and form.open_key == open_one.id and open_one.arrived_at <= when.at:
        at = form.left_at(open_one.arrived_at, when.at)
        if at is None and not guess:
            return _live(distributor_id, Failed("check-in", form), 422)
        left = (open_one.id, at) if at is not None else None
    try:
        actions.check_in(
            current_user,
            key=sent_key(),
            distributor=store,
            place=form.place,
            when=when,
            minutes=policy.on(when.day).repair_minutes,
            left=left,
            guess=guess,
        )
    except actions.GoneError:
        abort(404)
    except actions.StillOpenError as error:
        if error.visit.distributor_id == distributor_id:
            since = presentation.hour(error.visit.arrived_at)
            flash(_("You are checked in here already, since %(time)s.", time=since), "info")
            return _to_live(distributor_id)
        form.left.errors = [_("Say when you left it; then check in here.")]
        return _live(distributor_id, Failed("check-in", form), 422)
    return _to_live(distributor_id)


@concern.route("/visits/products", allow=SIGNED_IN)
def product_names() -> Response:
    """Names of our products, for the fields that offer them; the phone keeps them for when there is no signal."""
    return jsonify(products.names())


@concern.route(f"{VISIT}/departure", allow=FIELD, methods=["POST"], outbox=True)
def check_out(visit_id: UUID) -> Response:
    """He leaves."""
    visit, when = _own(visit_id), _when()
    form = CheckOutForm(written=when.day)
    forgotten_at = None
    if visit.left_at is None and when.day != visit.day:
        forgotten_at = form.left_at(visit.arrived_at, when.at)
        if forgotten_at is None:
            return _back_with(visit, Failed("departure", form))
    if not form.validate():
        return _back_with(visit, Failed("departure", form))
    try:
        actions.check_out(
            current_user,
            visit,
            form.place,
            when,
            distributor=queries.distributor_of(visit),
            summary=form.summary.data or "",
            contact_id=form.contact_key,
            next_on=form.next_day,
            forgotten_at=forgotten_at,
        )
    except plans.FullError:
        db.session.rollback()
        form.next_on.errors = [_("That week is full. Give another day, or leave it empty.")]
        return _back_with(_own(visit_id), Failed("departure", form))
    return see_other(url_for(".show", visit_id=visit.id))


@concern.route(f"{VISIT}/place", allow=FIELD, methods=["POST"])
def take_place(visit_id: UUID) -> Response:
    """Keep the point of the check-in as the place of the store, which had none."""
    visit = _own(visit_id)
    store = queries.distributor(current_user, visit.distributor_id) or abort(404)
    if visit.arrival_lat is not None and store.lat is None and store.lng is None:
        part = PARTS["place"]
        try:
            seen = dossier.seen_marks(dossier.open_entry(current_user, store.id, part, None, lock=False))
            typed = {"lat": visit.arrival_lat, "lng": visit.arrival_lng}
            dossier.edit(current_user, store.id, part, None, typed, seen, dossier.Moment(clock.now(), clock.today()))
        except dossier.GoneError:
            abort(404)
        except dossier.ConflictError:
            flash(_("Somebody has put the store's place in meanwhile; that one holds."), "info")
            return _to(visit)
        flash(_("Saved: this point is the store's place from now on."), "ok")
    return _to(visit)


# What is noted ---------------------------------------------------------------------------------------------------


@concern.route(f"{VISIT}/notes", allow=FIELD, methods=["POST"], outbox=True)
def note(visit_id: UUID) -> Response:
    """Keep a note of a section."""
    visit, given = _own(visit_id), request.form.get("section", "")
    if given not in set(NoteSection):
        abort(404)
    section = NoteSection(given)
    form = NoteForm(section)
    if not form.check():
        return _back_with(visit, Failed(_form_name(section, form), form))
    values = dict(form.values)
    product = products.meant(values["subject"]) if section in OF_OURS else None
    if product is not None:
        values |= {"subject": product.name[:SUBJECT_LENGTH], "product_id": product.id}
    try:
        actions.note(current_user, visit, key=sent_key(), section=section, values=values, when=_when())
    except actions.DayOverError:
        return _too_late(visit)
    except actions.GoneError:
        abort(404)
    return _to(visit, f"s-{section.value}")


def _form_name(section: NoteSection, form: NoteForm) -> str:
    return f"talk-{form.step.data}" if section is NoteSection.TALK else section.value


@concern.route(f"{VISIT}/notes/<uuid:note_id>/removal", allow=FIELD, methods=["POST"], outbox=True)
def remove_note(visit_id: UUID, note_id: UUID) -> Response:
    """Take a note back."""
    visit = _own(visit_id)
    row = queries.find_note(visit, note_id) or abort(404)
    try:
        actions.remove_note(current_user, visit, row, _when())
    except actions.DayOverError:
        return _too_late(visit)
    return _to(visit, f"s-{row.section.value}")


@concern.route(f"{VISIT}/summary", allow=FIELD, methods=["POST"], outbox=True)
def correct(visit_id: UUID) -> Response:
    """Other words, on the day of the visit."""
    visit, form = _own(visit_id), WordsForm()
    if not form.validate():
        return _back_with(visit, Failed("summary", form))
    try:
        actions.correct(current_user, visit, summary=form.summary.data or "", contact_id=form.contact_key, when=_when())
    except actions.DayOverError:
        return _too_late(visit)
    flash(_("Saved."), "ok")
    return _to(visit)


@concern.route(f"{VISIT}/promises", allow=FIELD, methods=["POST"], outbox=True)
def promise(visit_id: UUID) -> Response:
    """What was promised, and by when."""
    visit, when = _own(visit_id), _when()
    offered = [row.id for row in supplied(visit.distributor_id)]
    form = PromiseForm(written=when.day, outlets=offered)
    if not form.validate():
        return _back_with(visit, Failed("promise", form))
    try:
        task_actions.promise(
            current_user,
            key=sent_key(),
            distributor_id=visit.distributor_id,
            visit_id=visit.id,
            text=form.text.data or "",
            due=form.day or when.day,
            now=when.now,
            outlet_id=form.outlet_id,
        )
    except task_actions.GoneError:
        abort(404)
    return _to(visit, "s-promises")


@concern.route(
    f"{VISIT}/tasks/<uuid:task_id>/completion", allow=FIELD, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES
)
def complete(visit_id: UUID, task_id: UUID) -> Response:
    """A task of this distributor is done: a promotion with a photo that shows it."""
    visit, when = _own(visit_id), _when()
    task = task_queries.find(current_user, task_id)
    if task is None or task.distributor_id != visit.distributor_id:
        abort(404)
    form, outcome = PhotoForm(), OutcomeForm()
    name = f"task-{task_id}"
    content = _examined(form)
    if content is None or not outcome.validate():
        form.caption.errors = [*form.caption.errors, *outcome.outcome.errors]
        return _back_with(visit, Failed(name, form))
    try:
        _keep(visit, form, content, when, PhotoPurpose.TASK, task_id)
        task_actions.finish(current_user, task, outcome.outcome.data or "", when.now, visit.id)
    except task_actions.MovedOnError as error:
        if error.task.done_visit_id != visit.id:
            flash(_("This was done or dropped before; the photo is kept with the visit."), "info")
    except actions.DayOverError:
        return _too_late(visit)
    except (actions.TooManyError, storage.StorageError) as error:
        form.file.errors = [_not_kept(error)]
        return _back_with(visit, Failed(name, form))
    return _to(visit, "s-promotions")


# Photos ----------------------------------------------------------------------------------------------------------


@concern.route(f"{VISIT}/photos", allow=FIELD, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def add_photo(visit_id: UUID) -> Response:
    """Keep a photo."""
    visit, when = _own(visit_id), _when()
    form = PhotoForm()
    content = _examined(form)
    if content is None:
        return _back_with(visit, Failed("photo", form))
    try:
        _keep(visit, form, content, when, form.what_for)
    except actions.DayOverError:
        return _too_late(visit)
    except (actions.TooManyError, storage.StorageError) as error:
        form.file.errors = [_not_kept(error)]
        return _back_with(visit, Failed("photo", form))
    return _to(visit, "s-photos")


@concern.route("/photos/<uuid:photo_id>", allow=SIGNED_IN)
def photo(photo_id: UUID) -> Response:
    """The photo itself, to whoever may see its visit."""
    row = queries.find_photo(current_user, photo_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


@concern.route("/photos/<uuid:photo_id>/removal", allow=FIELD, methods=["POST"], outbox=True)
def remove_photo(photo_id: UUID) -> Response:
    """Remove a photo from a visit of one's own."""
    row = queries.find_photo(current_user, photo_id) or abort(404)
    visit = _own(row.visit_id)
    try:
        actions.remove_photo(current_user, visit, row, _when())
    except actions.DayOverError:
        return _too_late(visit)
    return _to(visit, "s-photos")


def _examined(form: PhotoForm) -> contents.Content | None:
    """The photo that was sent; None, and the form says why, if it is none."""
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    if not form.validate():
        return None
    try:
        return contents.examine_photo(form.file.data.stream.read(contents.MAX_BYTES + 1))
    except contents.ContentError as error:
        form.file.errors = [str(error.reason)]
        return None


def _keep(
    visit: Visit,
    form: PhotoForm,
    content: contents.Content,
    when: When,
    purpose: PhotoPurpose,
    task_id: UUID | None = None,
) -> None:
    try:
        actions.keep_photo(
            current_user,
            visit,
            key=sent_key(),
            content=content,
            purpose=purpose,
            caption=form.caption.data or "",
            taken_at=form.taken(when.at),
            when=when,
            task_id=task_id,
        )
    except actions.GoneError:
        abort(404)


def _not_kept(error: Exception) -> str:
    if isinstance(error, actions.TooManyError):
        return _("A visit holds %(count)s photos. Remove one first.", count=actions.MOST_PHOTOS)
    return storage.problem(error)


# Afterwards ------------------------------------------------------------------------------------------------------


@concern.route(VISIT, allow=SIGNED_IN)
def show(visit_id: UUID) -> Response:
    """A visit as it was."""
    return _shown(queries.find(current_user, visit_id) or abort(404))


@concern.route("/distributors/<uuid:distributor_id>/visits", allow=SIGNED_IN)
def index(distributor_id: UUID) -> Response:
    """All visits to a distributor, the latest first."""
    store = queries.distributor(current_user, distributor_id) or abort(404)
    rows = queries.of_distributor(distributor_id, queries.PAGE + 1, request.args.get("before", type=UUID))
    return page(
        "desk/visits/index.html",
        store=store,
        rows=rows[: queries.PAGE],
        more=rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None,
        first="before" not in request.args,
        flags=partial(screen.flags_of, far=policy.on(clock.today()).warn_metres),
        words=presentation,
        place=place_names(),
    )


# What the views share --------------------------------------------------------------------------------------------


def _when() -> When:
    """When the form was filled in, which for one that waited in a phone is a while ago."""
    heard = clock.now()
    at = outbox.made_at(heard)
    return When(at, heard, business_day(at, heard, clock.today()))


def _own(visit_id: UUID) -> Visit:
    """A visit of the viewer's own: 404 for one that he may not see, 403 for one that he may only look at."""
    visit = queries.find(current_user, visit_id) or abort(404)
    if visit.rep_id != current_user.id:
        abort(403)
    return visit


def _live(distributor_id: UUID, failed: Failed | None = None, status: int = 200) -> Response:
    shown = screen.live(current_user, distributor_id, clock.now(), clock.today(), failed) or abort(404)
    return page(
        "desk/visits/now.html",
        status=status,
        s=shown,
        place=place_names(),
        panels=panels.shown("visit", current_user, distributor_id, shown.today),
    )


def _shown(visit: Visit, failed: Failed | None = None, status: int = 200) -> Response:
    shown = screen.afterwards(current_user, visit, clock.now(), clock.today(), failed)
    return page("desk/visits/show.html", status=status, s=shown, place=place_names())


def _back_with(visit: Visit, failed: Failed) -> Response:
    """The page from which a form came, with what is wrong with it."""
    if visit.left_at is None:
        return _live(visit.distributor_id, failed, 422)
    return _shown(visit, failed, 422)


def _too_late(visit: Visit) -> Response:
    flash(_("This visit was on %(day)s: it can be changed on its own day only.", day=visit.day.isoformat()), "warn")
    return _shown(visit, status=409)


def _to_live(distributor_id: UUID, anchor: str | None = None) -> Response:
    return see_other(url_for(".now", distributor_id=distributor_id, _anchor=_anchored(anchor)))


def _to(visit: Visit, anchor: str | None = None) -> Response:
    """Back to the page of a visit: the one during it, or the one afterwards."""
    if visit.left_at is None:
        return _to_live(visit.distributor_id, anchor)
    return see_other(url_for(".show", visit_id=visit.id, _anchor=_anchored(anchor)))


def _anchored(anchor: str | None) -> str | None:
    """The place on the page; static/visit.js finds it again by itself, and an address with one would not load anew."""
    return None if "X-Outbox" in request.headers else anchor
