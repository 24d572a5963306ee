"""How the price book is changed: what a line does to the rows of its product, region and tier, and what forbids it.

History is never rewritten: a line begins tomorrow at the earliest, and what holds today ends the day before it. Prices
are fen per tonne; unset is not zero. The day and the numbers of the policy are arguments.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from fieldapp.core.money import round_half_up
from fieldapp.core.validity import valid_on

DAY = timedelta(days=1)
FOREVER = date.max
PRICES = ("list_price", "floor_price", "retail_price")


# The way of a draft -------------------------------------------------------------------------------------------------


class DraftState(StrEnum):
    """A draft that was published or discarded never changes again."""

    OPEN = "open"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Verb(StrEnum):
    """What is done with a draft. `WITHDRAW`: those who made it take it back before it is decided."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    APPROVE = "approve"
    DISCARD = "discard"


class Refusal(StrEnum):
    """Why something may not be done."""

    NOT_YOURS = "not_yours"
    OWN = "own"
    CLOSED = "closed"
    SUBMITTED = "submitted"
    NOT_SUBMITTED = "not_submitted"


MOVES: Mapping[tuple[DraftState, Verb], DraftState] = {
    (DraftState.OPEN, Verb.EDIT): DraftState.OPEN,
    (DraftState.OPEN, Verb.SUBMIT): DraftState.SUBMITTED,
    (DraftState.OPEN, Verb.DISCARD): DraftState.DISCARDED,
    (DraftState.SUBMITTED, Verb.WITHDRAW): DraftState.OPEN,
    (DraftState.SUBMITTED, Verb.RETURN): DraftState.OPEN,
    (DraftState.SUBMITTED, Verb.APPROVE): DraftState.PUBLISHED,
}
_DECIDES = frozenset({Verb.RETURN, Verb.APPROVE})


def refusal(state: DraftState, verb: Verb, *, drafter: bool, approver: bool, editor: bool) -> Refusal | None:
    """Why this may not be done; None: it may. `editor`: he had a hand in the draft, so he is no second person."""
    if verb in _DECIDES:
        if editor:
            return Refusal.OWN
        if not approver:
            return Refusal.NOT_YOURS
    elif not drafter:
        return Refusal.NOT_YOURS
    if (state, verb) in MOVES:
        return None
    if state in (DraftState.PUBLISHED, DraftState.DISCARDED):
        return Refusal.CLOSED
    return Refusal.SUBMITTED if state is DraftState.SUBMITTED else Refusal.NOT_SUBMITTED


# What a line does ---------------------------------------------------------------------------------------------------


class LineKind(StrEnum):
    """A new price, or the last day of one that is there."""

    PRICE = "price"
    END = "end"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a draft, of one product, region and tier. `key` is its own, for what is said of it."""

    key: str
    kind: LineKind
    valid_from: date
    valid_to: date | None = None
    list_price: int | None = None
    floor_price: int | None = None
    retail_price: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the book, of one product, region and tier; `key` None: it is yet to be written."""

    key: object
    valid_from: date
    valid_to: date | None
    list_price: int | None
    floor_price: int | None
    retail_price: int | None

    @property
    def last(self) -> date:
        """Its last day; FOREVER where its end is open."""
        return self.valid_to or FOREVER

    def prices(self) -> tuple[int | None, int | None, int | None]:
        """List, floor, suggested retail."""
        return self.list_price, self.floor_price, self.retail_price


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one row: None before: it is new; None after: a planned row that never comes."""

    before: Held | None
    after: Held | None


class Fault(StrEnum):
    """What may be wrong with a line. The WARNINGS leave it to the second person."""

    PAST = "past"
    DATES = "dates"
    ZERO = "zero"
    NOTHING = "nothing"
    FLOOR_ABOVE_LIST = "floor_above_list"
    PLANNED = "planned"
    GONE = "gone"
    NO_FLOOR = "no_floor"
    RETAIL_BELOW_LIST = "retail_below_list"
    JUMP = "jump"
    UNCHANGED = "unchanged"
    NOBODY = "nobody"  # no distributor is of its tier; whoever knows the distributors says so, not plan()


WARNINGS = frozenset({Fault.NO_FLOOR, Fault.RETAIL_BELOW_LIST, Fault.JUMP, Fault.UNCHANGED, Fault.NOBODY})


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a line in a column; `facts`: the numbers that its words need (dates, fen, percents)."""

    line: str
    column: str
    fault: Fault
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def stops(self) -> bool:
        """Whether the draft cannot be submitted with it."""
        return self.fault not in WARNINGS


