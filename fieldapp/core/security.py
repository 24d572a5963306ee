"""Security headers: a strict content policy (nothing inline but the style sheet, by its hash) and the usual locks."""

import base64
import hashlib

from flask import Flask, Response


def init_app(app: Flask, inline_css: str) -> None:
    """Send the headers with every answer. `inline_css` is the text between <style> and </style> in base.html."""
    digest = base64.b64encode(hashlib.sha256(inline_css.encode()).digest()).decode()
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{digest}'",
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

    @app.after_request
    def send(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        # What a signed-in person sees stays with him: no shared cache, no copy after sign-out.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
