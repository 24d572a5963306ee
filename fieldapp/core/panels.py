"""Panels: what other concerns add to a page that stands below or beside them.

The page names a place ("distributor"); each concern declares its panels for it when the app is built. So the page of a
distributor needs no knowledge of what grades, visits or tickets have to say there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, current_app
from markupsafe import Markup

from .db import db
from .templates import render

_PANELS = "fieldapp.panels"


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page. `read(viewer, key, today)` gives what `template` needs; None: there is nothing to show.

    The key is of a row that the page has found through the viewer. The lower `order` stands higher. What is rarely
    there has a `probe`: a condition (None: it is read at once) that is asked for all panels of the place in one
    statement. Where it does not hold, `otherwise` is shown instead of what would have been read.
    """

    place: str
    template: str
    read: Callable[[Any, UUID, date], Mapping[str, Any] | None]
    order: int = 50
    probe: Callable[[Any, UUID, date], sa.ColumnElement[bool] | None] | None = None
    otherwise: Mapping[str, Any] | None = None


def declare(app: Flask, panels: Iterable[Panel]) -> None:
    """Add a concern's panels to the pages of the app."""
    held: list[Panel] = app.extensions.setdefault(_PANELS, [])
    held.extend(panels)
    held.sort(key=lambda panel: panel.order)


def shown(place: str, viewer: Any, key: UUID, today: date) -> list[Markup]:
    """The panels of a place as HTML, in their order."""
    return ask(place, viewer, key, today)[0]()


def ask(
    place: str, viewer: Any, key: UUID, today: date, *also: sa.ColumnElement[Any]
) -> tuple[Callable[[], list[Markup]], Sequence[Any]]:
    """The same for a page with rare questions of its own: they are asked with those of the panels, in one statement.

    A function that reads the panels, and the answers to `also`.
    """
    declared: list[Panel] = current_app.extensions.get(_PANELS, [])
    found = [panel for panel in declared if panel.place == place]
    asked = [(panel, panel.probe(viewer, key, today)) for panel in found if panel.probe is not None]
    probes = [(panel, condition) for panel, condition in asked if condition is not None]
    columns = [*also, *(condition for _panel, condition in probes)]
    answers = db.session.execute(sa.select(*columns)).one() if columns else ()
    idle = {id(panel) for (panel, _), there in zip(probes, answers[len(also) :], strict=True) if not there}

    def show() -> list[Markup]:
        read = [(panel, panel.otherwise if id(panel) in idle else panel.read(viewer, key, today)) for panel in found]
        # Templates escape what they show, so what they render is safe.
        return [Markup(render(panel.template, **context)) for panel, context in read if context is not None]  # noqa: S704

    return show, answers[: len(also)]
