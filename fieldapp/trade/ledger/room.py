"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores
from . import cli, fresh
from . import models as _models  # noqa: F401


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    cli.init_app(app)
    chores.declare(app, fresh.CHORES)
