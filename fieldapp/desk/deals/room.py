"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import outbox
from . import api, offline_views, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(api.concern)
    app.register_blueprint(views.concern)
    app.register_blueprint(offline_views.concern)
    outbox.declare_pages(app, offline_views.pages, offline_views.INSTEAD)
