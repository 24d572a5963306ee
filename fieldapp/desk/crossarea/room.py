"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...core import outbox, panels
from ...fieldwork.conflicts import links as conflict_links
from ...trade.ledger import fresh as fresh_invoices
from ..weeklog import sections as week_sections
from . import conflict_links as own_links
from . import list_views as _list_views  # noqa: F401
from . import panels as own_panels
from . import reporting, suspicions, views, week


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    panels.declare(app, own_panels.PANELS)
    week_sections.declare(app, week.SECTIONS)
    outbox.declare_pages(app, reporting.pages, reporting.INSTEAD)
    fresh_invoices.declare(app, suspicions.TOPIC, suspicions.read)
    conflict_links.declare(app, own_links.LINKS)
