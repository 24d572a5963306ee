"""The part of the policy page about cross-area sales: how long one may appeal, how late goods are invoiced, how long a
case may wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "crossarea"
_NUMBERS = {"appeal_days": (15, 1, 90), "delivery_days": (14, 0, 90), "bag_kg": (40, 1, 100)}
_NUMBERS |= {"look_days": (3, 1, 90), "decide_days": (7, 1, 90)}


@dataclass(frozen=True, slots=True)
class CrossAreaPolicy:
    """`appeal_days`: how long a confirmed case may be appealed; `delivery_days`: how long after an approval goods may
    be invoiced whose order day is not known; `bag_kg`: what a bag weighs whose product is not known; `look_days`: until
    when a report is to be looked into, `decide_days`: until when a case goes on that was, before the administrators
    are told."""

    appeal_days: int
    delivery_days: int
    bag_kg: int
    look_days: int
    decide_days: int


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
            Setting(
                ("look_days",),
                lambda: _("A report is looked into within"),
                help=lambda: _("After that the administrators are told too."),
                unit=lambda: _("days"),
            ),
            Setting(
                ("decide_days",),
                lambda: _("A case in which nothing happens is told of after"),
                help=lambda: _("From the last statement or decision; who may decide and the administrators are told."),
                unit=lambda: _("days"),
            ),
        ),
        _complete,
    ),
)
