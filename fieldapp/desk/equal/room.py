"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...people.policy import sections as policy_sections
from . import policy, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    policy_sections.declare(app, policy.SECTIONS)
