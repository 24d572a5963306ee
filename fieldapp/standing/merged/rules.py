"""When two accounts look like one business (合并户头), what a person may decide of it, and what counting as one means.

Nothing here reads a clock or a database: values, the numbers of the policy and months come in as arguments. Weights are
grams, money is fen, months are counted by number (year × 12 + month − 1).
"""

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar

from fieldapp.core.pinyin import normal
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts

MONTHS = 24  # completed months that are looked at
WINDOW = 3  # months before and after a change
_PLAIN = re.compile(r"[\W_]+")
_KEY = 8  # hex digits: says "the same again", and is too short to find a number by
Node = TypeVar("Node")


class Kind(StrEnum):
    """A kind of evidence."""

    CREDIT_CODE = "credit_code"
    BANK_ACCOUNT = "bank_account"
    PHONE = "phone"
    PAYER = "payer"
    LEGAL_PERSON = "legal_person"
    ADDRESS = "address"
    SHIFT = "shift"
    DELIVERY = "delivery"
    BUNCHED = "bunched"


IDENTITY = (
    Kind.CREDIT_CODE, Kind.BANK_ACCOUNT, Kind.PHONE, Kind.PAYER, Kind.LEGAL_PERSON, Kind.ADDRESS,
)  # fmt: skip
# What nobody shares by chance, and does not change hands with a shop.
_OWN = frozenset({Kind.CREDIT_CODE, Kind.BANK_ACCOUNT, Kind.LEGAL_PERSON})
# What a chain that trades under one name shares in the open.
_OPEN = frozenset({Kind.PHONE, Kind.PAYER, Kind.LEGAL_PERSON})


@dataclass(frozen=True, slots=True)
class Scoring:
    """The policy of detection. Percents and points are whole; `tonnes` a month from which a change counts."""

    credit_code: int = 90
    bank_account: int = 80
    phone: int = 50
    payer: int = 50
    legal_person: int = 34
    address: int = 30
    shift: int = 30
    delivery: int = 25
    bunched: int = 5
    show: int = 40
    strong: int = 70
    frequent: int = 8
    behaviour_most: int = 45
    open_percent: int = 60
    succession_percent: int = 40
    metres: int = 100
    km: int = 15
    change_percent: int = 40
    match_percent: int = 35
    tonnes: int = 5
    delivery_percent: int = 15
    bunched_days: int = 5
    bunched_percent: int = 30
    hours: int = 24
    hour: int = 2

    def points(self, kind: Kind) -> int:
        """What a kind of evidence weighs."""
        found: int = getattr(self, kind.value)
        return found


BOUNDS: dict[str, tuple[int, int]] = {
    **{kind.value: (0, 100) for kind in Kind},
    "show": (1, 100),
    "strong": (1, 100),
    "frequent": (2, 50),
    "behaviour_most": (0, 100),
    "open_percent": (0, 100),
    "succession_percent": (0, 100),
    "metres": (10, 500),
    "km": (1, 50),
    "change_percent": (10, 100),
    "match_percent": (5, 90),
    "tonnes": (1, 10_000),
    "delivery_percent": (1, 100),
    "bunched_days": (1, 15),
    "bunched_percent": (5, 90),
    "hours": (1, 168),
    "hour": (0, 23),
}
assert set(BOUNDS) == {one.name for one in fields(Scoring)}  # noqa: S101  a number without bounds is a fault


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for two accounts being one. `key`: the same again has the same (never the value itself);
    `holders`: how many files hold the value; `facts`: JSON values for the sentence."""

    kind: Kind
    key: str
    holders: int = 2
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Kind and key as one word."""
        return f"{self.kind.value}:{self.key}"


@dataclass(frozen=True, slots=True)
class Context:
    """What speaks against it: `open`: both carry the same name, `succession`: one began when the other had ended."""

    open: bool = False
    succession: bool = False


