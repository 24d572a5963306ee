"""The page of a case, and what can be done with it.

Every move of this page is a resource below its address and answers with the page: done, it goes there again; refused,
the page says why and shows the case as it is now.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, panels, storage
from fieldapp.core.access import DECIDERS, FIELD, SIGNED_IN
from fieldapp.core.clock import When
from fieldapp.core.concern import Concern
from fieldapp.core.contents import Content
from fieldapp.core.db import db
from fieldapp.core.forms import Form
from fieldapp.core.page import page, see_other
from fieldapp.standing.crossarea import actions, queries, words
from fieldapp.standing.crossarea.actions import Agreement
from fieldapp.standing.crossarea.models import CrossCase
from fieldapp.standing.crossarea.rules import CaseState, CaseVerb, Refusal

from . import screen, sources
from .forms import AppealForm, DecisionForm, HearingForm, MeasureForm, NamingForm, ProofForm, WordsForm
from .screen import Failed

concern = Concern("crossarea", __name__, section="crossarea", url_prefix="/cross-area")
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024
CASE = "/<uuid:case_id>"
Act = Callable[[CrossCase, Content | None], str]  # what it does with a case and a photo; returns what is said of it
# Not his to do, whatever happens meanwhile; the others are told that the case has moved on.
_NOT_HIS = (Refusal.ROLE, Refusal.PATCH, Refusal.OWN, Refusal.BOTH, Refusal.TWICE)


@concern.route(CASE, allow=SIGNED_IN)
def show(case_id: UUID) -> Response:
    """One case, on one screen."""
    return _show(_find(case_id))


@concern.route(f"{CASE}/letter/<any(seller, harmed):side>", allow=DECIDERS)
def letter(case_id: UUID, side: str) -> Response:
    """What one side is asked, to print or to read out: it names neither the reporter nor the other side."""
    found = screen.letter(_viewer(), _find(case_id), side, clock.today())
    return page("desk/crossarea/letter.html", s=found or abort(404))


@concern.route(f"{CASE}/investigation", allow=DECIDERS, methods=["POST"])
def investigate(case_id: UUID) -> Response:
    """Begin to look into it."""
    return _advance(
        case_id, "investigation", WordsForm(needed=False), CaseVerb.INVESTIGATE, _("It is being looked into.")
    )


@concern.route(f"{CASE}/seller", allow=DECIDERS, methods=["POST"])
def name(case_id: UUID) -> Response:
    """Name who is to have sold."""
    form = NamingForm()

    def act(case: CrossCase, _photo: Content | None) -> str:
        found, like = sources.nameable(_viewer(), form.code.data or "")
        if found is None:
            raise _NobodyError(like)
        actions.name(_viewer(), case, found, form.words.data or "", _when(), seen=form.version)
        return _("Named. It is to be heard now.")

    return _do(case_id, "naming", form, act)


class _NobodyError(LookupError):
    """The text means no one distributor of his patch; `like`: those that it may mean."""

    def __init__(self, like: list[str]) -> None:
        super().__init__(*like)
        self.like = like


@concern.route(f"{CASE}/statements", allow=SIGNED_IN, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def hear(case_id: UUID) -> Response:
    """What a side says, or why it cannot be heard."""
    form = HearingForm()

    def act(case: CrossCase, content: Content | None) -> str:
        actions.advance(_viewer(), case, form.verb, form.words.data or "", _when(), key=outbox.key(), photo=content)
        return _("Kept. Every side has been heard.") if case.state is CaseState.HEARD else _("Kept.")

    return _do(case_id, "hearing", form, act)


@concern.route(f"{CASE}/decision", allow=DECIDERS, methods=["POST"])
def decide(case_id: UUID) -> Response:
    """Benign, malicious, or no case at all."""
    form = DecisionForm()

    def act(case: CrossCase, _photo: Content | None) -> str:
        actions.rule(_viewer(), case, form.verb, form.words.data or "", _when(), seen=form.version)
        return words.verb_name(form.verb)

    return _do(case_id, "decision", form, act)


@concern.route(f"{CASE}/measures", allow=DECIDERS, methods=["POST"])
def agree(case_id: UUID) -> Response:
    """Write down what was agreed."""
    form = MeasureForm(today=clock.today())

    def act(case: CrossCase, _photo: Content | None) -> str:
        measure = Agreement(form.measure, form.fen, form.day, form.words.data or "")
        actions.agree(_viewer(), case, measure, _when(), seen=form.version)
        return _("Written down.")

    return _do(case_id, "measure", form, act)


@concern.route(f"{CASE}/measures/<uuid:measure_id>/completion", allow=DECIDERS, methods=["POST"])
def settle(case_id: UUID, measure_id: UUID) -> Response:
    """A measure is done."""
    form = WordsForm(needed=False)

    def act(case: CrossCase, _photo: Content | None) -> str:
        actions.settle_measure(_viewer(), case, measure_id, form.words.data or "", _when())
        return _("Settled.") if case.state is CaseState.SETTLED else _("Done. Another measure is still open.")

    return _do(case_id, "settling", form, act)


@concern.route(f"{CASE}/appeal", allow=FIELD, methods=["POST"])
def appeal(case_id: UUID) -> Response:
    """Take the seller's appeal."""
    form = WordsForm()

    def act(case: CrossCase, _photo: Content | None) -> str:
        actions.appeal(_viewer(), case, form.words.data or "", _when())
        return _("Appealed. Somebody else decides about it.")

    return _do(case_id, "appeal", form, act)


