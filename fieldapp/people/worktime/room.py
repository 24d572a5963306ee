"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ..policy import sections as policy_sections
from . import policy


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    policy_sections.declare(app, policy.SECTIONS)
