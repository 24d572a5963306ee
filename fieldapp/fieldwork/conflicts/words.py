"""How conflicts read in the user's language: kinds, states, verbs, outcomes, and why a move was refused."""

from flask_babel import pgettext

from fieldapp.core.i18n import gettext as _

from .rules import (
    GOING,
    ConflictKind,
    ConflictState,
    ConflictVerb,
    MeetingState,
    Outcome,
    PointState,
    Refusal,
)


def kind_name(kind: ConflictKind) -> str:
    """What they quarrel about."""
    return {
        ConflictKind.AREA: _("Sales area"),
        ConflictKind.PRICE: pgettext("conflict", "Price"),
        ConflictKind.ACCOUNTS: _("Accounts and customers"),
        ConflictKind.OTHER: _("Something else"),
    }[kind]


def state_name(state: ConflictState) -> str:
    """Where a conflict stands."""
    return {
        ConflictState.OPEN: pgettext("conflict", "Open"),
        ConflictState.TALKING: _("Being talked over"),
        ConflictState.AGREED: _("Agreed"),
        ConflictState.FOLLOWED_UP: _("Agreed and followed up"),
        ConflictState.CLOSED: pgettext("conflict", "Closed"),
        ConflictState.DROPPED: pgettext("conflict", "Dropped"),
    }[state]


def state_tone(state: ConflictState) -> str:
    """The tone of its badge: warn where somebody of ours has to act."""
    return {
        ConflictState.OPEN: "warn",
        ConflictState.TALKING: "info",
        ConflictState.AGREED: "accent",
        ConflictState.FOLLOWED_UP: "ok",
        ConflictState.CLOSED: "ok",
        ConflictState.DROPPED: "neutral",
    }[state]


def is_going(state: ConflictState) -> bool:
    """Is it still worked on?"""
    return state in GOING


def outcome_name(outcome: Outcome) -> str:
    """How it ended."""
    return {
        Outcome.SETTLED: _("Settled: the agreement holds"),
        Outcome.PARTLY: _("Partly settled"),
        Outcome.UNSETTLED: _("Not settled"),
    }[outcome]


def point_name(state: PointState) -> str:
    """Whether a point was kept."""
    return {
        PointState.OPEN: pgettext("promise", "Open"),
        PointState.KEPT: pgettext("promise", "Kept"),
        PointState.BROKEN: pgettext("promise", "Broken"),
    }[state]


def point_tone(state: PointState) -> str:
    """The tone of its badge."""
    return {PointState.OPEN: "neutral", PointState.KEPT: "ok", PointState.BROKEN: "stop"}[state]


def meeting_name(state: MeetingState) -> str:
    """Where a meeting stands."""
    return {
        MeetingState.PLANNED: pgettext("meeting", "Planned"),
        MeetingState.HELD: pgettext("meeting", "Held"),
        MeetingState.CANCELLED: pgettext("meeting", "Cancelled"),
    }[state]


def verb_name(verb: ConflictVerb | None) -> str:
    """What was done, as the thread says it; None: the conflict was opened."""
    if verb is None:
        return _("Conflict opened")
    return {
        ConflictVerb.NOTE: pgettext("conflict", "Note"),
        ConflictVerb.ADD_PARTY: _("Party added"),
        ConflictVerb.LINK: _("Linked"),
        ConflictVerb.ASSIGN: _("Given to somebody else"),
        ConflictVerb.MEET: _("Meeting planned"),
        ConflictVerb.HOLD: _("Meeting held"),
        ConflictVerb.CANCEL: _("Meeting cancelled"),
        ConflictVerb.AGREE: _("Agreement made"),
        ConflictVerb.ADD_POINT: _("Point added to the agreement"),
        ConflictVerb.KEEP: _("Promise kept"),
        ConflictVerb.BREAK: _("Promise broken"),
        ConflictVerb.PLAN_VISIT: _("Follow-up visit planned"),
        ConflictVerb.FOLLOW_UP: _("Looked whether it holds"),
        ConflictVerb.CLOSE: pgettext("conflict", "Closed"),
        ConflictVerb.DROP: pgettext("conflict", "Dropped"),
        ConflictVerb.REOPEN: _("Opened again"),
    }[verb]


def refusal_text(reason: Refusal, state: ConflictState) -> str:
    """Why a move was refused and what helps; `state`: how the conflict stands now."""
    return {
        Refusal.STATE: _(
            "The conflict stands at “%(state)s” now: this cannot be done from there. Look at it as it is below.",
            state=state_name(state),
        ),
        Refusal.PATCH: _("None of its parties lies in your patch: others go on with it."),
        Refusal.ROLE: _("Your role does not do this. Ask the supervisor of the area."),
        Refusal.PARTY: _("This party lies outside your patch: whoever looks after it does this."),
        Refusal.PARTIES: _("Not every party lies in your patch: a supervisor of all of them concludes for both sides."),
        Refusal.ALONE: _("An agreement needs two parties. Add the other one first, or ask a supervisor to add it."),
        Refusal.OWNER: _("Somebody else looks after this conflict: he or a supervisor ends it."),
        Refusal.PROMISES: _("Promises are still open. Say of each whether it was kept, then close."),
        Refusal.MOVED: _(
            "Somebody else was first: the conflict stands at “%(state)s” now. Nothing of yours was saved.",
            state=state_name(state),
        ),
    }[reason]
