"""What is asked of the round's pages, and what a tap on a plan names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from werkzeug.datastructures import MultiDict

from fieldapp.core import outbox
from fieldapp.core.clock import SHANGHAI, parse_day
from fieldapp.desk.deals.forms import read_search
from fieldapp.fieldwork.visits.cadence import week_of

from . import due

FAR = timedelta(days=400)  # a week farther from today is not looked at


@dataclass(frozen=True, slots=True)
class AskedDay:
    """Today's page: everybody in the patch instead of those looked after by him; nearest first; a later page."""

    everybody: bool = False
    near: tuple[float, float] | None = None
    after: tuple[int, UUID] | None = None

    def args(self, **changes: Any) -> str:
        """The query of this page with changes, `?…` or nothing."""
        values: Mapping[str, Any] = {"all": "1" if self.everybody else None, **changes}
        given = {name: str(value) for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""


@dataclass(frozen=True, slots=True)
class AskedWeek:
    """The plan of a week: its Monday, the day that is open, whose (None: one's own), a search, a county."""

    monday: date
    day: date
    rep: UUID | None = None
    text: str = ""
    county: str = ""

    def args(self, **changes: Any) -> dict[str, Any]:
        """The arguments of this page with changes; the week follows the day."""
        values: Mapping[str, Any] = {"day": self.day.isoformat(), "rep": self.rep, **changes}
        return {name: str(value) for name, value in values.items() if value}

    def on(self, day: date) -> "AskedWeek":
        """The same page with another day open."""
        return replace(self, monday=week_of(day)[0], day=day)


def read_day(given: MultiDict[str, str]) -> AskedDay:
    """What cannot be read counts as not given."""
    return AskedDay(given.get("all") == "1", read_search(given).near, due.read_cursor(given.get("after", "")))


def read_week(given: MultiDict[str, str], today: date) -> AskedWeek:
    """`week` (any of its days) and `day`; without a day: today, or in another week its Monday."""
    week, day = _day(given.get("week", ""), today), _day(given.get("day", ""), today)
    if day is None:
        day = today if week is None or today in week_of(week) else week_of(week)[0]
    county = given.get("county", "")
    return AskedWeek(
        week_of(day)[0],
        day,
        _uuid(given.get("rep", "")),
        read_search(given).text,
        county if county.isascii() and county.isdecimal() and len(county) <= 6 else "",
    )


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on a plan: which distributor, which day, for whom (None: oneself), and to which day it goes."""

    distributor_id: UUID | None
    day: date | None
    rep: UUID | None
    to: date | None


def read_tap(given: MultiDict[str, str], today: date) -> Tap:
    """The fields of a plan's forms; what cannot be read is None."""
    return Tap(
        _uuid(given.get("distributor", "")),
        _day(given.get("day", ""), today),
        _uuid(given.get("rep", "")),
        _day(given.get("to", ""), today),
    )


def sent_key(given: MultiDict[str, str]) -> UUID | None:
    """The key of the row to be made: the phone's, else the one that the page gave."""
    return outbox.key() or _uuid(given.get("id", ""))


def written_on(today: date, now: datetime, made: datetime) -> date:
    """The business date on which a form was filled in that may have waited in a phone."""
    return today - (now.astimezone(SHANGHAI).date() - made.astimezone(SHANGHAI).date())


def _day(text: str, today: date) -> date | None:
    try:
        day = parse_day(text)
    except ValueError:
        return None
    return day if abs(day - today) <= FAR else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
