"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...people.policy import sections as policy_sections
from ...people.policy import trials as policy_trials
from . import models as _models  # noqa: F401
from . import policy, trial


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    policy_sections.declare(app, policy.SECTIONS)
    policy_trials.declare(app, trial.TRIALS)
