"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, panels
from ...people.notices import kinds as notice_kinds
from . import chores as own_chores
from . import models as _models  # noqa: F401
from . import panels as own_panels
from . import told, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    notice_kinds.declare(app, told.KINDS)
    chores.declare(app, own_chores.CHORES)
