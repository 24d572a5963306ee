"""What a conflict between distributors can be, and what can be done with it by whom. Pure.

`MOVES` is the one table of states and verbs. `decide` reads it; everything that is not in it is refused with a reason.
Domain: S5.6, coordination (客户协调).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ConflictState(StrEnum):
    """Where a conflict stands. `talking`: a meeting is planned or was held; `followed_up`: after the agreement somebody
    has looked at every party whether it holds."""

    OPEN = "open"
    TALKING = "talking"
    AGREED = "agreed"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    DROPPED = "dropped"


class ConflictVerb(StrEnum):
    """What can be done with a conflict, each an entry in its thread. `add_point`: the agreement is changed, by a point
    more or by another day for one."""

    NOTE = "note"
    ADD_PARTY = "add_party"
    LINK = "link"
    ASSIGN = "assign"
    MEET = "meet"
    HOLD = "hold"
    CANCEL = "cancel"
    AGREE = "agree"
    ADD_POINT = "add_point"
    KEEP = "keep"
    BREAK = "break"
    PLAN_VISIT = "plan_visit"
    FOLLOW_UP = "follow_up"
    CLOSE = "close"
    DROP = "drop"
    REOPEN = "reopen"


class ConflictKind(StrEnum):
    """What they quarrel about. `accounts`: one sells through the other's account, or customers were taken away."""

    AREA = "area"
    PRICE = "price"
    ACCOUNTS = "accounts"
    OTHER = "other"


class Outcome(StrEnum):
    """How it ended."""

    SETTLED = "settled"
    PARTLY = "partly"
    UNSETTLED = "unsettled"


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class PointState(StrEnum):
    """Whether a point of an agreement was kept."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


class Actor(StrEnum):
    """In which capacity somebody acts."""

    REP = "rep"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Who(StrEnum):
    """Who may do a verb. `anyone`: whoever covers one of the parties; `its_own`: whoever covers the party that it is
    about; `all_parties`: whoever covers every party; `owner`: the rep whose conflict it is, or a supervisor or
    administrator; `decider`: a supervisor or administrator."""

    ANYONE = "anyone"
    ITS_OWN = "its_own"
    ALL_PARTIES = "all_parties"
    OWNER = "owner"
    DECIDER = "decider"


class Refusal(StrEnum):
    """Why a move is refused."""

    STATE = "state"
    PATCH = "patch"
    ROLE = "role"
    PARTY = "party"
    PARTIES = "parties"
    ALONE = "alone"
    OWNER = "owner"
    PROMISES = "promises"
    # Told by the actions, never by `decide`: somebody else has done it already.
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Facts:
    """What `decide` needs to know. `covers`: one of the parties lies in his patch; `covers_all`: every one does;
    `covers_it`: the party that the verb is about does (our company's share is everybody's); `mine`: he looks after it;
    `parties`: how many there are; `promises`: how many points wait; `left`: parties nobody has looked at since the
    agreement, without the one that a follow-up is about."""

    actor: Actor
    covers: bool = True
    covers_all: bool = True
    covers_it: bool = True
    mine: bool = True
    parties: int = 2
    promises: int = 0
    left: int = 0


SAME = None
ENDED = frozenset({ConflictState.CLOSED, ConflictState.DROPPED})
GOING = frozenset(ConflictState) - ENDED
_BEFORE = frozenset({ConflictState.OPEN, ConflictState.TALKING})
_AFTER = frozenset({ConflictState.AGREED, ConflictState.FOLLOWED_UP})
# A quarrel that has reached an agreement is no longer an open one, though it is followed up.
UNSETTLED = _BEFORE


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, by whom, to which (SAME: it stays)."""

    states: frozenset[ConflictState]
    who: Who
    to: ConflictState | None


S, V = ConflictState, ConflictVerb
MOVES: Mapping[ConflictVerb, Move] = {
    V.NOTE: Move(frozenset(S), Who.ANYONE, SAME),
    V.ADD_PARTY: Move(_BEFORE, Who.ANYONE, SAME),
    V.LINK: Move(GOING, Who.ANYONE, SAME),
    V.ASSIGN: Move(GOING, Who.DECIDER, SAME),
    V.MEET: Move(_BEFORE | {S.AGREED}, Who.ANYONE, S.TALKING),
    V.HOLD: Move(_BEFORE | {S.AGREED}, Who.ANYONE, S.TALKING),
    V.CANCEL: Move(_BEFORE | {S.AGREED}, Who.ANYONE, SAME),
    V.AGREE: Move(_BEFORE, Who.ALL_PARTIES, S.AGREED),
    V.ADD_POINT: Move(_AFTER, Who.ALL_PARTIES, SAME),
    V.KEEP: Move(_AFTER, Who.ITS_OWN, SAME),
    V.BREAK: Move(_AFTER, Who.ITS_OWN, SAME),
    V.PLAN_VISIT: Move(_AFTER, Who.ITS_OWN, SAME),
    V.FOLLOW_UP: Move(_AFTER, Who.ITS_OWN, SAME),
    V.CLOSE: Move(frozenset({S.FOLLOWED_UP}), Who.OWNER, S.CLOSED),
    V.DROP: Move(_BEFORE, Who.OWNER, S.DROPPED),
    V.REOPEN: Move(_AFTER | ENDED, Who.ANYONE, S.TALKING),
}


def decide(state: ConflictState, verb: ConflictVerb, facts: Facts) -> ConflictState | Refusal:
    """The state after a verb, or why it cannot be done. Who may not see the conflict is told that and no more."""
    move = MOVES[verb]
    if not facts.covers:
        return Refusal.PATCH
    if state not in move.states:
        return Refusal.STATE
    refused = _who_refused(move.who, facts)
    if refused is not None:
        return refused
    if verb is V.AGREE and facts.parties < 2:
        return Refusal.ALONE
    if verb is V.CLOSE and facts.promises:
        return Refusal.PROMISES
    if verb is V.FOLLOW_UP:
        return S.AGREED if facts.left else S.FOLLOWED_UP
    if verb in (V.MEET, V.HOLD) and state is S.AGREED:
        return S.AGREED  # they meet again to see whether it holds
    return state if move.to is SAME else move.to


def _who_refused(who: Who, facts: Facts) -> Refusal | None:
    if who is Who.DECIDER and facts.actor is Actor.REP:
        return Refusal.ROLE
    if who is Who.OWNER and facts.actor is Actor.REP and not facts.mine:
        return Refusal.OWNER
    if who is Who.ALL_PARTIES and not facts.covers_all:
        return Refusal.PARTIES
    return Refusal.PARTY if who is Who.ITS_OWN and not facts.covers_it else None


def possible(state: ConflictState, facts: Facts) -> list[ConflictVerb]:
    """What somebody can do now, in the order of the table."""
    return [verb for verb in MOVES if not isinstance(decide(state, verb, facts), Refusal)]
