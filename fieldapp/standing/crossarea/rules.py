"""What a cross-area case can be, what can be done with it by whom, and which sale is suspicious. Pure.

`MOVES` is the one table of states and verbs. `decide` reads it; everything that is not in it is refused with a reason.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

COUNTY = 6  # digits of a region code


class CaseState(StrEnum):
    """Where a case stands. `suspected`: the invoices say so, nobody has looked yet. `heard`: every side that there is
    has spoken, or it is written down why it could not. `agreed`: a measure is agreed; `settled`: every one is done."""

    REPORTED = "reported"
    SUSPECTED = "suspected"
    INVESTIGATING = "investigating"
    HEARD = "heard"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    AGREED = "agreed"
    SETTLED = "settled"
    APPEALED = "appealed"
    OVERTURNED = "overturned"


class CaseVerb(StrEnum):
    """What can be done with a case, each an entry in its thread. `excuse_…`: why a side cannot be heard; `change`: on
    appeal, benign becomes malicious or the other way; `gather`, `reopen`, `correct`: what the invoices say later."""

    INVESTIGATE = "investigate"
    NAME = "name"
    HEAR_SELLER = "hear_seller"
    HEAR_HARMED = "hear_harmed"
    EXCUSE_SELLER = "excuse_seller"
    EXCUSE_HARMED = "excuse_harmed"
    BENIGN = "benign"
    MALICIOUS = "malicious"
    DISMISS = "dismiss"
    AGREE = "agree"
    SETTLE = "settle"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    CHANGE = "change"
    OVERTURN = "overturn"
    COMMENT = "comment"
    GATHER = "gather"
    REOPEN = "reopen"
    CORRECT = "correct"


class Origin(StrEnum):
    """Who began it: a person who found goods, or the invoices."""

    REPORT = "report"
    SUSPICION = "suspicion"


class Into(StrEnum):
    """Whose area the goods went to: others', nobody's (a white spot), or not known yet."""

    FOREIGN = "foreign"
    WHITE = "white"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a confirmed case is: out of need or by mistake, or on purpose."""

    BENIGN = "benign"
    MALICIOUS = "malicious"


class MeasureKind(StrEnum):
    """What was agreed."""

    WARNING = "warning"
    BUY_BACK = "buy_back"
    COMPENSATION = "compensation"
    DEPOSIT = "deposit"
    REBATE = "rebate"
    OTHER = "other"


class Who(StrEnum):
    """Who may do a verb. `office`: a supervisor of one of the sides, or an administrator; `decider`: a supervisor of
    both sides, or an administrator, and never the reporter; `seller_side`, `harmed_side`: a rep or supervisor who
    covers that side; `appeal`: a decider who neither decided first nor appealed; `system`: the invoices."""

    OFFICE = "office"
    DECIDER = "decider"
    SELLER_SIDE = "seller_side"
    HARMED_SIDE = "harmed_side"
    APPEAL = "appeal"
    ANYONE = "anyone"
    SYSTEM = "system"


class Actor(StrEnum):
    """In which capacity somebody acts."""

    REP = "rep"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SYSTEM = "system"


