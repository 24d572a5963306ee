"""What was really charged: the net of the whole, held against the floor and against what was approved (ADR 24).

A *whole* is everything that one distributor ordered within some days: the lines of all its invoices, wherever the goods
went. In it each product that went to one place is judged by the net of all its lines together. Money is fen, weight is
grams, a price is fen per tonne; sums are kept in millionths of a fen, so that nothing is rounded before the end.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from fieldapp.core.money import GRAMS_PER_TONNE
from fieldapp.trade.pricing import whole_rules
from fieldapp.trade.pricing.rules import PriceRow, RebateRow

# Exact whatever happens to it; nearly always whole, and then quick.
Exact = int | Fraction
# An invoice's amount is rounded to the fen, and a net price to the fen per tonne: so much is no breach.
ROUNDING = 1  # fen, of a whole


class Result(StrEnum):
    """What became of a product of a whole. The first two are in order; the others are breaches."""

    KEPT = "kept"
    APPROVED = "approved"
    BELOW = "below"
    NO_FLOOR = "no_floor"
    NO_PRICE = "no_price"
    CREDIT_NOTE = "credit_note"
    WEIGHT = "weight"


IN_ORDER = frozenset({Result.KEPT, Result.APPROVED})


class Mark(StrEnum):
    """What was seen on the way, for whoever has to judge."""

    FREE = "free"  # goods for nothing
    DISCOUNT = "discount"  # a line of money without goods, spread over the whole
    SPLIT = "split"  # on several invoices
    RETURN = "return"  # goods that came back; they don't count
    DEAR_RETURN = "dear_return"  # credited dearer than anything was sold: the rest is a discount
    REVERSED = "reversed"  # goods back and money too: the money doesn't count
    OLD_ORDER = "old_order"  # the day of the order lies too far back to be believed


class Why(StrEnum):
    """Why an approval of this product did not help."""

    PLACE = "place"
    TERMS = "terms"
    TIME = "time"
    PRICE = "price"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The policy's part. `window_days`: what is ordered so many days after the first order counts with it.
    `delivery_days`: an order lies at most so far before its invoice. `credit_days`: a credit note without goods is held
    against what was bought in the days before. `odd_factor`: a price so many times the list price is a wrong weight."""

    window_days: int = 3
    delivery_days: int = 10
    credit_days: int = 31
    odd_factor: int = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice. `place`: where the goods go. `day`: the order's, as `order_day` believes it."""

    invoice: UUID
    number: str
    line_no: int
    dated: date
    day: date
    ordered: bool  # the file said when it was ordered
    credit: bool | None  # on credit; None: the invoice has no due date
    place: str
    product: UUID
    grams: int
    amount: int
    old_order: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a line: its price row (None: there is no price; its floor None: none is set), and what is given
    back, fen per tonne and percent of the price."""

    row: PriceRow | None
    per_tonne: int = 0
    percent: Fraction = Fraction(0)

    @classmethod
    def of(cls, row: PriceRow | None, rebates: Iterable[RebateRow]) -> "Terms":
        """With the rebates that apply."""
        held = tuple(rebates)
        percent = sum((Fraction(one.percent) for one in held if one.percent is not None), Fraction(0))
        return cls(row, sum(one.per_tonne or 0 for one in held), percent)

    @property
    def floor(self) -> int | None:
        """Fen per tonne."""
        return self.row.floor_price if self.row else None

    def net(self, amount: Exact, grams: int) -> Exact:
        """What stays of an amount for so much, in millionths of a fen.

        The seam for incentive schemes: what a scheme gives back for this delivery comes off here, and nowhere else.
        """
        kept = amount * GRAMS_PER_TONNE
        if self.percent:
            kept = kept * (100 - self.percent) / 100
        return kept - grams * self.per_tonne


@dataclass(frozen=True, slots=True)
class Permit:
    """A line of an approval that names its price: so much of a product to a place at a net price not below `net`.

    `first`, `last`: the days on which it held. `credit`: it was given for a deal on credit, else for cash.
    """

    approval: UUID
    line: int
    check: UUID
    product: UUID
    place: str
    credit: bool
    grams: int
    net: int
    first: date
    last: date

    @property
    def key(self) -> tuple[UUID, int]:
        """What its quantity is counted under."""
        return self.approval, self.line


@dataclass(frozen=True, slots=True)
class Outcome:
    """A product of a whole, judged. `amount`: fen, with its share of what was taken off the whole. `net`, `floor`: fen
    per tonne. `lost`: fen that are missing up to the floor, or up to what was approved. `used`: of which
    approvals."""

    result: Result
    place: str
    product: UUID
    first: date
    last: date
    grams: int
    amount: int
    net: int | None
    floor: int | None
    lost: int
    lines: tuple[Line, ...]
    marks: frozenset[Mark] = frozenset()
    why: Why | None = None
    used: "Used" = ()


PriceOf = Callable[[Line], Terms]


def order_day(invoiced: date, ordered_on: date | None, delivery_days: int) -> tuple[date, bool]:
    """(the day of the order, was it put forward): the one that is given, but at most so many days before the invoice.

    Without that an invoice dated back before the floor rose would keep the old floor for ever.
    """
    if ordered_on is None:
        return invoiced, False
    earliest = invoiced - timedelta(days=delivery_days)
    return (earliest, True) if ordered_on < earliest else (ordered_on, False)


def wholes(lines: Iterable[Line], window_days: int) -> list[list[Line]]:
    """Lines of one distributor, those of each whole together, by day (`whole_rules.wholes`)."""
    return whole_rules.wholes(sorted(lines, key=_by_day), window_days)


def _by_day(line: Line) -> tuple[date, str, int]:
    return line.day, line.number, line.line_no


def certain_from(days: Sequence[date], read_from: date, wanted: date, numbers: Numbers) -> date | None:
    """From which day on the wholes can be told when only what was invoiced since `read_from` is known.

    `days`: those of the orders that were read, sorted. None: not from `wanted` on; more must be read.
    """
    reach = timedelta(days=numbers.window_days + numbers.delivery_days)
    if not days or days[0] > read_from + reach:
        return wanted  # nothing that was not read can belong to them
    for earlier, later in pairwise(days):
        if (later - earlier).days > numbers.window_days:
            return later if later <= wanted else None
    return None


@dataclass(slots=True)
class _Group:
    """One product to one place within a whole, as far as floors are concerned alike."""

    lines: list[Line] = field(default_factory=list)
    grams: int = 0
    gross: Exact = 0  # fen
    net: Exact = 0  # millionths of a fen
    floor: int = 0  # millionths of a fen
    marks: set[Mark] = field(default_factory=set)
    room: Exact = 0  # what a later credit note may take, in millionths of a fen


def judge(lines: Iterable[Line], price_of: PriceOf, permits: Iterable[Permit], numbers: Numbers) -> list[Outcome]:
    """Every product of every whole of one distributor, in the order of the days.

    The order of the lines does not matter, nor how a whole is cut into lines and invoices. An approval's quantity is
    used up by the wholes in their order, whichever invoices they stand on.
    """
    held = list(permits)
    left = {permit.key: permit.grams for permit in held}
    found: list[Outcome] = []
    rooms: list[tuple[date, _Group]] = []
    for whole in wholes(lines, numbers.window_days):
        groups, taken = _groups(whole, price_of, lambda line: _usual(line, rooms, price_of, numbers))
        if groups:
            _spread(groups, taken, price_of)
        elif taken < 0:
            found.append(_credit_note(whole, taken, rooms, numbers))
        for (place, product, case), group in sorted(groups.items(), key=lambda item: (item[0][0], str(item[0][1:]))):
            outcome = _judge(place, product, case, group, held, left, numbers, price_of)
            found.append(outcome)
            rooms.append((whole[0].day, group))
    return found


_Key = tuple[str, UUID, Result]
Used = tuple[tuple[UUID, int, int], ...]  # (approval, its line, grams)


def _groups(
    whole: Sequence[Line], price_of: PriceOf, usual: Callable[[Line], Fraction | None]
) -> tuple[dict[_Key, _Group], Exact]:
    """The goods of a whole, and what was taken off it besides (fen, at most 0). `usual`: what a product was sold for at
    most, where it comes back and the whole has none of it; fen per gram."""
    groups: dict[_Key, _Group] = defaultdict(_Group)
    taken: Exact = 0
    for line in whole:
        if line.grams > 0:
            terms = price_of(line)
            case = Result.KEPT if terms.floor is not None else Result.NO_FLOOR if terms.row else Result.NO_PRICE
            group = groups[line.place, line.product, case]
            group.lines.append(line)
            group.grams += line.grams
            group.gross += line.amount
            group.net += terms.net(line.amount, line.grams)
            group.floor += (terms.floor or 0) * line.grams
            if line.amount <= 0:
                group.marks.add(Mark.FREE)
            if line.old_order:
                group.marks.add(Mark.OLD_ORDER)
        elif line.grams == 0:
            taken += line.amount
    for line in whole:
        if line.grams < 0:
            taken += _returned(line, groups, usual)
    for group in groups.values():
        if len({line.invoice for line in group.lines}) > 1:
            group.marks.add(Mark.SPLIT)
    return groups, min(taken, 0)


def _returned(line: Line, groups: Mapping[_Key, _Group], usual: Callable[[Line], Fraction | None]) -> Exact:
    """What a return takes off the whole: nothing, but what was credited above the dearest price of the whole; of a
    product that the whole has none of, above the `usual` one."""
    same = [group for (_place, product, _case), group in groups.items() if product == line.product]
    sold = [one for group in same for one in group.lines if one.grams > 0]
    mark, off = Mark.RETURN, Fraction(0)
    dearest: Fraction | None = None
    if line.amount > 0:
        mark = Mark.REVERSED
    else:
        dearest = max((Fraction(one.amount, one.grams) for one in sold), default=None) if sold else usual(line)
    if dearest is not None:
        off = min(off, line.amount - dearest * line.grams)
        mark = Mark.DEAR_RETURN if off < -ROUNDING else mark
    for group in same:
        group.marks.add(mark)
        group.lines.append(line)
    return off


def _usual(line: Line, rooms: Sequence[tuple[date, _Group]], price_of: PriceOf, numbers: Numbers) -> Fraction | None:
    """The dearest price, fen per gram, of what was bought of a product in the days before it came back. Bought longer
    ago it may have been at a price that nobody knows here: then one that is too dear for any. None: it has no price."""
    since = line.day - timedelta(days=numbers.credit_days)
    sold = [
        Fraction(one.amount, one.grams)
        for day, group in rooms
        if since <= day
        for one in group.lines
        if one.product == line.product and one.grams > 0
    ]
    if sold:
        return max(sold)
    row = price_of(line).row
    listed = (row.list_price or row.floor_price) if row else None
    return Fraction(numbers.odd_factor * listed, GRAMS_PER_TONNE) if listed else None


def _spread(groups: Mapping[_Key, _Group], taken: Exact, price_of: PriceOf) -> None:
    """What was taken off, over all goods by value; by weight where nothing has a value."""
    if not taken:
        return
    value = sum(max(group.gross, 0) for group in groups.values())
    weight = sum(group.grams for group in groups.values())
    for group in groups.values():
        share = taken * (Fraction(max(group.gross, 0)) / value if value else Fraction(group.grams, weight))
        if share:
            terms = price_of(next(line for line in group.lines if line.grams > 0))
            group.gross += share
            group.net += terms.net(share, 0)
            group.marks.add(Mark.DISCOUNT)


def _judge(
    place: str,
    product: UUID,
    case: Result,
    group: _Group,
    permits: Sequence[Permit],
    left: dict[tuple[UUID, int], int],
    numbers: Numbers,
    price_of: PriceOf,
) -> Outcome:
    # Half a fen per tonne, as the deal check rounds its net price; and a fen, as the invoice rounds its amounts.
    slack = group.grams // 2 + ROUNDING * GRAMS_PER_TONNE
    why: Why | None = None
    used: Used = ()
    result = Result.KEPT
    lost: Exact = 0
    if case is not Result.KEPT or group.net + slack < group.floor:
        fitting, why = _fitting(group, product, place, permits, left, numbers)
        needed, used = _allow(group, case, fitting, slack)
        if case is not Result.KEPT:
            covered = sum(grams for _approval, _line, grams in used)
            result = Result.APPROVED if covered >= group.grams and group.net + slack >= needed else case
        else:
            result = Result.APPROVED if group.net + slack >= needed else Result.BELOW
            lost = max(lost, needed - group.net)
        if result is Result.APPROVED:
            lost, why = 0, None
            for approval, number, grams in used:
                left[approval, number] -= grams
        elif used:
            why = Why.QUANTITY if sum(grams for *_rest, grams in used) < group.grams else Why.PRICE
            if result is Result.BELOW:  # what was approved of it is used all the same
                for approval, number, grams in used:
                    left[approval, number] -= grams
    elif _odd(group, numbers, price_of):
        result = Result.WEIGHT
    group.room = max(0, group.net - group.floor) if case is Result.KEPT else 0
    group.room += max(0, group.gross * GRAMS_PER_TONNE - group.net)
    days = [line.day for line in group.lines if line.grams > 0]
    return Outcome(
        result=result,
        place=place,
        product=product,
        first=min(days),
        last=max(days),
        grams=group.grams,
        amount=_rounded(group.gross),
        net=_rounded(group.net, group.grams),
        floor=_rounded(group.floor, group.grams) if case is Result.KEPT else None,
        lost=_rounded(lost, GRAMS_PER_TONNE),
        lines=tuple(group.lines if result is Result.KEPT else sorted(group.lines, key=_by_day)),
        marks=frozenset(group.marks),
        why=why,
        used=used,
    )


def _fitting(
    group: _Group,
    product: UUID,
    place: str,
    permits: Sequence[Permit],
    left: Mapping[tuple[UUID, int], int],
    numbers: Numbers,
) -> tuple[list[tuple[Permit, int]], Why | None]:
    """Approvals that speak for this, each with the grams it may still speak for; else why the nearest does not."""
    fitting: list[tuple[Permit, int]] = []
    why: Why | None = None
    order = list(Why)
    for permit in permits:
        if permit.product != product:
            continue
        against: Why | None = None
        grams = 0
        if permit.place != place:
            against = Why.PLACE
        else:
            for line in group.lines:
                reason = _against(permit, line, numbers)
                if reason is None and line.grams > 0:
                    grams += line.grams
                against = against or reason
            grams = min(grams, left[permit.key])
            if grams:
                fitting.append((permit, grams))
                continue
            against = against or Why.QUANTITY
        why = max((one for one in (why, against) if one), key=order.index, default=None)
    return fitting, why


def _against(permit: Permit, line: Line, numbers: Numbers) -> Why | None:
    if line.credit and not permit.credit:  # the other way round we only get our money sooner
        return Why.TERMS
    # Where nobody said when it was ordered, it may have been so long before.
    earliest = line.day if line.ordered else line.day - timedelta(days=numbers.delivery_days)
    return None if permit.first <= line.day and earliest <= permit.last else Why.TIME


def _allow(group: _Group, case: Result, fitting: list[tuple[Permit, int]], slack: int) -> tuple[Exact, Used]:
    """What the whole must bring with the approvals that fit, and how much of each is used.

    What is approved may go at the approved net, the rest at the floor. One approval that is enough is taken, the
    dearest of them; else all of them, the cheapest first.
    """
    floor = Fraction(group.floor, group.grams) if case is Result.KEPT else None

    def with_them(chosen: Iterable[tuple[Permit, int]]) -> tuple[Exact, Used]:
        asked, rest = 0, group.grams
        used: list[tuple[UUID, int, int]] = []
        for permit, most in chosen:
            grams = min(most, rest)
            if grams and (floor is None or permit.net < floor):
                asked += permit.net * grams
                rest -= grams
                used.append((*permit.key, grams))
        return asked + (floor or 0) * rest, tuple(used)

    by_price = sorted(fitting, key=lambda pair: (-pair[0].net, str(pair[0].key)))
    for pair in by_price:
        asked, used = with_them([pair])
        enough = floor is not None or sum(grams for *_rest, grams in used) >= group.grams
        if used and enough and group.net + slack >= asked:
            return asked, used
    asked, used = with_them(reversed(by_price))
    return (asked, used) if used else (group.floor, ())


def _odd(group: _Group, numbers: Numbers, price_of: PriceOf) -> bool:
    """Is a line so dear that its weight must be wrong, as when bags are written for kilograms?"""
    for line in group.lines:
        # A list price is hardly ever below the floor: most lines need not be asked for theirs.
        near = line.amount * GRAMS_PER_TONNE * group.grams <= numbers.odd_factor * group.floor * line.grams
        row = None if line.grams <= 0 or near else price_of(line).row
        usual = (row.list_price or row.floor_price) if row else None
        if usual and line.amount * GRAMS_PER_TONNE > numbers.odd_factor * usual * line.grams:
            return True
    return False


def _credit_note(
    whole: Sequence[Line], taken: Exact, rooms: Sequence[tuple[date, _Group]], numbers: Numbers
) -> Outcome:
    """Money back without goods: allowed as far as the rebates reach that were counted already, and what was charged
    above the floor, on what was bought in the days before. What goes beyond is a hidden discount."""
    last = max(line.day for line in whole)
    since = last - timedelta(days=numbers.credit_days)
    rest = Fraction(-taken * GRAMS_PER_TONNE)
    for day, group in rooms:
        if since <= day:
            use = min(rest, group.room)
            group.room -= use
            rest -= use
    lost = rest if rest > ROUNDING * GRAMS_PER_TONNE else Fraction(0)
    largest = min((line for line in whole if line.grams <= 0), key=lambda line: (line.amount, line.number))
    return Outcome(
        result=Result.CREDIT_NOTE if lost else Result.KEPT,
        place=largest.place,
        product=largest.product,
        first=min(line.day for line in whole),
        last=last,
        grams=0,
        amount=_rounded(taken),
        net=None,
        floor=None,
        lost=_rounded(lost, GRAMS_PER_TONNE),
        lines=tuple(whole),
        marks=frozenset({Mark.DISCOUNT}),
    )


def _rounded(value: Exact, parts: int = 1) -> int:
    """A part of a value, half away from zero, as everywhere with money."""
    top, bottom = abs(value.numerator), value.denominator * parts
    whole = (2 * top + bottom) // (2 * bottom)
    return whole if value >= 0 else -whole


# What is done about a breach ------------------------------------------------------------------------------------


class State(StrEnum):
    """`recover`: it is to be made good; `corrected`: the invoice or its whole changed, and it is none any more."""

    OPEN = "open"
    ACCEPTED = "accepted"
    RECOVER = "recover"
    DONE = "done"
    DISMISSED = "dismissed"
    CORRECTED = "corrected"


class Verb(StrEnum):
    """What happens to a breach. The first three are the matching's, `explain` anybody's who sees it."""

    FIND = "find"
    JUDGE = "judge"
    CORRECT = "correct"
    EXPLAIN = "explain"
    ACCEPT = "accept"
    RECOVER = "recover"
    FINISH = "finish"
    DISMISS = "dismiss"
    REOPEN = "reopen"


DECISIONS = (Verb.ACCEPT, Verb.RECOVER, Verb.DISMISS)
# verb → (states it starts from, the state it leads to)
MOVES: Mapping[Verb, tuple[frozenset[State], State]] = {
    Verb.ACCEPT: (frozenset({State.OPEN, State.RECOVER}), State.ACCEPTED),
    Verb.RECOVER: (frozenset({State.OPEN}), State.RECOVER),
    Verb.FINISH: (frozenset({State.RECOVER}), State.DONE),
    Verb.DISMISS: (frozenset({State.OPEN, State.RECOVER}), State.DISMISSED),
    Verb.REOPEN: (frozenset({State.ACCEPTED, State.DONE, State.DISMISSED}), State.OPEN),
}


class Refusal(StrEnum):
    """Why somebody may not."""

    OWN = "own"
    STATE = "state"
    MOVED = "moved"


def may(verb: Verb, state: State, decider: UUID, involved: Iterable[UUID | None]) -> Refusal | None:
    """May somebody who decides here do this? Not about his own customer or a deal he checked himself; None: he may."""
    if decider in set(involved):
        return Refusal.OWN
    return None if state in MOVES[verb][0] else Refusal.STATE


def after_judging(state: State, lost_before: int, lost_now: int) -> State:
    """The state of a breach that was found again: what was settled is open again where more is missing than before."""
    if state is State.CORRECTED or (state not in (State.OPEN, State.RECOVER) and lost_now > lost_before):
        return State.OPEN
    return state
