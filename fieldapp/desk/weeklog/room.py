"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels
from . import cli, views
from . import models as _models  # noqa: F401
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    cli.init_app(app)
    panels.declare(app, own_panels.PANELS)
