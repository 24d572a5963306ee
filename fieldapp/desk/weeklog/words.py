"""How the figures of a log read."""

from datetime import date, datetime

from flask_babel import format_date

from fieldapp.core.clock import SHANGHAI
from fieldapp.fieldwork.visits.words import duration, way

__all__ = ["clock_time", "duration", "moment", "percent", "way", "weekday"]  # for the templates, in one name


def clock_time(moment: str) -> str:
    """`09:12`, in Shanghai, of an ISO moment."""
    return f"{datetime.fromisoformat(moment).astimezone(SHANGHAI):%H:%M}"


def moment(text: str) -> datetime:
    """An ISO moment."""
    return datetime.fromisoformat(text)


def weekday(day: str) -> str:
    """`Monday 11-23`, of an ISO date."""
    found = date.fromisoformat(day)
    return f"{format_date(found, 'EEEE')} {found:%m-%d}"


def percent(part: int, whole: int | None) -> str | None:
    """`68 %`; None where there is nothing to hold it against."""
    return f"{part * 100 // whole} %" if whole else None
