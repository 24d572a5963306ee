"""What a ticket can be, what can be done with it by whom, and how high its remedy must be approved. Pure.

`MOVES` is the one table of states and verbs. `decide` reads it; everything that is not in it is refused with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class TicketState(StrEnum):
    """Where a ticket stands. `second`: one supervisor has approved, another has to. `carried_out`: the customer is
    asked whether it is solved. `closed`: solved or declined, and the lesson is written."""

    REPORTED = "reported"
    PROPOSED = "proposed"
    SECOND = "second"
    APPROVED = "approved"
    RETURNED = "returned"
    DECLINED = "declined"
    UNDER_WAY = "under_way"
    CARRIED_OUT = "carried_out"
    SOLVED = "solved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class TicketVerb(StrEnum):
    """What can be done with a ticket, each an entry in its thread. `satisfied`, `dissatisfied`: what the customer said
    when he was asked again."""

    PROPOSE = "propose"
    APPROVE = "approve"
    APPROVE_LESS = "approve_less"
    RETURN = "return"
    DECLINE = "decline"
    ANSWER = "answer"
    START = "start"
    STEP = "step"
    CARRY_OUT = "carry_out"
    ASK_AGAIN = "ask_again"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    COMMENT = "comment"
    ESCALATE = "escalate"


class TicketKind(StrEnum):
    """What the complaint is about. `animals`: illness or death of animals."""

    QUALITY = "quality"
    EFFECT = "effect"
    DELIVERY = "delivery"
    WEIGHT = "weight"
    PACKAGING = "packaging"
    PRICE = "price"
    SERVICE = "service"
    ANIMALS = "animals"
    OTHER = "other"


class Severity(StrEnum):
    """How bad it is: sets the clocks, and how high the remedy is approved."""

    MINOR = "minor"
    NORMAL = "normal"
    SEVERE = "severe"


class RemedyKind(StrEnum):
    """How it is put right."""

    APOLOGY = "apology"
    REPLACEMENT = "replacement"
    CREDIT_NOTE = "credit_note"
    DISCOUNT = "discount"
    TECHNICIAN = "technician"
    OTHER = "other"


class RootCause(StrEnum):
    """Why it happened, as found when the ticket is closed."""

    RECIPE = "recipe"
    PRODUCTION = "production"
    STORAGE = "storage"
    TRANSPORT = "transport"
    USE = "use"
    PROMISE = "promise"
    BILLING = "billing"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Who(StrEnum):
    """Who may do a verb. `handler`: a rep or supervisor whose patch holds the distributor; `approver`: a supervisor of
    that patch (and for the second approval an administrator); `customer`: the survey's answer, or a handler who heard
    it; `anyone`: whoever covers it; `system`: the clock."""

    HANDLER = "handler"
    APPROVER = "approver"
    CUSTOMER = "customer"
    ANYONE = "anyone"
    SYSTEM = "system"


class Actor(StrEnum):
    """In which capacity somebody acts."""

    REP = "rep"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SYSTEM = "system"


class Refusal(StrEnum):
    """Why a move is refused."""

    STATE = "state"
    ROLE = "role"
    PATCH = "patch"
    OWN = "own"
    TWICE = "twice"
    ADMIN_NEEDED = "admin_needed"
    ANSWERED = "answered"
    # Told by the actions, never by `decide`: somebody else was first; the remedy that was seen is not the last one.
    MOVED = "moved"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Facts:
    """What `decide` needs to know. `proposer`: he proposed the remedy that waits; `first`: he approved it first;
    `level`: how high the remedy is approved, by `level`; `answered`: the customer has had his first answer."""

    actor: Actor
    covers: bool = True
    proposer: bool = False
    first: bool = False
    level: int = 1
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to `first` fen one supervisor approves, up to `second` a second one or an administrator too, above it a
    supervisor and an administrator."""

    first: int = 50_000
    second: int = 500_000


