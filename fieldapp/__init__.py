"""fieldapp: the field app of a feed company. `create_app()` reads like a table of contents."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_login import current_user
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from .config import ROOT, Settings
from .core import (
    assets,
    chores,
    clock,
    compression,
    concern,
    db,
    errors,
    health,
    i18n,
    logs,
    migrations,
    outbox,
    page,
    phone,
    security,
    sessions,
    style,
    templates,
)
from .core.request import FieldRequest
from .core.routing import LateRule
from .people.accounts import login


class _Flask(Flask):
    request_class = FieldRequest
    url_rule_class = LateRule

    def ensure_sync(self, func: Any) -> Any:
        """No view or hook of ours is asynchronous; Flask would ask that of each of them in every request."""
        return func


def create_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """Build the app from the environment, or from given settings; `overrides` are Flask config keys (tests)."""
    settings = settings or Settings.read()
    app = _Flask(
        "fieldapp",
        root_path=str(Path(__file__).parent),
        template_folder=str(ROOT / "templates"),
        static_folder=None,
    )
    app.config.from_mapping(settings.as_flask())
    app.config.from_mapping(overrides)
    templates.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    logs.init_app(app)
    db.init_app(app)
    migrations.init_app(app)
    compression.CompressAll(app)
    i18n.init_app(app)
    login.init_app(app)
    concern.csrf.init_app(app)
    sessions.init_app(app)
    css = assets.init_app(app, ROOT / "static")
    security.init_app(app, css)
    errors.init_app(app)
    health.init_app(app)
    style.init_app(app)
    outbox.init_app(app, login.session_ended)
    phone.init_app(app)
    chores.init_app(app)
    _register_concerns(app)
    _register_template_globals(app)
    if app.config["PRODUCTION"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return app


def _register_concerns(app: Flask) -> None:
    """Each concern joins with its `room.py`. Models are imported here too, so that migrations see them all."""
    from .core import stamp  # noqa: F401
    from .desk.approvals import room as desk_approvals
    from .desk.areas import room as desk_areas
    from .desk.batches import room as desk_batches
    from .desk.breaches import room as desk_breaches
    from .desk.checks import room as desk_checks
    from .desk.conflicts import room as desk_conflicts
    from .desk.coverage import room as desk_coverage
    from .desk.crossarea import room as desk_crossarea
    from .desk.deals import room as desk_deals
    from .desk.demo import room as desk_demo
    from .desk.equal import room as desk_equal
    from .desk.exports import room as desk_exports
    from .desk.feedback import room as desk_feedback
    from .desk.handover import room as desk_handover
    from .desk.imports import room as desk_imports
    from .desk.portfolio import room as desk_portfolio
    from .desk.pricebook import room as desk_pricebook
    from .desk.privacy import room as desk_privacy
    from .desk.process import room as desk_process
    from .desk.promises import room as desk_promises
    from .desk.rounds import room as desk_rounds
    from .desk.surveys import room as desk_surveys
    from .desk.tickets import room as desk_tickets
    from .desk.today import room as desk_today
    from .desk.upkeep import room as desk_upkeep
    from .desk.visits import room as desk_visits
    from .desk.weeklog import room as desk_weeklog
    from .fieldwork.conflicts import room as fieldwork_conflicts
    from .fieldwork.feedback import room as fieldwork_feedback
    from .fieldwork.remediation import room as fieldwork_remediation
    from .fieldwork.surveys import room as fieldwork_surveys
    from .fieldwork.tasks import models as _tasks  # noqa: F401
    from .fieldwork.visits import room as fieldwork_visits
    from .network.distributors import models as _distributors  # noqa: F401
    from .network.dossier import room as network_dossier
    from .network.playbook import room as network_playbook
    from .network.territory import room as network_territory
    from .people.accounts import room as people_accounts
    from .people.audit import models as _audit  # noqa: F401
    from .people.notices import room as people_notices
    from .people.policy import room as people_policy
    from .people.worktime import room as people_worktime
    from .standing.crossarea import room as standing_crossarea
    from .standing.grading import room as standing_grading
    from .standing.merged import room as standing_merged
    from .standing.service import room as standing_service
    from .trade.ledger import room as trade_ledger
    from .trade.pricing import room as trade_pricing
    from .trade.products import models as _products  # noqa: F401
    from .trade.retail import models as _retail  # noqa: F401
    from .trade.targets import models as _targets  # noqa: F401

    # The order counts where pages show panels of one order, and in the work of `flask chores`: first what is quick,
    # then the search for merged accounts, and the messages last, so that what was told goes out at once.
    for room in (
        people_accounts,
        people_policy,
        network_territory,
        network_playbook,
        desk_portfolio,
        desk_checks,
        desk_deals,
        desk_approvals,
        standing_grading,
        network_dossier,
        desk_privacy,
        fieldwork_visits,
        desk_visits,
        desk_rounds,
        desk_today,
        people_worktime,
        desk_tickets,
        fieldwork_remediation,
        desk_process,
        desk_weeklog,
        desk_exports,
        fieldwork_surveys,
        desk_surveys,
        fieldwork_feedback,
        desk_feedback,
        standing_service,
        desk_areas,
        desk_coverage,
        desk_handover,
        standing_crossarea,
        desk_crossarea,
        desk_batches,
        trade_ledger,
        desk_breaches,
        trade_pricing,
        desk_pricebook,
        desk_equal,
        fieldwork_conflicts,
        desk_conflicts,
        desk_promises,
        desk_imports,
        desk_demo,
        desk_upkeep,
        standing_merged,
        people_notices,
    ):
        room.join(app)


def _register_template_globals(app: Flask) -> None:
    from .desk.approvals.views import unread, waiting

    def about_the_request() -> dict[str, Any]:
        viewer = current_user._get_current_object()
        return {
            "viewer": viewer if viewer.is_authenticated else None,
            "current_section": page.section(),
            "business_date": clock.today(),
        }

    app.jinja_env.globals["waiting"] = LocalProxy(waiting)
    app.jinja_env.globals["unread"] = LocalProxy(unread)
    templates.prepare(app, about_the_request)
