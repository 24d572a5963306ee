"""The grade as scores.md has it: every boundary, and what must hold for any answers."""

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.standing.grading.scoring import (
    ASKED,
    Answer,
    Cap,
    Facts,
    GradingPolicy,
    GradingPolicyError,
    Indicator,
    Option,
    Result,
    add_months,
    assess,
    from_stored,
    growth,
    months_sold,
    option_of,
    percent_typed,
    regrade,
    to_stored,
    whole_windows,
    window,
    years_between,
)

ON = date(2026, 11, 23)
LONG_AGO = date(2015, 1, 1)
BEST, MIDDLE, WORST = Option.BEST, Option.MIDDLE, Option.WORST
ALL_BEST = dict.fromkeys(ASKED, BEST)
POLICY = GradingPolicy()


def graded(answers: dict[Any, Option], policy: GradingPolicy = POLICY, **facts: Any) -> Result:
    known = {"customer_since": LONG_AGO, "invoiced": 1_200_000_00, **facts}
    return assess({Indicator(key): option for key, option in answers.items()}, Facts(ON, **known), policy)


def with_weights(**weights: int) -> GradingPolicy:
    every = {str(indicator): 0 for indicator in ASKED}
    return GradingPolicy.from_settings({"weights": {**every, **weights}})


# Score ----------------------------------------------------------------------------------------------------------


def test_weights_and_points_of_the_seven_indicators() -> None:
    # 10·100 + 15·60 + 15·0 + 25·100 + 15·60 + 20·100 = 7300 of 100
    answers = {
        "residence": BEST,
        "years": MIDDLE,
        "growth": WORST,
        "arrears": BEST,
        "focus": MIDDLE,
        "cross_area": BEST,
    }
    result = graded(answers)
    assert (result.score, result.grade, result.answered_percent) == (730, "B", 100)
    assert graded(ALL_BEST).score == 1000
    assert graded(dict.fromkeys(ASKED, WORST)).score == 0


def test_what_is_not_answered_is_left_out_not_worst() -> None:
    answers = {indicator: BEST for indicator in ASKED if indicator is not Indicator.ARREARS}
    assert (graded(answers).score, graded(answers).answered_percent) == (1000, 75)


def test_habits_count_nothing() -> None:
    assert graded({**ALL_BEST, "habits": WORST}) == graded(ALL_BEST)
    assert graded({"habits": WORST}).score is None


def test_nothing_answered_has_no_score_and_no_grade() -> None:
    result = graded({})
    assert (result.score, result.by_score, result.grade, result.limit, result.term_days) == (None, None, None, 0, 0)
    assert (result.answered_percent, result.provisional) == (0, True)


@pytest.mark.parametrize(
    ("points", "weights", "score"),
    [
        # 1 of 3 parts at 100: 33.33… ; 2 of 3: 66.66… ; 1 of 8 at 50: 6.25 → 6.3 ; 1 of 40 at 90: 2.25 → 2.3
        ((100, 0), (1, 2), 333),
        ((100, 0), (2, 1), 667),
        ((50, 0), (1, 7), 63),
        ((90, 0), (1, 39), 23),
        ((89, 0), (1, 39), 22),
    ],
)
def test_a_half_goes_up(points: tuple[int, int], weights: tuple[int, int], score: int) -> None:
    policy = GradingPolicy.from_settings(
        {
            "points": {"best": points[0], "middle": points[1], "worst": points[1]},
            "weights": {**{str(one): 0 for one in ASKED}, "years": weights[0], "growth": weights[1]},
        }
    )
    assert graded({"years": BEST, "growth": WORST}, policy).score == score


