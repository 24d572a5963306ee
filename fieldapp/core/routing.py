"""Routes whose addresses are prepared when the first one is made: a process makes those of a few routes only."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """werkzeug compiles two functions for each route when it is added, which was three quarters of `create_app`."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: Callable[..., tuple[str, str]] | None = None

        def build(rule: Any, **values: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:
                made = Rule._compile_builder(rule, append_unknown)
            return made(rule, **values)

        return build
