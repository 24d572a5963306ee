"""The distributors of one's patch: the list, one of them, the list as a sheet."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, request, send_file, stream_with_context, url_for
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import language, ngettext
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.distributors.rules import Status
from fieldapp.network.playbook.book import playbook
from fieldapp.standing.grading.models import Grade

from . import exports, forms, queries
from .forms import Sort

concern = Concern("portfolio", __name__, section="distributors", url_prefix="/distributors")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The list; htmx gets the results alone."""
    asked = forms.read(request.args)
    found = queries.listed(current_user, asked, clock.today())
    return page(
        "desk/portfolio/index.html",
        "results",
        asked=asked,
        found=found,
        town=queries.towns(),
        any_at_all=bool(found.rows) or queries.any_at_all(),
        link=_link,
        chips=_chips(asked),
        orders=[(_link(asked, sort=sort), text, asked.sort is sort and not asked.near) for sort, text in _orders()],
        how_many=_how_many(found),
        figure=asked.sort.value if asked.sort in {Sort.OVERDUE, Sort.OUTSTANDING} else "available",
        sheet=lambda kind: url_for("portfolio.export", kind=kind, **asked.args()),
    )


def _link(asked: forms.Asked, **changes: Any) -> str:
    # One page has some twenty of these links: url_for would cost more than the queries.
    arguments = urlencode(asked.args(**changes))
    return f"{request.path}?{arguments}" if arguments else request.path


def _chips(asked: forms.Asked) -> list[tuple[str, str, bool]]:
    """(address, text, on) of each filter; the address of one that is on takes it away."""
    chips = [(_link(asked, overdue=None if asked.overdue else "1"), _("Overdue"), asked.overdue)]
    if not current_user.everywhere:
        chips.append((_link(asked, mine=None if asked.mine else "1"), _("Looked after by me"), asked.mine))
    for status, text in _statuses():
        on = asked.status is status
        chips.append((_link(asked, status=None if on else status), text, on))
    for grade in (*Grade, forms.UNGRADED):
        on = asked.grade == grade
        text = _("No grade") if grade == forms.UNGRADED else _("Grade %(grade)s", grade=str(grade))
        chips.append((_link(asked, grade=None if on else grade), text, on))
    return chips


def _statuses() -> list[tuple[Status, str]]:
    return [
        (Status.PROSPECT, _("Prospect")),
        (Status.ACTIVE, _("Trading")),
        (Status.WATCH, _("On watch")),
        (Status.ENDED, _("Ended")),
    ]


def _orders() -> list[tuple[Sort, str]]:
    return [
        (Sort.NAME, _("By name")),
        (Sort.OVERDUE, _("Longest overdue")),
        (Sort.OUTSTANDING, _("Most owed")),
        (Sort.CODE, _("By code")),
    ]


def _how_many(found: queries.Page) -> str:
    if found.count is None:
        return _("The nearest first")
    if found.count > queries.COUNTED:
        return _("%(count)s+ distributors", count=f"{queries.COUNTED:,}")
    return ngettext("%(num)d distributor", "%(num)d distributors", found.count)


@concern.route("/<uuid:distributor_id>", allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """One distributor."""
    today = clock.today()
    shown = queries.find(current_user, distributor_id, today)
    if shown is None:
        abort(404)
    return page(
        "desk/portfolio/show.html",
        shown=shown,
        place=place_names(),
        today=today,
        types=playbook(language()).types,
        panels=panels.shown("distributor", current_user, distributor_id, today),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The list as CSV or XLSX."""
    asked, today = forms.read(request.args), clock.today()
    name = f"distributors-{today.isoformat()}.{kind}"
    viewer = current_user._get_current_object()
    if kind == "xlsx":
        book = exports.xlsx(viewer, asked, today, place_names())
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(exports.csv(viewer, asked, today, place_names()))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})
