"""A concern: a blueprint whose routes cannot be declared without saying who may use them."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError

from . import outbox as outboxes
from .access import Access
from .db import begin_reading, begin_writing, db

MAX_BODY = 1024 * 1024  # bytes; a route that takes files says more
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


class Concern(Blueprint):
    """`Concern("deals", __name__, section="deals")`. `section` names the place in the navigation."""

    def __init__(self, name: str, import_name: str, *, section: str = "", url_prefix: str | None = None) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.section = section

    def route(  # type: ignore[override]
        self,
        rule: str,
        *,
        allow: Access,
        methods: Sequence[str] = ("GET",),
        section: str | None = None,
        max_bytes: int = MAX_BODY,
        outbox: bool = False,
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route. `allow` is not optional: a route without it fails at import. `section`: if it belongs to
        another place in the navigation than its concern. `outbox`: what a phone wrote without a signal is received once
        for its key (core/outbox.py); its forms carry `data-outbox`.

        Order of a request: access (401, 403), size (413), CSRF for a changing method (400), then the view. No write
        lock is held before the view's first statement, however slowly the body arrives.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(**arguments: Any) -> Any:
                begin_reading()
                allow.admit()
                if request.method not in SAFE_METHODS:
                    request.max_content_length = max_bytes
                    if outbox and outboxes.sent():
                        return _receive(view, arguments)
                    if not allow.token:
                        csrf.protect()
                    begin_writing()
                return view(**arguments)

            guarded.access = allow  # type: ignore[attr-defined]
            guarded.outbox = outbox  # type: ignore[attr-defined]
            guarded.section = self.section if section is None else section  # type: ignore[attr-defined]
            endpoint = options.pop("endpoint", view.__name__)
            self.add_url_rule(rule, endpoint, guarded, methods=list(methods), **options)
            return view

        return declare


def _receive(view: Callable[..., Any], arguments: dict[str, Any]) -> Response:
    """The same for a record of an outbox."""
    try:
        csrf.protect()
    except CSRFError:
        return outboxes.token_expired()
    begin_writing()
    try:
        return outboxes.receive(view, arguments)
    except OperationalError as error:
        if not outboxes.waited_too_long(error):
            raise
        db.session().rollback()
        return outboxes.in_flight()