class Scored(NamedTuple):
    """A score from 0 to 100, and the points of each piece of evidence, the weightiest first."""

    score: int
    evidence: tuple[tuple[Evidence, int], ...]


# Values ---------------------------------------------------------------------------------------------------------------


def plain(text: str | None) -> str:
    """Letters and digits of a text, full width and case folded."""
    return _PLAIN.sub("", normal(text or ""))


def value_key(value: str) -> str:
    """What a value is remembered by: the same value has the same, and no value is found from it."""
    return hashlib.sha256(value.encode()).hexdigest()[:_KEY]


def is_placeholder(value: str | None) -> bool:
    """Is a value (as `plain` gives it) no value: nothing, "none", one digit again and again, a run of digits?"""
    if not value or value in _placeholders():
        return True
    if not value.isdecimal():
        return len(value) < 2
    # 13800000000 and its kind: five or more of one digit at the end, or 12345678 in it.
    return len(value) < 6 or len(set(value[-6:])) == 1 or "12345678" in value or "87654321" in value


def is_person(value: str) -> bool:
    """Is a value a person's name, as far as one can tell? Those are borne by many: they say something of neighbours."""
    return len(value) <= 4 and not any(sign.isdecimal() for sign in value)


@cache
def _placeholders() -> frozenset[str]:
    with (files(__package__) / "placeholders.txt").open(encoding="utf-8") as file:
        return frozenset(plain(line) for line in file if line.strip())


def weight_of(kind: Kind, holders: int, frequent: int) -> float:
    """How much of its points a value counts that so many files hold, from 1 down to 0.

    A phone on thirty files is the market's, an account on forty the bank's: it says nothing. What two files share alone
    says most; so do deliveries into an area that is one's alone. A credit code is one company's by law, however many
    accounts it has, up to the same bound.
    """
    if holders > frequent or holders < 2:
        return 0.0
    if kind in (Kind.CREDIT_CODE, Kind.SHIFT, Kind.BUNCHED):
        return 1.0
    return 1.0 - (holders - 2) / max(frequent - 1, 1)


# Scoring --------------------------------------------------------------------------------------------------------------


def score(evidence: Iterable[Evidence], context: Context, scoring: Scoring) -> Scored:
    """The score of a pair. Of a kind the weightiest piece counts; identity adds up, behaviour up to its bound; orders
    bunched at the end of a month support other evidence and are nothing alone."""
    best: dict[Kind, tuple[float, Evidence]] = {}
    for one in evidence:
        # A payer that is a person's name weighs as much as the same legal person.
        named = Kind.LEGAL_PERSON if one.kind is Kind.PAYER and one.facts.get("person") else one.kind
        points = scoring.points(named) * weight_of(one.kind, one.holders, scoring.frequent)
        if context.open and one.kind in _OPEN:
            points = points * scoring.open_percent / 100
        if points > 0 and (one.kind not in best or points > best[one.kind][0]):
            best[one.kind] = points, one
    if not set(best) - {Kind.BUNCHED}:
        return Scored(0, ())
    succeeded = context.succession and not _OWN & set(best)
    if succeeded:
        best.pop(Kind.SHIFT, None)  # that the sales went over is what a sale of the business is
    factor = scoring.succession_percent / 100 if succeeded else 1.0
    identity = sum(points for kind, (points, _one) in best.items() if kind in IDENTITY)
    behaviour = sum(points for kind, (points, _one) in best.items() if kind not in IDENTITY)
    total = (identity + min(behaviour, scoring.behaviour_most)) * factor
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].kind))
    return Scored(min(100, round(total)), tuple((one, round(points * factor)) for points, one in ranked))


