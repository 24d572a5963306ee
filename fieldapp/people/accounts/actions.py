"""Changes of users, sessions, tokens and links, each with its audit entry.

Passwords come in hashed or are hashed before the first statement: Argon2 is slow and must not hold the write lock.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import begin_reading, begin_writing, db
from fieldapp.core.logs import log
from fieldapp.people.audit.actions import record

from . import passwords, rules
from .login import secret_hash
from .models import ApiToken, LoginSession, PasswordLink, Role, SignInFailure, Theme, User
from .queries import active_link, failures_of_account, failures_of_address, user_by_username
from .viewer import Viewer


class SignInError(Exception):
    """Not signed in. `reason`: 'wrong', 'inactive' or 'wait'; `wait`: how long, for 'wait'."""

    def __init__(self, reason: str, wait: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class ChangeRefusedError(Exception):
    """A change of a user that may not be. `reason`: 'taken', 'last_admin', 'self' or 'stale'."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# Sign-in ---------------------------------------------------------------------------------------------------------


def sign_in(username: str, password: str, address: str, agent: str, at: datetime) -> tuple[User, str]:
    """Check a password and open a session: (user, the cookie's secret). Raises SignInError."""
    user = _prove(username, password, address, at)
    if not user.active:
        raise SignInError("inactive")
    rehashed = (
        passwords.hash_password(password) if user.password_hash and passwords.outdated(user.password_hash) else None
    )
    begin_writing()
    user = db.session.get_one(User, user.id)
    if rehashed is not None:
        user.password_hash = rehashed
    db.session.execute(
        sa.delete(SignInFailure).where(
            sa.or_(SignInFailure.account == rules.username_key(username), SignInFailure.at < at - rules.REMEMBERED)
        )
    )
    db.session.execute(sa.delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.expires_at <= at))
    secret = _open_session(user, agent, at)
    record(user.id, "accounts.sign_in", "user", user.id, at, {"address": [None, address]})
    return user, secret


def _prove(username: str, password: str, address: str, at: datetime) -> User:
    """The user whose password this is. Counts the attempt before it looks, so that many at once cannot slip through.

    The count must outlive the refusal, whose transaction the app rolls back: it has its own, ended here.
    """
    account = rules.username_key(username)[:64]
    begin_writing()
    # The row lock makes attempts on one account queue up on PostgreSQL; on SQLite the write lock does.
    user = db.session.scalar(sa.select(User).where(User.username_key == account).with_for_update())
    since = at - rules.REMEMBERED
    wait = max(
        rules.account_wait(failures_of_account(account, since), at),
        rules.address_wait(failures_of_address(address, since), at),
    )
    if wait:
        db.session.rollback()
        log.warning("sign_in_refused", account=account, address=address, wait=int(wait.total_seconds()))
        raise SignInError("wait", wait)
    attempt = SignInFailure(account=account, address=address, at=at)
    db.session.add(attempt)
    db.session.commit()
    if passwords.verify(password, user.password_hash if user else None) and user is not None:
        db.session.execute(sa.delete(SignInFailure).where(SignInFailure.id == attempt.id))
        db.session.commit()
        return user
    log.warning("sign_in_failed", account=account, address=address)
    raise SignInError("wrong")


