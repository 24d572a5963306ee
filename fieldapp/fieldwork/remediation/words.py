"""How tickets read in the user's language: their kinds, states, verbs, clocks, and why a move was refused."""

from datetime import datetime, timedelta
from typing import NamedTuple

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext

from .rules import OPEN, Refusal, RemedyKind, RootCause, Severity, TicketKind, TicketState, TicketVerb

_HOUR = timedelta(hours=1)


def kind_name(kind: TicketKind) -> str:
    """What a complaint is about."""
    return {
        TicketKind.QUALITY: _("Quality"),
        TicketKind.EFFECT: _("Effect in use"),
        TicketKind.DELIVERY: _("Delivery"),
        TicketKind.WEIGHT: _("Short weight"),
        TicketKind.PACKAGING: _("Packaging"),
        TicketKind.PRICE: _("Price and billing"),
        TicketKind.SERVICE: _("Service"),
        TicketKind.ANIMALS: _("Animals ill or dead"),
        TicketKind.OTHER: _("Something else"),
    }[kind]


def severity_name(severity: Severity) -> str:
    """How bad it is."""
    return {Severity.SEVERE: _("Severe"), Severity.NORMAL: _("Normal"), Severity.MINOR: _("Minor")}[severity]


def severity_tone(severity: Severity) -> str:
    """The tone of its badge."""
    return {Severity.SEVERE: "stop", Severity.NORMAL: "neutral", Severity.MINOR: "neutral"}[severity]


def state_name(state: TicketState) -> str:
    """Where a ticket stands."""
    return {
        TicketState.REPORTED: _("Reported"),
        TicketState.PROPOSED: _("Waits for approval"),
        TicketState.SECOND: _("Waits for a second approval"),
        TicketState.APPROVED: _("Remedy approved"),
        TicketState.RETURNED: _("Returned with a question"),
        TicketState.DECLINED: _("Remedy declined"),
        TicketState.UNDER_WAY: _("Being carried out"),
        TicketState.CARRIED_OUT: _("Carried out, customer to be asked"),
        TicketState.SOLVED: _("Solved"),
        TicketState.CLOSED: _("Closed"),
        TicketState.WITHDRAWN: _("Withdrawn"),
    }[state]


def state_tone(state: TicketState) -> str:
    """The tone of its badge: ok where the customer is content, warn where somebody of ours has to act."""
    return {
        TicketState.REPORTED: "warn",
        TicketState.PROPOSED: "warn",
        TicketState.SECOND: "warn",
        TicketState.APPROVED: "info",
        TicketState.RETURNED: "warn",
        TicketState.DECLINED: "stop",
        TicketState.UNDER_WAY: "info",
        TicketState.CARRIED_OUT: "accent",
        TicketState.SOLVED: "ok",
        TicketState.CLOSED: "ok",
        TicketState.WITHDRAWN: "neutral",
    }[state]


def is_open(state: TicketState) -> bool:
    """Do its clocks run?"""
    return state in OPEN


def remedy_name(kind: RemedyKind) -> str:
    """How it is put right."""
    return {
        RemedyKind.APOLOGY: _("Apology"),
        RemedyKind.REPLACEMENT: _("Replacement goods"),
        RemedyKind.CREDIT_NOTE: _("Credit note"),
        RemedyKind.DISCOUNT: _("Discount on the next order"),
        RemedyKind.TECHNICIAN: _("Visit by a technician"),
        RemedyKind.OTHER: _("Another remedy"),
    }[kind]


def cause_name(cause: RootCause) -> str:
    """Why it happened."""
    return {
        RootCause.RECIPE: _("Recipe"),
        RootCause.PRODUCTION: _("Production"),
        RootCause.STORAGE: _("Storage"),
        RootCause.TRANSPORT: _("Transport"),
        RootCause.USE: _("Use at the farm"),
        RootCause.PROMISE: _("A promise that was not kept"),
        RootCause.BILLING: _("Billing"),
        RootCause.CUSTOMER: _("The customer's own doing"),
        RootCause.UNKNOWN: _("Not found out"),
    }[cause]


def verb_name(verb: TicketVerb | None) -> str:
    """What was done, as the thread says it; None: the ticket was opened."""
    if verb is None:
        return _("Ticket opened")
    return {
        TicketVerb.PROPOSE: _("Remedy proposed"),
        TicketVerb.APPROVE: _("Approved"),
        TicketVerb.APPROVE_LESS: _("Approved, with a lower amount"),
        TicketVerb.RETURN: _("Returned with a question"),
        TicketVerb.DECLINE: _("Declined"),
        TicketVerb.ANSWER: _("Customer answered"),
        TicketVerb.START: _("Carrying out begun"),
        TicketVerb.STEP: _("Step done"),
        TicketVerb.CARRY_OUT: _("Carried out"),
        TicketVerb.ASK_AGAIN: _("Customer asked again"),
        TicketVerb.SATISFIED: _("Customer content"),
        TicketVerb.DISSATISFIED: _("Customer not content: open again"),
        TicketVerb.CLOSE: _("Closed with a lesson"),
        TicketVerb.WITHDRAW: _("Withdrawn"),
        TicketVerb.COMMENT: _("Comment"),
        TicketVerb.ESCALATE: _("Escalated"),
    }[verb]


def solved_name(solved: str) -> str:
    """What the customer said when he was asked whether it is solved: yes, partly, no."""
    return {"yes": _("Solved, he says"), "partly": _("Partly solved, he says"), "no": _("Not solved, he says")}[solved]


def refusal_text(reason: Refusal, state: TicketState) -> str:
    """Why a move was refused; `state`: how the ticket stands now."""
    return {
        Refusal.STATE: _(
            "The ticket stands at “%(state)s” now: this cannot be done from there. Look at it as it is below.",
            state=state_name(state),
        ),
        Refusal.ROLE: _("Your role does not do this. Ask the rep or the supervisor of the area."),
        Refusal.PATCH: _("This distributor lies outside your patch."),
        Refusal.OWN: _("You proposed this remedy yourself: another supervisor decides it."),
        Refusal.TWICE: _("You gave the first approval: another supervisor or an administrator gives the second."),
        Refusal.ADMIN_NEEDED: _("At this amount and severity an administrator gives the second approval."),
        Refusal.ANSWERED: _("The customer has had his first answer already. Write a comment instead."),
        Refusal.MOVED: _(
            "Somebody else was first: the ticket stands at “%(state)s” now. Nothing of yours was saved.",
            state=state_name(state),
        ),
        Refusal.ANEW: _("A new remedy was proposed meanwhile. Look at it below, then decide."),
    }[reason]


class Due(NamedTuple):
    """How a clock reads."""

    text: str
    late: bool


def due(at: datetime, now: datetime) -> Due:
    """`by 11-24 14:00`, or how long it has been late."""
    if at > now:
        return Due(_("by %(moment)s", moment=f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"), late=False)
    hours = (now - at) // _HOUR
    if hours < 48:
        return Due(ngettext("%(num)d hour late", "%(num)d hours late", max(hours, 1)), late=True)
    days = hours // 24
    return Due(ngettext("%(num)d day late", "%(num)d days late", days), late=True)
