"""The list of conflicts, and the same as a file."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.fieldwork.conflicts import words
from fieldapp.fieldwork.conflicts.rules import ConflictKind, ConflictState

from . import lists
from .lists import Asked, Part, Row
from .views import concern

YEAR = timedelta(days=365)


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Conflicts: one's own, what is going on, all."""
    viewer, today = current_user._get_current_object(), clock.today()
    asked = lists.read(viewer, request.args)
    names = {Part.MINE: _("Mine"), Part.GOING: _("Going on"), Part.ALL: _("All")}
    return page(
        "desk/conflicts/index.html",
        asked=asked,
        found=lists.listed(viewer, asked),
        figures=lists.figures(viewer, asked, clock.now() - YEAR, today),
        tabs=[(_link(asked, part=part), names[part], part is asked.part) for part in Part],
        states=[(one.value, words.state_name(one)) for one in ConflictState],
        kinds=[(one.value, words.kind_name(one)) for one in ConflictKind],
        link=_link,
        words=words,
        today=today,
        sheet=lambda kind: f"{url_for('conflicts.export', kind=kind)}?{urlencode(asked.args())}",
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The whole list as CSV or XLSX."""
    viewer = current_user._get_current_object()
    asked = lists.read(viewer, request.args)
    rows = _cells(lists.every(viewer, asked), place_names())
    name = f"conflicts-{clock.today().isoformat()}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, _header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(_header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _link(asked: Asked, **changes: Any) -> str:
    return f"{request.script_root}/conflicts?{urlencode(asked.args(**changes))}"


def _header() -> list[str]:
    return [
        _("Number"),
        _("Opened"),
        _("Kind"),
        _("State"),
        _("Parties"),
        _("Other parties"),
        _("Region"),
        _("Looked after by"),
        _("Next meeting"),
        _("Open promises"),
        _("First promise due"),
        _("Agreed on"),
        _("Ended"),
        _("What happened"),
    ]


def _cells(found: Iterable[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    for row in found:
        yield [
            row.shown_number,
            row.recorded_at.astimezone(SHANGHAI).date(),
            words.kind_name(row.kind),
            words.state_name(row.state),
            " · ".join(row.parties),
            row.hidden,
            place(row.region_code),
            row.owner,
            row.next_meeting,
            row.promises,
            row.next_due,
            row.agreed_at.astimezone(SHANGHAI).date() if row.agreed_at else None,
            row.ended_at.astimezone(SHANGHAI).date() if row.ended_at else None,
            row.story,
        ]
