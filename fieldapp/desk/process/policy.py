"""How long a step may wait: the process page's part of the policy."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError
from fieldapp.people.worktime.rules import MOST_HOURS

from .steps import STEPS

NAME = "process"
_TARGETS = {step.name: (step.title, step.target) for step in STEPS if step.target is not None}


def on(day: date) -> Mapping[str, int]:
    """{step: working hours} that hold on a day, of the steps whose rows have no due time of their own."""
    held: Settings = _complete(queries.on(day).settings.get(NAME, {}))
    targets: Mapping[str, int] = held["targets"]
    return targets


def _complete(settings: Mapping[str, Any]) -> Settings:
    given = settings.get("targets", {})
    given = given if isinstance(given, Mapping) else {}
    problems: dict[str, str] = {}
    targets: dict[str, int] = {}
    for name, (_title, default) in _TARGETS.items():
        text = str(given.get(name, default)).strip()
        plain = text.isascii() and text.isdecimal() and len(text) <= 9
        targets[name] = int(text) if plain else 0
        if not 1 <= targets[name] <= MOST_HOURS:
            problems[f"targets.{name}"] = _("Give a whole number from %(least)s to %(most)s.", least=1, most=MOST_HOURS)
    if problems:
        raise SettingsRefusedError(problems)
    return {"targets": targets}


SECTIONS = (
    Section(
        NAME,
        lambda: _("Waiting in a process"),
        tuple(
            Setting(
                ("targets", name),
                title,
                unit=lambda: _("working hours"),
                group=lambda: _("A step may wait for"),
            )
            for name, (title, _default) in _TARGETS.items()
        ),
        _complete,
    ),
)
