"""The words of feedback, its states and who may do what, and which remarks say the same."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median


class RemarkKind(StrEnum):
    """What a remark is. `effect`: how one of our products did on animals (使用效果)."""

    PRAISE = "praise"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    EFFECT = "effect"


class Theme(StrEnum):
    """What a remark is about."""

    PRICE = "price"
    QUALITY = "quality"
    DELIVERY = "delivery"
    PACKAGING = "packaging"
    SERVICE = "service"
    PROMOTION = "promotion"
    PAYMENT = "payment"
    OTHER = "other"


class EffectResult(StrEnum):
    """How animals did on a product, measured against what they had before."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"


class RemarkState(StrEnum):
    """`answered`: we know what to say, and the customer does not yet. `closed`: he was told."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class TellWay(StrEnum):
    """How a customer was told."""

    VISIT = "visit"
    PHONE = "phone"
    WECHAT = "wechat"


class Verb(StrEnum):
    """What can be done with a remark. `separate`: undo a merging."""

    HAND_OVER = "hand-over"
    ANSWER = "answer"
    TELL = "tell"
    REOPEN = "reopen"
    MERGE = "merge"
    SEPARATE = "separate"


class StepKind(StrEnum):
    """An entry of a remark's history; `made` and `escalated` besides the verbs."""

    MADE = "made"
    HANDED_OVER = "handed-over"
    ANSWERED = "answered"
    TOLD = "told"
    REOPENED = "reopened"
    MERGED = "merged"
    SEPARATED = "separated"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


class Part(StrEnum):
    """What somebody is to a remark that he may see. `decider`: a supervisor of its patch, or an administrator."""

    OWNER = "owner"
    MAKER = "maker"
    DECIDER = "decider"
    READER = "reader"


class Refusal(StrEnum):
    """Why something is not done. `merged`: what is answered or handed over is the remark that it was merged into."""

    NOT_YOURS = "not-yours"
    NOT_ANSWERED = "not-answered"
    CLOSED = "closed"
    NOT_CLOSED = "not-closed"
    MERGED = "merged"
    NOT_MERGED = "not-merged"


_KEEPERS = frozenset({Part.OWNER, Part.DECIDER})

# Who may do what, whatever the state.
MAY: Mapping[Verb, frozenset[Part]] = {
    Verb.HAND_OVER: _KEEPERS,
    Verb.ANSWER: _KEEPERS,
    Verb.TELL: frozenset(Part),  # whoever meets the customer first
    Verb.REOPEN: _KEEPERS | {Part.MAKER},
    Verb.MERGE: _KEEPERS,
    Verb.SEPARATE: _KEEPERS,
}

# Where each verb leads from each state; what is not here is refused, by REFUSED with its reason.
MOVES: Mapping[tuple[RemarkState, Verb], RemarkState] = {
    (RemarkState.OPEN, Verb.HAND_OVER): RemarkState.OPEN,
    (RemarkState.OPEN, Verb.ANSWER): RemarkState.ANSWERED,
    (RemarkState.OPEN, Verb.MERGE): RemarkState.OPEN,
    (RemarkState.OPEN, Verb.SEPARATE): RemarkState.OPEN,
    (RemarkState.ANSWERED, Verb.HAND_OVER): RemarkState.ANSWERED,
    (RemarkState.ANSWERED, Verb.ANSWER): RemarkState.ANSWERED,  # put into better words before he is told
    (RemarkState.ANSWERED, Verb.TELL): RemarkState.CLOSED,
    (RemarkState.ANSWERED, Verb.MERGE): RemarkState.ANSWERED,
    (RemarkState.ANSWERED, Verb.SEPARATE): RemarkState.OPEN,
    (RemarkState.CLOSED, Verb.REOPEN): RemarkState.OPEN,
}
REFUSED: Mapping[tuple[RemarkState, Verb], Refusal] = {
    (RemarkState.OPEN, Verb.TELL): Refusal.NOT_ANSWERED,
    (RemarkState.OPEN, Verb.REOPEN): Refusal.NOT_CLOSED,
    (RemarkState.ANSWERED, Verb.REOPEN): Refusal.NOT_CLOSED,
    (RemarkState.CLOSED, Verb.HAND_OVER): Refusal.CLOSED,
    (RemarkState.CLOSED, Verb.ANSWER): Refusal.CLOSED,
    (RemarkState.CLOSED, Verb.TELL): Refusal.CLOSED,
    (RemarkState.CLOSED, Verb.MERGE): Refusal.CLOSED,
    (RemarkState.CLOSED, Verb.SEPARATE): Refusal.CLOSED,
}
# A merged remark follows the one that was kept; only its own customer is told on its own.
_OF_THE_KEPT_ONE = frozenset({Verb.HAND_OVER, Verb.ANSWER, Verb.MERGE, Verb.REOPEN})


def refusal(state: RemarkState, verb: Verb, parts: Collection[Part], *, merged: bool) -> Refusal | None:
    """Why somebody who is `parts` to a remark may not do that now; None: he may. The reason that he can do least
    about comes first."""
    if not MAY[verb] & set(parts):
        return Refusal.NOT_YOURS
    if merged and verb in _OF_THE_KEPT_ONE:
        return Refusal.MERGED
    if not merged and verb is Verb.SEPARATE:
        return Refusal.NOT_MERGED
    return REFUSED.get((state, verb))


def states_for(verb: Verb) -> tuple[RemarkState, ...]:
    """The states in which a verb is possible."""
    return tuple(state for state in RemarkState if (state, verb) in MOVES)


# What says the same -----------------------------------------------------------------------------------------------

ALIKE_DAYS = 30
ALIKE_FROM = 0.25  # of the pairs of characters; below it two remarks of a few words have little in common
_SPACE = str.maketrans("", "", " \t\r\n-_/.,;:!?\u3002\uff0c\uff1b\uff1a\uff01\uff1f\u3001")


def plain(text: str) -> str:
    """A text as it is compared and searched: small letters, without spaces and punctuation."""
    return text.casefold().translate(_SPACE)


def alike(one: str, other: str) -> float:
    """How much of two texts is the same, 0 to 1: pairs of neighbouring characters that both have, of all pairs."""
    first, second = _pairs(plain(one)), _pairs(plain(other))
    return len(first & second) / len(first | second) if first and second else 0.0


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(text))


# The month --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """A remark as the digest counts it."""

    theme: Theme | None
    kind: RemarkKind
    state: RemarkState
    made_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ThemeMonth:
    """A theme's month. `hours`: median from remark to answer, of those answered; `before`: how many a month before."""

    theme: Theme | None
    count: int
    kinds: Mapping[RemarkKind, int]
    open: int
    hours: float | None
    before: int


def digest(month: Sequence[Counted], before: Mapping[Theme | None, int]) -> list[ThemeMonth]:
    """The month by theme, the most frequent first; themes of the month before that nobody spoke of are there too."""
    rows = []
    for theme in {*(one.theme for one in month), *before}:
        own = [one for one in month if one.theme is theme]
        waits = [hours(one.answered_at - one.made_at) for one in own if one.answered_at is not None]
        rows.append(
            ThemeMonth(
                theme,
                len(own),
                {kind: sum(one.kind is kind for one in own) for kind in RemarkKind},
                sum(one.state is not RemarkState.CLOSED for one in own),
                median(waits) if waits else None,
                before.get(theme, 0),
            )
        )
    return sorted(rows, key=lambda row: (-row.count, -row.before, row.theme or "~"))


def hours(span: timedelta) -> float:
    """A span in hours, to a tenth."""
    return round(max(0.0, span.total_seconds()) / 3600, 1)
