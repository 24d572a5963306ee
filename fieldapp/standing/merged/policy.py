"""The merged accounts' part of the policy page: what each kind of evidence weighs, and from when it is shown."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from . import words
from .rules import BOUNDS, Kind, Scoring

NAME = "merged"
Text = Callable[[], str]


def on(day: date) -> tuple[int, Scoring]:
    """(version of the policy, numbers of the detection) that hold on a day."""
    held = queries.on(day)
    return held.version, Scoring(**_complete(held.settings.get(NAME, {})))


def _complete(settings: Mapping[str, Any]) -> Settings:
    usual, problems, complete = Scoring(), {}, {}
    for name, (least, most) in BOUNDS.items():
        text = str(settings.get(name, getattr(usual, name))).strip()
        whole = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else -1
        if not least <= whole <= most:
            problems[name] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        complete[name] = whole
    if problems:
        raise SettingsRefusedError(problems)
    return complete


def _points() -> str:
    return _("points")


def _percent() -> str:
    return "%"


def _weight(kind: Kind) -> Setting:
    return Setting(
        (kind.value,), lambda: words.kind_name(kind), unit=_points, group=lambda: _("Points of the evidence")
    )


_NUMBERS: tuple[tuple[str, Text, Text | None, Text | None], ...] = (
    ("show", lambda: _("Shown from"), None, _points),
    ("strong", lambda: _("Strong, and told, from"), None, _points),
    (
        "frequent",
        lambda: _("A value says nothing on more files than"),
        lambda: _("A market's phone, an accountant's address: the more files hold it, the less it weighs."),
        lambda: _("files"),
    ),
    (
        "behaviour_most",
        lambda: _("Sales, deliveries and order days count together at most"),
        None,
        _points,
    ),
    (
        "open_percent",
        lambda: _("Phone, payer and legal person of two that carry the same name count"),
        lambda: _("A chain that trades under one name hides nothing."),
        _percent,
    ),
    (
        "succession_percent",
        lambda: _("Where one began when the other had ended, it counts"),
        lambda: _("A business that was sold keeps its phone and its address."),
        _percent,
    ),
    ("metres", lambda: _("The same address: within"), None, lambda: _("metres")),
    ("km", lambda: _("A neighbour: in the county, or within"), None, lambda: _("kilometres")),
    ("change_percent", lambda: _("Sales jump or fall by at least"), None, _percent),
    ("match_percent", lambda: _("What one lost and the other gained differ by at most"), None, _percent),
    ("tonnes", lambda: _("Counted from a change a month of"), None, lambda: _("tonnes")),
    ("delivery_percent", lambda: _("Delivered into the other's area: at least"), None, _percent),
    ("bunched_days", lambda: _("The end of a month is its last"), None, lambda: _("days")),
    ("bunched_percent", lambda: _("Ordered there more than others do, by at least"), None, _percent),
    ("hours", lambda: _("Looked at again at the earliest after"), None, lambda: _("hours")),
    ("hour", lambda: _("Looked at from this hour of the day on"), None, lambda: _("o'clock")),
)

SECTIONS = (
    Section(
        NAME,
        lambda: _("Merged accounts"),
        (
            *(_weight(kind) for kind in Kind),
            *(Setting((name,), label, help=help, unit=unit) for name, label, help, unit in _NUMBERS),
        ),
        _complete,
    ),
)
