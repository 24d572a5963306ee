"""The working hours' part of the policy page."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from flask_babel import gettext as _

from fieldapp.core.clock import parse_day
from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .rules import WorkCalendar

NAME = "worktime"
MOST_DAYS = 200
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:\uff1a]([0-5][0-9])")
_BETWEEN = re.compile(r"[,;\s\uff0c\uff1b\u3001]+")
_DEFAULT = WorkCalendar()
WEEKDAYS = (
    lambda: _("Monday"),
    lambda: _("Tuesday"),
    lambda: _("Wednesday"),
    lambda: _("Thursday"),
    lambda: _("Friday"),
    lambda: _("Saturday"),
    lambda: _("Sunday"),
)


def on(day: date) -> WorkCalendar:
    """The calendar that the policy of a day gives."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> WorkCalendar:
    """The same, of the whole settings of a version."""
    held = _complete(settings.get(NAME, {}))
    begins, ends = _time(held["begins"]), _time(held["ends"])
    return WorkCalendar(
        begins or _DEFAULT.begins,
        ends or _DEFAULT.ends,
        frozenset(int(day) for day in held["weekdays"]),
        frozenset(_days(held["off"]) or ()),
        frozenset(_days(held["extra"]) or ()),
    )


def _time(text: Any) -> time | None:
    """`8:00` → a time; None when it is none."""
    found = _TIME.fullmatch(str(text).strip())
    return time(int(found[1]), int(found[2])) if found else None


def _days(text: Any) -> list[date] | None:
    """`2026-10-01, 2026-10-02` or a span `2026-10-01..2026-10-07` → days in order; None when it cannot be read so."""
    found: set[date] = set()
    for piece in filter(None, _BETWEEN.split(str(text).strip())):
        first, dots, last = piece.partition("..")
        try:
            begins = parse_day(first)
            ends = parse_day(last) if dots else begins
        except ValueError:
            return None
        span = (ends - begins).days
        if not 0 <= span < MOST_DAYS or len(found) + span >= MOST_DAYS:
            return None
        found |= {date.fromordinal(begins.toordinal() + number) for number in range(span + 1)}
    return sorted(found)


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    given = {
        "begins": settings.get("begins", _DEFAULT.begins.strftime("%H:%M")),
        "ends": settings.get("ends", _DEFAULT.ends.strftime("%H:%M")),
        "weekdays": settings.get("weekdays", [str(day) for day in sorted(_DEFAULT.weekdays)]),
        "off": settings.get("off", ""),
        "extra": settings.get("extra", ""),
    }
    times = {key: _time(given[key]) for key in ("begins", "ends")}
    for key, value in times.items():
        if value is None:
            problems[key] = _("Give a time of the day, such as %(example)s.", example="08:30")
    begins, ends = times["begins"], times["ends"]
    if begins and ends and not begins < ends:
        problems["ends"] = _("The working day must end after it begins.")
    weekdays = given["weekdays"]
    if not isinstance(weekdays, list) or not weekdays or not set(map(str, weekdays)) <= set("0123456"):
        problems["weekdays"] = _("Choose at least one day.")
    for key in ("off", "extra"):
        if _days(given[key]) is None:
            problems[key] = _(
                "Give dates or spans, at most %(most)s days: %(example)s.",
                most=MOST_DAYS,
                example="2026-10-01..2026-10-07, 2027-01-01",
            )
    if problems:
        raise SettingsRefusedError(problems)
    return {
        "begins": begins.strftime("%H:%M") if begins else "",
        "ends": ends.strftime("%H:%M") if ends else "",
        "weekdays": sorted(map(str, weekdays)),
        "off": str(given["off"]).strip(),
        "extra": str(given["extra"]).strip(),
    }


SECTIONS = (
    Section(
        NAME,
        lambda: _("Working hours"),
        (
            Setting(("begins",), lambda: _("The working day begins"), text=True),
            Setting(
                ("ends",),
                lambda: _("The working day ends"),
                help=lambda: _("Clocks of tickets and feedback run in working hours only."),
                text=True,
            ),
            Setting(
                ("weekdays",),
                lambda: _("Working days"),
                options=tuple((str(number), name) for number, name in enumerate(WEEKDAYS)),
                many=True,
            ),
            Setting(
                ("off",),
                lambda: _("Holidays"),
                help=lambda: _("Dates, or a span with two dots between."),
                text=True,
            ),
            Setting(
                ("extra",),
                lambda: _("Days worked instead"),
                help=lambda: _("Weekend days that are worked to make up for a holiday."),
                text=True,
            ),
        ),
        _complete,
    ),
)
