"""What a conflict can be linked with. Each concern that has something to link declares its kind when the app is built:

    conflict_links.declare(app, [LinkKind("crossarea", lambda: _("Cross-area sales"), find, suggest, parties)])

and its page shows the panels of the place `link:crossarea`: the conflicts about it, and a button that opens one with
`/conflicts/new?link=crossarea:<key>&party=<distributor code>&party=…`. A link is kept as (kind, key) alone: what it
is called, where it leads and whether somebody may see it is asked each time, of who knows.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask, current_app

_KINDS = "fieldapp.conflict_links"
KIND_LENGTH, KEY_LENGTH = 32, 64


class Linked(NamedTuple):
    """What a link leads to: how it is called, and its page (None: it has none)."""

    title: str
    address: str | None


@dataclass(frozen=True, slots=True)
class LinkKind:
    """A kind of things to link. `find(viewer, keys)` gives those of the keys that are there and that the viewer may
    see; `suggest(viewer, distributors)` what is offered to be linked with a conflict of distributors that he covers;
    `parties(viewer, key)` the codes of those whom a thing that he may see is about, as far as he covers them."""

    name: str
    title: Callable[[], str]
    find: Callable[[Any, Collection[str]], Mapping[str, Linked]]
    suggest: Callable[[Any, Collection[UUID]], Sequence[tuple[str, str]]] | None = None
    parties: Callable[[Any, str], Sequence[str]] | None = None


def declare(app: Flask, kinds: Iterable[LinkKind]) -> None:
    """Add a concern's kinds."""
    held: dict[str, LinkKind] = app.extensions.setdefault(_KINDS, {})
    held.update({kind.name: kind for kind in kinds})


def kinds() -> Mapping[str, LinkKind]:
    """All kinds of the current app, by name."""
    held: dict[str, LinkKind] = current_app.extensions.get(_KINDS, {})
    return held


def read(text: str) -> tuple[str, str] | None:
    """`kind:key` as an address or a form names it; None when it is none of a declared kind."""
    kind, _sep, key = text.partition(":")
    good = kind in kinds() and 0 < len(key) <= KEY_LENGTH and key.isprintable()
    return (kind, key) if good else None


def find(viewer: Any, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Linked]:
    """What the links lead to, of those that the viewer may see; one question for each kind."""
    by_kind: dict[str, list[str]] = {}
    for kind, key in wanted:
        by_kind.setdefault(kind, []).append(key)
    held = kinds()
    return {
        (kind, key): linked
        for kind, keys in by_kind.items()
        if kind in held
        for key, linked in held[kind].find(viewer, keys).items()
    }


def suggested(viewer: Any, distributors: Collection[UUID]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(title of the kind, [(kind:key, text)]) of what is offered, as a select takes it; empty kinds are left out."""
    found = []
    for kind in kinds().values():
        offered = kind.suggest(viewer, distributors) if kind.suggest is not None else ()
        if offered:
            found.append((kind.title(), [(f"{kind.name}:{key}", text) for key, text in offered]))
    return found


def parties(viewer: Any, kind: str, key: str) -> Sequence[str]:
    """Codes of the distributors that a thing is about, of those that the viewer covers."""
    held = kinds().get(kind)
    return held.parties(viewer, key) if held is not None and held.parties is not None else ()


def key_of(text: str) -> UUID | None:
    """The key of a row, where the things of a kind are rows; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def keys_of(texts: Iterable[str]) -> list[UUID]:
    """Those of some that are keys of rows."""
    return [key for text in texts if (key := key_of(text)) is not None]
