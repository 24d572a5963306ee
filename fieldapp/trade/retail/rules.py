"""An observed retail price per tonne, and the line of a chart. Nothing here judges anybody."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median

from fieldapp.core.money import GRAMS_PER_TONNE, round_half_up

MOST_BAG = 1_000_000  # grams: a big bag of a tonne


class Unit(StrEnum):
    """What a price on the board is for."""

    BAG = "bag"
    TONNE = "tonne"


def per_tonne(given: int, unit: Unit, bag_grams: int | None) -> int:
    """Fen per tonne of fen per unit, rounded half up. ValueError for a bag whose weight is not known."""
    if unit is Unit.TONNE:
        return given
    if not bag_grams:
        raise ValueError("a price per bag needs the bag's weight")
    return round_half_up(Decimal(given) * GRAMS_PER_TONNE / bag_grams)


def per_bag(price: int, bag_grams: int) -> int:
    """Fen per bag of fen per tonne, rounded half up."""
    return round_half_up(Decimal(price) * bag_grams / GRAMS_PER_TONNE)


def weeks(observed: Iterable[tuple[date, int]]) -> list[tuple[date, int, int]]:
    """(Monday, median price, how many) of each week that has any, the oldest first."""
    of_week: dict[date, list[int]] = defaultdict(list)
    for day, price in observed:
        of_week[day - timedelta(days=day.weekday())].append(price)
    return [(week, round_half_up(Decimal(median(prices))), len(prices)) for week, prices in sorted(of_week.items())]