# Cut points -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "grade"),
    [(850, "A"), (849, "B"), (700, "B"), (699, "C"), (550, "C"), (549, "D"), (0, "D"), (1000, "A")],
)
def test_the_rounded_score_meets_the_cut_points(score: int, grade: str) -> None:
    # One indicator whose best answer is worth the wanted score: 1000 tenths in 100 points of weight.
    whole, tenth = divmod(score, 10)
    policy = GradingPolicy.from_settings(
        {
            "points": {"best": min(100, whole + 1), "middle": min(100, whole), "worst": 0},
            "weights": {**{str(one): 0 for one in ASKED}, "years": tenth, "growth": 10 - tenth},
        }
    )
    result = graded({"years": BEST, "growth": MIDDLE}, policy)
    assert (result.score, result.grade) == (score, grade)


@pytest.mark.parametrize(
    ("best", "middle", "weights", "expected"),
    [
        (89, 8, (19, 1), (850, "A")),  # 1699 / 20 = 84.95
        (86, 33, (49, 1), (849, "B")),  # 4247 / 50 = 84.94
    ],
)
def test_what_rounds_up_to_a_cut_point_has_reached_it(
    best: int, middle: int, weights: tuple[int, int], expected: tuple[int, str]
) -> None:
    policy = GradingPolicy.from_settings(
        {
            "points": {"best": best, "middle": middle, "worst": 0},
            "weights": {**{str(one): 0 for one in ASKED}, "years": weights[0], "growth": weights[1]},
        }
    )
    result = graded({"years": BEST, "growth": MIDDLE}, policy)
    assert (result.score, result.grade) == expected


# Provisional ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "percent", "provisional", "grade"), [(70, 70, False, "A"), (69, 69, True, "C"), (100, 100, False, "A")]
)
def test_under_seventy_percent_answered_is_provisional_and_at_most_c(
    answered: int, percent: int, provisional: bool, grade: str
) -> None:
    policy = with_weights(years=answered, growth=100 - answered)
    result = graded({"years": BEST}, policy) if answered < 100 else graded({"years": BEST}, with_weights(years=100))
    assert (result.answered_percent, result.provisional, result.grade) == (percent, provisional, grade)
    assert (Cap.PROVISIONAL in result.caps) is provisional


def test_a_fraction_under_seventy_is_under_seventy() -> None:
    result = graded({"years": BEST}, with_weights(years=69, growth=30))  # 69.69… %
    assert (result.answered_percent, result.provisional) == (69, True)


# Caps -----------------------------------------------------------------------------------------------------------


def test_serious_arrears_are_d() -> None:
    result = graded({**ALL_BEST, "arrears": WORST})
    assert (result.score, result.by_score, result.grade, result.caps) == (750, "B", "D", (Cap.ARREARS,))
    assert (result.limit, result.term_days) == (0, 0)


def test_a_malicious_case_is_at_most_c() -> None:
    result = graded({**ALL_BEST, "cross_area": WORST})
    assert (result.score, result.by_score, result.grade, result.caps) == (800, "B", "C", (Cap.CROSS_AREA,))


def test_a_confirmed_case_caps_whatever_was_answered() -> None:
    result = graded(ALL_BEST, malicious=1)
    assert (result.score, result.grade, result.caps) == (1000, "C", (Cap.CROSS_AREA,))


@pytest.mark.parametrize(
    ("since", "grade"),
    [(date(2025, 11, 24), "B"), (date(2025, 11, 23), "A"), (None, "A"), (date(2026, 11, 23), "B")],
)
def test_a_customer_of_under_twelve_months_is_at_most_b(since: date | None, grade: str) -> None:
    result = graded(ALL_BEST, customer_since=since)
    assert (result.grade, result.caps) == (grade, (Cap.NEW_CUSTOMER,) if grade == "B" else ())


def test_a_cap_that_changes_nothing_is_not_named() -> None:
    answers = {**dict.fromkeys(ASKED, WORST), "arrears": BEST}
    result = graded(answers, customer_since=ON)  # 25 points: D by the score already
    assert (result.grade, result.caps) == ("D", ())


def test_the_worst_of_several_caps_counts_and_all_that_bit_are_named() -> None:
    result = graded({"arrears": WORST, "years": BEST, "growth": BEST, "focus": BEST, "residence": BEST}, malicious=2)
    assert (result.score, result.by_score) == (688, "C")
    assert (result.grade, result.caps) == ("D", (Cap.ARREARS,))