# Behaviour ------------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """What an account's monthly tonnes did: from month number `at` of the series on, so many grams a month more (less:
    below zero) than in the months before."""

    at: int
    grams: int


def change_of(months: Sequence[int], scoring: Scoring) -> Change | None:
    """The largest change of a series of MONTHS completed months within its last year; None where there is none.

    What the same months of the year before did as well is the season, and does not count.
    """
    found: Change | None = None
    least = scoring.tonnes * 1_000_000
    if sum(months[MONTHS - 12 - WINDOW :]) < least:
        return None
    sums = [0]
    for grams in months:
        sums.append(sums[-1] + grams)
    for at in range(MONTHS - 12 + WINDOW, MONTHS - WINDOW + 1):
        before = sums[at] - sums[at - WINDOW]
        delta = sums[at + WINDOW] - sums[at] - before
        earlier = sums[at - 12] - sums[at - 12 - WINDOW]
        season = sums[at - 12 + WINDOW] - sums[at - 12] - earlier if earlier else 0
        if (season > 0) == (delta > 0):
            delta = delta - season if abs(season) < abs(delta) else 0
        if abs(delta) < least * WINDOW or abs(delta) * 100 < scoring.change_percent * max(before, 1):
            continue
        if found is None or abs(delta) > abs(found.grams) * WINDOW:
            found = Change(at, delta // WINDOW)
    return found


def matches(fall: Change, rise: Change, scoring: Scoring) -> bool:
    """Did one gain about what the other lost, at about the same time?"""
    if fall.grams >= 0 or rise.grams <= 0 or abs(fall.at - rise.at) > 1:
        return False
    small, large = sorted((-fall.grams, rise.grams))
    return small * 100 >= large * (100 - scoring.match_percent)


def is_late(day: dt.date, days: int) -> bool:
    """Is a day one of the last `days` of its month?"""
    return (day + dt.timedelta(days=days)).month != day.month


def bunches(late: int, whole: int, usual: float, scoring: Scoring) -> bool:
    """Does an account order most of it in the last days of a month, and far more so than others do?"""
    if whole < scoring.tonnes * 1_000_000:
        return False
    share = late / whole
    return share >= 0.5 and (share - usual) * 100 >= scoring.bunched_percent


def succeeds(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool:
    """Did one account begin when the other had ended? Each is (first month, last month) of trading within the series;
    a first month of 0 may be earlier. An account that stood still for a while is not ended by that."""
    if one is None or other is None:
        return False
    first, second = sorted((one, other))
    return first[1] <= second[0] and second[0] > 0 and first[1] < MONTHS - 1


# What becomes of a pair -----------------------------------------------------------------------------------------------


class State(StrEnum):
    """Where a pair stands. `faded`: what spoke for it is no longer so, before anybody decided."""

    OPEN = "open"
    WATCH = "watch"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    FADED = "faded"


class Verb(StrEnum):
    """What is done to a pair: the first three by a person who decides, `undo` and `reconsider` by one who takes that
    back, the others by the detection."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    WATCH = "watch"
    UNDO = "undo"
    RECONSIDER = "reconsider"
    FOUND = "found"
    RETURNED = "returned"
    FADE = "fade"


MOVES: Mapping[tuple[State, Verb], State] = {
    (State.OPEN, Verb.CONFIRM): State.CONFIRMED,
    (State.OPEN, Verb.DISMISS): State.DISMISSED,
    (State.OPEN, Verb.WATCH): State.WATCH,
    (State.WATCH, Verb.CONFIRM): State.CONFIRMED,
    (State.WATCH, Verb.DISMISS): State.DISMISSED,
    (State.CONFIRMED, Verb.UNDO): State.OPEN,
    (State.DISMISSED, Verb.RECONSIDER): State.OPEN,
}


def verbs(state: State) -> list[Verb]:
    """What a person may do in a state."""
    return [verb for (held, verb) in MOVES if held is state]


def is_new(one: Evidence, known: Collection[str]) -> bool:
    """Is a piece of evidence of a dismissed pair news: another kind, or another value? What was seen before is none,
    a change of sales of about the same time neither; how somebody orders within a month never is."""
    if one.kind is Kind.BUNCHED or one.name in known:
        return False
    if one.kind is Kind.DELIVERY:
        return True
    if one.kind is not Kind.SHIFT:
        return True
    seen = [int(name.split(":")[1]) for name in known if name.startswith(f"{Kind.SHIFT.value}:")]
    return all(abs(int(one.key) - month) > WINDOW for month in seen)


