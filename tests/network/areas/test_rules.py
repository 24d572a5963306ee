"""What may stand beside what; what a file leaves behind."""

from datetime import date
from uuid import UUID

import pytest

from fieldapp.network.areas.rules import Given, Span, at_odds, clash, left_out_of, only_eases, refused, takes_out_of

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def span(who: UUID, first: str = "2026-01-01", last: str = "", **values: object) -> Span:
    given = {"region": "4101", "line": "*", "shared": False, **values}
    return Span(
        who,
        given["region"],
        given["line"],
        date.fromisoformat(first),
        date.fromisoformat(last) if last else None,
        given["shared"],
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "clashes", "odd"),
    [
        (span(A), span(B), True, False),
        (span(A), span(A, "2026-05-01"), False, False),
        (span(A, last="2026-06-30"), span(B, "2026-07-01"), False, False),
        (span(A, last="2026-07-01"), span(B, "2026-07-01"), True, False),
        (span(A, shared=True), span(B, shared=True), False, False),
        (span(A), span(B, shared=True), False, True),
        (span(A), span(B, line="pig"), False, False),
        (span(A), span(B, region="410102"), False, False),
        (span(A, "2027-01-01"), span(B, last="2026-12-31"), False, False),
    ],
)
def test_two_areas(one: Span, other: Span, clashes: bool, odd: bool) -> None:
    assert (clash(one, other), clash(other, one)) == (clashes, clashes)
    assert (at_odds(one, other), at_odds(other, one)) == (odd, odd)


@pytest.mark.parametrize(
    ("inner", "outer", "part"),
    [
        (span(A, region="410102"), span(B), True),
        (span(A, region="410102", line="pig"), span(B), True),
        (span(A, region="410102"), span(B, line="pig"), True),  # the longer region decides before the line does
        (span(A, region="410102", line="pig"), span(B, line="aqua"), False),
        (span(A, line="pig"), span(B), True),
        (span(A), span(B, line="pig"), False),
        (span(A, region="4201"), span(B), False),
        (span(A, region="410102"), span(A), False),
        (span(A, "2027-01-01", region="410102"), span(B, last="2026-12-31"), False),
    ],
)
def test_a_part_is_taken_out_of_a_larger_area(inner: Span, outer: Span, part: bool) -> None:
    assert takes_out_of(inner, [outer]) == ([outer] if part else [])
    assert left_out_of(outer, [inner]) == ([inner] if part else [])


def given(line: int, before: Span | None, after: Span) -> Given:
    return Given(line, (after.distributor, after.region, after.line, after.valid_from), before, after)


def test_a_file_is_judged_by_what_it_leaves_behind() -> None:
    held = span(A)
    stored = {(A, "4101", "*", held.valid_from): held}
    ends = span(A, last="2026-11-30")
    takes = span(B, "2026-12-01")
    assert set(refused(stored, [given(2, None, takes)])) == {2}
    for lines in ((2, 3), (3, 2)):  # in any order
        assert refused(stored, [given(lines[0], held, ends), given(lines[1], None, takes)]) == {}
    two = refused({}, [given(2, None, takes), given(3, None, span(C, "2027-01-01"))])
    assert two == {3: (takes, 2)}
    # The row that would make room is refused itself: it leaves its area as it was.
    other = span(C, last="2026-12-31", region="4102")
    moves = Given(2, (A, "4101", "*", held.valid_from), held, ends)
    assert set(
        refused(
            {**stored, (C, "4102", "*", other.valid_from): other},
            [moves, given(3, None, span(A, "2026-02-01", region="4102"))],
        )
    ) == {3}


def test_what_overlapped_before_may_be_shortened() -> None:
    one, other = span(A), span(B)
    stored = {(A, "4101", "*", one.valid_from): one, (B, "4101", "*", other.valid_from): other}
    assert refused(stored, [given(2, one, span(A, last="2026-12-31"))]) == {}
    assert only_eases(one, span(A, last="2026-12-31"))
    assert only_eases(None, span(A, shared=True))
    assert not only_eases(None, one)
    assert not only_eases(span(A, shared=True), one)
    assert not only_eases(span(A, last="2026-06-30"), span(A, last="2026-07-01"))
