"""The price book's part of the policy: who drafts and approves its changes, and what the files of the page do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "prices"
JUMP = Decimal(30)
_MAY = (Role.ADMIN, Role.SUPERVISOR)


class Files(StrEnum):
    """What becomes of a file of prices that is sent through the page."""

    DRAFT = "draft"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """`jump_percent`: a new price further from the old one is pointed out."""

    drafters: frozenset[str]
    approvers: frozenset[str]
    files: Files
    jump_percent: Decimal


@dataclass(frozen=True, slots=True)
class Rights:
    """What a viewer may do with the book. Who may not see floors neither drafts nor approves: both show them."""

    floors: bool
    drafts: bool
    approves: bool

    @property
    def changes(self) -> bool:
        """Does he see drafts and the book's history?"""
        return self.drafts or self.approves


def on(day: date) -> PricePolicy:
    """What holds on a day."""
    return _policy(queries.on(day).settings)


def rights(viewer: Viewer, day: date) -> Rights:
    """What a viewer may do on a day; one statement."""
    settings = queries.on(day).settings
    held, floors = _policy(settings), sees_floors(viewer, settings)
    return Rights(floors, floors and viewer.role in held.drafters, floors and viewer.role in held.approvers)


def sees_floors(viewer: Viewer, settings: Mapping[str, Any]) -> bool:
    """Whether his role is one of those that see floors (docs/adr/0004)."""
    return viewer.role in settings.get("visibility", {}).get("floor_roles", ())


def _policy(settings: Mapping[str, Any]) -> PricePolicy:
    held = _complete(settings.get(NAME, {}))
    return PricePolicy(
        frozenset(held["drafters"]), frozenset(held["approvers"]), Files(held["files"]), Decimal(held["jump_percent"])
    )


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    complete: Settings = {}
    for name in ("drafters", "approvers"):
        given = settings.get(name, [Role.ADMIN.value])
        if not isinstance(given, list) or not set(given) <= {role.value for role in _MAY}:
            problems[name] = _("Choose from the roles shown.")
        elif not given:
            problems[name] = _("Choose at least one role.")
        else:
            complete[name] = [role.value for role in _MAY if role.value in given]
    files = settings.get("files", Files.DRAFT.value)
    if files not in set(Files):
        problems["files"] = _("Choose one of those shown.")
    complete["files"] = str(files)
    try:
        jump = Decimal(str(settings.get("jump_percent", JUMP)).strip())
    except InvalidOperation:
        jump = Decimal(-1)
    if not jump.is_finite() or not 0 < jump <= 1000:
        problems["jump_percent"] = _("Give a percentage from %(low)s to %(high)s.", low=1, high=1000)
    complete["jump_percent"] = format(jump, "f")
    if problems:
        raise SettingsRefusedError(problems)
    return complete


_ROLES = ((Role.ADMIN.value, lambda: _("Administrator")), (Role.SUPERVISOR.value, lambda: _("Supervisor")))

SECTIONS = (
    Section(
        NAME,
        lambda: _("Price book"),
        (
            Setting(
                ("drafters",),
                lambda: _("May draft a change"),
                help=lambda: _("A supervisor only for regions of his patch, and only while he may see floors."),
                options=_ROLES,
                many=True,
            ),
            Setting(
                ("approvers",),
                lambda: _("May approve a change"),
                help=lambda: _("Never anybody who had a hand in it."),
                options=_ROLES,
                many=True,
            ),
            Setting(
                ("files",),
                lambda: _("A file of prices sent through the page"),
                help=lambda: _("The command for the ERP's nightly file publishes at once in any case."),
                options=(
                    (Files.DRAFT.value, lambda: _("Becomes a draft for a second person")),
                    (Files.PUBLISH.value, lambda: _("Is published at once")),
                ),
            ),
            Setting(
                ("jump_percent",),
                lambda: _("Point out a price that changes by more than"),
                unit=lambda: "%",
            ),
        ),
        _complete,
    ),
)