class Outcome(NamedTuple):
    """What a look at the data makes of a pair: the verb, None where its state stays."""

    verb: Verb | None
    state: State


def outcome(state: State | None, known: Collection[str], found: Scored | None, scoring: Scoring) -> Outcome | None:
    """What becomes of a pair that stands at `state` (None: it is not stored) after a look at the data. None: nothing is
    to be stored. `known`: the evidence it was dismissed with; `found` None: nothing speaks for it any more."""
    shown = found is not None and found.score >= scoring.show
    if state is None:
        return Outcome(Verb.FOUND, State.OPEN) if shown else None
    if state is State.FADED and shown:
        return Outcome(Verb.RETURNED, State.OPEN)
    if state is State.OPEN and not shown:
        return Outcome(Verb.FADE, State.FADED)
    if state is State.DISMISSED and found is not None and shown and any(is_new(e, known) for e, _p in found.evidence):
        return Outcome(Verb.RETURNED, State.OPEN)
    return Outcome(None, state)


# Groups ---------------------------------------------------------------------------------------------------------------


def components(edges: Iterable[tuple[Node, Node]]) -> list[frozenset[Node]]:
    """The connected components of confirmed pairs, in no particular order."""
    above: dict[Node, Node] = {}

    def root(node: Node) -> Node:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for one, other in edges:
        above[root(one)] = root(other)
    members: dict[Node, set[Node]] = {}
    for node in list(above):
        members.setdefault(root(node), set()).add(node)
    return [frozenset(found) for found in members.values()]


def heirs(parts: Sequence[frozenset[Any]], before: Mapping[Any, Any]) -> list[Any | None]:
    """Which group each component continues, None for a new one. `before`: {member: group it was in}.

    A group goes on in the component that holds most of its members; a component that holds several goes on as the one
    it holds most of, then as the smaller key (which is the older).
    """
    claims = sorted(
        (
            (sum(before.get(member) == group for member in part), group, number)
            for number, part in enumerate(parts)
            for group in {before[member] for member in part if member in before}
        ),
        key=lambda claim: (-claim[0], claim[1], claim[2]),
    )
    found: list[Any | None] = [None] * len(parts)
    taken = set()
    for _count, group, number in claims:
        if found[number] is None and group not in taken:
            found[number] = group
            taken.add(group)
    return found


# Counted as one -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """Another member of a group, as far as credit goes: its key, today's limit, frozen or not, and what it owes."""

    key: str
    limit: int | None
    frozen: bool
    ledger: LedgerFacts


def together(
    credit: CreditFacts, ledger: LedgerFacts, others: Sequence[Account], most: int
) -> tuple[CreditFacts, LedgerFacts]:
    """A member's facts with its whole group counted as one; `most`: the policy's highest limit, fen.

    Owed, overdue and the oldest overdue day are those of all members. The limit is the sum of theirs, capped once at
    the policy's highest limit, and never lower than the highest that any member has by itself. Frozen when any member
    is; the grade, and until when it holds, are the member's own.
    """
    if not others:
        return credit, ledger
    limits = [limit for limit in (credit.limit, *(one.limit for one in others)) if limit is not None]
    limit = min(sum(limits), max(most, *limits)) if limits else None
    ledgers = [ledger, *(one.ledger for one in others)]
    return (
        replace(
            credit,
            limit=limit,
            frozen=credit.frozen or any(one.frozen for one in others),
            together=tuple(sorted(one.key for one in others)),
        ),
        LedgerFacts(
            sum(one.outstanding for one in ledgers),
            sum(one.overdue for one in ledgers),
            max(one.overdue_days for one in ledgers),
        ),
    )
