"""Time counted in working hours: when so many are over, and how many lie between two instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
