"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import outbox, panels
from ...fieldwork.remediation import alarms
from ...fieldwork.surveys import listeners as survey_listeners
from ...fieldwork.surveys.rules import Purpose
from ..weeklog import sections as week_sections
from . import list_views as _list_views  # noqa: F401
from . import listening, queries, views, week
from . import opening as _opening  # noqa: F401
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    week_sections.declare(app, week.SECTIONS)
    outbox.declare_pages(app, views.pages)
    alarms.declare(app, queries.regions_of_buyers)
    survey_listeners.declare(app, Purpose.REMEDY, listening.heard)
