"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels, storage
from ...people.policy import sections as policy_sections
from . import cli, policy, queries, views
from . import models as _models  # noqa: F401
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    policy_sections.declare(app, policy.SECTIONS)
    cli.init_app(app)
    storage.declare(app, queries.known_papers)
    panels.declare(app, own_panels.PANELS)
