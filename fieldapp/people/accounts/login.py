"""Flask-Login, bound to our sessions and tokens: the cookie holds a secret, the database its hash."""

import hashlib
from typing import Any

from flask import Flask, Request, request, session
from flask_login import AnonymousUserMixin, LoginManager

from fieldapp.core.clock import now

from .queries import session_exists, viewer_by_session, viewer_by_token
from .viewer import Viewer


class Manager(LoginManager):
    """Flask-Login without session protection and without a remember cookie.

    A phone changes its address all day, and sessions live in our table instead.
    """

    def init_app(self, app: Flask, add_context_processor: bool = True) -> None:  # noqa: ARG002
        """Bind it to the app; its hooks serve only what is left out here."""
        app.login_manager = self  # type: ignore[attr-defined]

    def _session_protection_failed(self) -> bool:
        return False


manager = Manager()


class Nobody(AnonymousUserMixin):
    """Who has not signed in."""

    by_token = False
    username = None


def secret_hash(secret: str) -> str:
    """SHA-256 in hex; the secrets are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def session_ended() -> bool:
    """Was the session of this cookie ended on purpose? One that only ran out still has its row, one of a user who
    signed out, changed his password or was shut out has none."""
    secret = session.get("_user_id")
    return secret is None or not session_exists(secret_hash(str(secret)))


def init_app(app: Flask) -> None:
    """Load the viewer from the session cookie, or from a bearer token."""
    manager.init_app(app)
    manager.anonymous_user = Nobody

    @manager.user_loader
    def by_cookie(secret: str) -> Viewer | None:
        if "Authorization" in request.headers:  # who shows a token is asked by his token alone
            return None
        return viewer_by_session(secret_hash(secret), now())

    @manager.request_loader
    def by_header(asked: Request) -> Any:
        kind, _, token = asked.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return None
        return viewer_by_token(secret_hash(token.strip()))
