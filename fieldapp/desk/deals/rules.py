"""A price as the rep says it, per tonne or per bag, and as the check takes it; how far away a distributor is."""

import math
from enum import StrEnum

from fieldapp.core.money import GRAMS_PER_TONNE


class Unit(StrEnum):
    """What a typed price is for."""

    TONNE = "tonne"
    BAG = "bag"


def per_tonne(bag_price: int, pack_grams: int) -> int:
    """Fen per bag → fen per tonne, rounded half up: bag price × 1000 / kg of a bag. Neither may be negative."""
    return (2 * bag_price * GRAMS_PER_TONNE + pack_grams) // (2 * pack_grams)


def per_bag(price: int, pack_grams: int) -> int:
    """Fen per tonne → fen per bag, rounded half up; the way back may land a few fen beside."""
    return (2 * price * pack_grams + GRAMS_PER_TONNE) // (2 * GRAMS_PER_TONNE)


def lowest_per_bag(price: int, pack_grams: int) -> int:
    """The lowest bag price in whole fen whose `per_tonne` is at least `price`."""
    if price <= 0:
        return 0
    # Half up: per_tonne ≥ price means bag × 10⁶ / pack ≥ price − ½.
    return -(-(2 * price - 1) * pack_grams // (2 * GRAMS_PER_TONNE))


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance of two places (latitude, longitude in degrees)."""
    (lat1, lng1), (lat2, lng2) = here, there
    dlat, dlng = math.radians(lat2 - lat1), math.radians(lng2 - lng1)
    chord = (
        math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlng / 2) ** 2
    )
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(chord)))


def degrees_around(lat: float, km: float) -> tuple[float, float]:
    """Half the height and width, in degrees, of a box that holds everything within so many km."""
    height = km / 111
    return height, min(180.0, height / max(0.01, math.cos(math.radians(lat))))
