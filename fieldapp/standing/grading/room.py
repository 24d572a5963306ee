"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import panels
from ...network.dossier import departures as contact_departures
from ...people.notices import kinds as notice_kinds
from ...people.policy import sections as policy_sections
from ...people.policy import trials as policy_trials
from . import (
    credit_policy,
    credit_views,
    departures,
    notices,
    policy,
    privacy_cli,
    privacy_policy,
    privacy_views,
    trial,
    views,
)
from . import models as _models  # noqa: F401
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(credit_views.concern)
    app.register_blueprint(views.concern)
    policy_sections.declare(app, policy.SECTIONS)
    policy_trials.declare(app, trial.TRIALS)
    policy_sections.declare(app, credit_policy.SECTIONS)
    app.register_blueprint(privacy_views.concern)
    policy_sections.declare(app, privacy_policy.SECTIONS)
    privacy_cli.init_app(app)
    contact_departures.declare(app, departures.forget_answers)
    panels.declare(app, own_panels.PANELS)
    notice_kinds.declare(app, notices.KINDS)
