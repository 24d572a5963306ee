"""The signed cookie and the CSRF token, checked and made once instead of with every key press.

A cookie that has been verified stays verified: the same bytes under the same key. What is kept is its content and when
it was signed; its age is checked each time. Whether the session it names still lives, the database says each time
(people/accounts/login.py), so signing out and deactivation bite at once.
"""

import time
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, current_app, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

_PLAIN = (str, int, bool, type(None))
MOST_KEPT = 4096


class KnownCookies(SecureCookieSessionInterface):
    """Flask's signed cookie, whose verified content is kept by the whole Cookie header."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, str], tuple[float, dict[str, Any]]] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request; an empty one when there is no cookie, or none of ours, or it is too old."""
        header = request.environ.get("HTTP_COOKIE")
        if not header:
            return self.session_class()
        oldest = time.time() - app.permanent_session_lifetime.total_seconds()
        known = self._known.get((app.secret_key, header))
        if known is not None and known[0] >= oldest:
            return self.session_class(known[1])
        serializer, cookie = self.get_signing_serializer(app), request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not cookie:
            return self.session_class()
        try:
            content, signed = serializer.loads(cookie, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        if signed.timestamp() < oldest:
            return self.session_class()
        # What could be changed in place (messages to be shown) would be changed here too: it is not kept.
        if all(isinstance(value, _PLAIN) for value in content.values()):
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[app.secret_key, header] = signed.timestamp(), content
        return self.session_class(content)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask does; nothing is left to do where nothing was changed and the answer says that cookies matter."""
        if session.modified or "Cookie" not in response.headers.get("Vary", ""):
            super().save_session(app, session, response)


def csrf_token() -> str:
    """The token of this session; the same one until the session gets another secret (it has no age of its own)."""
    raw = session.get("csrf_token")
    return _signed(current_app.secret_key, raw) if isinstance(raw, str) else str(generate_csrf())


@lru_cache(maxsize=MOST_KEPT)
def _signed(key: str | bytes, raw: str) -> str:
    return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw))


def init_app(app: Flask) -> None:
    """To be called after the CSRF protection, whose token it replaces in the templates."""
    app.session_interface = KnownCookies()
    app.jinja_env.globals["csrf_token"] = csrf_token
