"""The days of a calendar's month. Pure."""

from datetime import date, timedelta
from typing import NamedTuple

WEEK = timedelta(days=7)


class Month(NamedTuple):
    """A month with the whole weeks around it. `first`, `last`: of the month; `weeks`: seven days each, from Monday."""

    first: date
    last: date
    weeks: tuple[tuple[date, ...], ...]

    @property
    def shown(self) -> tuple[date, date]:
        """The first and the last day that the grid shows."""
        return self.weeks[0][0], self.weeks[-1][-1]

    def neighbour(self, step: int) -> str:
        """The month before (-1) or after (1), as an address names it: `2026-11`."""
        day = self.first - timedelta(days=1) if step < 0 else self.last + timedelta(days=1)
        return f"{day:%Y-%m}"


def month_of(day: date) -> Month:
    """The month of a day."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday <= last:
        weeks.append(tuple(monday + timedelta(days=number) for number in range(7)))
        monday += WEEK
    return Month(first, last, tuple(weeks))


def read_month(text: str, today: date) -> date:
    """The first day of the month that an address names; today's for anything else, or beyond ten years."""
    try:
        first = date.fromisoformat(f"{text}-01") if len(text) == 7 else today
    except ValueError:
        first = today
    return first.replace(day=1) if abs(first.year - today.year) <= 10 else today.replace(day=1)
