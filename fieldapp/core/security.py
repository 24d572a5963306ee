"""Security headers: a strict content policy (nothing inline but the style sheet, by its hash) and the usual locks."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask


def init_app(app: Flask, inline_css: str) -> None:
    """Send the headers with every answer. `inline_css` is the text between <style> and </style> in base.html."""
    digest = base64.b64encode(hashlib.sha256(inline_css.encode()).digest()).decode()
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'sha256-{digest}'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )
    fixed = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=()",
    }
    if app.config["PRODUCTION"]:
        fixed["Strict-Transport-Security"] = "max-age=31536000"

    # What a signed-in person sees stays with him: no shared cache, no copy after sign-out.
    fixed["Cache-Control"] = "no-store"
    app.wsgi_app = _FixedHeaders(app.wsgi_app, fixed)  # type: ignore[method-assign]


class _FixedHeaders:
    """WSGI middleware: adds each header to every answer that does not have it. As a hook it cost seven look-ups."""

    def __init__(self, app: WSGIApplication, fixed: dict[str, str]) -> None:
        self._app = app
        self._fixed = [(name.lower(), (name, value)) for name, value in fixed.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            has = {name.lower() for name, _value in headers}
            return start_response(status, headers + [header for name, header in self._fixed if name not in has], *error)

        return self._app(environ, start)
