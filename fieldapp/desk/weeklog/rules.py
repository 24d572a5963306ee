"""A rep's week: its days, how far he went, and where its log stands."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from fieldapp.desk.deals.rules import distance_km

FIRST_WEEK = date(2000, 1, 3)  # a Monday before any log of ours

Place = tuple[float, float]


class LogState(StrEnum):
    """A draft is the rep's own; submitted, it waits for a supervisor; returned, for the rep again."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


OPEN = (LogState.DRAFT, LogState.RETURNED)  # the rep may write


class LogStep(StrEnum):
    """What an entry under a log is: a remark, or a step that the log took."""

    COMMENT = "comment"
    SUBMIT = "submit"
    RETURN = "return"
    ACCEPT = "accept"


class MailState(StrEnum):
    """`sending`: a process has taken it up; one that stays so was broken off, and nobody knows whether it went out."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


def monday_of(day: date) -> date:
    """The Monday of the week in which a day lies."""
    return day - timedelta(days=day.weekday())


def days_of(monday: date) -> list[date]:
    """The seven days of a week."""
    return [monday + timedelta(days=number) for number in range(7)]


def metres_along(places: Iterable[Place | None]) -> int:
    """Metres from place to place in straight lines, in their order; an unknown place is left out.

    `places`: (latitude, longitude) in degrees of one day's check-ins. So it is the least that he went, not his way.
    """
    known = [place for place in places if place is not None]
    return round(sum(distance_km(here, there) for here, there in pairwise(known)) * 1000)