def _open_session(user: User, agent: str, at: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    db.session.add(
        LoginSession(
            id=secret_hash(secret),
            user_id=user.id,
            created_at=at,
            expires_at=at + rules.SESSION_LIFE,
            agent=agent[:200],
        )
    )
    return secret


def sign_out(viewer: Viewer, at: datetime) -> None:
    """End the session the viewer came with."""
    db.session.execute(sa.delete(LoginSession).where(LoginSession.id == viewer.session_id))
    record(viewer.id, "accounts.sign_out", "user", viewer.id, at, {})


def end_sessions(users: Collection[UUID]) -> None:
    """Sign users out everywhere."""
    db.session.execute(sa.delete(LoginSession).where(LoginSession.user_id.in_(users)))


def end_access(users: Collection[UUID], at: datetime) -> None:
    """End every session, token and password link of users: whoever deactivates them calls this too."""
    end_sessions(users)
    db.session.execute(
        sa.update(ApiToken).where(ApiToken.user_id.in_(users), ApiToken.revoked_at.is_(None)).values(revoked_at=at)
    )
    _void_links(users, at)


# Passwords -------------------------------------------------------------------------------------------------------


def change_password(viewer: Viewer, current: str, new: str, address: str, agent: str, at: datetime) -> str:
    """Set one's own password and end all sessions; returns the secret of the new one.

    Raises SignInError when `current` is wrong (counted like a sign-in), WeakPasswordError when `new` is refused.
    """
    passwords.refuse_weak(new, viewer.username, viewer.name)
    _prove(viewer.username, current, address, at)
    hashed = passwords.hash_password(new)
    begin_writing()
    user = db.session.get_one(User, viewer.id)
    user.password_hash = hashed
    end_sessions([user.id])
    _void_links([user.id], at)
    record(viewer.id, "accounts.change_password", "user", user.id, at, {})
    return _open_session(user, agent, at)


def make_password_link(user: User, actor_id: UUID | None, at: datetime) -> str:
    """A one-time token with which the user sets his password within 72 hours; earlier ones no longer work."""
    token = secrets.token_urlsafe(32)
    _void_links([user.id], at)
    db.session.add(
        PasswordLink(token_hash=secret_hash(token), user_id=user.id, created_at=at, expires_at=at + rules.LINK_LIFE)
    )
    record(actor_id, "accounts.make_password_link", "user", user.id, at, {})
    return token


def use_password_link(token: str, new: str, at: datetime) -> User | None:
    """Set the password, end all sessions and the link. None when the link no longer works; WeakPasswordError."""
    begin_reading()
    link = active_link(secret_hash(token), at)
    if link is None:
        return None
    user = db.session.get_one(User, link.user_id)
    passwords.refuse_weak(new, user.username, user.name)
    hashed = passwords.hash_password(new)
    begin_writing()
    used = db.session.execute(
        sa.update(PasswordLink)
        .where(PasswordLink.id == link.id, PasswordLink.used_at.is_(None), PasswordLink.expires_at > at)
        .values(used_at=at)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # used in another tab meanwhile
        return None
    user = db.session.get_one(User, link.user_id)
    user.password_hash = hashed
    end_sessions([user.id])
    _void_links([user.id], at)
    db.session.execute(sa.delete(SignInFailure).where(SignInFailure.account == user.username_key))
    record(user.id, "accounts.set_password", "user", user.id, at, {})
    return user


def _void_links(users: Collection[UUID], at: datetime) -> None:
    db.session.execute(
        sa.update(PasswordLink)
        .where(PasswordLink.user_id.in_(users), PasswordLink.used_at.is_(None))
        .values(used_at=at)
    )


# Preferences -----------------------------------------------------------------------------------------------------


def choose_locale(viewer: Viewer, locale: str, at: datetime) -> None:
    """Remember a user's language."""
    _prefer(viewer, "locale", locale, at)


def choose_theme(viewer: Viewer, theme: Theme, at: datetime) -> None:
    """Remember how a user's screen looks."""
    _prefer(viewer, "theme", theme, at)


def _prefer(viewer: Viewer, field: str, value: str, at: datetime) -> None:
    user = db.session.get_one(User, viewer.id)
    before = getattr(user, field)
    if before == value:
        return
    setattr(user, field, value)
    record(viewer.id, "accounts.prefer", "user", user.id, at, {field: [str(before), str(value)]})


# Administration --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserValues:
    """What an administrator says about a user."""

    name: str
    role: Role
    patch: Sequence[str]
    email: str | None = None


def edition(user: User) -> str:
    """A mark of what an administrator saw: it differs once anything he can edit has changed."""
    seen = "\x1f".join([user.name, user.role, ";".join(user.patch), str(user.active), user.email or ""])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def create_user(
    username: str, values: UserValues, actor_id: UUID | None, at: datetime, *, password_hash: str | None = None
) -> User:
    """A new active user. Raises ChangeRefusedError('taken')."""
    if user_by_username(username) is not None:
        raise ChangeRefusedError("taken")
    user = User(
        username=username.strip(),
        username_key=rules.username_key(username),
        name=values.name,
        role=values.role,
        patch=list(values.patch),
        email=values.email,
        password_hash=password_hash,
        created_at=at,
    )
    db.session.add(user)
    try:
        db.session.flush()
    except sa.exc.IntegrityError:  # two administrators at once, on PostgreSQL
        db.session.rollback()
        raise ChangeRefusedError("taken") from None
    changes = {
        "username": [None, user.username],
        "name": [None, user.name],
        "role": [None, str(user.role)],
        "patch": [None, user.patch],
        **({"email": [None, rules.masked_address(user.email)]} if user.email else {}),
    }
    record(actor_id, "accounts.create", "user", user.id, at, changes)
    return user


def edit_user(viewer: Viewer, user_id: UUID, values: UserValues, seen: str, at: datetime) -> User:
    """Change name, role, patch and address. Raises ChangeRefusedError: 'stale' when the user is no longer as the
    viewer saw him (`seen`: his `edition`), 'self' or 'last_admin' when an administrator would lose the role."""
    user, admins = _for_change(user_id)
    if edition(user) != seen:
        raise ChangeRefusedError("stale")
    if user.role is Role.ADMIN and values.role is not Role.ADMIN:
        _keep_an_admin(viewer.id, user, admins)
    before: dict[str, Any] = {"name": user.name, "role": str(user.role), "patch": user.patch}
    after: dict[str, Any] = {"name": values.name, "role": str(values.role), "patch": list(values.patch)}
    changes = {field: [before[field], after[field]] for field in before if before[field] != after[field]}
    if user.email != values.email:
        changes["email"] = [rules.masked_address(user.email), rules.masked_address(values.email)]
    user.name, user.role, user.patch, user.email = values.name, values.role, list(values.patch), values.email
    if changes:
        record(viewer.id, "accounts.edit", "user", user.id, at, changes)
    return user


def deactivate(actor_id: UUID | None, user_id: UUID, at: datetime) -> User:
    """Shut a user out: no sign-in, and every session, token and link ends. Raises ChangeRefusedError."""
    user, admins = _for_change(user_id)
    if not user.active:
        return user
    _keep_an_admin(actor_id, user, admins)
    user.active = False
    end_access([user.id], at)
    record(actor_id, "accounts.deactivate", "user", user.id, at, {"active": [True, False]})
    return user


def activate(actor_id: UUID | None, user_id: UUID, at: datetime) -> User:
    """Let a user in again, with the password he had; tokens stay revoked."""
    user, _admins = _for_change(user_id)
    if not user.active:
        user.active = True
        record(actor_id, "accounts.activate", "user", user.id, at, {"active": [False, True]})
    return user


def make_token(user: User, actor_id: UUID | None, at: datetime) -> str:
    """A bearer token that acts as the user."""
    token = secrets.token_urlsafe(32)
    row = ApiToken(token_hash=secret_hash(token), user_id=user.id, created_at=at)
    db.session.add(row)
    db.session.flush()
    record(actor_id, "accounts.make_token", "user", user.id, at, {"token": [None, str(row.id)]})
    return token


def revoke_token(viewer: Viewer, user_id: UUID, token_id: UUID, at: datetime) -> bool:
    """End one token of a user. False when he has no such token; one that has ended already stays as it is."""
    row = db.session.scalar(
        sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id).with_for_update()
    )
    if row is None:
        return False
    if row.revoked_at is None:
        row.revoked_at = at
        record(viewer.id, "accounts.revoke_token", "user", user_id, at, {"token": [str(row.id), None]})
    return True


def _for_change(user_id: UUID) -> tuple[User, list[UUID]]:
    """The user and the active administrators' keys, all locked in one order: two administrators who remove each other
    at the same time wait for each other, and neither both succeed nor deadlock."""
    rows = db.session.scalars(
        sa.select(User)
        .where(sa.or_(User.id == user_id, sa.and_(User.role == Role.ADMIN, User.active)))
        .order_by(User.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    admins = [row.id for row in rows if row.role is Role.ADMIN and row.active]
    return next(row for row in rows if row.id == user_id), admins


def _keep_an_admin(actor_id: UUID | None, user: User, admins: list[UUID]) -> None:
    """One administrator always stays, and nobody shuts himself out by accident."""
    if admins == [user.id]:
        raise ChangeRefusedError("last_admin")
    if user.id == actor_id:
        raise ChangeRefusedError("self")
