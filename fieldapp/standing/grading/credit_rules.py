"""Which grade holds, how high a limit is on a day, and what a temporary increase may be. Amounts are fen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple, Self

from .rules import CASH_ONLY_GRADE


class Dated(NamedTuple):
    """A grade with its day, and the instant at which it came (the file was read, the rating confirmed)."""

    day: date
    at: datetime


def assessed_wins(imported: Dated | None, assessed: Dated | None) -> bool:
    """Does our own rating hold, rather than the file's grade? The newer day wins; on the same day, what came later.

    None: there is no grade there. Of two that came at the same instant our own holds, which a person has confirmed.
    """
    if imported is None or assessed is None:
        return assessed is not None
    return assessed >= imported


def cap(limit: int | None, percent: Decimal) -> int:
    """The most that an increase may add to a limit, in whole fen."""
    return int((limit or 0) * percent / 100)


def extra(grade: str | None, limit: int | None, amount: int, percent: Decimal) -> int:
    """What an approved increase adds to the limit of now: all of it, but never more than the percentage allows."""
    if grade is None or grade == CASH_ONLY_GRADE:
        return 0
    return min(amount, cap(limit, percent))


class Limit(NamedTuple):
    """A limit on a day. `whole` holds what is `temporary` in it; None: no limit is set and nothing is added."""

    whole: int | None
    temporary: int = 0


def limit_on(day: date, limit: int | None, extra_limit: int | None, first: date | None, last: date | None) -> Limit:
    """The limit that holds on a day, of the columns of a credit record; both ends of an increase are inclusive."""
    if not extra_limit or first is None or last is None or not first <= day <= last:
        return Limit(limit)
    return Limit((limit or 0) + extra_limit, extra_limit)


def last_day(first: date, days: int) -> date:
    """The last day of an increase that holds for so many days, the first one counted."""
    return first + timedelta(days=days - 1)


class Refusal(StrEnum):
    """Why a temporary increase cannot be asked for, or no longer be approved."""

    UNGRADED = "ungraded"
    CASH_ONLY = "cash_only"
    NO_LIMIT = "no_limit"
    ASKED = "asked"
    RUNNING = "running"
    AMOUNT = "amount"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an increase is measured against: grade and limit without extra, and what is asked or runs already."""

    grade: str | None
    limit: int | None
    asked: bool = False
    running_until: date | None = None


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """The policy of temporary increases. Raises TermsError with every value that cannot be."""

    increase_percent: Decimal = Decimal(50)
    increase_days: int = 30

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The terms of a stored or typed set of settings (JSON values); what is absent keeps its default."""
        problems: dict[str, tuple[str, dict[str, object]]] = {
            name: (N_("There is no such setting: leave it out."), {}) for name in settings if name not in _READERS
        }
        read: dict[str, Any] = {}
        for name, (reader, remedy, bounds) in _READERS.items():
            if name in settings:
                value = reader(settings[name])
                if value is None:
                    problems[name] = (remedy, bounds)
                read[name] = value
        if problems:
            raise TermsError(problems)
        return cls(**read)

    def to_settings(self) -> dict[str, Any]:
        """All settings as JSON values; `from_settings` gives the same terms back."""
        return {"increase_percent": format(self.increase_percent, "f"), "increase_days": self.increase_days}

    def most(self, limit: int | None) -> int:
        """The most that may be asked for a limit."""
        return cap(limit, self.increase_percent)


class TermsError(ValueError):
    """Settings that cannot be; `problems`: {setting: (msgid of the remedy, its placeholders)}."""

    def __init__(self, problems: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__(", ".join(problems))
        self.problems = dict(problems)


def N_(message: str) -> str:  # noqa: N802 — the name by which catalogues find a message that is translated later
    return message


def _percent(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    fits = number.is_finite() and 0 <= number <= 100 and number == round(number, 2)
    return number if fits else None


def _days(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= 365 else None


_READERS: dict[str, tuple[Any, str, dict[str, object]]] = {
    "increase_percent": (
        _percent,
        N_("Give a percentage from %(low)s to %(high)s with at most two decimals."),
        {"low": 0, "high": 100},
    ),
    "increase_days": (_days, N_("Give a whole number from %(low)s to %(high)s."), {"low": 1, "high": 365}),
}


def refusal_now(standing: Standing, today: date) -> Refusal | None:
    """Why no increase can be asked for at all today; None when one can."""
    if standing.grade is None:
        return Refusal.UNGRADED
    if standing.grade == CASH_ONLY_GRADE:
        return Refusal.CASH_ONLY
    if not standing.limit:
        return Refusal.NO_LIMIT
    if standing.asked:
        return Refusal.ASKED
    if standing.running_until is not None and today <= standing.running_until:
        return Refusal.RUNNING
    return None


def refusals(standing: Standing, amount: int, days: int, terms: CreditTerms, today: date) -> list[Refusal]:
    """Everything that stands against an increase of `amount` for `days` days; empty when it may be."""
    found = refusal_now(standing, today)
    if found is not None:
        return [found]
    against = []
    if not 0 < amount <= terms.most(standing.limit):
        against.append(Refusal.AMOUNT)
    if not 1 <= days <= terms.increase_days:
        against.append(Refusal.DAYS)
    return against
