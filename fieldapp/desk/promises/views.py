"""The calendar of promises: everything promised with a day, of oneself or of the team, a month at a time."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import Response, request, send_file, stream_with_context, url_for
from flask_babel import format_date, pgettext
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import reps_of

from . import queries, sources
from .queries import Part, Promise

concern = Concern("promises", __name__, section="promises", url_prefix="/promises")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """A month: the grid on a wide screen, on a phone what comes, day by day; what is overdue on top. Or one day."""
    viewer, today = current_user._get_current_object(), clock.today()
    asked = queries.read(viewer, request.args, today)

    def link(**changes: Any) -> str:
        return url_for(".index", **asked.args(**changes))

    names = {Part.MINE: _("Mine"), Part.TEAM: _("My patch") if viewer.role is Role.REP else _("Team")}
    return page(
        "desk/promises/index.html",
        asked=asked,
        found=queries.calendar(viewer, asked, today),
        chips=[(link(part=part), names[part], part is asked.part) for part in Part],
        sources=[(one.name, one.title()) for one in sources.declared()],
        people=[(str(rep.id), rep.name) for rep in reps_of(viewer)] if viewer.role is not Role.REP else [],
        address=_address,
        link=link,
        today=today,
        day_name=lambda day: format_date(day, "EEE d"),
        month_name=format_date(asked.month.first, "LLLL y" if viewer.locale == "en" else "y年M月"),
        weekdays=[format_date(day, "EEE") for day in asked.month.weeks[0]],
        sheet=lambda kind: url_for(".export", kind=kind, **asked.args()),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The same as a file: what is overdue, then the days, without any left out."""
    viewer, today = current_user._get_current_object(), clock.today()
    asked = queries.read(viewer, request.args, today)
    most = queries.IN_A_FILE
    rows = _cells(queries.flat(queries.calendar(viewer, asked, today, a_day=most, overdue=most)))
    name = f"promises-{asked.month.first:%Y-%m}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, _header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(_header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _address(one: Promise) -> str:
    """The page where it is ticked off."""
    arguments: dict[str, Any] = {one.source.argument: one.key}
    return url_for(one.source.endpoint, **arguments)


def _header() -> list[str]:
    return [_("Day"), _("Kind"), _("What"), _("Distributor"), _("Region"), pgettext("promise", "Who"), _("State")]


def _cells(found: Any) -> Iterator[list[Cell]]:
    place = place_names()
    for one in found:
        state = _("late") if one.late else pgettext("promise", "open") if one.open else _("done")
        yield [one.day, one.source.title(), one.text, one.distributor, place(one.region), one.owner, state]
