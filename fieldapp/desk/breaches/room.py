"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, panels
from ...fieldwork.conflicts import links as conflict_links
from ...people.notices import kinds as notice_kinds
from ...people.policy import sections as policy_sections
from ...trade.ledger import fresh as fresh_invoices
from . import conflict_links as own_links
from . import matching, policy, told, views
from . import models as _models  # noqa: F401
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    fresh_invoices.declare(app, matching.TOPIC, matching.read)
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    policy_sections.declare(app, policy.SECTIONS)
    notice_kinds.declare(app, told.KINDS)
    chores.declare(app, told.CHORES)
    conflict_links.declare(app, own_links.LINKS)