def test_a_cap_can_be_switched_off_or_moved() -> None:
    off = GradingPolicy.from_settings({"caps": {"arrears": "off", "new_customer": "C"}})
    assert graded({**ALL_BEST, "arrears": WORST}, off).grade == "B"
    assert graded(ALL_BEST, off, customer_since=ON).grade == "C"


# Limit ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade_answers", "term", "limit"),
    [
        (ALL_BEST, 30, 100_000_00),  # ¥100,000 a month × 30/30 × 1.0
        ({**ALL_BEST, "years": MIDDLE, "growth": WORST}, 15, 40_000_00),  # B: × 15/30 × 0.8
        ({**ALL_BEST, "cross_area": WORST}, 7, 14_000_00),  # C: × 7/30 × 0.6
        ({**ALL_BEST, "arrears": WORST}, 0, 0),
    ],
)
def test_term_and_limit_of_each_grade(grade_answers: dict[Any, Option], term: int, limit: int) -> None:
    result = graded(grade_answers)
    assert (result.term_days, result.limit, result.average_sales) == (term, limit, 100_000_00)


@pytest.mark.parametrize(
    ("invoiced", "limit"),
    [
        (12 * 100_00, 100_00),
        (12 * 100_00 - 1, 0),  # a fen short of ¥100 a month
        (12 * 199_99 + 11, 100_00),
        (12 * 200_00 - 1, 100_00),  # the mean rounds to ¥200.00, the limit does not
        (12 * 2_000_000_00, 2_000_000_00),
        (12 * 2_000_099_99, 2_000_000_00),
        (12 * 5_000_000_00, 2_000_000_00),
        (0, 0),
        (-500_00, 0),
    ],
)
def test_a_limit_is_whole_hundreds_rounded_down_and_capped(invoiced: int, limit: int) -> None:
    assert graded(ALL_BEST, invoiced=invoiced).limit == limit


def test_average_sales_are_rounded_half_up_to_the_fen() -> None:
    assert graded(ALL_BEST, invoiced=18).average_sales == 2  # 1.5
    assert graded(ALL_BEST, invoiced=17).average_sales == 1


def test_the_limit_of_a_short_history_is_by_its_own_months() -> None:
    assert graded(ALL_BEST, invoiced=30_000_00, months=3).limit == 10_000_00
    assert graded(ALL_BEST, invoiced=30_000_00, months=1).limit == 30_000_00


# What the ledger says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "months"),
    [
        (date(2020, 1, 1), 12),
        (date(2025, 11, 30), 12),
        (date(2025, 12, 1), 11),
        (date(2026, 8, 28), 3),
        (date(2026, 10, 31), 1),
        (date(2026, 11, 5), 1),
        (None, 12),
    ],
)
def test_months_since_the_first_invoice(first: date | None, months: int) -> None:
    assert months_sold(first, ON) == months


