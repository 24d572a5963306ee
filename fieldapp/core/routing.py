"""Routes whose addresses are prepared once a process, and only when the first one is made."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart


class _Parsed(NamedTuple):
    """What werkzeug reads off the text of a rule."""

    parts: list[RulePart]
    trace: list[tuple[bool, str]]
    converters: Mapping[str, Any]


_parsed: dict[str, _Parsed] = {}


class LateRule(Rule):
    """werkzeug compiles two functions for each route when it is added, which was three quarters of `create_app`.

    A process that makes many apps (the tests) would also parse the same few hundred texts for each.
    """

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        held = _parsed.get(rule)
        if held is None:
            traced = len(self._trace)
            parts = list(super()._parse_rule(rule))
            held = _parsed[rule] = _Parsed(parts, self._trace[traced:], dict(self._converters))
        else:
            self._trace += held.trace
            self._converters.update(held.converters)
            self.arguments.update(held.converters)
        return held.parts

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: Callable[..., tuple[str, str]] | None = None

        def build(rule: Any, **values: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:
                made = Rule._compile_builder(rule, append_unknown)
            return made(rule, **values)

        return build
