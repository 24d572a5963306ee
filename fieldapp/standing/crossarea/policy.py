"""The part of the policy page about cross-area sales: how long one may appeal, and how late goods are invoiced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "crossarea"
_NUMBERS = {"appeal_days": (15, 1, 90), "delivery_days": (14, 0, 90), "bag_kg": (40, 1, 100)}


@dataclass(frozen=True, slots=True)
class CrossAreaPolicy:
    """`appeal_days`: how long a confirmed case may be appealed; `delivery_days`: how long after an approval goods may
    be invoiced whose order day is not known; `bag_kg`: what a bag weighs whose product is not known."""

    appeal_days: int
    delivery_days: int
    bag_kg: int


def on(day: date) -> CrossAreaPolicy:
    """What holds on a day."""
    return CrossAreaPolicy(**_complete(queries.on(day).settings.get(NAME, {})))


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    complete: Settings = {}
    for key, (usual, least, most) in _NUMBERS.items():
        text = str(settings.get(key, usual)).strip()
        whole = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else -1
        if not least <= whole <= most:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        complete[key] = whole
    if problems:
        raise SettingsRefusedError(problems)
    return complete


SECTIONS = (
    Section(
        NAME,
        lambda: _("Cross-area sales"),
        (
            Setting(
                ("appeal_days",),
                lambda: _("A confirmed case may be appealed for"),
                unit=lambda: _("days"),
            ),
            Setting(
                ("delivery_days",),
                lambda: _("Approved goods are invoiced within"),
                help=lambda: _("Counted from the end of the approval, where the day of the order is not known."),
                unit=lambda: _("days"),
            ),
            Setting(
                ("bag_kg",),
                lambda: _("A bag weighs, where its product is not known"),
                unit=lambda: "kg",
            ),
        ),
        _complete,
    ),
)
