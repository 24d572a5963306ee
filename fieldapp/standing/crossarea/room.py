"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, storage
from ...people.notices import kinds as notice_kinds
from ...people.policy import sections as policy_sections
from .. import trust
from ..grading import cases as grading_cases
from . import cases, lateness, policy, queries, told
from . import models as _models  # noqa: F401


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    policy_sections.declare(app, policy.SECTIONS)
    notice_kinds.declare(app, told.KINDS)
    chores.declare(app, [chores.Chore("cross-area", lateness.escalate)])
    storage.declare(app, queries.known_photos)
    grading_cases.declare(app, cases.of_twelve_months)
    trust.declare(app, "crossarea", cases.breaches)
