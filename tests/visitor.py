"""A visitor: a browser with its own cookies, signed in as somebody or as nobody, whose posts carry a CSRF token."""

import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import LoginSession, User


class Visitor:
    """`Visitor(app, "rep")` comes with a session that a sign-in would have made; `Visitor(app)` with none."""

    def __init__(self, app: Flask, username: str | None = None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"  # whatever catalogues are compiled here
        if username is not None:
            self.take_session(open_session(app, username))

    def take_session(self, secret: str) -> None:
        """Carry this secret in the cookie."""
        with self.client.session_transaction() as session:
            session["_user_id"] = secret

    @property
    def secret(self) -> str | None:
        """The secret that the cookie holds."""
        with self.client.session_transaction() as session:
            return session.get("_user_id")

    def csrf(self) -> str:
        """A token that belongs to this visitor's session."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(raw))

    def get(self, url: str, **options: Any) -> TestResponse:
        """Look at a page."""
        return self.client.get(url, buffered=True, **options)

    def post(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form of this app."""
        answer = self.client.post(url, buffered=True, data={"csrf_token": self.csrf(), **(data or {})}, **options)
        # A large body lies in a temporary file, which the test client leaves open.
        answer.request.environ["wsgi.input"].close()
        return answer

    def fragment(self, url: str, **options: Any) -> TestResponse:
        """What htmx asks for."""
        return self.client.get(url, headers={"HX-Request": "true"}, buffered=True, **options)

    def is_signed_in(self) -> bool:
        """Does his own page open?"""
        return self.get("/me").status_code == 200


def open_session(app: Flask, username: str) -> str:
    """A session of a user; returns its secret."""
    secret = secrets.token_urlsafe(32)
    with app.app_context():
        user_id = db.session.scalars(sa.select(User.id).where(User.username == username)).one()
        at = now()
        db.session.add(
            LoginSession(
                id=secret_hash(secret), user_id=user_id, created_at=at, expires_at=at + timedelta(days=1), agent="test"
            )
        )
        db.session.commit()
    return secret
