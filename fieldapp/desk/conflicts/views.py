"""One conflict: its page, and everything that can be done with it. A form that is refused comes back with what was
typed.

What a rep writes on the road may have waited in his phone: those routes take an outbox, and count when it was written.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.clock import When
from fieldapp.core.concern import Concern
from fieldapp.core.contents import Content
from fieldapp.core.db import db
from fieldapp.core.forms import Form
from fieldapp.core.page import page, see_other
from fieldapp.desk.deals import forms as searching
from fieldapp.desk.deals import queries as deals
from fieldapp.fieldwork.conflicts import actions, agreements, links, meetings, moves, queries, words
from fieldapp.fieldwork.conflicts.agreements import Seen
from fieldapp.fieldwork.conflicts.models import Conflict
from fieldapp.fieldwork.conflicts.rules import ConflictState, Outcome, Refusal
from fieldapp.fieldwork.visits import plans

from . import forms, screen, sources
from .screen import Failed

concern = Concern("conflicts", __name__, section="conflicts", url_prefix="/conflicts")
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024
CONFLICT = "/<uuid:conflict_id>"
Act = Callable[[Conflict, Content | None], str]  # what it does; returns what is said of it
# Not his to do, whatever happens meanwhile; the others are told that the conflict has moved on.
_NOT_HIS = (Refusal.ROLE, Refusal.PATCH, Refusal.PARTY, Refusal.PARTIES, Refusal.OWNER)


@concern.route(CONFLICT, allow=SIGNED_IN)
def show(conflict_id: UUID) -> Response:
    """One conflict, on one screen."""
    return _show(_find(conflict_id))


@concern.route(f"{CONFLICT}/parties/<uuid:distributor_id>", allow=SIGNED_IN)
def sheet(conflict_id: UUID, distributor_id: UUID) -> Response:
    """What one party gets on paper: the agreement, and nothing that another party has said."""
    conflict = _find(conflict_id)
    shown = screen.read(_viewer(), conflict, clock.today())
    party = next((one for one in shown.covered if one.id == distributor_id), None) or abort(404)
    return page("desk/conflicts/sheet.html", s=shown, party=party)


# Notes, parties, links ---------------------------------------------------------------------------------------------


@concern.route(f"{CONFLICT}/notes", allow=SIGNED_IN, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def note(conflict_id: UUID) -> Response:
    """Note something, of all or of one party in confidence."""

    def act(conflict: Conflict, content: Content | None) -> str:
        party = form.party.key()
        actions.note(_viewer(), conflict, form.words.data or "", _when(), of=party, key=outbox.key(), photo=content)
        return _("Kept.")

    form = _form(forms.NoteForm, conflict_id)
    return _do(conflict_id, "note", form, act)


@concern.route(f"{CONFLICT}/parties", allow=SIGNED_IN)
def parties(conflict_id: UUID) -> Response:
    """Find another party to add."""
    conflict = _find(conflict_id)
    asked = searching.read_search(request.args)
    there = {party.id for party in queries.parties(_viewer(), conflict)}
    return page(
        "desk/conflicts/party.html",
        "found",
        conflict=conflict,
        asked=asked,
        found=deals.pick(_viewer(), asked),
        there=there,
        place_name=deals.place_names(),
    )


@concern.route(f"{CONFLICT}/parties", allow=SIGNED_IN, methods=["POST"])
def add_party(conflict_id: UUID) -> Response:
    """Add it."""
    distributor = sources.find_distributor(_viewer(), request.form.get("distributor", "")) or abort(404)

    def act(conflict: Conflict, _photo: Content | None) -> str:
        added = actions.add_party(_viewer(), conflict, distributor, _when())
        return _("Added. Who looks after it is told.") if added else _("It is in it already.")

    return _do(conflict_id, "party", Form(), act)


@concern.route(f"{CONFLICT}/links", allow=SIGNED_IN, methods=["POST"])
def link(conflict_id: UUID) -> Response:
    """Link it with an area, a product, a ticket, a case."""
    asked = links.read(request.form.get("link", ""))
    if asked is None or asked not in links.find(_viewer(), [asked]):
        _find(conflict_id)
        return _refused_text(conflict_id, _("Choose one of those shown."))

    def act(conflict: Conflict, _photo: Content | None) -> str:
        actions.link(_viewer(), conflict, *asked, _when())
        return _("Linked.")

    return _do(conflict_id, "link", Form(), act)


@concern.route(f"{CONFLICT}/owner", allow=DECIDERS, methods=["POST"])
def assign(conflict_id: UUID) -> Response:
    """Give it to somebody else."""
    conflict = _find(conflict_id)
    regions = [party.region_code for party in queries.parties(_viewer(), conflict)]
    chosen = request.form.get("owner", "")
    offered = {key for key, _name in sources.helpers(_viewer(), regions)}
    owner = sources.helper(chosen) if chosen in offered else None
    if owner is None:
        return _refused_text(conflict_id, _("Choose one of those shown."))

    def act(conflict: Conflict, _photo: Content | None) -> str:
        actions.assign(_viewer(), conflict, owner, _when())
        return _("Given to %(name)s, with its open promises.", name=owner.name)

    return _do(conflict_id, "owner", Form(), act)


# Meetings ----------------------------------------------------------------------------------------------------------


@concern.route(f"{CONFLICT}/meetings", allow=SIGNED_IN, methods=["POST"], outbox=True)
def plan_meeting(conflict_id: UUID) -> Response:
    """Plan one."""

    def act(conflict: Conflict, _photo: Content | None) -> str:
        meetings.plan_meeting(_viewer(), conflict, form.sitting(), _when(), key=outbox.key())
        return _("Planned. It stands in the calendar of promises.")

    form = _form(forms.MeetingForm, conflict_id)
    return _do(conflict_id, "meeting", form, act)


@concern.route(f"{CONFLICT}/minutes", allow=SIGNED_IN, methods=["POST"], outbox=True)
def hold_meeting(conflict_id: UUID) -> Response:
    """What came of one."""

    def act(conflict: Conflict, _photo: Content | None) -> str:
        meetings.hold_meeting(
            _viewer(),
            conflict,
            searching.key(form.meeting.data),
            form.sitting(),
            _when(),
            following=form.following(),
            key=outbox.key(),
        )
        return _("Kept.")

    form = _form(forms.HeldForm, conflict_id)
    return _do(conflict_id, "held", form, act)


@concern.route(f"{CONFLICT}/cancellation", allow=SIGNED_IN, methods=["POST"])
def cancel_meeting(conflict_id: UUID) -> Response:
    """A planned meeting does not take place."""
    form = forms.CancelForm()

    def act(conflict: Conflict, _photo: Content | None) -> str:
        meeting = searching.key(form.meeting.data)
        if meeting is None:
            raise moves.GoneError
        meetings.cancel_meeting(_viewer(), conflict, meeting, form.words.data or "", _when())
        return _("Cancelled.")

    return _do(conflict_id, "cancel", form, act)


# Agreement ---------------------------------------------------------------------------------------------------------


@concern.route(f"{CONFLICT}/agreement", allow=SIGNED_IN, methods=["POST"])
def agree(conflict_id: UUID) -> Response:
    """What the parties agreed on."""

    def act(conflict: Conflict, _photo: Content | None) -> str:
        agreements.agree(_viewer(), conflict, form.promises, form.words.data or "", _when(), key=outbox.key())
        return _("Agreed. Everybody concerned is told, and each point stands in the calendar.")

    form = _form(forms.AgreementForm, conflict_id, given=request.form)
    return _do(conflict_id, "agreement", form, act)


@concern.route(f"{CONFLICT}/points", allow=SIGNED_IN, methods=["POST"])
def add_point(conflict_id: UUID) -> Response:
    """One more point."""

    def act(conflict: Conflict, _photo: Content | None) -> str:
        agreements.add_point(_viewer(), conflict, form.promise(), _when(), key=outbox.key())
        return _("Added to the agreement.")

    form = _form(forms.PointForm, conflict_id)
    return _do(conflict_id, "point", form, act)


@concern.route(f"{CONFLICT}/points/<uuid:point_id>/result", allow=SIGNED_IN, methods=["POST"], outbox=True)
def settle_point(conflict_id: UUID, point_id: UUID) -> Response:
    """A promise was kept, or broken."""
    form = forms.ResultForm()

    def act(conflict: Conflict, _photo: Content | None) -> str:
        kept = form.result.data == "kept"
        said = form.said.data or ""
        agreements.settle_point(_viewer(), conflict, point_id, kept, said, _when(), key=outbox.key())
        return _("Kept its word: noted.") if kept else _("Broken: noted, and the supervisors are told.")

    return _do(conflict_id, f"point-{point_id}", form, act)


@concern.route(f"{CONFLICT}/points/<uuid:point_id>/day", allow=SIGNED_IN, methods=["POST"])
def postpone(conflict_id: UUID, point_id: UUID) -> Response:
    """A point gets another day."""

    def act(conflict: Conflict, _photo: Content | None) -> str:
        due = forms.parse_day(form.due.data or "")
        try:
            agreements.postpone(_viewer(), conflict, point_id, due, form.words.data or "", _when(), key=outbox.key())
        except agreements.SameDayError:
            raise _WrongError("due", _("That is its day already.")) from None
        return _("Postponed. Everybody concerned is told.")

    form = _form(forms.PostponeForm, conflict_id)
    return _do(conflict_id, f"day-{point_id}", form, act)


# Following up ------------------------------------------------------------------------------------------------------


@concern.route(f"{CONFLICT}/visits", allow=SIGNED_IN, methods=["POST"])
def plan_visit(conflict_id: UUID) -> Response:
    """Plan a visit at a party, to see whether it holds."""
    form = _form(forms.VisitForm, conflict_id)

    def act(conflict: Conflict, _photo: Content | None) -> str:
        store = next(one for one in queries.parties(_viewer(), conflict) if one.id == form.party.key())
        offered = dict(sources.helpers(_viewer(), [store.region_code]))
        rep = searching.key(form.rep.data) if form.rep.data in offered else None
        if rep is None:
            raise _WrongError("rep", _("Choose who goes: of your team, and with this party in his patch."))
        day = forms.parse_day(form.day.data or "")
        try:
            agreements.plan_visit(_viewer(), conflict, store.id, rep, day, _when())
        except plans.FullError:
            raise _WrongError("day", _("That week is full. Give another day, or leave it empty.")) from None
        return _("Planned. It stands in the plan of that week.")

    return _do(conflict_id, "visit", form, act)


@concern.route(f"{CONFLICT}/findings", allow=SIGNED_IN, methods=["POST"], outbox=True)
def follow_up(conflict_id: UUID) -> Response:
    """What was found there."""
    form = _form(forms.FoundForm, conflict_id)

    def act(conflict: Conflict, _photo: Content | None) -> str:
        party = form.party.key()
        assert party is not None  # noqa: S101  the form has checked it
        offered = {key for key, _day in sources.visits_of([party], conflict.made_at.date()).get(party, ())}
        visit = searching.key(form.visit.data) if form.visit.data in offered else None
        seen = Seen(party, form.holds.data == "yes", form.words.data or "", visit)
        planned = searching.key(form.planned.data)
        agreements.follow_up(_viewer(), conflict, seen, _when(), planned=planned, key=outbox.key())
        if not seen.holds:
            return _("Noted. Talk with both again: open the conflict anew, or plan a meeting.")
        every = conflict.state is ConflictState.FOLLOWED_UP
        return _("Noted. Every party has been looked at.") if every else _("Noted.")

    return _do(conflict_id, "found", form, act)


# The end -----------------------------------------------------------------------------------------------------------


@concern.route(f"{CONFLICT}/closure", allow=SIGNED_IN, methods=["POST"])
def close(conflict_id: UUID) -> Response:
    """It is over."""
    form = forms.CloseForm()

    def act(conflict: Conflict, _photo: Content | None) -> str:
        actions.close(_viewer(), conflict, Outcome(form.outcome.data), form.words.data or "", _when())
        return pgettext("conflict", "Closed.")

    return _do(conflict_id, "closure", form, act)


@concern.route(f"{CONFLICT}/withdrawal", allow=SIGNED_IN, methods=["POST"])
def drop(conflict_id: UUID) -> Response:
    """It was none."""
    form = forms.WordsForm()

    def act(conflict: Conflict, _photo: Content | None) -> str:
        actions.drop(_viewer(), conflict, form.words.data or "", _when())
        return pgettext("conflict", "Dropped, with the reason.")

    return _do(conflict_id, "withdrawal", form, act)


@concern.route(f"{CONFLICT}/reopening", allow=SIGNED_IN, methods=["POST"])
def reopen(conflict_id: UUID) -> Response:
    """It has broken out again."""
    form = forms.WordsForm()

    def act(conflict: Conflict, _photo: Content | None) -> str:
        actions.reopen(_viewer(), conflict, form.words.data or "", _when())
        return _("Open again. Everybody concerned is told.")

    return _do(conflict_id, "reopening", form, act)


@concern.route("/photos/<uuid:photo_id>", allow=SIGNED_IN)
def photo(photo_id: UUID) -> Response:
    """The photo itself, to whoever may see it."""
    row = queries.find_photo(_viewer(), photo_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


# What the views share ----------------------------------------------------------------------------------------------


class _WrongError(ValueError):
    """A field that only the action's facts show to be wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def _viewer() -> Any:
    return current_user._get_current_object()