def test_the_twelve_whole_months_before() -> None:
    assert window(ON) == (date(2025, 11, 1), date(2026, 11, 1))
    assert window(date(2026, 11, 1)) == (date(2025, 11, 1), date(2026, 11, 1))
    assert window(ON, 2) == (date(2023, 11, 1), date(2024, 11, 1))
    assert window(date(2026, 1, 31)) == (date(2025, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("first", "windows"),
    [
        (None, 0),
        (date(2025, 12, 1), 0),
        (date(2025, 11, 30), 1),
        (date(2024, 11, 30), 2),
        (date(2024, 12, 1), 1),
        (date(2023, 11, 1), 3),
        (date(2010, 1, 1), 3),
    ],
)
def test_windows_that_were_sold_in_from_their_first_month_on(first: date | None, windows: int) -> None:
    assert whole_windows(first, ON) == windows


@pytest.mark.parametrize(
    ("sums", "percent"),
    [
        ([135, 100], "35.0000"),
        ([100, 100, 100], "0.0000"),
        ([144, 130, 100], "20.0000"),  # compound over two years
        ([0, 100], "-100.0000"),
        ([-5, 100], "-100.0000"),
        ([100, 0], None),
        ([100, 50, 0], None),
        ([100], None),
        ([], None),
    ],
)
def test_growth_is_compound_a_year(sums: list[int], percent: str | None) -> None:
    assert growth(sums) == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("indicator", "value", "option"),
    [
        ("years", "3", BEST),
        ("years", "2.9167", MIDDLE),
        ("years", "1", MIDDLE),
        ("years", "0.9167", WORST),
        ("growth", "35.0001", BEST),
        ("growth", "35", MIDDLE),
        ("growth", "20", MIDDLE),
        ("growth", "19.9999", WORST),
        ("growth", "-12", WORST),
        ("focus", "50", BEST),
        ("focus", "49.99", MIDDLE),
        ("focus", "30", MIDDLE),
        ("focus", "29.99", WORST),
    ],
)
def test_the_ranges_close_the_gaps_of_the_deck(indicator: str, value: str, option: Option) -> None:
    assert option_of(Indicator(indicator), Decimal(value), POLICY) is option


@pytest.mark.parametrize(
    ("since", "years"),
    [
        (date(2023, 11, 23), "3"),
        (date(2023, 11, 24), "2.9167"),
        (date(2025, 11, 23), "1"),
        (date(2026, 11, 23), "0"),
        (date(2027, 1, 1), "0"),
    ],
)
def test_years_are_whole_months(since: date, years: str) -> None:
    assert years_between(since, ON) == Decimal(years)


def test_months_are_added_as_a_calendar_does() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert add_months(date(2026, 11, 23), 6) == date(2027, 5, 23)


