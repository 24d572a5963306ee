"""A distributor's service promise: what holds, how far it was kept, and a new one by a supervisor."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, SUPERVISORS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, csv_chunks, write_xlsx
from fieldapp.network.territory import patches
from fieldapp.people.worktime.policy import WEEKDAYS

from . import actions, policy, queries
from .forms import PromiseForm, read_template
from .queries import Asked
from .rules import Need, Template, first_day, quarter, quarters_until, rate

QUARTERS = 4
concern = Concern("service", __name__, section="distributors")
_OF_ONE = "/distributors/<uuid:distributor_id>/service"


@concern.route("/service", allow=SIGNED_IN)
def index() -> Response:
    """The promises of a patch, the lowest rate first; htmx gets the results alone."""
    asked, today = Asked.read(request.args), clock.today()
    found = queries.listed(current_user, asked, today)
    codes = {one.region_code for one in found.rows} | {code for code, _rate in found.areas} | {asked.region}
    names = patches.names(code for code in codes if code)

    def link(**changes: Any) -> str:
        return url_for(".index", **asked.args(**changes))

    templates = [("", _("All promises"))] + [(name.value, policy.template_name(name)) for name in Template]
    return page(
        "standing/service/index.html",
        "results",
        asked=asked,
        found=found,
        days=policy.on(today).days,
        place=lambda code: (names.get(code) or code or "").replace(" · ", " "),
        link=link,
        chips=[
            (link(template=name or None), text, asked.template == name)
            for name, text in [*templates, (queries.NONE, _("Without a promise"))]
        ],
        names={name: policy.template_name(name) for name in Template},
        before=link(page=asked.page - 1) if asked.page > 1 else None,
        after=link(page=asked.page + 1) if found.count > asked.page * queries.PAGE else None,
        sheet=lambda kind: url_for(".export", kind=kind, **asked.args()),
    )


@concern.route("/service/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The list as CSV or XLSX."""
    asked = Asked.read(request.args)
    rows = queries.listed(current_user, asked, clock.today(), None).rows
    names = patches.names({one.region_code for one in rows if one.region_code})
    header = [
        _("Code"),
        _("Name"),
        _("Region code"),
        _("Region"),
        _("Promise"),
        _("Kept"),
        _("Fell due"),
        _("Rate in percent"),
    ]
    lines = [
        [
            one.code,
            one.name,
            one.region_code,
            names.get(one.region_code or ""),
            policy.template_name(one.template) if one.template else None,
            one.rate.kept if one.rate else None,
            one.rate.of if one.rate else None,
            one.rate.percent if one.rate else None,
        ]
        for one in rows
    ]
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, lines)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name="service.xlsx")
    body = b"".join(csv_chunks(header, lines))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": "attachment; filename=service.csv"})


@concern.route(_OF_ONE, allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """The page."""
    return _show(distributor_id)


@concern.route(_OF_ONE, allow=SUPERVISORS, methods=("POST",))
def promise(distributor_id: UUID) -> Response:
    """A new version: of a template, or as typed."""
    if queries.find(current_user, distributor_id) is None:
        abort(404)
    form = PromiseForm()
    template = read_template(request.form)
    if not form.validate(template):
        return _show(distributor_id, 422, form)
    terms = policy.on(clock.today()).templates[template] if template else form.terms()
    held = queries.newest(distributor_id)
    needs = [Need(one) for one in held.needs] if template and held else form.chosen_needs()
    try:
        actions.promise(current_user, distributor_id, form.seen, terms, needs, clock.now(), clock.today())
    except actions.ChangedError:
        return _show(distributor_id, 409, form, moved=True)
    flash(_("Promised from today on."), "ok")
    return see_other(url_for(".show", distributor_id=distributor_id))


def _show(distributor_id: UUID, status: int = 200, form: PromiseForm | None = None, **more: Any) -> Response:
    distributor = queries.find(current_user, distributor_id) or abort(404)
    promises = queries.versions(distributor_id)
    today = clock.today()
    days = policy.on(today).days
    quarters = quarters_until(today, QUARTERS)
    since = min(first_day(quarters[0]), today - timedelta(days=days - 1))
    year = queries.record_of(promises, distributor_id, today, since).found
    names = patches.names([distributor.region_code] if distributor.region_code else [])
    return page(
        "standing/service/show.html",
        status=status,
        row=distributor,
        place=lambda code: (names.get(code) or code).replace(" · ", " "),
        promises=promises,
        makers=queries.makers(promises),
        held=promises[0] if promises else None,
        record=queries.lately(year, today, days),
        quarters=[(name, rate(one for one in year if quarter(one.day) == name)) for name in quarters],
        days=days,
        form=form or PromiseForm.of(promises[0] if promises else None),
        weekdays=[name() for name in WEEKDAYS],
        needs=need_names(),
        templates={name: policy.template_name(name) for name in (Template.LARGE, Template.SMALL)},
        **more,
    )


def need_names() -> dict[str, str]:
    """{value: name} of what matters to a distributor."""
    return {
        Need.FAST: _("Fast delivery"),
        Need.PRICE: _("Price"),
        Need.CREDIT: _("Credit"),
        Need.TECHNICAL: _("Technical service"),
        Need.EXCHANGE: _("Exchange of goods"),
    }
