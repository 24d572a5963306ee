"""Reads of users and sessions."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import UtcDateTime, db
from fieldapp.core.hotread import HotRead

from .models import ApiToken, LoginSession, User
from .viewer import Viewer

_VIEWER = (User.id, User.username, User.name, User.role, User.patch, User.locale, User.theme)

_BY_SESSION = HotRead(
    sa.select(*_VIEWER)
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(
        LoginSession.id == sa.bindparam("session", type_=sa.String()),
        LoginSession.expires_at > sa.bindparam("now", type_=UtcDateTime()),
        User.active,
    )
)
_BY_TOKEN = HotRead(
    sa.select(*_VIEWER)
    .join(ApiToken, ApiToken.user_id == User.id)
    .where(
        ApiToken.token_hash == sa.bindparam("token", type_=sa.String()),
        ApiToken.revoked_at.is_(None),
        User.active,
    )
)


def viewer_by_session(session_id: str, now: datetime) -> Viewer | None:
    """The viewer behind a session that has not ended, whose user is active; one statement."""
    row = _BY_SESSION.one(session=session_id, now=now)
    return _viewer(row, session_id=session_id) if row else None


def viewer_by_token(token_hash: str) -> Viewer | None:
    """The viewer behind a bearer token that was not revoked, whose user is active."""
    row = _BY_TOKEN.one(token=token_hash)
    return _viewer(row, by_token=True) if row else None


def viewer_of(user: User) -> Viewer:
    """A user as viewer, for commands and tests."""
    return _viewer((user.id, user.username, user.name, user.role, user.patch, user.locale, user.theme))


def _viewer(row: tuple, session_id: str | None = None, by_token: bool = False) -> Viewer:
    id_, username, name, role, patch, locale, theme = row
    return Viewer(id_, username, name, role, tuple(patch), locale, theme, session_id, by_token)


def user_by_username(username: str) -> User | None:
    """By name as typed: case and surrounding space do not matter."""
    return db.session.scalar(sa.select(User).where(User.username_key == username.strip().casefold()))


def user_by_id(user_id: UUID) -> User | None:
    """By key."""
    return db.session.get(User, user_id)
