"""The page of a ticket, and what can be done there.

What a rep does on the road may come from a phone that had no signal: its key makes it harmless to send twice, and
`_when` tells when it was written.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, money, outbox, storage
from fieldapp.core.access import DECIDERS, FIELD, SIGNED_IN
from fieldapp.core.clock import When
from fieldapp.core.concern import Concern
from fieldapp.core.contents import Content
from fieldapp.core.db import db, uuid7
from fieldapp.core.forms import Form
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.remediation import actions, queries, words
from fieldapp.fieldwork.remediation.actions import Proposal
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Refusal, RootCause, TicketState, TicketVerb, decide
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.fieldwork.surveys.rules import Purpose
from fieldapp.people.accounts.viewer import Viewer

from . import queries as more
from . import screen
from .forms import DecisionForm, HeardForm, LessonForm, PhotoForm, ProofForm, ProposalForm, WordsForm
from .screen import Failed

concern = Concern("tickets", __name__, section="tickets", url_prefix="/tickets")
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024
TICKET = "/<uuid:ticket_id>"
Act = Callable[[Ticket, Content | None], str]  # what it does with a ticket and a photo; returns what is said of it
# Not his to do, whatever happens meanwhile; the others are told that the ticket has moved on.
_NOT_HIS = (Refusal.ROLE, Refusal.PATCH, Refusal.OWN, Refusal.TWICE, Refusal.ADMIN_NEEDED)


@concern.route(TICKET, allow=SIGNED_IN)
def show(ticket_id: UUID) -> Response:
    """One ticket, on one screen."""
    return _show(_find(ticket_id))


# A remedy and its approval ---------------------------------------------------------------------------------------


@concern.route(f"{TICKET}/proposal", allow=FIELD, methods=["POST"])
def propose(ticket_id: UUID) -> Response:
    """Propose a remedy."""
    form = ProposalForm(today=clock.today())

    def act(ticket: Ticket, _photo: Content | None) -> str:
        proposal = Proposal(form.remedy, form.fen, form.day, form.words.data or "")
        actions.propose(current_user, ticket, proposal, _when())
        return _("Proposed. A supervisor of the area is told.")

    return _do(ticket_id, "proposal", form, act)


@concern.route(f"{TICKET}/decision", allow=DECIDERS, methods=["POST"])
def decide_remedy(ticket_id: UUID) -> Response:
    """Approve a remedy or less of it, return it with a question, decline it."""
    form = DecisionForm()

    def act(ticket: Ticket, _photo: Content | None) -> str:
        said, seen, when = form.words.data or "", form.remedy_id, _when()
        if form.decision.data in ("approve", "less"):
            actions.approve(current_user, ticket, said, when, seen=seen, less=form.fen)
            again = ticket.state is TicketState.SECOND
            return _("Approved. A second approval is needed; it is asked for.") if again else _("Approved.")
        verb = TicketVerb.RETURN if form.decision.data == "return" else TicketVerb.DECLINE
        actions.turn_down(current_user, ticket, verb, said, when, seen=seen)
        return _("Returned with your question.") if verb is TicketVerb.RETURN else _("Declined.")

    return _do(ticket_id, "less" if form.decision.data == "less" else "decision", form, act)


# On the road -----------------------------------------------------------------------------------------------------


@concern.route(f"{TICKET}/answer", allow=FIELD, methods=["POST"], outbox=True)
def answer(ticket_id: UUID) -> Response:
    """What the customer was told first."""
    return _advance(ticket_id, "answer", TicketVerb.ANSWER, _("Kept: the customer has his first answer."))


@concern.route(f"{TICKET}/steps", allow=FIELD, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def step(ticket_id: UUID) -> Response:
    """A step of carrying it out; the first one begins it."""
    return _prove(ticket_id, "step", _("Kept."), _step)


def _step(ticket: Ticket) -> TicketVerb:
    return TicketVerb.START if ticket.state is TicketState.APPROVED else TicketVerb.STEP


@concern.route(f"{TICKET}/completion", allow=FIELD, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def carry_out(ticket_id: UUID) -> Response:
    """The remedy is carried out."""
    return _prove(
        ticket_id, "completion", _("Carried out. Now ask the customer again."), lambda _ticket: TicketVerb.CARRY_OUT
    )


@concern.route(f"{TICKET}/comments", allow=SIGNED_IN, methods=["POST"], outbox=True)
def comment(ticket_id: UUID) -> Response:
    """Say something about it."""
    return _advance(ticket_id, "comment", TicketVerb.COMMENT, _("Kept."))


@concern.route(f"{TICKET}/withdrawal", allow=FIELD, methods=["POST"])
def withdraw(ticket_id: UUID) -> Response:
    """It was none."""
    return _advance(ticket_id, "withdrawal", TicketVerb.WITHDRAW, _("Withdrawn."))


# The customer, again ---------------------------------------------------------------------------------------------


@concern.route(f"{TICKET}/question", allow=FIELD, methods=["POST"])
def ask_again(ticket_id: UUID) -> Response:
    """Open the survey that asks the customer whether it is solved, or go on with the one that is open."""
    ticket, when = _find(ticket_id), _when()
    remedy = actions.latest_remedy(ticket)
    refused = decide(ticket.state, TicketVerb.ASK_AGAIN, actions.facts_of(current_user, ticket, remedy, when.today))
    if isinstance(refused, Refusal) or remedy is None:
        return _refused(ticket, refused if isinstance(refused, Refusal) else Refusal.STATE)
    survey = more.open_survey(ticket, remedy.proposed_at)
    try:
        if survey is None:
            actions.advance(current_user, ticket, TicketVerb.ASK_AGAIN, "", when)
            # Of two at once the second has waited there for the first, and goes on with his.
            survey = more.open_survey(ticket, remedy.proposed_at) or surveys.ask(
                current_user,
                key=uuid7(),
                purpose=Purpose.REMEDY,
                distributor=more.store_of(ticket, when.today),
                subject_id=ticket.id,
                now=when.now,
                today=when.today,
            )
    except actions.RefusedError as error:
        return _refused(ticket, error.reason)
    return see_other(url_for("surveys.show", survey_id=survey.id))


@concern.route(f"{TICKET}/verdict", allow=FIELD, methods=["POST"], outbox=True)
def hear(ticket_id: UUID) -> Response:
    """What the customer said, as the rep heard it."""
    form = HeardForm()

    def act(ticket: Ticket, _photo: Content | None) -> str:
        said = form.words.data or ""
        after = actions.hear(current_user, ticket, form.solved.data or "", form.score, _when(), said, key=outbox.key())
        return _("Solved. Now write down what it taught.") if after is TicketState.SOLVED else _("Open again.")

    return _do(ticket_id, "heard", form, act)


@concern.route(f"{TICKET}/lesson", allow=FIELD, methods=["POST"])
def close(ticket_id: UUID) -> Response:
    """Close it with what it taught."""
    form = LessonForm()

    def act(ticket: Ticket, _photo: Content | None) -> str:
        cause = RootCause(form.cause.data)
        actions.close(current_user, ticket, cause, form.words.data or "", bool(form.standing.data), _when())
        return _("Closed.")

    return _do(ticket_id, "lesson", form, act)


# Photos ----------------------------------------------------------------------------------------------------------


@concern.route(f"{TICKET}/photos", allow=SIGNED_IN, methods=["POST"], outbox=True, max_bytes=PHOTO_BYTES)
def add_photo(ticket_id: UUID) -> Response:
    """Keep a photo."""
    form = PhotoForm()

    def act(ticket: Ticket, content: Content | None) -> str:
        assert content is not None  # noqa: S101  the form asks for one
        caption = form.caption.data or ""
        key = outbox.key() or uuid7()
        actions.keep_photo(current_user, ticket, key=key, content=content, caption=caption, when=_when())
        return _("Photo kept.")

    return _do(ticket_id, "photo", form, act)


@concern.route("/photos/<uuid:photo_id>", allow=SIGNED_IN)
def photo(photo_id: UUID) -> Response:
    """The photo itself, to whoever may see its ticket."""
    row = queries.find_photo(current_user, photo_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


def pages(viewer: Viewer, _today: date) -> list[str]:
    """The tickets that a rep handles, for his phone: there he notes answers and steps without a signal."""
    return [url_for("tickets.show", ticket_id=key) for key in queries.handled_by(viewer)]


# What the views share --------------------------------------------------------------------------------------------


def _when() -> When:
    """When the form was filled in, which for one that waited in a phone is a while ago."""
    heard = clock.now()
    return When(outbox.made_at(heard), heard, clock.today())


def _find(ticket_id: UUID) -> Ticket:
    return queries.find(current_user, ticket_id) or abort(404)


def _show(ticket: Ticket, status: int = 200, failed: Failed | None = None, said: str | None = None) -> Response:
    viewer: Any = current_user._get_current_object()
    shown = screen.read(viewer, ticket, clock.now(), clock.today(), failed, said)
    return page("desk/tickets/show.html", status=status, s=shown)


def _advance(ticket_id: UUID, name: str, verb: TicketVerb, done: str) -> Response:
    form = WordsForm()

    def act(ticket: Ticket, _photo: Content | None) -> str:
        actions.advance(current_user, ticket, verb, form.words.data or "", _when(), key=outbox.key())
        return done

    return _do(ticket_id, name, form, act)


def _prove(ticket_id: UUID, name: str, done: str, verb: Callable[[Ticket], TicketVerb]) -> Response:
    """The same with a photo, if there is one."""
    form = ProofForm()

    def act(ticket: Ticket, content: Content | None) -> str:
        said = form.words.data or ""
        actions.advance(current_user, ticket, verb(ticket), said, _when(), key=outbox.key(), photo=content)
        return done

    return _do(ticket_id, name, form, act)


def _do(ticket_id: UUID, name: str, form: Form, act: Act) -> Response:
    """Check a form and act on the ticket; what is wrong comes back beside its field, what is refused above the page."""
    ticket = _find(ticket_id)
    if not form.validate():
        return _show(ticket, 422, Failed(name, form))
    try:
        content = _examined(form)
        done = act(ticket if content is None else _find(ticket_id), content)
    except actions.RefusedError as error:
        return _refused(_afresh(ticket_id), error.reason, Failed(name, form))
    except actions.GoneError:
        abort(404)
    except (actions.TooMuchError, actions.TooManyError, contents.ContentError, storage.StorageError) as error:
        form["amount" if isinstance(error, actions.TooMuchError) else "file"].errors = [_wrong(error)]
        return _show(_afresh(ticket_id), 422, Failed(name, form))
    flash(done, "ok")
    return see_other(url_for(".show", ticket_id=ticket_id))


def _examined(form: Form) -> Content | None:
    """The photo of a form that has one."""
    if "file" not in form or not getattr(form["file"].data, "filename", ""):
        return None
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    return contents.examine_photo(form["file"].data.stream.read(contents.MAX_BYTES + 1))


def _wrong(error: Exception) -> str:
    if isinstance(error, actions.TooMuchError):
        asked = money.show_yuan(error.amount)
        return _("%(amount)s was asked: give less than that, or approve it all.", amount=asked)
    if isinstance(error, actions.TooManyError):
        return _("A ticket holds %(count)s photos, and has them.", count=actions.MOST_PHOTOS)
    if isinstance(error, contents.ContentError):
        return str(error.reason)
    return storage.problem(error)


def _afresh(ticket_id: UUID) -> Ticket:
    """The ticket as it stands, without what was begun."""
    db.session.rollback()
    return _find(ticket_id)


def _refused(ticket: Ticket, reason: Refusal, failed: Failed | None = None) -> Response:
    said = words.refusal_text(reason, ticket.state)
    return _show(ticket, 403 if reason in _NOT_HIS else 409, failed, said)