@dataclass(frozen=True, slots=True)
class Plan:
    """What the lines of one product, region and tier come to. `before`: {line: what held on its first day}; `shows`: a
    day on which all of it can be seen."""

    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    before: Mapping[str, Held | None]
    rows: tuple[Held, ...]
    shows: date


def plan(lines: Iterable[Line], held: Sequence[Held], today: date, jump_percent: Decimal) -> Plan:
    """What these lines make of the rows of their product, region and tier, taken in the order of their first days."""
    rows = sorted(held, key=lambda row: row.valid_from)
    problems: list[Problem] = []
    before: dict[str, Held | None] = {}
    shows = today + DAY
    for line in sorted(lines, key=lambda one: (one.valid_from, one.kind)):
        if line.kind is LineKind.END:
            target = next((row for row in rows if row.valid_from == line.valid_from), None)
            before[line.key] = target
            problems += _faults_of_end(line, target, rows, today)
            rows = _ended(line, target, rows)
            shows = max(shows, line.valid_from, (line.valid_to or today) + DAY)
        else:
            before[line.key] = holding(rows, line.valid_from)
            problems += _faults_of_price(line, before[line.key], rows, today, jump_percent)
            rows = _with(line, rows)
            shows = max(shows, line.valid_from)
    return Plan(tuple(_steps(held, rows)), tuple(problems), before, tuple(rows), shows)


def holding(rows: Iterable[Held], day: date) -> Held | None:
    """Of the rows of one product, region and tier, the one that counts on a day: the latest (contract, Price)."""
    return max((row for row in rows if valid_on(row, day)), key=lambda row: row.valid_from, default=None)


def _with(line: Line, rows: Sequence[Held]) -> list[Held]:
    """The rows with a new price: what held ends the day before, and comes back the day after it where it ran on."""
    first, last = line.valid_from, line.valid_to or FOREVER
    same = next((row for row in rows if row.valid_from == first), None)
    kept: list[Held] = []
    for row in rows:
        if row.valid_from < first <= row.last:
            kept.append(replace(row, valid_to=first - DAY))
        elif row is not same:
            kept.append(row)
    kept += _coming_back([row for row in rows if row is not same], last)
    new = Held(same.key if same else None, first, line.valid_to, line.list_price, line.floor_price, line.retail_price)
    return sorted([*kept, new], key=lambda row: row.valid_from)


def _coming_back(rows: Sequence[Held], last: date) -> Iterable[Held]:
    """What held before `last` and holds again after it, one after the other: when a price of a season that was
    interrupted ends, what it stood upon comes back too."""
    while last < FOREVER:
        after = holding(rows, last + DAY)
        if after is None:
            return
        if after.valid_from <= last:
            yield replace(after, key=None, valid_from=last + DAY)
        last = after.last


def _ended(line: Line, target: Held | None, rows: Sequence[Held]) -> list[Held]:
    if target is None or line.valid_to is None:
        return list(rows)
    if line.valid_to < target.valid_from:
        return [row for row in rows if row is not target]
    return [replace(row, valid_to=line.valid_to) if row is target else row for row in rows]


def _steps(held: Sequence[Held], rows: Sequence[Held]) -> Iterable[Step]:
    after = {row.key: row for row in rows if row.key is not None}
    for row in held:
        became = after.get(row.key)
        if became != row:
            yield Step(row, became)
    yield from (Step(None, row) for row in rows if row.key is None)


