"""The words of a visit and what follows: distance to the store, when a forgotten visit ended, what is flagged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")  # as core/clock.py has it, which knows Flask
_EARTH = 6_371_009  # metres, the mean radius


class NoteSection(StrEnum):
    """What a note is about. `retail`: a price seen in a shop, an observation that gates and penalises nothing."""

    STOCK = "stock"
    COMPETITOR = "competitor"
    ORDER = "order"
    LIVESTOCK = "livestock"
    RETAIL = "retail"
    BRAND = "brand"
    TALK = "talk"
    OTHER = "other"


# What a section asks for beside a remark; the first must be there.
USES: Mapping[NoteSection, tuple[str, ...]] = {
    NoteSection.STOCK: ("subject", "amount"),
    NoteSection.COMPETITOR: ("subject", "price"),
    NoteSection.ORDER: ("subject", "amount", "on"),
    NoteSection.LIVESTOCK: ("subject", "amount"),
    NoteSection.RETAIL: ("subject", "price"),
    NoteSection.BRAND: ("subject", "amount"),
    NoteSection.TALK: ("subject",),
    NoteSection.OTHER: (),
}
OF_OURS = frozenset({NoteSection.STOCK, NoteSection.ORDER, NoteSection.RETAIL})  # the subject is a product, mostly ours


class PlaceProblem(StrEnum):
    """Why a check-in or check-out has no place: the phone was not allowed to, found none, or took too long."""

    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"


class Ending(StrEnum):
    """`repaired`: the check-out was forgotten, and the time put in later; such a visit is flagged."""

    CHECKED_OUT = "checked-out"
    REPAIRED = "repaired"


class PhotoPurpose(StrEnum):
    """What a photo is to show: that he was there, that a task was done, or what a note speaks of."""

    ARRIVAL = "arrival"
    TASK = "task"
    NOTE = "note"


class Flag(StrEnum):
    """What a reader of a visit should know. `no-place`: checked in without one; `far`: far from the store; `forgotten`:
    never checked out, the time was put in later."""

    NO_PLACE = "no-place"
    FAR = "far"
    FORGOTTEN = "forgotten"
    UNDER_WAY = "under-way"


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees (WGS 84) with its accuracy in metres, or the problem why there is none."""

    lat: float | None = None
    lng: float | None = None
    accuracy: int | None = None
    problem: PlaceProblem | None = None


def metres_between(here: tuple[float, float], there: tuple[float, float]) -> int:
    """The way over the earth's surface between two (latitude, longitude), in whole metres (haversine)."""
    north, north_there = radians(here[0]), radians(there[0])
    half = sin((north_there - north) / 2) ** 2
    half += cos(north) * cos(north_there) * sin(radians(there[1] - here[1]) / 2) ** 2
    return round(2 * _EARTH * asin(min(1.0, sqrt(half))))


def distance(place: Place, lat: float | None, lng: float | None) -> int | None:
    """Metres from a place to the store; None where either is not known."""
    if place.lat is None or place.lng is None or lat is None or lng is None:
        return None
    return metres_between((place.lat, place.lng), (lat, lng))


def business_day(at: datetime, now: datetime, today: date) -> date:
    """The business date of an earlier instant: as many days before today as it lies before now in Shanghai."""
    return today - (now.astimezone(SHANGHAI).date() - at.astimezone(SHANGHAI).date())


def presumed_end(arrived_at: datetime, noted_at: datetime | None, minutes: int, not_after: datetime) -> datetime:
    """When a visit ended if nobody said so: at its last note, or so many minutes after the arrival where there is none.

    Never after `not_after` (now, or the next arrival), and never before the arrival.
    """
    end = arrived_at + timedelta(minutes=minutes) if noted_at is None else noted_at
    return max(arrived_at, min(end, not_after))


def may_change(left: bool, day: date, written: date) -> bool:
    """May a visit of a day be changed by what was written on a day? While it is under way, and on its day."""
    return not left or day == written


def flags(*, placed: bool, metres: int | None, ending: str | None, far: int) -> tuple[Flag, ...]:
    """What is to be said of a visit. `placed`: its arrival has a place; `metres` from the store, where both are known;
    `ending`: an Ending or its value, None while it lasts."""
    found = [] if placed else [Flag.NO_PLACE]
    if metres is not None and metres > far:
        found.append(Flag.FAR)
    if ending == Ending.REPAIRED:
        found.append(Flag.FORGOTTEN)
    if ending is None:
        found.append(Flag.UNDER_WAY)
    return tuple(found)


def minutes_between(arrived: datetime, left: datetime | None) -> int | None:
    """Whole minutes of a visit, never below 0; None while it lasts."""
    return None if left is None else max(0, round((left - arrived).total_seconds() / 60))
