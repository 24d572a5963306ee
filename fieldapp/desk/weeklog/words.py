"""How the figures of a log read."""

from datetime import date, datetime

from flask_babel import format_date

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.i18n import gettext as _


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


def duration(minutes: int) -> str:
    """`45 min`, `3 h 20 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)


def way(metres: int) -> str:
    """`850 m`, `12.4 km`."""
    return f"{metres} m" if metres < 1000 else f"{metres / 1000:,.1f} km"


def percent(part: int, whole: int | None) -> str | None:
    """`68 %`; None where there is nothing to hold it against."""
    return f"{part * 100 // whole} %" if whole else None
