"""The conflicts' part of the policy page: how soon the parties meet, when a promise is recalled, when it is followed
up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "conflicts"
_LIMITS = {"meet_days": (7, 1, 90), "remind_days": (1, 0, 30), "follow_up_days": (14, 1, 180)}  # default, least, most


@dataclass(frozen=True, slots=True)
class ConflictPolicy:
    """`meet_days`: until the first meeting; `remind_days`: before a meeting or the day of a promise; `follow_up_days`:
    after an agreement a visit is proposed."""

    meet_days: int = 7
    remind_days: int = 1
    follow_up_days: int = 14


def on(day: date) -> ConflictPolicy:
    """What holds on a day."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> ConflictPolicy:
    """The same, of the whole settings of a version."""
    return ConflictPolicy(**_complete(settings.get(NAME, {})))


def _complete(settings: Mapping[str, Any]) -> Settings:
    held: dict[str, int] = {}
    problems: dict[str, str] = {}
    for name, (default, least, most) in _LIMITS.items():
        given = settings.get(name, default)
        text = str(given).strip()
        plain = not isinstance(given, bool) and text.isascii() and text.isdecimal() and len(text) <= 4
        if not plain or not least <= int(text) <= most:
            problems[name] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        else:
            held[name] = int(text)
    if problems:
        raise SettingsRefusedError(problems)
    return dict(held)


SECTIONS = (
    Section(
        NAME,
        lambda: _("Conflicts between distributors"),
        (
            Setting(
                ("meet_days",),
                lambda: _("The parties meet for the first time within"),
                help=lambda: _("After that the supervisors are told."),
                unit=lambda: _("days"),
            ),
            Setting(
                ("remind_days",),
                lambda: _("A meeting or promise is recalled before its day"),
                unit=lambda: _("days"),
            ),
            Setting(
                ("follow_up_days",),
                lambda: _("A follow-up visit is proposed after an agreement"),
                unit=lambda: _("days"),
            ),
        ),
        _complete,
    ),
)
