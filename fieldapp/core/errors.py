"""Error pages that help: what happened, what to do, and for the unexpected an id that the log holds too."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError

from . import outbox
from .access import wants_fragment
from .db import db
from .logs import log, shown_path
from .templates import render

SHOWN = (400, 403, 404, 413, 429, 500)


def error_text(code: int) -> tuple[str, str]:
    """(title, what to do) for a status, in the reader's language."""
    texts = {
        400: (
            _("That did not arrive as expected"),
            _("Go back, reload the page and send it again. Nothing was saved."),
        ),
        401: (_("Please sign in"), _("Your session has ended. Sign in and try again.")),
        403: (_("This is not open to your role"), _("Ask your administrator if you need it.")),
        404: (
            _("Not found"),
            _("It does not exist, or it lies outside your patch. Check the address or search for it."),
        ),
        405: (_("This address cannot be used like that"), _("Go back and use the buttons on the page.")),
        413: (_("Too large"), _("Send a smaller file. Nothing was saved.")),
        429: (_("Too many attempts"), _("Wait a few minutes and try again.")),
        500: (
            _("Something went wrong on our side"),
            _("Nothing was saved. Try again; if it stays, report the id below."),
        ),
    }
    return texts.get(code, texts[400] if code < 500 else texts[500])


def wants_json() -> bool:
    """True under the JSON interface."""
    return request.path.startswith("/api/")


def answer(code: int, headers: dict[str, str] | None = None) -> Response:
    """The error in the form the caller asked for: JSON, a fragment's toast, or a page."""
    title, remedy = error_text(code)
    request_id = g.get("request_id", "-")
    if wants_json():
        body: dict[str, Any] = {
            "errors": [{"field": "", "message": _("%(title)s. %(remedy)s", title=title, remedy=remedy)}],
        }
        if code >= 500:  # not below: an unknown distributor and one out of the patch are the same bytes
            body["request_id"] = request_id
        response = make_response(jsonify(body), code)
    elif code == 401:
        response = _sign_in_again() if outbox.sent() else _to_sign_in()
    else:
        # A failed part must not replace what the user typed: its words are shown as a toast instead.
        template = "errors/toast.html" if wants_fragment() else "errors/error.html"
        response = make_response(
            render(template, code=code, title=title, remedy=remedy, request_id=request_id),
            code,
        )
    response.headers.update(headers or {})
    return response


def _sign_in_again() -> Response:
    """To an outbox, which could not tell a redirect from that of a Wi-Fi portal. `X-Lock`: forget the key."""
    response = make_response("", 401)
    if outbox.ended():
        response.headers["X-Lock"] = "1"
    return response


def _to_sign_in() -> Response:
    url = url_for("accounts.sign_in", next=_where_to_go_on() or None)
    if wants_fragment():
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(redirect(url, 303))


def _where_to_go_on() -> str:
    """The page asked for; for a part or a change the page it was asked from, so that a deal being typed is not lost."""
    asked = request.full_path.rstrip("?")
    if request.method == "GET" and not wants_fragment():
        return asked
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:
        return ""
    if page.netloc != request.host:
        return ""
    if request.method == "GET" and page.path == request.script_root + request.path:
        return asked  # what is typed now; the page's own address is that of the last answer
    return f"{page.path}?{page.query}" if page.query else page.path


def init_app(app: Flask) -> None:
    """Answer every HTTP error and every unexpected exception."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if error.response is not None or error.code is None or error.code < 400:
            return error
        db.session().rollback()
        keep = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
        retry = getattr(error, "retry_after", None)
        if retry:
            keep["Retry-After"] = str(int(retry))
        if wants_json() and error.code == 401:
            keep["WWW-Authenticate"] = "Bearer"
        return answer(error.code, keep)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        db.session().rollback()
        log.error("unexpected", path=shown_path(), method=request.method, exc_info=error)
        try:
            return answer(InternalServerError.code)
        except Exception as second:  # the page needs the viewer, and so the database, which may be what is broken
            log.error("error_page", exc_info=second)
            text = f"Something went wrong on our side. Nothing was saved. Id: {g.get('request_id', '-')}\n"
            return make_response(text, InternalServerError.code, {"Content-Type": "text/plain; charset=utf-8"})
