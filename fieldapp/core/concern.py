"""A concern: a blueprint whose routes cannot be declared without saying who may use them."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import Blueprint, request
from flask_wtf.csrf import CSRFProtect

from .access import Access
from .db import begin_reading

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


class Concern(Blueprint):
    """`Concern("deals", __name__, section="deals")`. `section` names the place in the navigation."""

    def __init__(self, name: str, import_name: str, *, section: str = "", url_prefix: str | None = None) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.section = section

    def route(  # type: ignore[override]
        self, rule: str, *, allow: Access, methods: Sequence[str] = ("GET",), **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route. `allow` is not optional: a route without it fails at import.

        Order of a request: access (401, 403), then CSRF for a changing method (400), then the view.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(**arguments: Any) -> Any:
                changing = request.method not in SAFE_METHODS
                if not changing:
                    begin_reading()
                allow.admit()
                if changing and not allow.token:
                    csrf.protect()
                return view(**arguments)

            guarded.access = allow  # type: ignore[attr-defined]
            guarded.section = self.section  # type: ignore[attr-defined]
            endpoint = options.pop("endpoint", view.__name__)
            self.add_url_rule(rule, endpoint, guarded, methods=list(methods), **options)
            return view

        return declare
