"""The deal check's part of the policy page: its numbers, the level of each finding, and who may see a floor."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.core.findings import Level
from fieldapp.people.accounts.models import Role
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .presentation import title
from .rules import CASH_LEVELS, LEVELS, DealPolicy, PolicyError

_LEVELS: tuple[tuple[str, Callable[[], str]], ...] = (
    (Level.OK, lambda: _("OK")),
    (Level.INFO, lambda: _("Note only")),
    (Level.APPROVAL, lambda: _("Needs approval")),
    (Level.STOP, lambda: _("Stops the deal")),
)
_ROLES: tuple[tuple[str, Callable[[], str]], ...] = (
    (Role.REP, lambda: _("Rep")),
    (Role.SUPERVISOR, lambda: _("Supervisor")),
    (Role.ADMIN, lambda: _("Administrator")),
)


def _days() -> str:
    return _("days")


def _numbers() -> tuple[Setting, ...]:
    return (
        Setting(
            ("tolerance_percent",),
            lambda: _("Tolerance under the floor"),
            help=lambda: _("A net price so far under the floor can be approved; below that the deal stops."),
            unit=lambda: "%",
        ),
        Setting(
            ("over_limit_percent",),
            lambda: _("Tolerance over the credit limit"),
            help=lambda: _("Percent of the limit by which a deal may exceed what is available, with approval."),
            unit=lambda: "%",
        ),
        Setting(("overdue_days",), lambda: _("Overdue counts from"), unit=_days),
        Setting(("overdue_frozen_days",), lambda: _("Credit closes when overdue for more than"), unit=_days),
        Setting(("overdue_stop_days",), lambda: _("Everything stops when overdue for more than"), unit=_days),
        Setting(("approval_hours",), lambda: _("An approval holds for"), unit=lambda: _("hours")),
    )


def _levels() -> tuple[Setting, ...]:
    usual = [
        Setting(("levels", code), partial(title, code), options=_LEVELS, group=lambda: _("What each finding means"))
        for code in LEVELS
    ]
    cash = [
        Setting(
            ("cash_levels", code), partial(title, code), options=_LEVELS, group=lambda: _("The same for a cash deal")
        )
        for code in CASH_LEVELS
    ]
    return (*usual, *cash)


def _complete_deal_check(settings: Mapping[str, Any]) -> Settings:
    try:
        return DealPolicy.from_settings(settings).to_settings()
    except PolicyError as error:
        raise SettingsRefusedError(
            {problem.field: _(problem.remedy) % problem.params for problem in error.problems}
        ) from None


def _complete_visibility(settings: Mapping[str, Any]) -> Settings:
    roles = settings.get("floor_roles", [])
    if not isinstance(roles, list) or not set(roles) <= set(Role):
        raise SettingsRefusedError({"floor_roles": _("Choose from the roles shown.")})
    return {"floor_roles": [str(role) for role in Role if role in roles]}


SECTIONS = (
    Section("deal_check", lambda: _("Deal check"), (*_numbers(), *_levels()), _complete_deal_check),
    Section(
        "visibility",
        lambda: _("Who sees what"),
        (
            Setting(
                ("floor_roles",),
                lambda: _("May see the floor price"),
                help=lambda: _("Others see the lowest price that goes for the deal at hand."),
                options=_ROLES,
                many=True,
            ),
        ),
        _complete_visibility,
    ),
)
