"""How often a distributor is visited, and since when the next visit is due."""

from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.fieldwork.visits import policy
from fieldapp.fieldwork.visits.cadence import Basis, VisitPolicy, cadence, due_on, late_by, next_on, week_of
from fieldapp.people.policy.sections import SettingsRefusedError

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
CADENCES = st.integers(1, 366)


@pytest.mark.parametrize(
    ("grade", "prospect", "ended", "days"),
    [
        ("A", False, False, 7),
        ("B", False, False, 14),
        ("C", False, False, 30),
        ("D", False, False, 30),
        (None, False, False, 14),
        ("A", True, False, 14),
        ("A", False, True, None),
    ],
)
def test_by_grade(grade: str | None, prospect: bool, ended: bool, days: int | None) -> None:
    assert cadence(VisitPolicy(), grade=grade, tier="A", prospect=prospect, ended=ended) == days


@pytest.mark.parametrize(("tier", "days"), [("A", 7), ("a", 7), ("C", 30), ("Z", 14), (None, 14)])
def test_by_class(tier: str | None, days: int) -> None:
    held = VisitPolicy(Basis.CLASS)
    assert cadence(held, grade="D", tier=tier, prospect=False, ended=False) == days


@given(DAYS, DAYS, CADENCES, DAYS)
def test_a_visit_puts_the_next_one_off_by_the_cadence(last: date, start: date, days: int, today: date) -> None:
    due = due_on(last, start, days, today)
    assert due == last + timedelta(days=days)
    assert due_on(last, start, days + 1, today) == due + timedelta(days=1)
    assert late_by(due, last) == -days
    assert late_by(due, due) == 0


@given(DAYS, CADENCES, DAYS)
def test_never_visited_it_is_due_since_its_start(start: date, days: int, today: date) -> None:
    assert due_on(None, start, days, today) == start
    assert late_by(due_on(None, None, days, today), today) == 0


@given(DAYS, st.none() | CADENCES)
def test_the_proposed_day_is_never_a_sunday_and_never_before_the_cadence(visited: date, days: int | None) -> None:
    proposed = next_on(visited, days)
    assert proposed.isoweekday() != 7
    assert 0 <= (proposed - visited).days - (days or 14) <= 1


@given(DAYS)
def test_a_week_is_seven_days_from_monday_and_holds_the_day(day: date) -> None:
    days = week_of(day)
    assert day in days
    assert [one.isoweekday() for one in days] == [1, 2, 3, 4, 5, 6, 7]


def complete(app: Flask, settings: dict[str, object]) -> dict[str, object]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        return policy.SECTIONS[0].complete(settings)


def test_the_policy_has_defaults_and_reads_what_it_writes(app: Flask) -> None:
    settings = complete(app, {})
    assert policy.read({"visits": settings}) == policy.read({}) == VisitPolicy()


def test_classes_are_typed_as_people_type_them(app: Flask) -> None:
    settings = complete(app, {"classes": "A = 10；特级:3\nB=20、"})
    assert settings["classes"] == "A=10, 特级=3, B=20"
    assert policy.read({"visits": settings}).classes == {"a": 10, "特级": 3, "b": 20}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"classes": "A"}, "classes"),
        ({"classes": "A=0"}, "classes"),
        ({"classes": 7}, "classes"),
        ({"days": {"A": "0"}}, "days.A"),
        ({"days": {"none": "1.5"}}, "days.none"),
        ({"warn_metres": ""}, "warn_metres"),
        ({"repair_minutes": 721}, "repair_minutes"),
        ({"basis": "mood"}, "basis"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(app: Flask, settings: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsRefusedError) as refused:
        complete(app, settings)
    assert set(refused.value.problems) == {key}
