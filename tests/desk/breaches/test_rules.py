"""The net of the whole: a table of what invoices may try, and what holds however a whole is cut."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.desk.breaches.rules import (
    Line,
    Mark,
    Numbers,
    Outcome,
    Permit,
    Refusal,
    Result,
    State,
    Terms,
    Verb,
    Why,
    after_judging,
    certain_from,
    judge,
    may,
    order_day,
    wholes,
)
from fieldapp.trade.pricing.rules import PriceRow

DAY = date(2026, 11, 2)
HERE, THERE = "410102", "410103"
PIG, FISH, NEW, BARE = (UUID(int=number) for number in range(1, 5))
FLOORS = {PIG: 300_000, FISH: 400_000, BARE: None}  # fen per tonne; NEW has no price
NUMBERS = Numbers()
TONNE = 1_000_000


def price_of(line: Line) -> Terms:
    if line.product == NEW:
        return Terms(None)
    floor = FLOORS[line.product]
    if floor and line.day >= date(2026, 12, 1):
        floor += 10_000
    return Terms(PriceRow("p", "41", "*", date(2026, 1, 1), None, (floor or 0) + 20_000, floor, None))


def line(
    tonnes: Any, yuan: Any, *, product: UUID = PIG, day: int = 0, invoice: int = 1, place: str = HERE, **more: Any
) -> Line:
    on = DAY + timedelta(days=day)
    given = {"ordered": True, "credit": True, "line_no": 1, **more}
    grams, amount = int(Fraction(str(tonnes)) * TONNE), int(Fraction(str(yuan)) * 100)
    return Line(
        UUID(int=invoice),
        f"N{invoice}",
        dated=on,
        day=on,
        place=place,
        product=product,
        grams=grams,
        amount=amount,
        **given,
    )


def permit(tonnes: float, net: int, **more: Any) -> Permit:
    number = more.pop("number", 7)
    given: dict[str, Any] = {"place": HERE, "credit": True, "first": DAY, "last": DAY + timedelta(days=1), **more}
    return Permit(UUID(int=number), 1, UUID(int=number), product=PIG, grams=int(tonnes * TONNE), net=net * 100, **given)


@dataclass(frozen=True)
class Case:
    name: str
    lines: tuple[Line, ...]
    expected: tuple[tuple[Result, int], ...]  # (result, lost yuan), by day, place, product
    permits: tuple[Permit, ...] = ()
    marks: frozenset[Mark] = frozenset()
    why: Why | None = None


K, A, B = Result.KEPT, Result.APPROVED, Result.BELOW
CASES = (
    Case("at the floor", (line(10, 30000),), ((K, 0),)),
    Case("a yuan a tonne below", (line(10, 29990),), ((B, 10),)),
    Case("price 0", (line(10, 0),), ((B, 30000),), marks=frozenset({Mark.FREE})),
    Case("10 + 1 free at the list price", (line(10, 32000), line(1, 0, line_no=2)), ((B, 1000),)),
    Case("10 + 1 free, dear enough", (line(10, 33000), line(1, 0, line_no=2)), ((K, 0),)),
    Case("free goods on an invoice two days later", (line(10, 32000), line(1, 0, day=2, invoice=2)), ((B, 1000),)),
    Case("free goods of another product", (line(10, 33000), line(1, 0, product=FISH)), ((K, 0), (B, 4000))),
    Case(
        "a discount line without goods",
        (line(10, 30500), line(0, -1000, line_no=2)),
        ((B, 500),),
        marks=frozenset({Mark.DISCOUNT}),
    ),
    Case(
        "a discount over all lines, by value",
        (line(10, 31000), line(10, 62000, product=FISH), line(0, -9000, product=FISH, line_no=3)),
        ((B, 2000), (K, 0)),
    ),
    Case("a discount and its reversal", (line(10, 30500), line(0, -1000), line(0, 1000, line_no=3)), ((K, 0),)),
    Case("freight is no price", (line(10, 29000), line(0, 5000, line_no=2)), ((B, 1000),)),
    Case("goods back at their price", (line(10, 30000), line(-5, -15000, line_no=2)), ((K, 0),)),
    Case(
        "goods back dearer than sold",
        (line(10, 30000), line(-1, -5000, line_no=2)),
        ((B, 2000),),
        marks=frozenset({Mark.DEAR_RETURN, Mark.DISCOUNT}),
    ),
    Case("goods back, and money too", (line(10, 29000), line(-1, 9000, line_no=2)), ((B, 1000),)),
    Case("only goods back", (line(-5, -20000),), ()),
    Case("goods back weeks later at their price", (line(10, 30000), line(-5, -15000, day=20, invoice=2)), ((K, 0),)),
    Case(
        "a kilogram back weeks later, for the price of tonnes",
        (line(10, 30500), line("-0.001", -5000, day=20, invoice=2)),
        ((K, 0), (Result.CREDIT_NOTE, 4497)),  # 500 stood above the floor, and the kilogram was worth 3
    ),
    Case(
        "a kilogram of another product back, for the price of tonnes",
        (line(10, 30000), line("-0.001", -5000, product=FISH, line_no=2)),
        ((B, 4987),),
    ),
    Case("the cheap half on its own invoice", (line(5, 15100), line(5, 14800, invoice=2, day=1)), ((B, 100),)),
    Case("a dear and a cheap half that make it up", (line(5, 15200), line(5, 14800, invoice=2, day=3)), ((K, 0),)),
    Case("the same, too far apart", (line(5, 15200), line(5, 14800, invoice=2, day=4)), ((K, 0), (B, 200))),
    Case("to two places", (line(5, 15200), line(5, 14800, place=THERE, line_no=2)), ((K, 0), (B, 200))),
    Case("no price", (line(1, 9999, product=NEW),), ((Result.NO_PRICE, 0),)),
    Case("no floor", (line(1, 1, product=BARE),), ((Result.NO_FLOOR, 0),)),
    Case("bags for kilograms", (line("0.125", 15000),), ((Result.WEIGHT, 0),)),
    Case("a small amount is rounded to the fen", (line("0.007", "20.99"),), ((K, 0),)),
    Case("and by no more than that", (line("0.007", "20.98"),), ((B, 0),)),
    Case("the floor of the day of the order", (line(1, 3000, day=28), line(1, 3000, day=29)), ((B, 100),)),
    # A credit note on its own, later than the window: what was charged above the floor may be given back.
    Case(
        "a later credit note within what was charged above the floor",
        (line(10, 31000), line(0, -1000, day=20, invoice=2)),
        ((K, 0), (K, 0)),
    ),
    Case(
        "a later credit note beyond that is a hidden discount",
        (line(10, 31000), line(0, -1500, day=20, invoice=2)),
        ((K, 0), (Result.CREDIT_NOTE, 500)),
    ),
    Case(
        "two of them do not take the same room twice",
        (line(10, 31000), line(0, -800, day=20, invoice=2), line(0, -800, day=25, invoice=3)),
        ((K, 0), (K, 0), (Result.CREDIT_NOTE, 600)),
    ),
    Case(
        "a credit note long after",
        (line(10, 31000), line(0, -500, day=40, invoice=2)),
        ((K, 0), (Result.CREDIT_NOTE, 500)),
    ),
    # Approvals.
    Case("approved", (line(10, 29000),), ((A, 0),), (permit(10, 2900),)),
    Case("cheaper than approved", (line(10, 28900),), ((B, 100),), (permit(10, 2900),), why=Why.PRICE),
    Case("more than approved", (line(12, 34800),), ((B, 200),), (permit(10, 2900),), why=Why.QUANTITY),
    Case("more than approved, the rest at the floor", (line(12, 35000),), ((A, 0),), (permit(10, 2900),)),
    Case(
        "used twice",
        (line(6, 17400), line(6, 17400, day=5, invoice=2)),
        ((A, 0), (B, 200)),
        (permit(10, 2900, last=DAY + timedelta(days=9)),),
    ),
    Case(
        "used twice within the window",
        (line(6, 17400), line(6, 17400, day=1, invoice=2)),
        ((B, 200),),
        (permit(10, 2900),),
    ),
    Case("to another place", (line(10, 29000, place=THERE),), ((B, 1000),), (permit(10, 2900),), why=Why.PLACE),
    Case("approved for cash", (line(10, 29000),), ((B, 1000),), (permit(10, 2900, credit=False),), why=Why.TERMS),
    Case("approved on credit, paid at once", (line(10, 29000, credit=False),), ((A, 0),), (permit(10, 2900),)),
    Case("ordered too late", (line(10, 29000, day=2),), ((B, 1000),), (permit(10, 2900),), why=Why.TIME),
    Case("ordered before the approval", (line(10, 29000, day=-1),), ((B, 1000),), (permit(10, 2900),), why=Why.TIME),
    Case(
        "invoiced days later, no day of order", (line(10, 29000, day=9, ordered=False),), ((A, 0),), (permit(10, 2900),)
    ),
    Case("no floor, approved", (line(2, 1, product=BARE),), ((A, 0),), (replace(permit(2, 0), product=BARE),)),
    Case(
        "no floor, half approved",
        (line(2, 1, product=BARE),),
        ((Result.NO_FLOOR, 0),),
        (replace(permit(1, 0), product=BARE),),
    ),
    Case(
        "two approvals together",
        (line(10, 29250),),
        ((A, 0),),
        (permit(5, 2900), permit(5, 2950, number=8)),
    ),
    Case("10 + 1 free is 29 090 a tonne: approved so", (line(10, 32000), line(1, 0)), ((A, 0),), (permit(11, 2900),)),
)


def in_short(outcomes: list[Outcome]) -> tuple[tuple[Result, int], ...]:
    return tuple((one.result, round(one.lost / 100)) for one in outcomes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_invoices_may_try(case: Case) -> None:
    """Whatever the order of the lines."""
    for lines in (case.lines, case.lines[::-1]):
        found = judge(lines, price_of, case.permits, NUMBERS)
        assert in_short(found) == case.expected
        assert case.marks <= {mark for one in found for mark in one.marks}
        if case.why is not None:
            assert found[0].why is case.why


def test_rebates_come_off() -> None:
    """What is given back per tonne and in percent lowers the net; a percentage up to 100 leaves nothing."""
    row = PriceRow("p", "41", "*", DAY, None, None, 300_000, None)
    for per_tonne, percent, net in ((4000, "0", 306_000), (0, "2.5", 302_250), (4000, "100", -4000)):
        terms = Terms(row, per_tonne, Fraction(percent))
        (found,) = judge([line(10, 31000)], lambda _line, terms=terms: terms, (), NUMBERS)
        assert found.net == net
        assert found.result is (K if net >= 300_000 else B)


def test_rebates_make_room_for_a_credit_note() -> None:
    """The month's rebate, paid out by credit note, is no discount on top."""
    row = PriceRow("p", "41", "*", date(2026, 1, 1), None, None, 300_000, None)
    lines = [line(10, 30400), line(0, -400, day=25, invoice=2)]
    found = judge(lines, lambda _line: Terms(row, per_tonne=4000), (), NUMBERS)
    assert in_short(found) == ((K, 0), (K, 0))