@concern.route(f"{CASE}/appeal/decision", allow=DECIDERS, methods=["POST"])
def decide_appeal(case_id: UUID) -> Response:
    """Let it stand, change it, or overturn it."""
    form = AppealForm()

    def act(case: CrossCase, _photo: Content | None) -> str:
        actions.rule_on_appeal(_viewer(), case, form.verb, form.words.data or "", _when(), seen=form.version)
        return words.verb_name(form.verb)

    return _do(case_id, "appeal_decision", form, act)


@concern.route(f"{CASE}/comments", allow=SIGNED_IN, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def comment(case_id: UUID) -> Response:
    """Say something about it, with a photo or without."""
    return _advance(case_id, "comment", ProofForm(), CaseVerb.COMMENT, _("Kept."))


@concern.route("/photos/<uuid:photo_id>", allow=SIGNED_IN)
def photo(photo_id: UUID) -> Response:
    """The photo itself, to whoever may see its case."""
    row = queries.find_photo(_viewer(), photo_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


# What the views share --------------------------------------------------------------------------------------------


def _viewer() -> Any:
    return current_user._get_current_object()


def _when() -> When:
    """When the form was filled in, which for one that waited in a phone is a while ago."""
    heard = clock.now()
    return When(outbox.made_at(heard), heard, clock.today())


def _find(case_id: UUID) -> CrossCase:
    return queries.find(_viewer(), case_id) or abort(404)


def _show(case: CrossCase, status: int = 200, failed: Failed | None = None, said: str | None = None) -> Response:
    shown = screen.read(_viewer(), case, clock.today(), failed, said)
    beside = panels.shown("link:crossarea", shown.viewer, case.id, shown.today)
    return page("desk/crossarea/show.html", status=status, s=shown, panels=beside)


def _advance(case_id: UUID, called: str, form: WordsForm, verb: CaseVerb, done: str) -> Response:
    def act(case: CrossCase, content: Content | None) -> str:
        said = form.words.data or ""
        actions.advance(_viewer(), case, verb, said, _when(), key=outbox.key(), photo=content)
        return done

    return _do(case_id, called, form, act)


def _do(case_id: UUID, called: str, form: Form, act: Act) -> Response:
    """Check a form and act on the case; what is wrong comes back beside its field, what is refused above the page."""
    case = _find(case_id)
    if not form.validate():
        return _show(case, 422, Failed(called, form))
    try:
        content = _examined(form)
        done = act(case if content is None else _find(case_id), content)
    except actions.RefusedError as error:
        case = _afresh(case_id)
        status = 403 if error.reason in _NOT_HIS else 409
        return _show(case, status, Failed(called, form), words.refusal_text(error.reason, case.state))
    except actions.GoneError:
        abort(404)
    except _NobodyError as error:
        names = _(", ").join(error.like)
        form["code"].errors = [
            _("Several are called like that: %(names)s. Give the code.", names=names)
            if error.like
            else _("There is no such distributor in your patch. Look for its name or code under Distributors.")
        ]
        return _show(_afresh(case_id), 422, Failed(called, form))
    except (actions.TooManyError, contents.ContentError, storage.StorageError) as error:
        form["file"].errors = [photo_problem(error)]
        return _show(_afresh(case_id), 422, Failed(called, form))
    flash(done, "ok")
    return see_other(url_for(".show", case_id=case_id))


def _examined(form: Form) -> Content | None:
    """The photo of a form that has one."""
    if "file" not in form or not getattr(form["file"].data, "filename", ""):
        return None
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    return contents.examine_photo(form["file"].data.stream.read(contents.MAX_BYTES + 1))


def photo_problem(error: Exception) -> str:
    """Why a photo was not kept, and what to do."""
    if isinstance(error, actions.TooManyError):
        return _("A case holds %(count)s photos, and has them.", count=actions.MOST_PHOTOS)
    if isinstance(error, contents.ContentError):
        return str(error.reason)
    return storage.problem(error)


def _afresh(case_id: UUID) -> CrossCase:
    """The case as it stands, without what was begun."""
    db.session.rollback()
    db.session.expire_all()
    return _find(case_id)
