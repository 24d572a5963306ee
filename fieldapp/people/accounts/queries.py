"""Reads of users and sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import UtcDateTime, db
from fieldapp.core.hotread import HotRead

from .models import ApiToken, LoginSession, PasswordLink, Role, SignInFailure, User
from .rules import username_key
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


def session_exists(session_id: str) -> bool:
    """Is there a row of this session, expired or not?"""
    return db.session.get(LoginSession, session_id) is not None


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
    return db.session.scalar(sa.select(User).where(User.username_key == username_key(username)))


def user_by_id(user_id: UUID) -> User | None:
    """By key."""
    return db.session.get(User, user_id)


def active_link(token_hash: str, now: datetime) -> PasswordLink | None:
    """A password link that still works: unused, not expired, of an active user."""
    return db.session.scalar(
        sa.select(PasswordLink)
        .join(User, User.id == PasswordLink.user_id)
        .where(
            PasswordLink.token_hash == token_hash,
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > now,
            User.active,
        )
    )


def failures_of_account(account: str, since: datetime) -> list[datetime]:
    """When sign-ins to an account (by its key, existing or not) failed."""
    return list(
        db.session.scalars(
            sa.select(SignInFailure.at).where(SignInFailure.account == account, SignInFailure.at > since)
        )
    )


def failures_of_address(address: str, since: datetime) -> list[datetime]:
    """When sign-ins from an address failed."""
    return list(
        db.session.scalars(
            sa.select(SignInFailure.at).where(SignInFailure.address == address, SignInFailure.at > since)
        )
    )


def tokens_of(user: User) -> list[ApiToken]:
    """A user's bearer tokens, the newest first."""
    return list(
        db.session.scalars(
            sa.select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def open_sessions_of(user: User, now: datetime) -> list[LoginSession]:
    """Where a user is signed in, the newest first."""
    return list(
        db.session.scalars(
            sa.select(LoginSession)
            .where(LoginSession.user_id == user.id, LoginSession.expires_at > now)
            .order_by(LoginSession.created_at.desc(), LoginSession.id)
        )
    )


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What the list of users is narrowed to; `after` and `before` are username keys at the edges of a page."""

    text: str = ""
    role: Role | None = None
    active: bool | None = None
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """A page of users, and whether there are more on either side."""

    rows: list[User]
    earlier: bool
    later: bool


def users(wanted: UserFilter, size: int = 50) -> UserPage:
    """Users by username, a page at a time; the administrators' list, so there is no scope."""
    found = sa.select(User)
    if wanted.text:
        text = wanted.text.strip().casefold()
        found = found.where(
            sa.or_(
                User.username_key.contains(text, autoescape=True),
                sa.func.lower(User.name).contains(text, autoescape=True),
            )
        )
    if wanted.role is not None:
        found = found.where(User.role == wanted.role)
    if wanted.active is not None:
        found = found.where(User.active.is_(wanted.active))
    backwards = bool(wanted.before)
    if backwards:
        found = found.where(User.username_key < wanted.before).order_by(User.username_key.desc())
    else:
        found = found.where(User.username_key > wanted.after).order_by(User.username_key)
    rows = list(db.session.scalars(found.limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        return UserPage(rows[::-1], earlier=more, later=bool(rows))
    return UserPage(rows, earlier=bool(wanted.after), later=more)


def reps_of(viewer: Viewer) -> list[Viewer]:
    """The reps that work in the viewer's patch, by name; a rep sees nobody but himself."""
    if viewer.role is Role.REP:
        return [viewer]
    found = db.session.execute(
        sa.select(*_VIEWER).where(User.role == Role.REP, User.active).order_by(User.name, User.id)
    )
    reps = [_viewer(tuple(row)) for row in found]
    return [rep for rep in reps if any(map(viewer.covers, rep.patch))]


def supervisors_of(region: str | None) -> list[Viewer]:
    """Active supervisors whose patch covers a region, those with the nearest patch first."""
    if region is None:
        return []
    found = db.session.execute(sa.select(*_VIEWER).where(User.role == Role.SUPERVISOR, User.active).order_by(User.id))
    covering = [boss for boss in (_viewer(tuple(row)) for row in found) if boss.covers(region)]
    return sorted(covering, key=lambda boss: -max(len(head) for head in boss.patch if region.startswith(head)))


def administrators() -> list[Viewer]:
    """Active administrators, the first one first."""
    found = db.session.execute(
        sa.select(*_VIEWER).where(User.role == Role.ADMIN, User.active).order_by(User.created_at, User.id)
    )
    return [_viewer(tuple(row)) for row in found]
