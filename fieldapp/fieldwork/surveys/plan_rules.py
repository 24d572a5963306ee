"""Whom the plan asks when: by chance, but by the same one every time, so that nothing need be kept."""

from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

from .results_rules import first_day, moved, quarter_of

_PLAN = UUID("3f6c5f0e-6f0c-5b7e-9a55-5b1d4c1a7d10")
_WHOLE = 1 << 32


def draw(*words: object) -> float:
    """A number from 0 to below 1 that belongs to these words."""
    return int.from_bytes(sha256(":".join(map(str, words)).encode()).digest()[:4], "big") / _WHOLE


def key_of(form: str, subject: UUID, period: str) -> UUID:
    """The key of the survey of a period: asked for again, it is the same one."""
    return uuid5(_PLAN, f"{form}:{subject}:{period}")


def turn(subject: UUID, months: int, today: date) -> tuple[str, date]:
    """(period, day on which it is to be asked) of who is asked once in so many months.

    Everybody has a day of his own within the period, so that a rep has something to ask every week and not everything
    in the first.
    """
    number = (today.year * 12 + today.month - 1) // months
    first, past = _month(number * months), _month((number + 1) * months)
    days = (past - first).days
    return first.isoformat(), first + timedelta(days=int(draw("day", subject, months) * days))


def sampled(subject: UUID, percent: int, today: date) -> tuple[str, date] | None:
    """The same of a sample of each quarter; None for who is not in it."""
    quarter = quarter_of(today)
    if draw("sample", subject, quarter) * 100 >= percent:
        return None
    first = first_day(quarter)
    days = (first_day(moved(quarter, 1)) - first).days
    return str(quarter), first + timedelta(days=int(draw("day", subject, quarter) * days))


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
