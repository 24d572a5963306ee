"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import storage
from ...people.policy import sections as policy_sections
from . import models as _models  # noqa: F401
from . import policy, queries


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    policy_sections.declare(app, policy.SECTIONS)
    storage.declare(app, queries.known_photos)
