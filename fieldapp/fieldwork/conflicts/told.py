"""Whom conflicts concern, and the words in which they are told. No party is named: who reads may not know the other."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.fieldwork.remediation.told import supervisors
from fieldapp.people.notices.kinds import Kind

from .rules import ConflictKind, ConflictVerb
from .words import kind_name

NAME = "conflicts"


def nearest(regions: Iterable[str | None]) -> list[UUID]:
    """Of every region the supervisors with the smallest patch that holds it."""
    found: dict[UUID, None] = {}
    for region in dict.fromkeys(region for region in regions if region):
        levels = supervisors([region])
        found.update(dict.fromkeys(levels[0] if levels else []))
    return list(found)


def _text(values: Mapping[str, Any]) -> str:
    kind = values.get("kind")
    day = values.get("day")
    parts = [values.get("number", ""), kind_name(ConflictKind(kind)) if kind in set(ConflictKind) else "", day or ""]
    return " · ".join(filter(None, parts))


def _kind(name: str, title: Callable[[], str]) -> Kind:
    return Kind(f"{NAME}.{name}", lambda _values: title(), _text)


# What a move does away with: who was told of it need read it no more, and no message goes out.
SETTLED: Mapping[ConflictVerb, tuple[str, ...]] = {
    ConflictVerb.HOLD: ("stalled", "meeting"),
    ConflictVerb.AGREE: ("opened", "stalled", "meeting", "reopened"),
    ConflictVerb.DROP: ("opened", "stalled", "meeting", "reopened", "assigned"),
    ConflictVerb.CLOSE: ("opened", "agreed", "reopened", "assigned"),
    ConflictVerb.REOPEN: ("agreed",),
}

KINDS = (
    _kind("opened", lambda: _("A conflict between distributors of your patch")),
    _kind("assigned", lambda: _("A conflict was given to you")),
    _kind("stalled", lambda: _("A conflict waits for its first meeting")),
    _kind("meeting", lambda: _("A meeting of a conflict is near")),
    _kind("agreed", lambda: _("A conflict has an agreement")),
    _kind("due", lambda: _("A promise of an agreement is due")),
    _kind("overdue", lambda: _("A promise of an agreement is overdue")),
    _kind("postponed", lambda: _("A promise of an agreement has another day")),
    _kind("broken", lambda: _("A promise of an agreement was broken")),
    _kind("reopened", lambda: _("A conflict is open again")),
)
