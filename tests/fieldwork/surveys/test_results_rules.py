"""Formulas by hand, periods, the map, and small numbers: nobody computes what is not shown."""

from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.fieldwork.surveys.results_rules import (
    LEAST,
    NONE,
    Figures,
    Key,
    Period,
    Quadrant,
    Span,
    by_quarter,
    chosen,
    correlation,
    figures,
    groups,
    hidden,
    importance_map,
    moved,
    quarter_of,
    without,
)


def key(question: str, number: int = NONE, *, choice: str = "", overall: int = NONE, quarter: int = 20264) -> Key:
    return Key(question, 1, quarter, number, choice, overall)


def test_csat_and_nps_are_what_their_formulas_say() -> None:
    scores = Figures({1: 2, 3: 1, 4: 3, 5: 4})
    assert (scores.n, scores.average, scores.satisfied, scores.csat) == (10, 3.7, 7, 70.0)
    marks = Figures({0: 1, 6: 2, 7: 3, 8: 1, 9: 2, 10: 1})
    assert (marks.promoters, marks.detractors, marks.nps) == (3, 3, 0.0)
    assert Figures({9: 1}).nps == 100
    assert Figures({6: 1}).nps == -100
    assert (Figures({}).average, Figures({}).csat, Figures({}).nps) == (None, None, None)


@given(st.dictionaries(st.integers(1, 5), st.integers(1, 40), min_size=1))
def test_an_average_lies_between_the_scores(counts: dict[int, int]) -> None:
    found = Figures(counts)
    assert min(counts) <= (found.average or 0) <= max(counts)
    assert 0 <= (found.csat or 0) <= 100


def test_quarters_halves_and_years() -> None:
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)] == [20261, 20261, 20262, 20264]
    assert (moved(20264, 1), moved(20261, -1), moved(20261, -8)) == (20271, 20254, 20241)
    assert Period.around(Span.HALF, 20264) == Period(Span.HALF, 20263, 20264)
    assert Period.around(Span.YEAR, 20262) == Period(Span.YEAR, 20261, 20264)
    assert Period.around(Span.HALF, 20261).beside(-1) == Period(Span.HALF, 20253, 20254)
    assert Period.around(Span.QUARTER, 20264).beside(1) == Period(Span.QUARTER, 20271, 20271)


def test_tallies_are_read_by_question_quarter_and_choice() -> None:
    tallies = {
        key("a", 5, overall=4): 2,
        key("a", 5, overall=5): 1,
        key("a", 1, quarter=20261): 4,
        key("b"): 3,
        key("b", choice="x"): 2,
        key("b", choice="y"): 3,
    }
    assert figures(tallies, "a").counts == {1: 4, 5: 3}
    assert {quarter: found.counts for quarter, found in by_quarter(tallies, "a").items()} == {
        20261: {1: 4},
        20264: {5: 3},
    }
    assert chosen(tallies, "b") == {"x": 2, "y": 3}
    assert without(tallies, {key("b"): 3, key("a", 5, overall=4): 1})[key("a", 5, overall=4)] == 1
    assert key("b") not in without(tallies, {key("b"): 3})


def test_a_correlation_needs_enough_answers_that_differ() -> None:
    assert correlation({(1, 1): 5, (5, 5): 5}) == 1.0
    assert correlation({(1, 5): 5, (5, 1): 5}) == -1.0
    assert correlation({(1, 1): 4, (5, 5): 5}) is None, "nine answers are too few"
    assert correlation({(3, 1): 6, (3, 5): 6}) is None, "all alike say nothing"
    assert correlation({(1, 1): 5, (1, 5): 5, (5, 1): 5, (5, 5): 5}) == 0.0


@given(st.dictionaries(st.tuples(st.integers(1, 5), st.integers(1, 5)), st.integers(1, 9), min_size=2))
def test_a_correlation_stays_within_its_bounds(pairs: dict[tuple[int, int], int]) -> None:
    r = correlation(pairs)
    assert r is None or -1 <= r <= 1
    turned = correlation({(6 - x, y): count for (x, y), count in pairs.items()})
    assert (r is None) == (turned is None)
    assert r is None or turned is None or r == pytest.approx(-turned)


def test_what_matters_and_does_badly_is_mended_first() -> None:
    tallies: Counter[Key] = Counter()
    for overall, price, delivery, promotion, pay in (
        (5, 5, 3, 1, 5),
        (4, 4, 2, 1, 4),
        (2, 2, 1, 2, 5),
        (1, 2, 1, 1, 4),
    ):
        for question, score in (("price", price), ("delivery", delivery), ("promotion", promotion), ("pay", pay)):
            tallies[key(question, score, overall=overall)] += 5
        tallies[key("overall", overall, overall=overall)] += 5
    drawn = importance_map(tallies, ["price", "delivery", "promotion", "pay", "overall", "never"])
    assert {one.question: quadrant for one, quadrant in drawn.placed} == {
        "price": Quadrant.KEEP,
        "delivery": Quadrant.MEND,
        "promotion": Quadrant.LOW,
        "pay": Quadrant.OVERKILL,
    }
    assert drawn.mend_first is not None
    assert (drawn.mend_first.question, drawn.mend_first.pairs) == ("delivery", 20)
    assert drawn.without == ("never",)
    assert importance_map({}, ["price"]).mend_first is None


