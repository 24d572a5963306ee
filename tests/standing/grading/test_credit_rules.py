"""Which grade holds, how high a limit is on a day, what an increase may be: tables of cases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from fieldapp.standing.grading.credit_rules import (
    CreditTerms,
    Dated,
    Limit,
    Refusal,
    Standing,
    TermsError,
    assessed_wins,
    extra,
    last_day,
    limit_on,
    refusals,
)

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
EARLY, LATE = datetime(2026, 11, 23, 1, tzinfo=UTC), datetime(2026, 11, 23, 2, tzinfo=UTC)
TERMS = CreditTerms()


@pytest.mark.parametrize(
    ("imported", "assessed", "own"),
    [
        pytest.param(None, None, False, id="neither"),
        pytest.param(Dated(TODAY, EARLY), None, False, id="file alone"),
        pytest.param(None, Dated(TODAY, EARLY), True, id="own alone"),
        pytest.param(Dated(YESTERDAY, LATE), Dated(TODAY, EARLY), True, id="file older, read later"),
        pytest.param(Dated(TODAY, EARLY), Dated(YESTERDAY, LATE), False, id="file newer, read earlier"),
        pytest.param(Dated(TODAY, EARLY), Dated(TODAY, LATE), True, id="same day, own later"),
        pytest.param(Dated(TODAY, LATE), Dated(TODAY, EARLY), False, id="same day, file later"),
        pytest.param(Dated(TODAY, EARLY), Dated(TODAY, EARLY), True, id="same instant"),
    ],
)
def test_the_newer_grade_holds(imported: Dated | None, assessed: Dated | None, own: bool) -> None:
    assert assessed_wins(imported, assessed) is own


@pytest.mark.parametrize(
    ("amount", "days", "against"),
    [
        (49_000_00, 30, []),
        (50_000_00, 30, []),
        (50_000_01, 30, [Refusal.AMOUNT]),
        (51_000_00, 30, [Refusal.AMOUNT]),
        (50_000_00, 31, [Refusal.DAYS]),
        (51_000_00, 31, [Refusal.AMOUNT, Refusal.DAYS]),
        (1, 1, []),
        (0, 1, [Refusal.AMOUNT]),
        (-1, 1, [Refusal.AMOUNT]),
        (1, 0, [Refusal.DAYS]),
    ],
)
def test_half_the_limit_for_thirty_days(amount: int, days: int, against: list[Refusal]) -> None:
    assert refusals(Standing("B", 100_000_00), amount, days, TERMS, TODAY) == against


@pytest.mark.parametrize(
    ("standing", "against"),
    [
        pytest.param(Standing(None, 1000), Refusal.UNGRADED, id="ungraded"),
        pytest.param(Standing("D", 1000), Refusal.CASH_ONLY, id="grade D"),
        pytest.param(Standing("C", 0), Refusal.NO_LIMIT, id="limit 0"),
        pytest.param(Standing("C", None), Refusal.NO_LIMIT, id="no limit"),
        pytest.param(Standing("A", 1000, asked=True), Refusal.ASKED, id="one is asked"),
        pytest.param(Standing("A", 1000, running_until=TODAY), Refusal.RUNNING, id="ends today"),
        pytest.param(Standing("A", 1000, running_until=TOMORROW), Refusal.RUNNING, id="ends tomorrow"),
        pytest.param(Standing("A", 1000, running_until=YESTERDAY), None, id="ended yesterday"),
    ],
)
def test_who_may_have_one(standing: Standing, against: Refusal | None) -> None:
    assert refusals(standing, 100, 1, TERMS, TODAY) == ([against] if against else [])


@pytest.mark.parametrize(
    ("limit", "amount", "first", "last", "expected"),
    [
        (1000, None, None, None, Limit(1000)),
        (None, None, None, None, Limit(None)),
        (1000, 300, TODAY, TODAY, Limit(1300, 300)),
        (1000, 300, YESTERDAY, TODAY, Limit(1300, 300)),
        (1000, 300, TODAY, TOMORROW, Limit(1300, 300)),
        (1000, 300, YESTERDAY, YESTERDAY, Limit(1000)),
        (1000, 300, TOMORROW, TOMORROW, Limit(1000)),
    ],
)
def test_the_limit_of_a_day(
    limit: int | None, amount: int | None, first: date | None, last: date | None, expected: Limit
) -> None:
    assert limit_on(TODAY, limit, amount, first, last) == expected


def test_its_days_count_the_first_one() -> None:
    assert last_day(TODAY, 1) == TODAY
    assert last_day(TODAY, 30) == date(2026, 12, 22)


@pytest.mark.parametrize(
    ("grade", "limit", "adds"),
    [("B", 1000, 400), ("B", 800, 400), ("B", 799, 399), ("B", 0, 0), ("B", None, 0), ("D", 1000, 0), (None, 1000, 0)],
)
def test_it_never_adds_more_than_the_percentage_of_the_limit_of_now(
    grade: str | None, limit: int | None, adds: int
) -> None:
    assert extra(grade, limit, 400, Decimal(50)) == adds


def test_settings_go_to_text_and_back() -> None:
    terms = CreditTerms.from_settings({"increase_percent": "12.5", "increase_days": "7"})
    assert terms == CreditTerms(Decimal("12.5"), 7)
    assert CreditTerms.from_settings(terms.to_settings()) == terms
    assert CreditTerms.from_settings({}) == CreditTerms(Decimal(50), 30)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"increase_percent": "101"}, {"increase_percent"}),
        ({"increase_percent": "-1"}, {"increase_percent"}),
        ({"increase_percent": "1.234"}, {"increase_percent"}),
        ({"increase_percent": "NaN", "increase_days": "x"}, {"increase_percent", "increase_days"}),
        ({"increase_days": 0}, {"increase_days"}),
        ({"increase_days": "366"}, {"increase_days"}),
        ({"increase_days": "1.5"}, {"increase_days"}),
        ({"invented": 1}, {"invented"}),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, object], named: set[str]) -> None:
    with pytest.raises(TermsError) as caught:
        CreditTerms.from_settings(settings)
    assert set(caught.value.problems) == named
