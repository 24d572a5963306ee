"""Time counted in working hours: when so many are over, and how many lie between two instants."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MOST_HOURS = 2_000  # a year of working days; what is asked beyond has no use as a promise


class NoWorkingTimeError(ValueError):
    """The calendar has no working hour within the year that is looked at."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When people work, in Shanghai's time. `weekdays`: 0 is Monday. `off`: holidays; `extra`: weekend days that are
    worked instead (调休). A day in both is worked."""

    begins: time = time(8)
    ends: time = time(18)
    weekdays: frozenset[int] = frozenset(range(6))
    off: frozenset[date] = frozenset()
    extra: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Is it a working day?"""
        return day in self.extra or (day.weekday() in self.weekdays and day not in self.off)

    def shift(self, day: date) -> tuple[datetime, datetime] | None:
        """The working time of a day as two instants in UTC; None on a day off."""
        if not self.works_on(day):
            return None
        begins = datetime.combine(day, self.begins, ZONE).astimezone(UTC)
        ends = datetime.combine(day, self.ends, ZONE).astimezone(UTC)
        return (begins, ends) if begins < ends else None


def _shifts(calendar: WorkCalendar, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The working times that end after an instant, for as long as two years on."""
    first = since.astimezone(ZONE).date()
    for number in range(2 * 366):
        shift = calendar.shift(first + timedelta(days=number))
        if shift is not None and shift[1] > since:
            yield max(shift[0], since), shift[1]


def after(calendar: WorkCalendar, start: datetime, hours: int) -> datetime:
    """The instant at which `hours` working hours have gone by since `start` (aware), in UTC.

    Time that began off work counts from the next working hour; what ends with a working day is due then and not on the
    next morning. Raises NoWorkingTimeError, ValueError for hours that are negative or more than MOST_HOURS.
    """
    if not 0 <= hours <= MOST_HOURS:
        raise ValueError(f"{hours} working hours: give 0 to {MOST_HOURS}")
    if hours == 0:
        return start.astimezone(UTC)
    left = timedelta(hours=hours)
    for begins, ends in _shifts(calendar, start):
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    raise NoWorkingTimeError


def between(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two aware instants; none when `end` is not after `start`."""
    total = timedelta()
    if end <= start:
        return total
    day, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
    while day <= last:
        shift = calendar.shift(day)
        if shift is not None:
            total += max(timedelta(), min(shift[1], end) - max(shift[0], start))
        day += timedelta(days=1)
    return total


DAY = 24 * 60
_EAST = 8 * 60  # Shanghai's offset in minutes; it has had no summer time since 1991


def minute_of(instant: datetime) -> int:
    """An aware instant as whole minutes since 1970 in UTC: what a `Meter` counts in."""
    return int(instant.timestamp()) // 60


def day_number(minute: int) -> int:
    """On which day in Shanghai a minute lies, as days since 1970."""
    return (minute + _EAST) // DAY


def first_minute(day: date) -> int:
    """The minute with which a day begins in Shanghai."""
    return (day - date(1970, 1, 1)).days * DAY - _EAST


class Meter:
    """`between` for very many spans at once, in whole minutes: what was worked before each minute is counted once.

    It knows the days from `first` to `last`; before them nothing was worked, after them nothing more.
    """

    def __init__(self, calendar: WorkCalendar, first: date, last: date) -> None:
        begins = calendar.begins.hour * 60 + calendar.begins.minute
        length = max(0, calendar.ends.hour * 60 + calendar.ends.minute - begins)
        shift = [min(max(0, minute - begins), length) for minute in range(DAY)]
        self._origin = first_minute(first)
        self._worked = array("i")
        worked = 0
        for number in range((last - first).days + 1):
            if calendar.works_on(first + timedelta(days=number)):
                self._worked.extend([worked + minutes for minutes in shift])
                worked += length
            else:
                self._worked.extend(array("i", [worked]) * DAY)
        self._worked.append(worked)

    def spans(self, rows: Iterable[tuple[int, int]]) -> list[int]:
        """The working minutes of each (start, end); none where the end is not after the start."""
        worked, origin, last = self._worked, self._origin, len(self._worked) - 1
        spans = list(rows)
        inside = all(origin <= start <= end for start, end in spans) and all(end <= origin + last for _, end in spans)
        if not inside:
            spans = [
                (min(max(start, origin), origin + last), min(max(end, origin), origin + last)) for start, end in spans
            ]
            spans = [(start, max(start, end)) for start, end in spans]
        return [worked[end - origin] - worked[start - origin] for start, end in spans]

    def back(self, minute: int, minutes: int) -> int:
        """The latest minute from which so many minutes had been worked by `minute`; what began earlier has waited
        longer. The first minute that is known where there was not as much."""
        now = min(max(minute - self._origin, 0), len(self._worked) - 1)
        wanted = self._worked[now] - minutes
        return self._origin + (min(bisect_right(self._worked, wanted) - 1, now) if wanted >= 0 else 0)


@lru_cache(maxsize=4)
def meter(calendar: WorkCalendar, first_year: int, last_year: int) -> Meter:
    """The meter of whole years, kept: counting a year takes some 20 ms."""
    return Meter(calendar, date(first_year, 1, 1), date(last_year, 12, 31))