# Small numbers ---------------------------------------------------------------------------------------------------


def test_a_small_county_waits_for_the_year_then_goes_with_its_city_and_its_province() -> None:
    counts = {
        ("410101", 20264): 9,
        ("410102", 20264): 2,
        ("410102", 20263): 3,
        ("410103", 20262): 2,
        ("410104", 20261): 3,
        ("410201", 20264): 4,
        ("410301", 20264): 1,
        ("420101", 20264): 3,
        ("430101", 20264): 1,
    }
    found = {(group.region, group.period.span): group.counties for group in groups(counts)}
    assert found == {
        ("410101", Span.QUARTER): {("410101", 20264)},
        ("410102", Span.HALF): {("410102", 20263), ("410102", 20264)},
        ("4101", Span.HALF): {("410103", 20262), ("410104", 20261)},
        ("41", Span.QUARTER): {("410201", 20264), ("410301", 20264)},
    }

    def gone(region: str, first: int) -> frozenset[tuple[str, int]]:
        return hidden(counts, groups(counts), [region], [(first, 20264)])

    assert gone("4102", 20261) == {("410201", 20264)}, "one county alone"
    assert gone("410102", 20264) == {("410102", 20264)}, "the other quarter would be left"
    assert gone("4101", 20261) == frozenset()
    assert gone("", 20261) == {("420101", 20264), ("430101", 20264)}, "four in the whole country"


COUNTIES = [f"{province}{city:02}{county:02}" for province in (41, 42) for city in (1, 2) for county in (1, 2)]
QUARTERS = (20261, 20262, 20263, 20264)
COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(COUNTIES), st.sampled_from(QUARTERS)), st.integers(1, 9), min_size=1, max_size=12
)
REGIONS = sorted({code[:level] for code in COUNTIES for level in (0, 2, 4, 6)})


def pages(counts: dict[tuple[str, int], int]) -> list[frozenset[tuple[str, int]]]:
    """What each page that anybody can open adds up: every region, two of them as a patch, every period."""
    found, made = set(), groups(counts)
    periods = {Period.around(span, quarter) for span in Span for quarter in QUARTERS}
    for heads in [(one,) for one in REGIONS] + list(combinations([one for one in REGIONS if len(one) == 4], 2)):
        for _span, first, last in periods:
            gone = hidden(counts, made, heads, [(first, last)])
            found.add(
                frozenset(c for c in counts if c[0].startswith(heads) and first <= c[1] <= last and c not in gone)
            )
    return [page for page in found if page]


@given(COUNTS)
def test_nobody_can_compute_what_fewer_than_five_have_said(counts: dict[tuple[str, int], int]) -> None:
    """Whoever adds and subtracts all pages as he likes gets no county, and no set of counties, with fewer than LEAST
    answers: he would have to make its sum of the pages' sums, which linear algebra decides."""
    seen = pages(counts)
    assert all(sum(counts[county] for county in page) >= LEAST for page in seen), "no page holds too few"
    order = sorted(counts)
    rows = [[Fraction(county in page) for county in order] for page in seen]
    small = [county for county in order if counts[county] < LEAST]
    sets = [frozenset(some) for size in (1, 2) for some in combinations(small, size)]
    for some in sets:
        if sum(counts[county] for county in some) < LEAST:
            assert not spanned(rows, [Fraction(county in some) for county in order]), some


def spanned(rows: list[list[Fraction]], target: list[Fraction]) -> bool:
    """Is the target a sum of multiples of the rows? By elimination."""
    basis: list[list[Fraction]] = []
    for row in [*rows, target]:
        left = list(row)
        for base in basis:
            lead = next(index for index, value in enumerate(base) if value)
            if left[lead]:
                times = left[lead] / base[lead]
                left = [a - times * b for a, b in zip(left, base, strict=True)]
        if row is target:
            return not any(left)
        if any(left):
            basis.append(left)
    return False


@given(COUNTS)
def test_everything_shown_is_made_of_whole_groups(counts: dict[tuple[str, int], int]) -> None:
    found = groups(counts)
    for page in pages(counts):
        for group in found:
            assert not page & group.counties or group.counties <= page
    assert all(sum(counts[county] for county in group.counties) >= LEAST for group in found)
