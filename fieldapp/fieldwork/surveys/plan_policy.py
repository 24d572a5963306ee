"""The plan's part of the policy page: how often whom we ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "survey_plan"
_BOUNDS = {"distributor_months": (0, 24), "retailer_percent": (0, 100), "farm_percent": (0, 100)}
_DEFAULTS = {"distributor_months": 6, "retailer_percent": 25, "farm_percent": 5}


@dataclass(frozen=True, slots=True)
class Plan:
    """`distributor_months`: each distributor once in so many months; of retailers and farms so many percent in each
    quarter, whom chance picks; 0: nobody."""

    distributor_months: int
    retailer_percent: int
    farm_percent: int


def on(day: date) -> Plan:
    """What holds on a day."""
    return Plan(**_complete(queries.on(day).settings.get(NAME, {})))


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    checked: Settings = {}
    for key, (least, most) in _BOUNDS.items():
        text = str(settings.get(key, _DEFAULTS[key])).strip()
        whole = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1
        if not least <= whole <= most:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        checked[key] = whole
    if problems:
        raise SettingsRefusedError(problems)
    return checked


SECTIONS = (
    Section(
        NAME,
        lambda: _("Plan of surveys"),
        (
            Setting(
                ("distributor_months",),
                lambda: _("Each distributor is asked every"),
                help=lambda: _("0: not by plan."),
                unit=lambda: _("months"),
            ),
            Setting(
                ("retailer_percent",),
                lambda: _("Retailers asked in a quarter"),
                help=lambda: _(
                    "Chance picks them from the files of the distributors. A quarter of all is once a year on average."
                ),
                unit=lambda: "%",
            ),
            Setting(
                ("farm_percent",),
                lambda: _("Farms asked in a quarter"),
                help=lambda: _("Chance picks them from the files of the distributors."),
                unit=lambda: "%",
            ),
        ),
        _complete,
    ),
)