def _faults_of_price(
    line: Line, before: Held | None, rows: Sequence[Held], today: date, jump_percent: Decimal
) -> Iterable[Problem]:
    def fault(name: str, kind: Fault, **facts: object) -> Problem:
        return Problem(line.key, name, kind, facts)

    if line.valid_from <= today:
        yield fault("valid_from", Fault.PAST, first=today + DAY)
    if line.valid_to is not None and line.valid_to < line.valid_from:
        yield fault("valid_to", Fault.DATES, first=line.valid_from)
    else:
        last = line.valid_to or FOREVER
        planned = next((row for row in rows if line.valid_from < row.valid_from <= last), None)
        if planned is not None:
            yield fault("valid_to", Fault.PLANNED, planned=planned.valid_from, last=planned.valid_from - DAY)
    given = {name: getattr(line, name) for name in PRICES}
    yield from (fault(name, Fault.ZERO) for name, value in given.items() if value == 0)
    if all(value is None for value in given.values()):
        yield fault("list_price", Fault.NOTHING)
        return
    if line.floor_price and line.list_price and line.floor_price > line.list_price:
        yield fault("floor_price", Fault.FLOOR_ABOVE_LIST, list=line.list_price)
    if line.floor_price is None:
        yield fault("floor_price", Fault.NO_FLOOR)
    if line.retail_price and line.list_price and line.retail_price < line.list_price:
        yield fault("retail_price", Fault.RETAIL_BELOW_LIST, list=line.list_price)
    if before is None:
        return
    other_end = before.valid_from == line.valid_from and before.valid_to != line.valid_to
    if before.prices() == tuple(given.values()) and not other_end:
        yield fault("list_price", Fault.UNCHANGED)
    for name, value in given.items():
        was = getattr(before, name)
        if value and was and abs(value - was) * 100 > was * jump_percent:
            yield fault(name, Fault.JUMP, was=was, percent=percent_between(was, value))


def _faults_of_end(line: Line, target: Held | None, rows: Sequence[Held], today: date) -> Iterable[Problem]:
    if target is None:
        yield Problem(line.key, "valid_from", Fault.GONE, {"first": line.valid_from})
        return
    if line.valid_to is None:
        yield Problem(line.key, "valid_to", Fault.DATES, {"first": today})
        return
    if target.valid_from <= today and line.valid_to < today:
        yield Problem(line.key, "valid_to", Fault.PAST, {"first": today})
    if target.valid_to is not None and target.valid_to < today:
        yield Problem(line.key, "valid_to", Fault.PAST, {"first": today})  # it is over: the past stays as it was
    if line.valid_to == target.valid_to:
        yield Problem(line.key, "valid_to", Fault.UNCHANGED)
    planned = next((row for row in rows if target.valid_from < row.valid_from <= line.valid_to), None)
    if planned is not None and line.valid_to > target.last:
        facts = {"planned": planned.valid_from, "last": planned.valid_from - DAY}
        yield Problem(line.key, "valid_to", Fault.PLANNED, facts)


def percent_between(before: int, after: int) -> Decimal:
    """How far `after` lies above (+) or below (−) `before` > 0, in percent with one decimal."""
    return (Decimal(after - before) * 100 / before).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def fingerprint(plans: Iterable[Plan]) -> str:
    """Sixteen digits that change with anything the plans would write: what a second person has seen."""
    digest = hashlib.sha256()
    for one in plans:
        for step in one.steps:
            digest.update(repr(step).encode())
    return digest.hexdigest()[:16]


# Several at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Raise:
    """By how much a price goes up (or down): fen per tonne, or percent; to whole yuan where that is asked for."""

    field: str
    fen: int = 0
    percent: Decimal = Decimal(0)
    whole_yuan: bool = False

    def of(self, price: int | None) -> int | None:
        """The new price; what is not set stays so, and none falls below zero."""
        if price is None:
            return None
        new = price + self.fen + Decimal(price) * self.percent / 100
        step = 100 if self.whole_yuan else 1
        return max(0, round_half_up(Decimal(new) / step) * step)


# What a file of the ERP may do to days that have passed --------------------------------------------------------------


def touches_past(before: Held | None, after: Held | None, today: date) -> bool:
    """Whether such a change of one row (its first day is its key) speaks of days before `today`."""
    if before is None or after is None:
        row = before or after
        return row is not None and row.valid_from < today
    if before.prices() != after.prices():
        return before.valid_from < today
    return before.last != after.last and min(before.last, after.last) < today - DAY
