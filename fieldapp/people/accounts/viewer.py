"""The viewer: who looks, in what role, over which patch. Every read of the business takes him as its first argument."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from .models import Role, Theme


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user as plain values, loaded afresh on every request, so that a deactivation bites at once.

    `patch` — region codes he covers; an administrator's is not asked. `session_id` — None by token.
    """

    id: UUID
    username: str
    name: str
    role: Role
    patch: tuple[str, ...]
    locale: str = "zh"
    theme: Theme = Theme.AUTO
    session_id: str | None = None
    by_token: bool = False

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str | None:
        """What Flask-Login keeps: never the user's key, the session's."""
        return self.session_id

    @property
    def everywhere(self) -> bool:
        """True when no region is outside his view."""
        return self.role is Role.ADMIN

    def covers(self, region: str | None) -> bool:
        """Does a region lie within his patch?"""
        return self.everywhere or (region is not None and region.startswith(self.patch))

    def scope(self, region: Any) -> ColumnElement[bool]:
        """The same as a condition on a region column; ranges, because `LIKE 'x%'` misses the index on SQLite."""
        if self.everywhere:
            return sa.true()
        if not self.patch:
            return sa.false()
        return sa.or_(*(sa.and_(region >= first, region < end) for first, end in self.ranges()))

    @property
    def width(self) -> int | None:
        """How many ranges his patch is; None: everywhere."""
        return None if self.everywhere else len(self.patch)

    def bounds(self) -> dict[str, str]:
        """The values of `within`."""
        if self.everywhere:
            return {}
        return {
            f"{end}{n}": code for n, pair in enumerate(self.ranges()) for end, code in zip(_ENDS, pair, strict=True)
        }

    def ranges(self) -> list[tuple[str, str]]:
        """The patch as ranges of region codes, the ends not included."""
        return [(head, _after(head)) for head in self.patch]


_ENDS = ("first", "past")


def within(region: Any, width: int | None) -> ColumnElement[bool]:
    """`Viewer.scope` for a HotRead, which is built once for all viewers of a width: `all(**viewer.bounds())`."""
    if width is None:
        return sa.true()
    bound = [[sa.bindparam(f"{end}{n}", type_=sa.String()) for end in _ENDS] for n in range(width)]
    return sa.or_(sa.false(), *(sa.and_(region >= first, region < past) for first, past in bound))


def _after(prefix: str) -> str:
    """Past all region codes that begin with `prefix`: digits only, as the order of `:` and letters hangs on the
    collation of a PostgreSQL database, where `4109` to `410:` may be nothing at all."""
    return prefix + "9" * 10
