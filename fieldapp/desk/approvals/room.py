"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...people.notices import kinds as notice_kinds
from . import models as _models  # noqa: F401
from . import notices, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    notice_kinds.declare(app, notices.KINDS)
