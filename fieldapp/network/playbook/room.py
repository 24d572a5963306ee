"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels
from . import book, views
from . import models as _models  # noqa: F401


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    book.check()
    panels.declare(app, views.PANELS)
