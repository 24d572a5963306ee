"""What can be told, and in which words: each concern declares its kinds when the app is built."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

_KINDS = "fieldapp.notice_kinds"
Words = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` reads `concern.event` ("remediation.proposed"). `title(values)` and `text(values)`: one line each in the
    language in force, from the values that the notice was stored with. The title goes into group chats too: no person
    and no customer is named in it. `elsewhere`: another badge counts what it tells, so the bell does not."""

    name: str
    title: Words
    text: Words
    elsewhere: bool = False


def declare(app: Flask, kinds: Iterable[Kind]) -> None:
    """Add a concern's kinds."""
    held: dict[str, Kind] = app.extensions.setdefault(_KINDS, {})
    held.update({kind.name: kind for kind in kinds})


def known(name: str) -> Kind:
    """The kind of a name. Raises KeyError."""
    held: dict[str, Kind] = current_app.extensions.get(_KINDS, {})
    return held[name]


def counted_elsewhere() -> list[str]:
    """Names of the kinds that the bell leaves out."""
    held: dict[str, Kind] = current_app.extensions.get(_KINDS, {})
    return sorted(kind.name for kind in held.values() if kind.elsewhere)
