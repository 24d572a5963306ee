"""How often a distributor is visited, and since when the next visit is due. Pure: policy and days come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

MOST_DAYS = 366
MOST_METRES = 100_000
MOST_MINUTES = 12 * 60
NONE = "none"  # no grade, or a class that is not named
GRADES: Mapping[str, int] = {"A": 7, "B": 14, "C": 30, "D": 30, NONE: 14}
CLASSES: Mapping[str, int] = {"A": 7, "B": 14, "C": 30}
WARN_METRES = 500
REPAIR_MINUTES = 30
PROPOSE_DAYS = 14  # the next visit of whom none is ever due


class Basis(StrEnum):
    """What the cadence follows: the credit grade, or the class (price tier) of the ERP."""

    GRADE = "grade"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """The numbers of visits. `grades`, `classes`: days between two visits; classes by their name in lower case.

    `warn_metres`: a check-in farther from the store gets a remark; `repair_minutes`: how long a visit counts whose
    check-out was forgotten.
    """

    basis: Basis = Basis.GRADE
    grades: Mapping[str, int] = field(default_factory=lambda: dict(GRADES))
    classes: Mapping[str, int] = field(
        default_factory=lambda: {name.casefold(): days for name, days in CLASSES.items()}
    )
    warn_metres: int = WARN_METRES
    repair_minutes: int = REPAIR_MINUTES


def cadence(policy: VisitPolicy, *, grade: str | None, tier: str | None, prospect: bool, ended: bool) -> int | None:
    """Days between two visits; None: no visit is ever due. A prospect counts as one without a grade."""
    if ended:
        return None
    other = policy.grades[NONE]
    if prospect:
        return other
    if policy.basis is Basis.CLASS:
        return policy.classes.get(tier.casefold(), other) if tier else other
    return policy.grades.get(grade, other) if grade else other


def due_on(last: date | None, start: date | None, days: int, today: date) -> date:
    """The day from which a visit is due: the last one's day and the cadence; never visited: since the start.

    Where no start is known, today.
    """
    if last is not None:
        return last + timedelta(days=days)
    return start or today


def late_by(due: date, today: date) -> int:
    """For how many days it has been due; 0 on the day itself, below 0 before it."""
    return (today - due).days


def next_on(visited: date, days: int | None) -> date:
    """The day to propose for the next visit after one of a cadence; a Sunday gives way to Monday."""
    day = visited + timedelta(days=PROPOSE_DAYS if days is None else days)
    return day + timedelta(days=1) if day.isoweekday() == 7 else day


def week_of(day: date) -> list[date]:
    """The seven days of the week that a day lies in, Monday first."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]