lines_of_a_whole = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 40_000), st.sampled_from([PIG, FISH])), min_size=1, max_size=6
)


@given(lines_of_a_whole, st.randoms(use_true_random=False))
def test_however_it_is_cut(rows: list[tuple[int, int, UUID]], chance: Any) -> None:
    """A whole cut into any lines, invoices and days of the window, in any order, comes to the same."""
    whole = [line(tonnes, yuan, product=product) for tonnes, yuan, product in rows]
    cut: list[Line] = []
    for number, one in enumerate(whole):
        left_grams, left_amount = one.grams, one.amount
        for piece in range(chance.randint(0, 3)):
            grams, amount = chance.randint(0, left_grams), chance.randint(0, left_amount)
            if grams == 0:
                continue
            cut.append(_piece(one, grams, amount, number * 10 + piece, chance))
            left_grams, left_amount = left_grams - grams, left_amount - amount
        if one.grams and not left_grams:  # the rest of the money goes with the last piece
            cut[-1] = replace(cut[-1], amount=cut[-1].amount + left_amount)
        else:
            cut.append(_piece(one, left_grams, left_amount, number * 10 + 9, chance))
    cut[0] = replace(cut[0], day=DAY)  # the window begins with its first order
    chance.shuffle(cut)

    def of(lines: list[Line]) -> list[tuple[Any, ...]]:
        found = judge(lines, price_of, [permit(3, 2500)], replace(NUMBERS, odd_factor=10**9))
        return [(one.result, one.product, one.grams, one.amount, one.net, one.lost) for one in found]

    assert of(cut) == of(whole)