SAME = None
HIGHEST = 3
ENDED = frozenset({TicketState.SOLVED, TicketState.CLOSED, TicketState.WITHDRAWN, TicketState.DECLINED})
OPEN = frozenset(TicketState) - ENDED
WAITS = (TicketState.PROPOSED, TicketState.SECOND)
_UP_TO_START = frozenset({TicketState.REPORTED, TicketState.PROPOSED, TicketState.SECOND, TicketState.RETURNED})
_BY_APPROVAL = frozenset(WAITS)


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, by whom, to which (SAME: it stays)."""

    states: frozenset[TicketState]
    who: Who
    to: TicketState | None


MOVES: Mapping[TicketVerb, Move] = {
    TicketVerb.PROPOSE: Move(
        frozenset({TicketState.REPORTED, TicketState.RETURNED, TicketState.DECLINED}), Who.HANDLER, TicketState.PROPOSED
    ),
    TicketVerb.APPROVE: Move(_BY_APPROVAL, Who.APPROVER, TicketState.APPROVED),
    TicketVerb.APPROVE_LESS: Move(_BY_APPROVAL, Who.APPROVER, TicketState.APPROVED),
    TicketVerb.RETURN: Move(_BY_APPROVAL, Who.APPROVER, TicketState.RETURNED),
    TicketVerb.DECLINE: Move(_BY_APPROVAL, Who.APPROVER, TicketState.DECLINED),
    TicketVerb.ANSWER: Move(OPEN | {TicketState.DECLINED}, Who.HANDLER, SAME),
    TicketVerb.START: Move(frozenset({TicketState.APPROVED}), Who.HANDLER, TicketState.UNDER_WAY),
    TicketVerb.STEP: Move(frozenset({TicketState.UNDER_WAY}), Who.HANDLER, SAME),
    TicketVerb.CARRY_OUT: Move(
        frozenset({TicketState.APPROVED, TicketState.UNDER_WAY}), Who.HANDLER, TicketState.CARRIED_OUT
    ),
    TicketVerb.ASK_AGAIN: Move(frozenset({TicketState.CARRIED_OUT}), Who.HANDLER, SAME),
    TicketVerb.SATISFIED: Move(frozenset({TicketState.CARRIED_OUT}), Who.CUSTOMER, TicketState.SOLVED),
    TicketVerb.DISSATISFIED: Move(
        frozenset({TicketState.CARRIED_OUT, TicketState.SOLVED}), Who.CUSTOMER, TicketState.REPORTED
    ),
    TicketVerb.CLOSE: Move(frozenset({TicketState.SOLVED, TicketState.DECLINED}), Who.HANDLER, TicketState.CLOSED),
    TicketVerb.WITHDRAW: Move(_UP_TO_START, Who.HANDLER, TicketState.WITHDRAWN),
    TicketVerb.COMMENT: Move(frozenset(TicketState), Who.ANYONE, SAME),
    TicketVerb.ESCALATE: Move(OPEN, Who.SYSTEM, SAME),
}
_ACTORS: Mapping[Who, frozenset[Actor]] = {
    Who.HANDLER: frozenset({Actor.REP, Actor.SUPERVISOR}),
    Who.APPROVER: frozenset({Actor.SUPERVISOR}),
    Who.CUSTOMER: frozenset({Actor.REP, Actor.SUPERVISOR, Actor.SYSTEM}),
    Who.ANYONE: frozenset({Actor.REP, Actor.SUPERVISOR, Actor.ADMIN}),
    Who.SYSTEM: frozenset({Actor.SYSTEM}),
}


def decide(state: TicketState, verb: TicketVerb, facts: Facts) -> TicketState | Refusal:
    """The state after a verb, or why it cannot be done. Who may not see the ticket is told that and no more."""
    move = MOVES[verb]
    refused = _who_refused(state, move.who, facts)
    if refused is not None:
        return refused
    if state not in move.states:
        return Refusal.STATE
    if verb is TicketVerb.ANSWER and facts.answered:
        return Refusal.ANSWERED
    if move.who is Who.APPROVER:
        return _approver_refused(state, facts) or _after_approval(state, verb, facts, move)
    return state if move.to is SAME else move.to


def _who_refused(state: TicketState, who: Who, facts: Facts) -> Refusal | None:
    if not facts.covers:
        return Refusal.PATCH
    second = who is Who.APPROVER and state is TicketState.SECOND and facts.actor is Actor.ADMIN
    return None if second or facts.actor in _ACTORS[who] else Refusal.ROLE


def _approver_refused(state: TicketState, facts: Facts) -> Refusal | None:
    if facts.proposer:
        return Refusal.OWN
    if state is TicketState.SECOND:
        if facts.first:
            return Refusal.TWICE
        if facts.level >= HIGHEST and facts.actor is not Actor.ADMIN:
            return Refusal.ADMIN_NEEDED
    return None


def _after_approval(state: TicketState, verb: TicketVerb, facts: Facts, move: Move) -> TicketState:
    approves = verb in (TicketVerb.APPROVE, TicketVerb.APPROVE_LESS)
    if approves and state is TicketState.PROPOSED and facts.level > 1:
        return TicketState.SECOND
    return move.to or state


def possible(state: TicketState, facts: Facts) -> list[TicketVerb]:
    """What somebody can do now, in the order of the table."""
    return [verb for verb in MOVES if not isinstance(decide(state, verb, facts), Refusal)]


def level(amount: int, severity: Severity, limits: Limits) -> int:
    """How high a remedy of `amount` fen is approved: 1 a supervisor, 2 two, 3 a supervisor and an administrator; severe
    is one level higher. A remedy without money counts as 0."""
    by_amount = 1 if amount <= limits.first else 2 if amount <= limits.second else HIGHEST
    return min(HIGHEST, by_amount + (severity is Severity.SEVERE))


def most_below(high: int, severity: Severity, limits: Limits) -> int | None:
    """The largest amount whose level lies below `high`; None where there is none."""
    below = [amount for amount in (limits.first, limits.second) if level(amount, severity, limits) < high]
    return max(below, default=None)


def severity_of(kind: TicketKind, given: Severity, dangerous: bool) -> Severity:
    """Illness or death of animals, or a product that was called dangerous, is severe whatever was given."""
    return Severity.SEVERE if dangerous or kind is TicketKind.ANIMALS else given


def content(solved: str, satisfaction: int) -> bool:
    """Is a customer content who was asked again? `solved`: yes, partly, no; `satisfaction`: 1 to 5."""
    return solved == "yes" and satisfaction > 2


def batch_key(batch: str) -> str:
    """A batch as it is compared: without space around, in lower case."""
    return batch.strip().casefold()
