"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, storage
from ...people.notices import kinds as notice_kinds
from ...people.policy import sections as policy_sections
from . import chores as own_chores
from . import models as _models  # noqa: F401
from . import policy, queries, told


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    policy_sections.declare(app, policy.SECTIONS)
    notice_kinds.declare(app, told.KINDS)
    storage.declare(app, queries.known_photos)
    chores.declare(app, own_chores.CHORES)