def _piece(one: Line, grams: int, amount: int, number: int, chance: Any) -> Line:
    invoice = chance.randint(1, 3)
    day = DAY + timedelta(days=chance.choice((0, 1)))
    return replace(
        one, grams=grams, amount=amount, line_no=number, invoice=UUID(int=invoice), number=f"N{invoice}", day=day
    )


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 40_000), st.integers(0, 40)), min_size=1, max_size=8))
def test_a_breach_cannot_be_cut_away(rows: list[tuple[int, int, int]]) -> None:
    """However the days are spread: if all of it together is below the floor, some of it is found."""
    lines = [line(tonnes, yuan, day=day, line_no=number) for number, (tonnes, yuan, day) in enumerate(rows)]
    together = (
        sum(one.amount for one in lines) * TONNE
        < sum((price_of(one).floor or 0) * one.grams for one in lines) - len(lines) * 6 * TONNE
    )
    found = judge(lines, price_of, (), NUMBERS)
    assert not together or any(one.result is B for one in found)


def test_wholes_and_their_beginning() -> None:
    """The first order opens a whole for some days; where that is not certain, more must be read."""
    days = [0, 3, 4, 6, 12]
    found = wholes([line(1, 1, day=day) for day in days], 3)
    assert [[(one.day - DAY).days for one in whole] for whole in found] == [[0, 3], [4, 6], [12]]
    on = [DAY + timedelta(days=day) for day in days]
    assert certain_from(on, DAY, on[-1], NUMBERS) == on[-1]  # nothing in the six days before it
    assert certain_from(on, DAY, on[1], NUMBERS) is None
    assert certain_from(on, DAY - timedelta(days=60), on[1], NUMBERS) == on[1]


def test_day_of_the_order() -> None:
    """A day of the order long before the invoice is not believed: the floor of then would hold for ever."""
    assert order_day(DAY, None, 10) == (DAY, False)
    assert order_day(DAY, DAY - timedelta(days=10), 10) == (DAY - timedelta(days=10), False)
    assert order_day(DAY, DAY - timedelta(days=11), 10) == (DAY - timedelta(days=10), True)


def test_who_decides() -> None:
    """Never about one's own; only from where the verb starts. What grew worse is open again."""
    me, other = UUID(int=1), UUID(int=2)
    assert may(Verb.ACCEPT, State.OPEN, me, (other, None)) is None
    assert may(Verb.ACCEPT, State.OPEN, me, (other, me)) is Refusal.OWN
    assert may(Verb.FINISH, State.OPEN, me, ()) is Refusal.STATE
    assert may(Verb.REOPEN, State.CORRECTED, me, ()) is Refusal.STATE
    assert after_judging(State.ACCEPTED, 5, 5) is State.ACCEPTED
    assert after_judging(State.ACCEPTED, 5, 6) is State.OPEN
    assert after_judging(State.RECOVER, 5, 6) is State.RECOVER
    assert after_judging(State.CORRECTED, 5, 1) is State.OPEN
