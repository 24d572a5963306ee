"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import outbox
from . import task_views, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    app.register_blueprint(task_views.concern)
    outbox.declare_pages(app, views.round_pages)
