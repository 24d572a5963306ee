"""Whether a service promise was kept: by each delivery, and by us: our visits, our first answers to tickets.

A delivery is an invoice with the day it was ordered on. Days are counted as working days of the company's calendar.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

MOST_LEAD = 30  # working days
MOST_PAYMENT = 180  # days
MOST_RHYTHM = 365  # days
EVERY_DAY = frozenset(range(7))


class Template(StrEnum):
    """Where the values of a promise come from: the policy's for large or small distributors, or agreed with it."""

    LARGE = "large"
    SMALL = "small"
    OWN = "own"


class Need(StrEnum):
    """What matters to a distributor."""

    FAST = "fast"
    PRICE = "price"
    CREDIT = "credit"
    TECHNICAL = "technical"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised. `lead_days`: working days from order to delivery; `weekdays`: days on which goods come (0 is
    Monday); `payment_days`: the term of payment; `visit_days`: a visit at least every so many days."""

    lead_days: int
    weekdays: frozenset[int]
    payment_days: int
    visit_days: int


@dataclass(frozen=True, slots=True)
class Version:
    """A promise from a day on, until the next one's."""

    number: int
    valid_from: date
    terms: Terms


class Fault(StrEnum):
    """How a promise was broken."""

    LATE = "late"
    OFF_DAY = "off_day"
    NO_VISIT = "no_visit"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An invoice that says when it was ordered."""

    number: str
    ordered_on: date
    delivered_on: date


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a ticket: until when it was promised, and when it was given, if it was."""

    number: str
    opened_on: date
    due_at: datetime
    due_on: date
    answered_at: datetime | None
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One promise that fell due on `day`. `fault` None: it was kept. `took`, `promised`: working days of a delivery,
    days between visits, 0 of an answer. `number`: of the invoice, or of the ticket where `answer`; `since`: the day of
    the order, of the visit before, or on which the ticket was opened."""

    day: date
    fault: Fault | None
    took: int
    promised: int
    since: date
    number: str | None = None
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Kept so many of all that fell due."""

    kept: int
    of: int

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down, so that only a promise that was always kept has 100; None: nothing was due."""
        return self.kept * 100 // self.of if self.of else None


def working_days(ordered_on: date, delivered_on: date, works_on: Callable[[date], bool]) -> int:
    """Working days after the day of the order up to the day of delivery; 0 on the same day."""
    days = (delivered_on - ordered_on).days
    return sum(works_on(ordered_on + timedelta(days=number)) for number in range(1, days + 1))


def version_on(versions: Iterable[Version], day: date) -> Version | None:
    """The promise that holds on a day: the latest begun, then the highest number; None before the first."""
    begun = [version for version in versions if version.valid_from <= day]
    return max(begun, key=lambda version: (version.valid_from, version.number), default=None)


def deliveries_kept(
    versions: Sequence[Version], deliveries: Iterable[Delivery], works_on: Callable[[date], bool]
) -> list[Kept]:
    """Each delivery held against the promise of the day of its order, by day; those ordered before any are left out.

    Too late weighs more than the wrong day: who is told of one fault is told of that.
    """
    found = []
    for delivery in deliveries:
        version = version_on(versions, delivery.ordered_on)
        if version is None:
            continue
        terms = version.terms
        took = working_days(delivery.ordered_on, delivery.delivered_on, works_on)
        fault = None
        if took > terms.lead_days:
            fault = Fault.LATE
        elif delivery.delivered_on.weekday() not in terms.weekdays:
            fault = Fault.OFF_DAY
        found.append(Kept(delivery.delivered_on, fault, took, terms.lead_days, delivery.ordered_on, delivery.number))
    return sorted(found, key=lambda one: (one.day, one.number or ""))


def visits_kept(versions: Sequence[Version], visits: Iterable[date], today: date) -> list[Kept]:
    """Each stretch between two visits held against the rhythm of the day it began, by day.

    The first promise begins the first stretch where no visit had been made before. The stretch that runs counts only
    once it is broken, on the day after the last on which a visit was due.
    """
    if not versions:
        return []
    begun = min(version.valid_from for version in versions)
    days = sorted(set(visits))
    anchor = max((day for day in days if day <= begun), default=begun)
    found = []
    for day in [one for one in days if one > anchor and one <= today]:
        promised = _rhythm(versions, max(anchor, begun))
        took = (day - anchor).days
        found.append(Kept(day, Fault.NO_VISIT if took > promised else None, took, promised, anchor))
        anchor = day
    promised = _rhythm(versions, max(anchor, begun))
    took = (today - anchor).days
    if took > promised:
        found.append(Kept(anchor + timedelta(days=promised + 1), Fault.NO_VISIT, took, promised, anchor))
    return found


def answers_kept(versions: Sequence[Version], answers: Iterable[Answer], today: date) -> list[Kept]:
    """Each first answer that was given, or not given by the end of the day it was due; by day. Tickets that were opened
    before any promise are left out."""
    found = []
    for one in answers:
        if version_on(versions, one.opened_on) is None:
            continue
        if one.answered_at is None or one.answered_on is None:
            if one.due_on < today:
                found.append(Kept(one.due_on, Fault.NO_ANSWER, 0, 0, one.opened_on, one.number, answer=True))
            continue
        fault = Fault.NO_ANSWER if one.answered_at > one.due_at else None
        found.append(Kept(one.answered_on, fault, 0, 0, one.opened_on, one.number, answer=True))
    return sorted(found, key=lambda one: (one.day, one.number or ""))


def quarter(day: date) -> str:
    """`2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def quarters_until(day: date, count: int) -> list[str]:
    """The quarters up to the one of a day, the oldest first."""
    last = day.year * 4 + (day.month - 1) // 3
    return [f"{number // 4}-Q{number % 4 + 1}" for number in range(last - count + 1, last + 1)]


def first_day(name: str) -> date:
    """The day with which a quarter begins."""
    return date(int(name[:4]), int(name[-1]) * 3 - 2, 1)


def rate(found: Iterable[Kept]) -> Rate:
    """How many of them were kept."""
    held = list(found)
    return Rate(sum(one.fault is None for one in held), len(held))


def _rhythm(versions: Sequence[Version], day: date) -> int:
    version = version_on(versions, day)
    return version.terms.visit_days if version else MOST_RHYTHM


# Large ones plan ahead and take a longer way; small ones live from hand to mouth.
TEMPLATES = {
    Template.LARGE: Terms(5, frozenset({0, 2, 4}), 30, 14),
    Template.SMALL: Terms(2, frozenset(range(6)), 0, 30),
}
