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
    panels,
    phone,
    security,
    sessions,
    storage,
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
    """Every concern's routes and commands. Models are imported here too, so that migrations see them all."""
    from .core import stamp  # noqa: F401
    from .desk.approvals import models as _approvals  # noqa: F401
    from .desk.approvals import notices as approval_notices
    from .desk.approvals import views as approvals
    from .desk.areas import panels as area_panels
    from .desk.areas import views as areas
    from .desk.batches import views as batches
    from .desk.breaches import matching as breach_matching
    from .desk.breaches import models as _breaches  # noqa: F401
    from .desk.breaches import panels as breaches_panels
    from .desk.breaches import policy as breaches_policy
    from .desk.breaches import told as breaches_told
    from .desk.breaches import views as breaches
    from .desk.checks import models as _checks  # noqa: F401
    from .desk.checks import policy as checks_policy
    from .desk.checks import trial as checks_trial
    from .desk.conflicts import list_views as _conflict_lists  # noqa: F401  routes of the concern below
    from .desk.conflicts import opening as _conflict_opening  # noqa: F401
    from .desk.conflicts import panels as conflict_panels
    from .desk.conflicts import sources as conflict_sources
    from .desk.conflicts import views as conflicts
    from .desk.coverage import views as coverage
    from .desk.crossarea import list_views as _crossarea_lists  # noqa: F401  routes of the concern below
    from .desk.crossarea import panels as crossarea_panels
    from .desk.crossarea import reporting as crossarea_reporting
    from .desk.crossarea import suspicions
    from .desk.crossarea import views as crossarea
    from .desk.crossarea import week as crossarea_week
    from .desk.deals import api, offline_views
    from .desk.deals import views as deals
    from .desk.demo import cli as demo_cli
    from .desk.equal import policy as equal_policy
    from .desk.equal import views as equal
    from .desk.exports import cli as exports_cli
    from .desk.exports import models as _exports  # noqa: F401
    from .desk.exports import views as exports
    from .desk.feedback import panels as feedback_panels
    from .desk.feedback import views as feedback
    from .desk.handover import chores as handover_chores
    from .desk.handover import models as _handover  # noqa: F401
    from .desk.handover import panels as handover_panels
    from .desk.handover import told as handover_told
    from .desk.handover import views as handover
    from .desk.imports import cli as imports_cli
    from .desk.imports import models as _imports  # noqa: F401
    from .desk.imports import views as imports
    from .desk.portfolio import views as portfolio
    from .desk.pricebook import draft_views as _price_drafts  # noqa: F401  routes of the concern below
    from .desk.pricebook import panels as pricebook_panels
    from .desk.pricebook import retail_views as _retail_prices  # noqa: F401
    from .desk.pricebook import seen as retail_seen
    from .desk.pricebook import views as pricebook
    from .desk.privacy import views as contact_data
    from .desk.process import policy as process_policy
    from .desk.process import steps as process_steps
    from .desk.process import views as process
    from .desk.promises import sources as promise_sources
    from .desk.promises import views as promises
    from .desk.rounds import task_views as tasks
    from .desk.rounds import views as rounds
    from .desk.surveys import ask_views as asking
    from .desk.surveys import chores as surveys_chores
    from .desk.surveys import departures as surveys_departures
    from .desk.surveys import editor_views as survey_forms
    from .desk.surveys import link_views as survey_link
    from .desk.surveys import panels as surveys_panels
    from .desk.surveys import plan as survey_list
    from .desk.surveys import plan_views as survey_plan
    from .desk.surveys import results_views as survey_results
    from .desk.surveys import views as surveys
    from .desk.tickets import list_views as _ticket_lists  # noqa: F401  routes of the concern below
    from .desk.tickets import listening as tickets_listening
    from .desk.tickets import opening as _ticket_opening  # noqa: F401
    from .desk.tickets import panels as ticket_panels
    from .desk.tickets import queries as tickets_queries
    from .desk.tickets import views as tickets
    from .desk.tickets import week as ticket_week
    from .desk.today import views as today
    from .desk.upkeep import cli as upkeep_cli
    from .desk.visits import panels as visit_panels
    from .desk.visits import views as visits
    from .desk.weeklog import cli as weeklog_cli
    from .desk.weeklog import models as _weeklog  # noqa: F401
    from .desk.weeklog import panels as weeklog_panels
    from .desk.weeklog import sections as week_sections
    from .desk.weeklog import views as weeklog
    from .fieldwork.conflicts import chores as conflicts_chores
    from .fieldwork.conflicts import links as conflict_links
    from .fieldwork.conflicts import models as _conflicts  # noqa: F401
    from .fieldwork.conflicts import policy as conflicts_policy
    from .fieldwork.conflicts import queries as conflicts_queries
    from .fieldwork.conflicts import told as conflicts_told
    from .fieldwork.feedback import chores as feedback_chores
    from .fieldwork.feedback import models as _feedback  # noqa: F401
    from .fieldwork.feedback import notices as feedback_notices
    from .fieldwork.feedback import policy as feedback_policy
    from .fieldwork.feedback import queries as feedback_queries
    from .fieldwork.remediation import actions as remediation
    from .fieldwork.remediation import alarms
    from .fieldwork.remediation import models as _remediation  # noqa: F401
    from .fieldwork.remediation import policy as remediation_policy
    from .fieldwork.remediation import queries as remediation_queries
    from .fieldwork.remediation import told as remediation_told
    from .fieldwork.surveys import book as survey_book
    from .fieldwork.surveys import listeners as survey_listeners
    from .fieldwork.surveys import models as _surveys  # noqa: F401
    from .fieldwork.surveys import plan as survey_turns
    from .fieldwork.surveys import plan_policy as survey_plan_policy
    from .fieldwork.surveys import policy as surveys_policy
    from .fieldwork.surveys import queries as survey_queries
    from .fieldwork.surveys.rules import Purpose
    from .fieldwork.tasks import models as _tasks  # noqa: F401
    from .fieldwork.visits import models as _visits  # noqa: F401
    from .fieldwork.visits import policy as visits_policy
    from .fieldwork.visits import queries as visit_queries
    from .network.distributors import models as _distributors  # noqa: F401
    from .network.dossier import cli as dossier_cli
    from .network.dossier import departures as contact_departures
    from .network.dossier import models as _dossier  # noqa: F401
    from .network.dossier import panels as dossier_panels
    from .network.dossier import policy as dossier_policy
    from .network.dossier import queries as dossier_queries
    from .network.dossier import views as dossier
    from .network.playbook import book as playbook_book
    from .network.playbook import models as _playbook  # noqa: F401
    from .network.playbook import views as playbook
    from .network.territory import boundary_models as _boundaries  # noqa: F401
    from .network.territory import models as _territory  # noqa: F401
    from .network.territory import patches
    from .people.accounts import cli as accounts_cli
    from .people.accounts import regions as patch_regions
    from .people.accounts import views as accounts
    from .people.audit import models as _audit  # noqa: F401
    from .people.notices import chores as notices_chores
    from .people.notices import kinds as notice_kinds
    from .people.notices import models as _notices  # noqa: F401
    from .people.notices import panels as notices_panels
    from .people.notices import policy as notices_policy
    from .people.notices import views as notices
    from .people.policy import cli as policy_cli
    from .people.policy import sections as policy_sections
    from .people.policy import trials as policy_trials
    from .people.policy import views as policy
    from .people.worktime import policy as worktime_policy
    from .standing import trust
    from .standing.crossarea import cases as crossarea_cases
    from .standing.crossarea import lateness as crossarea_lateness
    from .standing.crossarea import models as _crossarea  # noqa: F401
    from .standing.crossarea import policy as crossarea_policy
    from .standing.crossarea import queries as crossarea_queries
    from .standing.crossarea import told as crossarea_told
    from .standing.grading import cases as grading_cases
    from .standing.grading import credit_policy, credit_views, privacy_cli, privacy_policy, privacy_views
    from .standing.grading import departures as grading_departures
    from .standing.grading import models as _grading  # noqa: F401
    from .standing.grading import notices as grading_notices
    from .standing.grading import panels as grading_panels
    from .standing.grading import policy as grading_policy
    from .standing.grading import trial as grading_trial
    from .standing.grading import views as grading
    from .standing.merged import chores as merged_chores
    from .standing.merged import models as _merged  # noqa: F401
    from .standing.merged import panels as merged_panels
    from .standing.merged import policy as merged_policy
    from .standing.merged import told as merged_told
    from .standing.merged import views as merged
    from .standing.service import models as _service  # noqa: F401
    from .standing.service import panels as service_panels
    from .standing.service import policy as service_policy
    from .standing.service import views as service
    from .trade.ledger import cli as ledger_cli
    from .trade.ledger import fresh as fresh_invoices
    from .trade.ledger import models as _ledger  # noqa: F401
    from .trade.pricing import models as _pricing  # noqa: F401
    from .trade.pricing import notices as pricing_notices
    from .trade.pricing import policy as pricing_policy
    from .trade.products import models as _products  # noqa: F401
    from .trade.retail import models as _retail  # noqa: F401
    from .trade.targets import models as _targets  # noqa: F401

    app.register_blueprint(accounts.concern)
    app.register_blueprint(api.concern)
    app.register_blueprint(approvals.concern)
    app.register_blueprint(credit_views.concern)
    app.register_blueprint(deals.concern)
    app.register_blueprint(offline_views.concern)
    outbox.declare_pages(app, offline_views.pages, offline_views.INSTEAD)
    app.register_blueprint(grading.concern)
    app.register_blueprint(dossier.concern)
    app.register_blueprint(imports.concern)
    app.register_blueprint(playbook.concern)
    app.register_blueprint(policy.concern)
    app.register_blueprint(portfolio.concern)
    app.register_blueprint(rounds.concern)
    app.register_blueprint(tasks.concern)
    app.register_blueprint(today.concern)
    app.cli.add_command(accounts_cli.users)
    demo_cli.init_app(app)
    imports_cli.init_app(app)
    upkeep_cli.init_app(app)
    patch_regions.use(app, patch_regions.RegionBook(patches.names, patches.search))
    policy_cli.init_app(app)
    policy_sections.declare(app, checks_policy.SECTIONS)
    playbook_book.check()
    survey_book.check()
    panels.declare(app, playbook.PANELS)
    policy_sections.declare(app, grading_policy.SECTIONS)
    policy_trials.declare(app, checks_trial.TRIALS)
    policy_trials.declare(app, grading_trial.TRIALS)
    policy_sections.declare(app, credit_policy.SECTIONS)
    policy_sections.declare(app, dossier_policy.SECTIONS)
    policy_sections.declare(app, visits_policy.SECTIONS)
    policy_sections.declare(app, worktime_policy.SECTIONS)
    app.register_blueprint(tickets.concern)
    panels.declare(app, ticket_panels.PANELS)
    week_sections.declare(app, ticket_week.SECTIONS)
    outbox.declare_pages(app, tickets.pages)
    alarms.declare(app, tickets_queries.regions_of_buyers)
    survey_listeners.declare(app, Purpose.REMEDY, tickets_listening.heard)
    policy_sections.declare(app, remediation_policy.SECTIONS)
    notice_kinds.declare(app, remediation_told.KINDS)
    storage.declare(app, remediation_queries.known_photos)
    chores.declare(app, [chores.Chore("escalate", remediation.escalate)])
    app.register_blueprint(privacy_views.concern)
    app.register_blueprint(contact_data.concern)
    policy_sections.declare(app, privacy_policy.SECTIONS)
    privacy_cli.init_app(app)
    dossier_cli.init_app(app)
    storage.declare(app, dossier_queries.known_papers)
    contact_departures.declare(app, grading_departures.forget_answers)
    panels.declare(app, dossier_panels.PANELS)
    app.register_blueprint(visits.concern)
    panels.declare(app, visit_panels.PANELS)
    panels.declare(app, grading_panels.PANELS)
    storage.declare(app, visit_queries.known_photos)
    outbox.declare_pages(app, rounds.round_pages)
    app.register_blueprint(exports.concern)
    app.register_blueprint(weeklog.concern)
    exports_cli.init_app(app)
    weeklog_cli.init_app(app)
    panels.declare(app, weeklog_panels.PANELS)
    app.register_blueprint(areas.concern)
    panels.declare(app, area_panels.PANELS)
    app.register_blueprint(handover.concern)
    panels.declare(app, handover_panels.PANELS)
    notice_kinds.declare(app, handover_told.KINDS)
    chores.declare(app, handover_chores.CHORES)
    app.register_blueprint(batches.concern)
    app.register_blueprint(coverage.concern)
    app.register_blueprint(process.concern)
    process_steps.declare(app, process_steps.STEPS)
    policy_sections.declare(app, process_policy.SECTIONS)
    app.register_blueprint(service.concern)
    app.register_blueprint(surveys.concern)
    app.register_blueprint(survey_plan.concern)
    app.register_blueprint(survey_results.concern)
    app.register_blueprint(survey_forms.concern)
    panels.declare(app, survey_list.PANELS)
    policy_sections.declare(app, survey_plan_policy.SECTIONS)
    notice_kinds.declare(app, survey_turns.KINDS)
    chores.declare(app, survey_turns.CHORES)
    app.register_blueprint(asking.concern)
    app.register_blueprint(survey_link.concern)
    policy_sections.declare(app, surveys_policy.SECTIONS)
    panels.declare(app, surveys_panels.PANELS)
    storage.declare(app, survey_queries.known_photos)
    chores.declare(app, surveys_chores.CHORES)
    contact_departures.declare(app, surveys_departures.forget_name)
    panels.declare(app, service_panels.PANELS)
    app.register_blueprint(feedback.concern)
    panels.declare(app, feedback_panels.PANELS)
    policy_sections.declare(app, feedback_policy.SECTIONS)
    policy_sections.declare(app, service_policy.SECTIONS)
    notice_kinds.declare(app, feedback_notices.KINDS)
    storage.declare(app, feedback_queries.known_photos)
    chores.declare(app, feedback_chores.CHORES)
    app.register_blueprint(crossarea.concern)
    panels.declare(app, crossarea_panels.PANELS)
    week_sections.declare(app, crossarea_week.SECTIONS)
    outbox.declare_pages(app, crossarea_reporting.pages, crossarea_reporting.INSTEAD)
    policy_sections.declare(app, crossarea_policy.SECTIONS)
    notice_kinds.declare(app, crossarea_told.KINDS)
    chores.declare(app, [chores.Chore("cross-area", crossarea_lateness.escalate)])
    storage.declare(app, crossarea_queries.known_photos)
    grading_cases.declare(app, crossarea_cases.of_twelve_months)
    trust.declare(app, "crossarea", crossarea_cases.breaches)
    fresh_invoices.declare(app, suspicions.TOPIC, suspicions.read)
    ledger_cli.init_app(app)
    fresh_invoices.declare(app, breach_matching.TOPIC, breach_matching.read)
    chores.declare(app, fresh_invoices.CHORES)
    app.register_blueprint(breaches.concern)
    panels.declare(app, breaches_panels.PANELS)
    policy_sections.declare(app, breaches_policy.SECTIONS)
    notice_kinds.declare(app, breaches_told.KINDS)
    chores.declare(app, breaches_told.CHORES)
    app.register_blueprint(merged.concern)
    panels.declare(app, merged_panels.PANELS)
    policy_sections.declare(app, merged_policy.SECTIONS)
    notice_kinds.declare(app, merged_told.KINDS)
    chores.declare(app, merged_chores.CHORES)
    app.register_blueprint(pricebook.concern)
    panels.declare(app, pricebook_panels.PANELS)
    storage.declare(app, retail_seen.known_photos)
    policy_sections.declare(app, pricing_policy.SECTIONS)
    app.register_blueprint(equal.concern)
    policy_sections.declare(app, equal_policy.SECTIONS)
    notice_kinds.declare(app, pricing_notices.KINDS)
    notice_kinds.declare(app, approval_notices.KINDS)
    notice_kinds.declare(app, grading_notices.KINDS)
    app.register_blueprint(conflicts.concern)
    panels.declare(app, conflict_panels.PANELS)
    conflict_links.declare(app, conflict_sources.LINKS)  # cases of other rooms: declare their kinds here
    app.register_blueprint(promises.concern)
    promise_sources.declare(app, promise_sources.SOURCES)
    policy_sections.declare(app, conflicts_policy.SECTIONS)
    notice_kinds.declare(app, conflicts_told.KINDS)
    storage.declare(app, conflicts_queries.known_photos)
    chores.declare(app, conflicts_chores.CHORES)
    app.register_blueprint(notices.concern)
    panels.declare(app, notices_panels.PANELS)
    policy_sections.declare(app, notices_policy.SECTIONS)
    chores.declare(app, notices_chores.CHORES)  # last: what the others told goes out at once


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
