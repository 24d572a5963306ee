"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, storage
from ...people.notices import kinds as notice_kinds
from ...people.policy import sections as policy_sections
from . import book, plan, plan_policy, policy, queries
from . import models as _models  # noqa: F401


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    book.check()
    policy_sections.declare(app, plan_policy.SECTIONS)
    notice_kinds.declare(app, plan.KINDS)
    chores.declare(app, plan.CHORES)
    policy_sections.declare(app, policy.SECTIONS)
    storage.declare(app, queries.known_photos)
