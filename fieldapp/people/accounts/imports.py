"""What a row of `users` means. A new user has no password: an administrator gives him a set-password link."""

from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.sheets import N_, Message, SheetError, cells, kinds

from .actions import end_access
from .models import Role, User
from .rules import is_username


def _admins() -> set[UUID]:
    return set(db.session.scalars(sa.select(User.id).where(User.role == Role.ADMIN, User.active)))


def _finish(written: kinds.Written) -> None:
    """Who is out is out everywhere; one administrator stays, and nobody shuts himself out with a file."""
    touched = written.subjects
    inactive = set(db.session.scalars(sa.select(User.id).where(~User.active))) & touched
    if inactive:
        end_access(inactive, written.at)
    admins = _admins()
    if written.noted and not admins:
        raise SheetError(
            Message(N_("No active administrator would be left.")),
            Message(N_("Leave one administrator active in the file.")),
        )
    if written.actor_id in touched and written.actor_id not in admins:
        raise SheetError(
            Message(N_("The file would take away your own access.")),
            Message(N_("Leave your own row out, or have another administrator read the file.")),
        )


def users_kind(a_region: kinds.Reference) -> kinds.Kind:
    """The kind, given what names a region: people stand below the network."""
    return kinds.Kind(
        "users",
        Message(N_("Users")),
        columns=(
            kinds.own_code(
                "username",
                parse=kinds.pattern(
                    cells.code(64), is_username, Message(N_("2 to 64 letters, digits and . _ - @ + only"))
                ),
            ),
            kinds.text("name", 80, required=True, default=kinds.NEEDED),
            kinds.choice("role", Role, required=True, default=kinds.NEEDED),
            kinds.references("regions", "patch", a_region, default=()),
            kinds.choice("locale", ("zh", "en"), default="zh"),
            kinds.yes_no("active", default=True),
        ),
        parts=(kinds.Part(User, ("username_key",), born=lambda at: {"created_at": at}),),
        subject=(0, "id"),
        note=_admins,
        finish=_finish,
    )