def _when() -> When:
    """When the form was filled in, which for one that waited in a phone is a while ago."""
    heard = clock.now()
    return When(outbox.made_at(heard), heard, clock.today())


def _form(kind: Any, conflict_id: UUID, **more: Any) -> Any:
    """A form that names a party: of those that he covers."""
    covered = [party.id for party in queries.parties(_viewer(), _find(conflict_id)) if party.covered]
    return kind(allowed=covered, today=clock.today(), **more)


def _find(conflict_id: UUID) -> Conflict:
    return queries.find(_viewer(), conflict_id) or abort(404)


def _show(conflict: Conflict, status: int = 200, failed: Failed | None = None, said: str | None = None) -> Response:
    shown = screen.read(_viewer(), conflict, clock.today(), failed, said)
    return page("desk/conflicts/show.html", status=status, s=shown)


def _do(conflict_id: UUID, name: str, form: Form, act: Act) -> Response:
    """Check a form and act on the conflict; what is wrong comes back beside its field, what is refused above the
    page."""
    conflict = _find(conflict_id)
    if not form.validate():
        return _show(conflict, 422, Failed(name, form))
    try:
        content = _examined(form)
        done = act(conflict if content is None else _find(conflict_id), content)
    except moves.RefusedError as error:
        said = words.refusal_text(error.reason, error.conflict.state)
        return _show(_afresh(conflict_id), 403 if error.reason in _NOT_HIS else 409, Failed(name, form), said)
    except moves.GoneError:
        abort(404)
    except _WrongError as error:
        form[error.field].errors = [str(error)]
        return _show(_afresh(conflict_id), 422, Failed(name, form))
    except moves.TooManyError:
        return _show(_afresh(conflict_id), 422, Failed(name, form), _("A conflict holds no more of these."))
    except (contents.ContentError, storage.StorageError) as error:
        form["file"].errors = [_wrong(error)]
        return _show(_afresh(conflict_id), 422, Failed(name, form))
    flash(done, "ok")
    return see_other(url_for(".show", conflict_id=conflict_id))


def _examined(form: Form) -> Content | None:
    """The photo of a form that has one."""
    if "file" not in form or not getattr(form["file"].data, "filename", ""):
        return None
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    return contents.examine_photo(form["file"].data.stream.read(contents.MAX_BYTES + 1))


def _wrong(error: contents.ContentError | storage.StorageError) -> str:
    if isinstance(error, contents.ContentError):
        return str(error.reason)
    return storage.problem(error)


def _afresh(conflict_id: UUID) -> Conflict:
    """The conflict as it stands, without what was begun."""
    db.session.rollback()
    return _find(conflict_id)


def _refused_text(conflict_id: UUID, said: str) -> Response:
    return _show(_find(conflict_id), 422, None, said)
