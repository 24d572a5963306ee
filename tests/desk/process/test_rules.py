"""Percentiles, months, levels of areas."""

import math
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.desk.process.rules import FEW, Waits, level_below, months_until, next_month, percentile


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    enough = [one for one in values if sum(other <= one for other in values) * 100 >= percent * len(values)]
    assert percentile(sorted(values), percent) == min(enough)


@given(st.lists(st.integers(0, 10_000), max_size=50))
def test_waits_by_the_nearest_rank_and_none_of_few(values: list[int]) -> None:
    found = Waits.of(values)
    assert found.count == len(values)
    if len(values) < FEW:
        assert (found.median, found.ninety) == (None, None)
    else:
        ordered = sorted(values)
        assert found.median == ordered[math.ceil(len(values) / 2) - 1]
        assert found.ninety == ordered[math.ceil(len(values) * 9 / 10) - 1]


def test_months_go_over_the_turn_of_a_year() -> None:
    assert months_until(date(2026, 2, 17), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 1)) == date(2026, 2, 1)


def test_areas_go_down_to_the_county() -> None:
    assert [level_below(region) for region in ("", "41", "4101", "410102")] == [2, 4, 6, None]
