"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels, storage
from . import draft_views as _draft_views  # noqa: F401
from . import panels as own_panels
from . import retail_views as _retail_views  # noqa: F401
from . import seen, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    storage.declare(app, seen.known_photos)
