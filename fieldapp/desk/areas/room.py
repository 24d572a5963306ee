"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels
from . import panels as own_panels
from . import views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
