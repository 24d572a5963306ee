"""Structured logs: a JSON object a line on stderr, with the request's id; no bodies, query strings or secrets."""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, has_request_context, request

_SECRETS = "fieldapp.before_secrets"
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode
log = structlog.get_logger()


def request_id() -> str:
    """The id of the request under way, which its log lines carry too; `-` in a command."""
    return str(g.get("request_id", "-")) if has_request_context() else "-"


def shown_path() -> str:
    """The path of the request without the secret of a one-time link, whether or not it meets a route."""
    path = request.path
    for begins in _before_secrets(current_app):
        if path.startswith(begins):
            _secret, slash, more = path[len(begins) :].partition("/")
            return f"{begins}…{slash}{more}"
    return path


def _before_secrets(app: Flask) -> tuple[str, ...]:
    """What stands before the token in the addresses that carry one."""
    found: tuple[str, ...] | None = app.extensions.get(_SECRETS)
    if found is None:
        rules = (rule.rule.partition("<token>") for rule in app.url_map.iter_rules())
        found = tuple({before for before, token, _more in rules if token})
        app.extensions[_SECRETS] = found
    return found


def init_app(app: Flask) -> None:
    """Configure structlog, give every request an id, and write one line when it ends."""
    structlog.configure(
        processors=[
            _with_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )

    @app.before_request
    def begin() -> None:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        here = g._get_current_object()
        response.headers["X-Request-ID"] = here.get("request_id", "-")
        if request.endpoint in {"health.healthz", "health.readyz"}:
            return response
        log.info(
            "request",
            method=request.method,
            path=shown_path(),
            status=response.status_code,
            ms=round((time.perf_counter() - here.get("started", time.perf_counter())) * 1000, 1),
            user=getattr(here.get("_login_user"), "username", None),
        )
        return response


class _Lines:
    """Where the lines go: to stderr as it is when the line is written."""

    def __init__(self, *_arguments: Any) -> None: ...

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


def _with_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if has_request_context() and "request_id" in g:
        event["request_id"] = g.request_id
    return event


def _as_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _encode(event)
