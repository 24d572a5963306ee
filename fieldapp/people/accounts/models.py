"""Users, their sessions, bearer tokens, one-time password links, and failed sign-ins."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, code, enum_column, moment, pk


class Role(StrEnum):
    """What a user may do; where, says his patch."""

    REP = "rep"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Theme(StrEnum):
    """How the screen looks. `sun`: high contrast for reading in sunlight."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"
    SUN = "sun"


class User(Base):
    """Who acts. `patch`: region codes; everything below them belongs to it. An administrator covers all.

    `email`: where mail goes; None: none is sent. `mail_notices`: notices go there too.
    """

    __tablename__ = "user_account"

    id: Mapped[pk]
    username: Mapped[str] = mapped_column(sa.String(64))
    username_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[Role] = enum_column(Role)
    patch: Mapped[list[str]] = mapped_column(default=list)
    locale: Mapped[str] = mapped_column(sa.String(8), default="zh")
    theme: Mapped[Theme] = enum_column(Theme, default=Theme.AUTO)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[moment]
    email: Mapped[str | None] = mapped_column(sa.String(254))
    mail_notices: Mapped[bool] = mapped_column(default=True, server_default=sa.true())


class LoginSession(Base):
    """One signed-in browser. The cookie holds the secret, the row its SHA-256; deleting the row ends the session."""

    __tablename__ = "login_session"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[moment]
    expires_at: Mapped[moment]
    agent: Mapped[str] = mapped_column(sa.String(200), default="")


class ApiToken(Base):
    """A bearer token: shown once, stored as its SHA-256; acts as its user."""

    __tablename__ = "api_token"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[moment]
    revoked_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A one-time link with which a user sets his own password."""

    __tablename__ = "password_link"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[moment]
    expires_at: Mapped[moment]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A failed sign-in, counted by account and by address. In the database, because workers do not share memory."""

    __tablename__ = "sign_in_failure"

    id: Mapped[pk]
    account: Mapped[code]
    address: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "account", "at"), sa.Index(None, "address", "at"))
