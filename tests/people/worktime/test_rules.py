"""Clocks that run in working hours."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.people.worktime.rules import (
    MOST_HOURS,
    ZONE,
    Meter,
    NoWorkingTimeError,
    WorkCalendar,
    after,
    between,
    minute_of,
)

OFFICE = WorkCalendar(time(8), time(18), frozenset(range(5)))


def at(text: str) -> datetime:
    """A time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23 09:00", 4, "2026-11-23 13:00"),  # within a Monday
        ("2026-11-23 09:00", 9, "2026-11-23 18:00"),  # the day's end is still that day
        ("2026-11-23 09:00", 10, "2026-11-24 09:00"),
        ("2026-11-23 03:00", 1, "2026-11-23 09:00"),  # before work
        ("2026-11-23 21:00", 1, "2026-11-24 09:00"),  # after work
        ("2026-11-27 17:00", 2, "2026-11-30 09:00"),  # over a weekend
        ("2026-11-28 12:00", 24, "2026-12-02 12:00"),  # began on a Saturday
        ("2026-11-23 23:30", 0, "2026-11-23 23:30"),
    ],
)
def test_when_working_hours_are_over(start: str, hours: int, due: str) -> None:
    assert after(OFFICE, at(start), hours) == at(due)


def test_holidays_stand_still_and_days_worked_instead_count() -> None:
    golden_week = WorkCalendar(
        time(8),
        time(18),
        frozenset(range(5)),
        off=frozenset(date(2026, 10, number) for number in range(1, 8)),
        extra=frozenset({date(2026, 10, 10)}),
    )
    assert after(golden_week, at("2026-09-30 17:00"), 2) == at("2026-10-08 09:00")
    assert after(golden_week, at("2026-10-09 17:00"), 2) == at("2026-10-10 09:00")


def test_a_calendar_without_work_is_named_and_not_searched_for_ever() -> None:
    with pytest.raises(NoWorkingTimeError):
        after(WorkCalendar(weekdays=frozenset()), at("2026-11-23 09:00"), 1)
    for hours in (-1, MOST_HOURS + 1):
        with pytest.raises(ValueError, match="working hours"):
            after(OFFICE, at("2026-11-23 09:00"), hours)


def test_working_time_between_two_instants() -> None:
    assert between(OFFICE, at("2026-11-27 17:00"), at("2026-11-30 09:30")) == timedelta(hours=2, minutes=30)
    assert between(OFFICE, at("2026-11-28 00:00"), at("2026-11-29 23:00")) == timedelta()
    assert between(OFFICE, at("2026-11-24 09:00"), at("2026-11-23 09:00")) == timedelta()


INSTANTS = st.integers(0, 2 * 365 * 24 * 3600).map(lambda seconds: at("2026-01-01 00:00") + timedelta(seconds=seconds))


@given(INSTANTS, st.integers(0, 200))
def test_what_is_due_after_so_many_hours_has_so_many_between(start: datetime, hours: int) -> None:
    due = after(OFFICE, start, hours)
    assert between(OFFICE, start, due) == timedelta(hours=hours)
    assert due >= start


@given(INSTANTS, INSTANTS, INSTANTS)
def test_working_time_adds_up(first: datetime, second: datetime, third: datetime) -> None:
    a, b, c = sorted((first, second, third))
    assert between(OFFICE, a, b) + between(OFFICE, b, c) == between(OFFICE, a, c)


_DAYS = st.dates(date(2026, 9, 1), date(2026, 10, 31))
_CALENDARS = st.builds(
    WorkCalendar,
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.frozensets(st.integers(0, 6)),
    st.frozensets(_DAYS, max_size=5),
    st.frozensets(_DAYS, max_size=5),
)
_INSTANTS = st.integers(0, 61 * 24 * 60 - 1).map(lambda minutes: at("2026-09-01") + timedelta(minutes=minutes))


@given(_CALENDARS, _INSTANTS, _INSTANTS)
def test_a_meter_says_what_counting_day_by_day_does(calendar: WorkCalendar, start: datetime, end: datetime) -> None:
    meter = Meter(calendar, date(2026, 9, 1), date(2026, 10, 31))
    [minutes] = meter.spans([(minute_of(start), minute_of(end))])
    assert timedelta(minutes=minutes) == between(calendar, start, end)


@given(_CALENDARS, _INSTANTS, st.integers(0, 5_000))
def test_looking_back_finds_the_latest_minute(calendar: WorkCalendar, end: datetime, minutes: int) -> None:
    meter = Meter(calendar, date(2026, 9, 1), date(2026, 10, 31))
    now = minute_of(end)
    then = meter.back(now, minutes)
    [waited, longer, all_of_it] = meter.spans([(then, now), (then + 1, now), (0, now)])
    assert then <= now
    if all_of_it >= minutes:
        assert waited == minutes
        assert then == now or longer < minutes
    else:
        assert waited == all_of_it
