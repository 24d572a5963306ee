"""Prices per bag and per tonne; distances."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.core.money import round_half_up
from fieldapp.desk.deals.rules import degrees_around, distance_km, lowest_per_bag, per_bag, per_tonne

packs = st.integers(1_000, 2_000_000)  # 1 kg … 2 t
prices = st.integers(0, 5_000_000)


@pytest.mark.parametrize(
    ("bag_price", "pack_grams", "tonne"),
    [
        (12_760, 40_000, 319_000),  # ¥127.60 for 40 kg
        (10_000, 30_000, 333_333),  # a third is rounded down
        (10_001, 30_000, 333_367),  # 333,366.67 up
        (1, 16_000_000, 0),  # 0.0625 fen
        (1, 2_000_000, 1),  # a half goes up
    ],
)
def test_a_bag_price_as_price_per_tonne(bag_price: int, pack_grams: int, tonne: int) -> None:
    assert per_tonne(bag_price, pack_grams) == tonne


@given(prices, packs)
def test_it_is_bag_price_times_1000_by_kilograms_to_the_fen(bag_price: int, pack_grams: int) -> None:
    assert per_tonne(bag_price, pack_grams) == round_half_up(Decimal(bag_price) * 1000 / (Decimal(pack_grams) / 1000))


@given(prices, packs)
def test_the_lowest_bag_price_reaches_the_price_and_one_fen_less_does_not(price: int, pack_grams: int) -> None:
    lowest = lowest_per_bag(price, pack_grams)
    assert per_tonne(lowest, pack_grams) >= price
    assert lowest == 0 or per_tonne(lowest - 1, pack_grams) < price


@given(prices)
def test_there_and_back_is_the_same_where_the_bag_divides_a_tonne(bag_price: int) -> None:
    assert per_bag(per_tonne(bag_price, 40_000), 40_000) == bag_price


def test_distance() -> None:
    zhengzhou, wuhan = (34.75, 113.62), (30.59, 114.30)
    assert distance_km(zhengzhou, wuhan) == pytest.approx(466, abs=5)
    assert distance_km(zhengzhou, zhengzhou) == 0


@given(st.floats(-80, 80), st.floats(-150, 150), st.floats(-3, 3), st.floats(-3, 3))
def test_the_box_holds_everything_within_reach(lat: float, lng: float, north: float, east: float) -> None:
    height, width = degrees_around(lat, 150)
    if distance_km((lat, lng), (lat + north, lng + east)) <= 149:
        assert abs(north) <= height
        assert abs(east) <= width * 1.2
