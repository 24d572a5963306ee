"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels
from ...fieldwork.conflicts import links as conflict_links
from . import list_views as _list_views  # noqa: F401
from . import opening as _opening  # noqa: F401
from . import panels as own_panels
from . import sources, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    conflict_links.declare(app, sources.LINKS)
