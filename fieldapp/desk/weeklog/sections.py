"""Sections: what further concerns add to a weekly log (tickets, surveys).

Each concern declares its section when the app is built. What `read` gives is JSON: it is kept with the figures when the
log is submitted, and shown from them. So a section needs no knowledge of drafts and submissions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, current_app

_SECTIONS = "fieldapp.week_sections"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a log. `read(rep_id, first, last)` gives what `template` shows, as `section`, or None for nothing.

    Its values are JSON. A list under `rows` holds dicts; those with a `distributor_id` (text) are shown only to who may
    see that distributor. The lower `order` stands higher.
    """

    name: str
    template: str
    read: Callable[[UUID, date, date], dict[str, Any] | None]
    order: int = 50


def declare(app: Flask, sections: Iterable[Section]) -> None:
    """Add a concern's sections to the weekly log."""
    held: list[Section] = app.extensions.setdefault(_SECTIONS, [])
    held.extend(sections)
    held.sort(key=lambda section: section.order)


def declared() -> list[Section]:
    """Every section, in its order."""
    found: list[Section] = current_app.extensions.get(_SECTIONS, [])
    return found
