"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import chores, panels
from ...network.dossier import departures as contact_departures
from . import ask_views, departures, editor_views, link_views, plan, plan_views, results_views, views
from . import chores as own_chores
from . import panels as own_panels


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    app.register_blueprint(plan_views.concern)
    app.register_blueprint(results_views.concern)
    app.register_blueprint(editor_views.concern)
    panels.declare(app, plan.PANELS)
    app.register_blueprint(ask_views.concern)
    app.register_blueprint(link_views.concern)
    panels.declare(app, own_panels.PANELS)
    chores.declare(app, own_chores.CHORES)
    contact_departures.declare(app, departures.forget_name)
