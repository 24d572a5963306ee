"""Places on Chinese maps: known points, the way back, and nothing outside China."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldapp.core import geo
from fieldapp.core.geo import Place

IN_CHINA = st.tuples(st.floats(18, 53), st.floats(74, 134))
ANYWHERE = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def metres(here: Place, there: Place) -> float:
    north = (here[0] - there[0]) * 111_320
    east = (here[1] - there[1]) * 111_320 * math.cos(math.radians(here[0]))
    return math.hypot(north, east)


# Tiananmen, the Oriental Pearl Tower and Canton Tower, as they are commonly given for satellites, AMap and Baidu.
@pytest.mark.parametrize(
    ("wgs", "gcj", "bd"),
    [
        ((39.907333, 116.391083), (39.908736, 116.397324), (39.915092, 116.403694)),
        ((31.241756, 121.495228), (31.239703, 121.499718), (31.245369, 121.506379)),
        ((23.109089, 113.319122), (23.106414, 113.324520), (23.112236, 113.331046)),
    ],
)
def test_known_points(wgs: Place, gcj: Place, bd: Place) -> None:
    assert metres(geo.to_gcj(wgs), gcj) < 15
    assert metres(geo.to_bd(wgs), bd) < 15


@given(IN_CHINA)
@example((34.7466, 113.6253))
def test_there_and_back_is_the_same_place(place: Place) -> None:
    assert metres(geo.from_gcj(geo.to_gcj(place)), place) < 1
    assert metres(geo.from_bd(geo.to_bd(place)), place) < 1


@given(IN_CHINA)
def test_the_maps_are_off_by_some_hundred_metres_and_never_by_more_than_some_kilometres(place: Place) -> None:
    assert 10 < metres(geo.to_gcj(place), place) < 1500
    assert 400 < metres(geo.to_bd(place), geo.to_gcj(place)) < 1600


@given(ANYWHERE)
@example((48.8584, 2.2945))
@example((-33.8568, 151.2153))
def test_outside_china_a_place_stays_what_it_is(place: Place) -> None:
    if not geo.in_china(place):
        assert geo.to_gcj(place) == geo.to_bd(place) == geo.from_gcj(place) == geo.from_bd(place) == place
