"""Distances, presumed ends and flags: what must hold for any values."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.fieldwork.visits.rules import (
    Ending,
    Flag,
    Place,
    PlaceProblem,
    business_day,
    distance,
    flags,
    may_change,
    metres_between,
    presumed_end,
)

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda after: BEGINNING + after)
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def test_known_distances() -> None:
    assert metres_between((0, 0), (0, 1)) == 111_195  # a degree of the equator
    assert abs(metres_between((39.9042, 116.4074), (31.2304, 121.4737)) - 1_067_300) < 1000  # Beijing to Shanghai
    assert metres_between((34.76, 113.65), (34.7605, 113.65)) == 56


@given(POINTS, POINTS, POINTS)
def test_a_distance_is_one(here: tuple[float, float], there: tuple[float, float], third: tuple[float, float]) -> None:
    assert metres_between(here, here) == 0
    assert metres_between(here, there) == metres_between(there, here)
    assert 0 <= metres_between(here, there) <= 20_015_200
    assert metres_between(here, there) <= metres_between(here, third) + metres_between(third, there) + 2


def test_there_is_no_distance_without_two_points() -> None:
    assert distance(Place(34.76, 113.65, 20), 34.76, 113.65) == 0
    assert distance(Place(problem=PlaceProblem.DENIED), 34.76, 113.65) is None
    assert distance(Place(34.76, 113.65, 20), None, None) is None


@given(MOMENTS, st.none() | MOMENTS, st.integers(1, 720), MOMENTS)
def test_a_presumed_end_is_after_the_arrival_and_not_after_what_came_next(
    arrived: datetime, noted: datetime | None, minutes: int, not_after: datetime
) -> None:
    end = presumed_end(arrived, noted, minutes, not_after)
    assert end >= arrived
    assert end <= max(arrived, not_after)
    if noted is None and arrived + timedelta(minutes=minutes) <= not_after:
        assert end == arrived + timedelta(minutes=minutes)
    if noted is not None and arrived <= noted <= not_after:
        assert end == noted


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_the_business_day_counts_days_of_shanghai(now: datetime, waited: timedelta) -> None:
    today = date(2026, 11, 23)
    day = business_day(now - waited, now, today)
    assert business_day(now, now, today) == today
    assert abs((today - day).days - waited / timedelta(days=1)) < 1


def test_midnight_in_shanghai_is_at_16_utc() -> None:
    now = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)
    assert business_day(now - timedelta(minutes=10), now, date(2026, 11, 24)) == date(2026, 11, 23)


def test_a_visit_changes_while_it_lasts_and_on_its_day() -> None:
    day = date(2026, 11, 23)
    assert may_change(False, day, day + timedelta(days=1))
    assert may_change(True, day, day)
    assert not may_change(True, day, day + timedelta(days=1))


def test_what_is_flagged() -> None:
    assert flags(placed=True, metres=500, ending=Ending.CHECKED_OUT, far=500) == ()
    assert flags(placed=True, metres=501, ending=None, far=500) == (Flag.FAR, Flag.UNDER_WAY)
    assert flags(placed=False, metres=None, ending=Ending.REPAIRED.value, far=500) == (Flag.NO_PLACE, Flag.FORGOTTEN)
