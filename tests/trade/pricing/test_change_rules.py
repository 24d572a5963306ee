"""What a line of a draft does to the rows of the book, what forbids it, and who may do what with a draft."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.trade.pricing.change_rules import (
    MOVES,
    DraftState,
    Fault,
    Held,
    Line,
    LineKind,
    Raise,
    Refusal,
    Verb,
    fingerprint,
    holding,
    plan,
    refusal,
    touches_past,
)
from fieldapp.trade.pricing.rules import PriceRow, Standing, best_price, explain

TODAY = date(2026, 11, 23)
JUMP = Decimal(30)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def row(first: str, last: str | None = None, list_price: int | None = 320_000, floor: int | None = 315_000) -> Held:
    return Held(first, day(first), day(last) if last else None, list_price, floor, None)


def price(first: str, last: str | None = None, list_price: int | None = 330_000, floor: int | None = 325_000) -> Line:
    return Line("x", LineKind.PRICE, day(first), day(last) if last else None, list_price, floor)


def end(first: str, last: str) -> Line:
    return Line("x", LineKind.END, day(first), day(last))


def windows(rows: Sequence[Held]) -> list[tuple[str, str | None, int | None]]:
    return [
        (f"{one.valid_from:%m-%d}", f"{one.valid_to:%m-%d}" if one.valid_to else None, one.floor_price) for one in rows
    ]


CASES: list[tuple[str, list[Held], list[Line], list[tuple[str, str | None, int | None]]]] = [
    ("a first price", [], [price("12-01")], [("12-01", None, 325_000)]),
    (
        "what holds ends the day before",
        [row("01-01")],
        [price("12-01")],
        [("01-01", "11-30", 315_000), ("12-01", None, 325_000)],
    ),
    (
        "for a while: what held comes back",
        [row("01-01")],
        [price("12-01", "12-10")],
        [("01-01", "11-30", 315_000), ("12-01", "12-10", 325_000), ("12-11", None, 315_000)],
    ),
    (
        "past the end of what held: nothing comes back",
        [row("01-01", "12-05")],
        [price("12-01", "12-10")],
        [("01-01", "11-30", 315_000), ("12-01", "12-10", 325_000)],
    ),
    ("a planned row is changed where it is", [row("12-01")], [price("12-01")], [("12-01", None, 325_000)]),
    (
        "a planned row gets an end",
        [row("12-01")],
        [price("12-01", "12-10")],
        [("12-01", "12-10", 325_000)],
    ),
    ("an end", [row("01-01")], [end("01-01", "11-30")], [("01-01", "11-30", 315_000)]),
    ("a planned row never comes", [row("01-01"), row("12-01")], [end("12-01", "11-30")], [("01-01", None, 315_000)]),
    (
        "two lines after each other",
        [row("01-01")],
        [price("12-01"), price("12-15", floor=326_000)],
        [("01-01", "11-30", 315_000), ("12-01", "12-14", 325_000), ("12-15", None, 326_000)],
    ),
]


@pytest.mark.parametrize(("held", "lines", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_lines_make_of_the_rows(held: list[Held], lines: list[Line], expected: object) -> None:
    found = plan(lines, held, TODAY, JUMP)
    assert windows(found.rows) == expected
    assert not [one for one in found.problems if one.stops]
    # The steps lead from what is held to the rows, and to nothing else.
    rows = {one.key: one for one in held}
    for step in found.steps:
        if step.before is not None:
            assert rows.pop(step.before.key) == step.before
        if step.after is not None:
            rows[step.after.key or object()] = step.after
    assert sorted(windows(list(rows.values()))) == sorted(windows(found.rows))


FAULTS: list[tuple[str, list[Held], Line, set[tuple[str, Fault]]]] = [
    ("today", [], price("11-23"), {("valid_from", Fault.PAST)}),
    ("the past", [row("01-01")], price("11-01"), {("valid_from", Fault.PAST)}),
    ("end before the start", [], price("12-10", "12-01"), {("valid_to", Fault.DATES)}),
    ("zero is no price", [], price("12-01", floor=0), {("floor_price", Fault.ZERO)}),
    ("no floor is not zero", [], price("12-01", floor=None), {("floor_price", Fault.NO_FLOOR)}),
    ("floor above list", [], price("12-01", floor=330_001), {("floor_price", Fault.FLOOR_ABOVE_LIST)}),
    ("nothing at all", [], price("12-01", list_price=None, floor=None), {("list_price", Fault.NOTHING)}),
    ("over a planned row", [row("12-15")], price("12-01"), {("valid_to", Fault.PLANNED)}),
    ("up to a planned row", [row("12-15")], price("12-01", "12-14"), set()),
    ("the same again", [row("01-01")], price("12-01", None, 320_000, 315_000), {("list_price", Fault.UNCHANGED)}),
    (
        "a digit lost",
        [row("01-01")],
        price("12-01", None, 33_000, 32_500),
        {("list_price", Fault.JUMP), ("floor_price", Fault.JUMP)},
    ),
    ("an end of nothing", [], end("01-01", "12-01"), {("valid_from", Fault.GONE)}),
    ("an end in the past", [row("01-01")], end("01-01", "11-22"), {("valid_to", Fault.PAST)}),
    ("an end today", [row("01-01")], end("01-01", "11-23"), set()),
    ("what is over stays over", [row("01-01", "06-30")], end("01-01", "12-31"), {("valid_to", Fault.PAST)}),
]


@pytest.mark.parametrize(("held", "line", "expected"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_what_forbids_a_line(held: list[Held], line: Line, expected: object) -> None:
    found = plan([line], held, TODAY, JUMP)
    assert {(one.column, one.fault) for one in found.problems} == expected


def test_a_retail_price_under_the_list_is_pointed_out() -> None:
    line = Line("x", LineKind.PRICE, day("12-01"), None, 330_000, 325_000, 329_999)
    [problem] = plan([line], [], TODAY, JUMP).problems
    assert (problem.fault, problem.stops) == (Fault.RETAIL_BELOW_LIST, False)


def test_a_price_within_a_season_s_price_lets_both_come_back() -> None:
    usual = Held(1, day("08-01"), None, 400, None, None)
    season = Held(2, day("12-01"), day("12-31"), 390, None, None)
    found = plan([Line("x", LineKind.PRICE, day("12-10"), day("12-12"), 380)], [usual, season], TODAY, JUMP)
    assert not any(one.stops for one in found.problems)
    days = ("11-30", "12-09", "12-10", "12-12", "12-13", "12-31")
    prices = [holding(found.rows, day(one)).list_price for one in days]
    assert prices == [400, 390, 380, 380, 390, 390]
    assert holding(found.rows, day("12-31") + timedelta(days=1)).list_price == 400


_DAYS = st.integers(-40, 40).map(lambda number: TODAY + timedelta(days=number))


@given(st.lists(st.tuples(_DAYS, st.none() | _DAYS), max_size=5, unique_by=lambda pair: pair[0]), _DAYS, _DAYS)
def test_no_past_day_changes_and_no_two_of_the_new_rows_hold_at_once(
    given_rows: list[tuple[date, date | None]], first: date, last: date
) -> None:
    held = [
        Held(number, start, stop if stop is None or stop >= start else start, 100 + number, None, None)
        for number, (start, stop) in enumerate(given_rows)
    ]
    found = plan([Line("x", LineKind.PRICE, first, last, 999)], held, TODAY, JUMP)
    if any(one.stops for one in found.problems):
        return
    for number in range(-45, 45):
        on = TODAY + timedelta(days=number)
        others = [one for one in held if one.valid_from != first]  # one that begins on the day is replaced
        before, after = holding(others, on), holding(found.rows, on)
        wanted = 999 if first <= on <= last else before and before.list_price
        assert (after and after.list_price) == wanted, on
    new = sorted(
        (one for one in found.rows if one.list_price == 999 or one.key is None), key=lambda one: one.valid_from
    )
    assert all(one.last < other.valid_from for one, other in pairwise(new))


def test_who_may_do_what() -> None:
    def why(state: DraftState, verb: Verb, *, drafter: bool = True, approver: bool = True, editor: bool = False):
        return refusal(state, verb, drafter=drafter, approver=approver, editor=editor)

    assert why(DraftState.SUBMITTED, Verb.APPROVE) is None
    assert why(DraftState.SUBMITTED, Verb.APPROVE, editor=True) is Refusal.OWN
    assert why(DraftState.SUBMITTED, Verb.RETURN, editor=True) is Refusal.OWN
    assert why(DraftState.SUBMITTED, Verb.APPROVE, approver=False) is Refusal.NOT_YOURS
    assert why(DraftState.OPEN, Verb.APPROVE) is Refusal.NOT_SUBMITTED
    assert why(DraftState.SUBMITTED, Verb.EDIT) is Refusal.SUBMITTED
    for verb in Verb:
        assert why(DraftState.PUBLISHED, verb) is Refusal.CLOSED
        assert why(DraftState.OPEN, verb, drafter=False, approver=False) is Refusal.NOT_YOURS
    assert {verb for _state, verb in MOVES} == set(Verb)


@pytest.mark.parametrize(
    ("by", "before", "after"),
    [
        (Raise("floor_price", fen=2_000), 315_000, 317_000),
        (Raise("floor_price", percent=Decimal(1)), 315_050, 318_201),
        (Raise("floor_price", percent=Decimal(1), whole_yuan=True), 315_050, 318_200),
        (Raise("floor_price", fen=-2_000), 315_000, 313_000),
        (Raise("floor_price", fen=2_000), None, None),
    ],
)
def test_raising(by: Raise, before: int | None, after: int | None) -> None:
    assert by.of(before) == after


@pytest.mark.parametrize(
    ("before", "after", "past"),
    [
        (None, row("11-22"), True),
        (None, row("11-23"), False),
        (row("11-01"), row("11-01", floor=1), True),
        (row("11-23"), row("11-23", floor=1), False),
        (row("01-01"), row("01-01", "11-22"), False),
        (row("01-01"), row("01-01", "11-21"), True),
        (row("01-01", "06-30"), row("01-01"), True),
        (row("11-22"), None, True),
    ],
    ids=str,
)
def test_what_speaks_of_days_gone_by(before: Held | None, after: Held | None, past: bool) -> None:
    assert touches_past(before, after, TODAY) is past


def test_a_fingerprint_tells_plans_apart() -> None:
    one, other = (plan([price("12-01", floor=floor)], [row("01-01")], TODAY, JUMP) for floor in (325_000, 325_001))
    assert fingerprint([one]) != fingerprint([other])
    assert fingerprint([one]) == fingerprint([plan([price("12-01")], [row("01-01")], TODAY, JUMP)])


def test_why_a_row_counts() -> None:
    def entry(region: str, tier: str, first: str, last: str | None = None) -> PriceRow:
        return PriceRow("p", region, tier, day(first), day(last) if last else None, 1, 1, 1)

    rows = {
        Standing.COUNTS: entry("4101", "a", "03-01"),
        Standing.OLDER: entry("4101", "a", "02-01"),
        Standing.ALL_TIERS: entry("4101", "*", "05-01"),
        Standing.WIDER: entry("41", "a", "06-01"),
        Standing.PLANNED: entry("410102", "a", "12-01"),
        Standing.OVER: entry("410102", "a", "01-01", "01-31"),
        Standing.ELSEWHERE: entry("42", "a", "01-01"),
        Standing.OTHER_TIER: entry("410102", "b", "01-01"),
    }
    found = explain(rows.values(), "410102", "a", TODAY)
    assert {standing: one for one, standing in found} == rows
    assert found[0][0] is best_price(rows.values(), "410102", "a", TODAY)
    assert not [one for _row, one in explain(rows.values(), "65", "a", TODAY) if one is Standing.COUNTS]