class Refusal(StrEnum):
    """Why a move is refused. `both`: the sides lie in different patches; `unheard`: malicious needs every side heard;
    `anew`: something was added that the decider has not seen; `moved`: somebody else was first."""

    PATCH = "patch"
    ROLE = "role"
    STATE = "state"
    OWN = "own"
    BOTH = "both"
    SELLER = "seller"
    FIXED = "fixed"
    UNHEARD = "unheard"
    LATE = "late"
    TWICE = "twice"
    MOVED = "moved"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Facts:
    """Who acts and what is known. `covers_found`, `covers_seller`: does his patch hold the place where the goods were
    found (and the harmed distributor), and the seller? `reporter`: it is his report; `first`: he decided about it;
    `appellant`: he took the appeal. `in_time`: may it still be appealed? `measures`: how many were agreed, `unsettled`:
    how many of them are not done when the move is made."""

    actor: Actor
    covers_found: bool = True
    covers_seller: bool = True
    reporter: bool = False
    first: bool = False
    appellant: bool = False
    seller: bool = True
    fixed: bool = False
    seller_heard: bool = False
    harmed_heard: bool = False
    harmed_side: bool = True
    in_time: bool = True
    measures: int = 0
    unsettled: int = 0

    @property
    def covers(self) -> bool:
        """Does the case concern him at all?"""
        return self.covers_found or (self.seller and self.covers_seller)

    @property
    def complete(self) -> bool:
        """Has every side that there is been heard, or been excused?"""
        return self.seller_heard and (self.harmed_heard or not self.harmed_side)


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, by whom, to which; `to` None: see `_after`."""

    states: frozenset[CaseState]
    who: Who
    to: CaseState | None


_S, _V = CaseState, CaseVerb
OPEN = frozenset({_S.REPORTED, _S.SUSPECTED, _S.INVESTIGATING, _S.HEARD})  # nobody has decided yet
UNDER_WAY = OPEN | {_S.CONFIRMED, _S.AGREED, _S.APPEALED}  # somebody of ours has to do something still
CONFIRMED = frozenset({_S.CONFIRMED, _S.AGREED, _S.SETTLED, _S.APPEALED})  # these count
WAITS = frozenset({_S.HEARD, _S.APPEALED})  # for a decision
_LOOKED_AT = frozenset({_S.INVESTIGATING, _S.HEARD})


MOVES: Mapping[CaseVerb, Move] = {
    _V.INVESTIGATE: Move(frozenset({_S.REPORTED, _S.SUSPECTED}), Who.OFFICE, _S.INVESTIGATING),
    _V.NAME: Move(frozenset({_S.REPORTED}) | _LOOKED_AT, Who.OFFICE, _S.INVESTIGATING),
    _V.HEAR_SELLER: Move(OPEN, Who.SELLER_SIDE, None),
    _V.HEAR_HARMED: Move(OPEN, Who.HARMED_SIDE, None),
    _V.EXCUSE_SELLER: Move(_LOOKED_AT, Who.OFFICE, None),
    _V.EXCUSE_HARMED: Move(_LOOKED_AT, Who.OFFICE, None),
    _V.BENIGN: Move(_LOOKED_AT, Who.DECIDER, _S.CONFIRMED),
    _V.MALICIOUS: Move(_LOOKED_AT, Who.DECIDER, _S.CONFIRMED),
    _V.DISMISS: Move(OPEN, Who.DECIDER, _S.DISMISSED),
    _V.AGREE: Move(frozenset({_S.CONFIRMED, _S.AGREED}), Who.DECIDER, _S.AGREED),
    _V.SETTLE: Move(frozenset({_S.AGREED}), Who.OFFICE, None),
    _V.APPEAL: Move(frozenset({_S.CONFIRMED, _S.AGREED, _S.SETTLED}), Who.SELLER_SIDE, _S.APPEALED),
    _V.UPHOLD: Move(frozenset({_S.APPEALED}), Who.APPEAL, None),
    _V.CHANGE: Move(frozenset({_S.APPEALED}), Who.APPEAL, None),
    _V.OVERTURN: Move(frozenset({_S.APPEALED}), Who.APPEAL, _S.OVERTURNED),
    _V.COMMENT: Move(frozenset(CaseState), Who.ANYONE, None),
    _V.GATHER: Move(OPEN, Who.SYSTEM, None),
    _V.REOPEN: Move(frozenset({_S.DISMISSED}), Who.SYSTEM, _S.SUSPECTED),
    _V.CORRECT: Move(frozenset({_S.SUSPECTED}), Who.SYSTEM, _S.DISMISSED),
}
_PEOPLE = frozenset({Actor.REP, Actor.SUPERVISOR, Actor.ADMIN})
_ACTORS: Mapping[Who, frozenset[Actor]] = {
    Who.OFFICE: frozenset({Actor.SUPERVISOR, Actor.ADMIN}),
    Who.DECIDER: frozenset({Actor.SUPERVISOR, Actor.ADMIN}),
    Who.APPEAL: frozenset({Actor.SUPERVISOR, Actor.ADMIN}),
    Who.SELLER_SIDE: frozenset({Actor.REP, Actor.SUPERVISOR}),
    Who.HARMED_SIDE: frozenset({Actor.REP, Actor.SUPERVISOR}),
    Who.ANYONE: _PEOPLE,
    Who.SYSTEM: frozenset({Actor.SYSTEM}),
}
_DECISIONS = (Who.DECIDER, Who.APPEAL)
_NEEDS_SELLER = frozenset({_V.HEAR_SELLER, _V.EXCUSE_SELLER, _V.BENIGN, _V.MALICIOUS})


def decide(state: CaseState, verb: CaseVerb, facts: Facts, verdict: Verdict | None = None) -> CaseState | Refusal:
    """The state after a verb, or why it cannot be done. `verdict`: of the case so far, which an appeal may change."""
    move = MOVES[verb]
    refused = _who_refused(move.who, verb, facts)
    if refused is not None:
        return refused
    if state not in move.states:
        return Refusal.STATE
    refused = _what_refused(verb, facts, verdict)
    if refused is not None:
        return refused
    return _after(state, verb, facts) if move.to is None else move.to


def _who_refused(who: Who, verb: CaseVerb, facts: Facts) -> Refusal | None:
    if facts.actor is Actor.SYSTEM:
        return None if who is Who.SYSTEM else Refusal.ROLE
    if not (facts.covers or (facts.reporter and who is Who.ANYONE)):
        return Refusal.PATCH
    if facts.actor not in _ACTORS[who]:
        return Refusal.ROLE
    # Opening measures is for whoever decides, the reporter too: what he reported has been decided by somebody else.
    if facts.reporter and who in _DECISIONS and verb is not _V.AGREE:
        return Refusal.OWN
    if who in _DECISIONS and not (facts.covers_found and (facts.covers_seller or not facts.seller)):
        return Refusal.BOTH
    if (who is Who.SELLER_SIDE and facts.seller and not facts.covers_seller) or (
        who is Who.HARMED_SIDE and not facts.covers_found
    ):
        return Refusal.PATCH
    return Refusal.TWICE if who is Who.APPEAL and (facts.first or facts.appellant) else None


def _what_refused(verb: CaseVerb, facts: Facts, verdict: Verdict | None) -> Refusal | None:
    if verb in _NEEDS_SELLER and not facts.seller:
        return Refusal.SELLER
    if verb is _V.NAME and facts.fixed:
        return Refusal.FIXED
    if verb in (_V.HEAR_HARMED, _V.EXCUSE_HARMED) and not facts.harmed_side:
        return Refusal.STATE
    hardens = verb is _V.MALICIOUS or (verb is _V.CHANGE and verdict is not Verdict.MALICIOUS)
    if hardens and not facts.complete:
        return Refusal.UNHEARD
    return Refusal.LATE if verb is _V.APPEAL and not facts.in_time else None


def _after(state: CaseState, verb: CaseVerb, facts: Facts) -> CaseState:
    if verb in (_V.HEAR_SELLER, _V.EXCUSE_SELLER):
        complete = facts.harmed_heard or not facts.harmed_side
        return _S.HEARD if complete else _S.INVESTIGATING
    if verb in (_V.HEAR_HARMED, _V.EXCUSE_HARMED):
        return _S.HEARD if facts.seller_heard else _S.INVESTIGATING
    if verb is _V.SETTLE:
        return _S.AGREED if facts.unsettled else _S.SETTLED
    if verb in (_V.UPHOLD, _V.CHANGE):
        return _S.AGREED if facts.unsettled else _S.SETTLED if facts.measures else _S.CONFIRMED
    return state


def possible(state: CaseState, facts: Facts, verdict: Verdict | None = None) -> list[CaseVerb]:
    """What somebody can do now, in the order of the table."""
    return [verb for verb in MOVES if not isinstance(decide(state, verb, facts, verdict), Refusal)]


def other(verdict: Verdict) -> Verdict:
    """What an appeal changes a verdict to."""
    return Verdict.BENIGN if verdict is Verdict.MALICIOUS else Verdict.MALICIOUS


# Suspicions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sale:
    """A line of an invoice. `ship_to`: where the goods go, None: to the buyer's own region `home`. `ordered`: the day
    of the order where the file says it. `grams` and `amount` (fen) of the line; `owners`: who owns the place for the
    product's line on the invoice's date (territory/rules.owners)."""

    key: tuple[Any, int]
    buyer: Any
    product: Any
    line: str
    day: dt.date
    ordered: dt.date | None
    home: str | None
    ship_to: str | None
    grams: int
    amount: int
    owners: frozenset[Any] = frozenset()

    @property
    def place(self) -> str | None:
        """Where the goods go."""
        return self.ship_to or self.home

    @property
    def county(self) -> str:
        """The county of that, under which suspicions are gathered; shorter where the code is."""
        return (self.place or "")[:COUNTY]


@dataclass(frozen=True, slots=True)
class Leave:
    """An approved deal check that let a product go to a place which was not the buyer's. It holds from `since` to
    `until`; goods are invoiced some days after their order. `grams`: how much was approved."""

    buyer: Any
    product: Any
    ship_to: str
    since: dt.date
    until: dt.date
    grams: int


def suspicion(sale: Sale) -> Into | None:
    """What a sale is suspected of, None: nothing. Returns, discounts and sales without any place are not looked at."""
    if sale.place is None or sale.grams <= 0 or sale.amount < 0 or sale.buyer in sale.owners:
        return None
    return Into.FOREIGN if sale.owners else Into.WHITE


@dataclass(slots=True)
class _Left:
    leave: Leave
    grams: int = field(init=False)

    def __post_init__(self) -> None:
        self.grams = self.leave.grams


def allowed(sales: Iterable[Sale], leaves: Collection[Leave], days: int) -> set[tuple[Any, int]]:
    """The keys of those sales that an approval covers: same buyer, product and place, ordered while it held, and not
    more of it in all than was approved; the earliest sales use it up. `sales`: all of them that may have used it.
    `days`: how long after the approval a sale may be invoiced whose order day is not known.
    """
    held: dict[tuple[Any, Any], list[_Left]] = defaultdict(list)
    for leave in sorted(leaves, key=lambda one: (one.since, one.until)):
        held[leave.buyer, leave.product].append(_Left(leave))
    found = set()
    for sale in sorted(sales, key=lambda one: (one.ordered or one.day, one.day, str(one.key))):
        for left in held[sale.buyer, sale.product]:
            if left.grams >= sale.grams and _fits(sale, left.leave, days):
                left.grams -= sale.grams
                found.add(sale.key)
                break
    return found


def _fits(sale: Sale, leave: Leave, days: int) -> bool:
    if sale.place is None or not sale.place.startswith(leave.ship_to):
        return False
    if sale.ordered is not None:
        return leave.since <= sale.ordered <= leave.until
    return leave.since <= sale.day <= leave.until + dt.timedelta(days=days)


def seller_of(buyers: Collection[Any], owners: Collection[Any]) -> Any | None:
    """Whom a batch was sold to that may not sell where it was found, if there is exactly one of them."""
    others = [buyer for buyer in buyers if buyer not in owners]
    return others[0] if len(others) == 1 else None
