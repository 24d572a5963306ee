"""How invoices are held against the floor: the breaches' part of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.accounts.models import Role
from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError
from fieldapp.trade.pricing.bought import Window

from .rules import Numbers

NAME = "breaches"
_DEFAULTS = Numbers()
_BOUNDS = {
    "window_days": (0, 31, _DEFAULTS.window_days),
    "delivery_days": (0, 90, _DEFAULTS.delivery_days),
    "credit_days": (1, 366, _DEFAULTS.credit_days),
    "odd_factor": (2, 100, _DEFAULTS.odd_factor),
    "look_back_days": (1, 3660, 366),
    "digest_days": (0, 31, 1),
}


@dataclass(frozen=True, slots=True)
class BreachPolicy:
    """`look_back_days`: older invoices are not judged; `digest_days`: supervisors are told so often (0: never);
    `cost_roles`: who may see what goods cost us."""

    version: int
    numbers: Numbers
    look_back_days: int
    digest_days: int
    cost_roles: frozenset[str]


def on(day: date) -> BreachPolicy:
    """What holds on a day."""
    version = queries.on(day)
    held = _complete(version.settings.get(NAME, {}))
    numbers = Numbers(held["window_days"], held["delivery_days"], held["credit_days"], held["odd_factor"])
    roles = frozenset(held["cost_roles"])
    return BreachPolicy(version.version, numbers, held["look_back_days"], held["digest_days"], roles)


def window(day: date) -> Window:
    """How far a whole reaches on a day, for whoever asks for net prices."""
    numbers = on(day).numbers
    return Window(numbers.window_days, numbers.credit_days)


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    complete: Settings = {}
    for name, (least, most, usual) in _BOUNDS.items():
        text = str(settings.get(name, usual)).strip()
        complete[name] = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else -1
        if not least <= complete[name] <= most:
            problems[name] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
    roles = settings.get("cost_roles", [Role.ADMIN.value])
    if not isinstance(roles, list) or not set(roles) <= set(Role):
        problems["cost_roles"] = _("Choose from the roles shown.")
        roles = []
    if problems:
        raise SettingsRefusedError(problems)
    return complete | {"cost_roles": [str(role) for role in Role if role in roles]}


def _days() -> str:
    return _("days")


SECTIONS = (
    Section(
        NAME,
        lambda: _("Floor breaches"),
        (
            Setting(
                ("window_days",),
                lambda: _("Orders count together within"),
                help=lambda: _("So an order that is cut into several invoices is judged as the whole that it is."),
                unit=_days,
            ),
            Setting(
                ("delivery_days",),
                lambda: _("An order lies before its invoice by at most"),
                help=lambda: _("An approval counts so long after; the floor is never taken from an earlier day."),
                unit=_days,
            ),
            Setting(
                ("credit_days",),
                lambda: _("A credit note without goods counts against purchases of the last"),
                unit=_days,
            ),
            Setting(
                ("odd_factor",),
                lambda: _("A weight is doubted when the price is this many times the list price"),
            ),
            Setting(("look_back_days",), lambda: _("Invoices are judged up to an age of"), unit=_days),
            Setting(
                ("digest_days",),
                lambda: _("Supervisors are told of new breaches every"),
                help=lambda: _("0: they are not told."),
                unit=_days,
            ),
            Setting(
                ("cost_roles",),
                lambda: _("May see the margin over cost"),
                options=(
                    (Role.SUPERVISOR, lambda: _("Supervisor")),
                    (Role.ADMIN, lambda: _("Administrator")),
                ),
                many=True,
            ),
        ),
        _complete,
    ),
)
