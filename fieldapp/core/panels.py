"""Panels: what other concerns add to a page that stands below or beside them.

The page names a place ("distributor"); each concern declares its panels for it when the app is built. So the page of a
distributor needs no knowledge of what grades, visits or tickets have to say there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from markupsafe import Markup

from .templates import render

_PANELS = "fieldapp.panels"


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page. `read(viewer, key, today)` gives what `template` needs; None: there is nothing to show.

    The key is of a row that the page has found through the viewer. The lower `order` stands higher.
    """

    place: str
    template: str
    read: Callable[[Any, UUID, date], Mapping[str, Any] | None]
    order: int = 50


def declare(app: Flask, panels: Iterable[Panel]) -> None:
    """Add a concern's panels to the pages of the app."""
    held: list[Panel] = app.extensions.setdefault(_PANELS, [])
    held.extend(panels)
    held.sort(key=lambda panel: panel.order)


def shown(place: str, viewer: Any, key: UUID, today: date) -> list[Markup]:
    """The panels of a place as HTML, in their order."""
    found: list[Panel] = current_app.extensions.get(_PANELS, [])
    read = [(panel, panel.read(viewer, key, today)) for panel in found if panel.place == place]
    # Templates escape what they show, so what they render is safe.
    return [Markup(render(panel.template, **context)) for panel, context in read if context is not None]  # noqa: S704
