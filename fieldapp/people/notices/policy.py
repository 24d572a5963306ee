"""The notices' part of the policy page: the quiet hours."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .rules import QuietHours

NAME = "notices"
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:\uff1a]([0-5][0-9])")
_DEFAULT = QuietHours()


def on(day: date) -> QuietHours:
    """The quiet hours that the policy of a day gives."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> QuietHours:
    """The same, of the whole settings of a version."""
    held = _complete(settings.get(NAME, {}))
    return QuietHours(_time(held["quiet_from"]) or _DEFAULT.begins, _time(held["quiet_until"]) or _DEFAULT.until)


def _time(text: Any) -> time | None:
    found = _TIME.fullmatch(str(text).strip())
    return time(int(found[1]), int(found[2])) if found else None


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    given = {
        "quiet_from": settings.get("quiet_from", _DEFAULT.begins.strftime("%H:%M")),
        "quiet_until": settings.get("quiet_until", _DEFAULT.until.strftime("%H:%M")),
    }
    times = {key: _time(value) for key, value in given.items()}
    for key, value in times.items():
        if value is None:
            problems[key] = _("Give a time of the day, such as %(example)s.", example="08:30")
    if problems:
        raise SettingsRefusedError(problems)
    return {key: value.strftime("%H:%M") for key, value in times.items() if value is not None}


SECTIONS = (
    Section(
        NAME,
        lambda: _("Notices"),
        (
            Setting(("quiet_from",), lambda: _("Quiet hours begin"), text=True),
            Setting(
                ("quiet_until",),
                lambda: _("Quiet hours end"),
                help=lambda: _("Only what is urgent goes out by mail or into the group chat meanwhile."),
                text=True,
            ),
        ),
        _complete,
    ),
)
