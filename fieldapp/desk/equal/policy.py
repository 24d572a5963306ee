"""Equal treatment's part of the policy: how far net prices may lie apart, over how long, and from which weight on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "equal_treatment"


@dataclass(frozen=True, slots=True)
class EqualPolicy:
    """`percent`: a spread of more is pointed out; `days`: how far back; less than `least_grams` counts not."""

    percent: Decimal
    days: int
    least_grams: int


def on(day: date) -> EqualPolicy:
    """What holds on a day."""
    held = _complete(queries.on(day).settings.get(NAME, {}))
    return EqualPolicy(Decimal(held["percent"]), held["days"], held["tonnes"] * 1_000_000)


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}

    def whole(name: str, default: int, least: int, most: int) -> int:
        text = str(settings.get(name, default)).strip()
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else -1
        if not least <= number <= most:
            problems[name] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        return number

    try:
        percent = Decimal(str(settings.get("percent", 2)).strip())
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= 100:
        problems["percent"] = _("Give a percentage from %(low)s to %(high)s.", low=0, high=100)
    complete = {
        "percent": format(percent, "f"),
        "days": whole("days", 90, 7, 366),
        "tonnes": whole("tonnes", 1, 0, 1000),
    }
    if problems:
        raise SettingsRefusedError(problems)
    return complete


SECTIONS = (
    Section(
        NAME,
        lambda: _("Equal treatment"),
        (
            Setting(
                ("percent",),
                lambda: _("Net prices of one tier may lie apart by"),
                help=lambda: _("The highest above the lowest, for one product in one area."),
                unit=lambda: "%",
            ),
            Setting(("days",), lambda: _("Looked at over"), unit=lambda: _("days")),
            Setting(("tonnes",), lambda: _("Who bought less is left out"), unit=lambda: _("t")),
        ),
        _complete,
    ),
)
