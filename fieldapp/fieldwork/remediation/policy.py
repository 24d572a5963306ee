"""The tickets' part of the policy page: how high a remedy is approved, how quickly a ticket is answered and solved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError
from fieldapp.people.worktime.rules import MOST_HOURS

from .rules import Limits, Severity
from .words import severity_name

NAME = "remediation"
MOST_YUAN = 10_000_000
_LIMITS = {"first": 500, "second": 5_000}
_HOURS: Mapping[Severity, tuple[int, int]] = {
    Severity.SEVERE: (4, 24),
    Severity.NORMAL: (24, 72),
    Severity.MINOR: (48, 120),
}
_CLOCKS = ("answer", "solve")


@dataclass(frozen=True, slots=True)
class TicketPolicy:
    """`hours`: by severity, working hours to the first answer and until it is solved."""

    limits: Limits = field(default_factory=Limits)
    hours: Mapping[Severity, tuple[int, int]] = field(default_factory=lambda: dict(_HOURS))


def on(day: date) -> TicketPolicy:
    """What holds on a day."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> TicketPolicy:
    """The same, of the whole settings of a version."""
    held = _complete(settings.get(NAME, {}))
    limits, hours = held["limits"], held["hours"]
    return TicketPolicy(
        Limits(limits["first"] * 100, limits["second"] * 100),
        {severity: (hours[severity]["answer"], hours[severity]["solve"]) for severity in Severity},
    )


def _whole(value: Any) -> int | None:
    text = str(value).strip()
    plain = not isinstance(value, bool) and text.isascii() and text.isdecimal() and len(text) <= 9
    return int(text) if plain else None


def _table(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}

    def number(value: Any, key: str, least: int, most: int) -> int:
        whole = _whole(value)
        if whole is None or not least <= whole <= most:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
            return 0
        return whole

    given = _table(settings, "limits")
    limits = {key: number(given.get(key, default), f"limits.{key}", 0, MOST_YUAN) for key, default in _LIMITS.items()}
    if not problems and limits["first"] > limits["second"]:
        problems["limits.second"] = _("The second limit must not be below the first.")
    clocks = _table(settings, "hours")
    hours: dict[str, dict[str, int]] = {}
    for severity, defaults in _HOURS.items():
        own = _table(clocks, severity.value)
        hours[severity.value] = {
            clock: number(own.get(clock, default), f"hours.{severity.value}.{clock}", 1, MOST_HOURS)
            for clock, default in zip(_CLOCKS, defaults, strict=True)
        }
    if problems:
        raise SettingsRefusedError(problems)
    return {"limits": limits, "hours": hours}


def _clock_name(severity: Severity, clock: str) -> str:
    name = severity_name(severity)
    return (
        _("%(severity)s: first answer", severity=name)
        if clock == "answer"
        else _("%(severity)s: solved", severity=name)
    )


SECTIONS = (
    Section(
        NAME,
        lambda: _("Tickets"),
        (
            Setting(
                ("limits", "first"),
                lambda: _("One supervisor approves a remedy up to"),
                help=lambda: _("A severe ticket is approved one level higher than its amount."),
                unit=lambda: _("yuan"),
            ),
            Setting(
                ("limits", "second"),
                lambda: _("A second supervisor or an administrator too, up to"),
                help=lambda: _("Above this, a supervisor and an administrator."),
                unit=lambda: _("yuan"),
            ),
            *(
                Setting(
                    ("hours", severity.value, clock),
                    partial(_clock_name, severity, clock),
                    unit=lambda: _("working hours"),
                    group=lambda: _("How quickly tickets are answered and solved"),
                )
                for severity in _HOURS
                for clock in _CLOCKS
            ),
        ),
        _complete,
    ),
)