@pytest.mark.parametrize(
    ("text", "value"), [("45", "45"), (" 45.5 % ", "45.5"), ("45,5", "45.5"), ("100", "100"), ("", None)]
)
def test_a_share_as_typed(text: str, value: str | None) -> None:
    assert percent_typed(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize("text", ["101", "-1", "45.555", "1e1", "half", "NaN", "9" * 30, "1_0"])
def test_a_share_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        percent_typed(text)


# Policy ---------------------------------------------------------------------------------------------------------


def test_settings_and_policy_are_each_other() -> None:
    settings = POLICY.to_settings()
    assert GradingPolicy.from_settings(settings).to_settings() == settings
    assert (settings["cuts"], settings["terms"]) == ({"A": "85", "B": "70", "C": "55"}, {"A": 30, "B": 15, "C": 7})
    assert settings["weights"] == {
        "residence": 10,
        "years": 15,
        "growth": 15,
        "arrears": 25,
        "focus": 15,
        "cross_area": 20,
        "habits": 0,
    }


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"cuts": {"B": "85"}}, "cuts.B"),
        ({"cuts": {"A": "100.1"}}, "cuts.A"),
        ({"cuts": {"A": "84.95"}}, "cuts.A"),
        ({"points": {"middle": 101}}, "points.middle"),
        ({"points": {"worst": 61}}, "points.worst"),
        ({"weights": {"years": "ten"}}, "weights.years"),
        ({"weights": dict.fromkeys(map(str, ASKED), 0)}, "weights.residence"),
        ({"weights": {"no_such": 5}}, "weights.no_such"),
        ({"ranges": {"growth_middle": "35"}}, "ranges.growth_middle"),
        ({"caps": {"arrears": "A"}}, "caps.arrears"),
        ({"caps": {"arrears": None}}, "caps.arrears"),
        ({"rhythm": {"months": 0}}, "rhythm.months"),
        ({"limits": {"most_yuan": "-1"}}, "limits.most_yuan"),
        ({"coefficients": {"A": "NaN"}}, "coefficients.A"),
        ({"coefficients": {"A": True}}, "coefficients.A"),
        ({"terms": 5}, "terms"),
        ({"other": {}}, "other"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(GradingPolicyError) as caught:
        GradingPolicy.from_settings(settings)
    assert set(caught.value.problems) == {key}


# Stored, and graded again ---------------------------------------------------------------------------------------


def stored(**facts: Any) -> dict[str, Any]:
    answers = {
        Indicator.RESIDENCE: Answer(MIDDLE, None, {"kind": "asked", "by": "Rep"}, ON),
        Indicator.GROWTH: Answer(MIDDLE, Decimal("30.5000"), {"kind": "ledger", "from": "a", "to": "b"}, ON),
        Indicator.FOCUS: Answer(BEST, Decimal("52.5"), {"kind": "asked", "by": "Rep"}, ON),
        Indicator.ARREARS: Answer(BEST, None, {"kind": "asked", "by": "Rep"}, ON),
    }
    return to_stored(answers, Facts(ON, **{"customer_since": LONG_AGO, "invoiced": 12_345_67, "months": 7, **facts}))


def test_what_is_stored_comes_back() -> None:
    answers, facts = from_stored(stored(), ON)
    assert to_stored(answers, facts) == stored()
    assert answers[Indicator.GROWTH].value == Decimal("30.5")


def test_the_same_policy_gives_the_same_result() -> None:
    answers, facts = from_stored(stored(malicious=1), ON)
    options = {indicator: answer.option for indicator, answer in answers.items()}
    assert regrade(stored(malicious=1), ON, POLICY) == assess(options, facts, POLICY)


def test_another_policy_moves_answers_that_rest_on_a_number() -> None:
    stricter = GradingPolicy.from_settings({"ranges": {"focus_best": "60", "growth_best": "30"}})
    before, after = regrade(stored(), ON, POLICY), regrade(stored(), ON, stricter)
    # growth 30.5 % becomes best (+40 × 15), a share of 52.5 % middle (−40 × 15): the score stays, so look one by one
    assert before.score == after.score
    only_focus = GradingPolicy.from_settings({"ranges": {"focus_best": "60"}})
    assert regrade(stored(), ON, only_focus).score < before.score


# For any answers ------------------------------------------------------------------------------------------------

ORDER = (WORST, MIDDLE, BEST)
answers_given = st.dictionaries(st.sampled_from(ASKED), st.sampled_from(Option))
facts_given = st.builds(
    Facts,
    on=st.just(ON),
    customer_since=st.none() | st.dates(date(2020, 1, 1), ON),
    invoiced=st.integers(-(10**9), 10**12),
    months=st.integers(1, 12),
    malicious=st.integers(0, 2),
)


@given(answers_given, facts_given, st.sampled_from(ASKED))
def test_a_better_answer_never_lowers_score_or_grade(
    answers: dict[Indicator, Option], facts: Facts, indicator: Indicator
) -> None:
    results = [assess({**answers, indicator: option}, facts, POLICY) for option in ORDER]
    for worse, better in itertools.pairwise(results):
        assert worse.score <= better.score
        assert worse.grade >= better.grade
        assert worse.limit <= better.limit


@given(answers_given, facts_given)
def test_no_grade_is_better_than_its_caps(answers: dict[Indicator, Option], facts: Facts) -> None:
    result = assess(answers, facts, POLICY)
    if result.grade is None:
        assert result.score is None
        return
    assert result.grade >= result.by_score
    assert (result.grade > result.by_score) is bool(result.caps)
    if answers.get(Indicator.ARREARS) is WORST:
        assert result.grade == "D"
    if facts.malicious or answers.get(Indicator.CROSS_AREA) is WORST:
        assert result.grade >= "C"
    if facts.customer_since and facts.customer_since > date(2025, 11, 23):
        assert result.grade >= "B"
    if result.provisional:
        assert result.grade >= "C"
    assert 0 <= result.limit <= 2_000_000_00
    assert result.limit % 100_00 == 0
    assert result.grade != "D" or (result.limit, result.term_days) == (0, 0)
