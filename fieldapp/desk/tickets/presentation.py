"""How an entry of a ticket's thread, a clock and a level of approval read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import pgettext

from fieldapp.core import money
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.i18n import gettext as _
from fieldapp.fieldwork.remediation import words
from fieldapp.fieldwork.remediation.models import Remedy, Ticket, TicketEntry
from fieldapp.fieldwork.remediation.rules import HIGHEST, RemedyKind, RootCause, TicketVerb
from fieldapp.fieldwork.remediation.words import Due

_HEARD = (TicketVerb.SATISFIED, TicketVerb.DISSATISFIED)


def remedy_options() -> list[tuple[str, str]]:
    """The kinds of remedies to choose from."""
    return [(kind.value, words.remedy_name(kind)) for kind in RemedyKind]


def cause_options() -> list[tuple[str, str]]:
    """The root causes to choose from."""
    return [(cause.value, words.cause_name(cause)) for cause in RootCause]


def who(entry: TicketEntry, people: Mapping[UUID, str]) -> str:
    """Who did it."""
    if entry.by_id is not None:
        return people.get(entry.by_id, "—")
    if entry.verb in _HEARD:
        return _("By the rep's survey") if entry.values.get("channel") == "rep" else _("The customer himself")
    return _("The system")


def details(entry: TicketEntry, stores: Mapping[str, str]) -> str:
    """What an entry holds besides words: amounts, days, what the customer said, which clock ran out, who handed it
    over.

    `stores`: names of distributors that the viewer may see, by their keys as text.
    """
    held: Mapping[str, Any] = entry.values or {}
    parts: list[str] = []
    if held.get("handover"):
        parts = [_("%(giver)s → %(taker)s", **_parties(held, stores))]
    if entry.verb is TicketVerb.PROPOSE:
        parts = [words.remedy_name(RemedyKind(held["kind"]))] if held.get("kind") in set(RemedyKind) else []
        parts += [_amount(held), _("by %(day)s", day=held.get("by", ""))]
    elif entry.verb in (TicketVerb.APPROVE, TicketVerb.APPROVE_LESS):
        parts = [_amount(held)]
        if held.get("state") == "second":
            parts.append(_("a second approval is needed"))
    elif entry.verb in _HEARD:
        parts = [words.solved_name(held["solved"])] if held.get("solved") in ("yes", "partly", "no") else []
        parts.append(_("satisfaction %(score)s of 5", score=held.get("satisfaction", "—")))
    elif entry.verb is TicketVerb.CLOSE:
        parts = [words.cause_name(RootCause(held["cause"]))] if held.get("cause") in set(RootCause) else []
        parts += [_("shown on similar tickets")] if held.get("standing") else []
    elif entry.verb is TicketVerb.ESCALATE:
        parts = [_("to the next supervisor"), _clock(held)]
    if held.get("written"):
        written = datetime.fromisoformat(held["written"]).astimezone(SHANGHAI)
        parts.append(_("written %(moment)s without a signal", moment=f"{written:%m-%d %H:%M}"))
    return " · ".join(filter(None, parts))


def _parties(held: Mapping[str, Any], stores: Mapping[str, str]) -> dict[str, str]:
    """From whom to whom: reps by name, distributors as far as the viewer may see them."""
    other = pgettext("handover", "another distributor")
    if "giver" in held:
        return {"giver": stores.get(held["giver"], other), "taker": stores.get(held["taker"], other)}
    return {"giver": held.get("from", ""), "taker": held.get("to", "")}


def _amount(held: Mapping[str, Any]) -> str:
    amount = held.get("amount")
    return money.show_yuan(amount) if isinstance(amount, int) and amount else _("without money")


def _clock(held: Mapping[str, Any]) -> str:
    return _("the first answer is late") if held.get("clock") == "first" else _("solving it is late")


def amount(fen: int) -> str:
    """An amount of a remedy."""
    return money.show_yuan(fen) if fen else _("without money")


def first_answer(ticket: Ticket, now: datetime) -> Due:
    """How the clock of the first answer stands."""
    if ticket.answered_at is None:
        return words.due(ticket.first_due_at, now) if words.is_open(ticket.state) else Due(_("not given"), late=False)
    return _met(ticket.answered_at, ticket.first_due_at)


def solving(ticket: Ticket, now: datetime) -> Due:
    """How the clock of solving it stands."""
    if ticket.solved_at is not None:
        return _met(ticket.solved_at, ticket.solve_due_at)
    return words.due(ticket.solve_due_at, now) if words.is_open(ticket.state) else Due("—", late=False)


def _met(at: datetime, due_at: datetime) -> Due:
    moment = f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
    if at <= due_at:
        return Due(_("%(moment)s, in time", moment=moment), late=False)
    return Due(_("%(moment)s, too late", moment=moment), late=True)


def entry_title(entry: TicketEntry) -> str:
    """What was done."""
    if entry.verb is TicketVerb.COMMENT and not entry.words and (entry.values or {}).get("photo"):
        return _("Photo added")
    if (entry.values or {}).get("handover"):
        return _("Handed over")
    return words.verb_name(entry.verb)


def level_text(level: int, remedy: Remedy, people: Mapping[UUID, str]) -> str:
    """Who has to approve a remedy of a level, and who has done so."""
    if level >= HIGHEST:
        needed = _("At this amount and severity a supervisor and an administrator approve.")
    elif level == 2:
        needed = _("At this amount and severity two approve: a supervisor, and another one or an administrator.")
    else:
        needed = _("One supervisor approves.")
    if remedy.first_by_id is not None and remedy.decided_at is None:
        return (
            needed
            + " "
            + _("%(who)s has approved; the second approval is still to come.", who=people[remedy.first_by_id])
        )
    return needed
