"""The list of cases, and the same as a file."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.standing.crossarea import words
from fieldapp.standing.crossarea.rules import CaseState, Origin, Verdict
from fieldapp.standing.grading.scoring import add_months

from . import exports, lists
from .lists import Asked, Counts, Part
from .views import concern


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Cases: what is new, what waits, what is open, one's own, all; htmx gets the results alone."""
    viewer = current_user._get_current_object()
    asked = lists.read(viewer, request.args)
    return page(
        "desk/crossarea/index.html",
        "results",
        asked=asked,
        found=lists.listed(viewer, asked),
        tabs=_tabs(asked, lists.parts_of(viewer), lists.counts(viewer)),
        chips=_chips(asked),
        choices=_choices(),
        link=_link,
        words=words,
        place=place_names(),
        sheet=lambda kind: f"{url_for('crossarea.export', kind=kind)}?{urlencode(asked.args())}",
    )


@concern.route("/figures", allow=SIGNED_IN)
def figures() -> Response:
    """What the cases of a year come to, by month and by area."""
    since = add_months(clock.today(), 1 - lists.MONTHS).replace(day=1)
    found = lists.figures(current_user._get_current_object(), since)
    return page("desk/crossarea/figures.html", found=found, since=since, place=place_names())


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The whole list as CSV or XLSX."""
    viewer = current_user._get_current_object()
    rows = exports.rows(lists.every(viewer, lists.read(viewer, request.args)), place_names())
    name = f"cross-area-{clock.today().isoformat()}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(exports.header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _link(asked: Asked, **changes: Any) -> str:
    return f"{request.script_root}/cross-area?{urlencode(asked.args(**changes))}"


def _tabs(asked: Asked, parts: tuple[Part, ...], counts: Counts) -> list[tuple[Any, ...]]:
    names: dict[Part, tuple[str, int | None]] = {
        Part.NEW: (pgettext("cases", "New"), counts.new),
        Part.WAITING: (_("To decide"), counts.waiting),
        Part.OPEN: (pgettext("cases", "Open"), counts.open),
        Part.MINE: (_("Mine"), None),
        Part.ALL: (_("All"), None),
    }
    return [(_link(asked, part=part), names[part][0], part is asked.part, _shown(names[part][1])) for part in parts]


def _shown(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{lists.COUNTED}+" if count > lists.COUNTED else str(count)


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    """(address, text, on) of each quick filter; the address of one that is on takes it away."""
    chips = [
        (_link(asked, origin=None if asked.origin is one else one), words.origin_name(one), asked.origin is one)
        for one in Origin
    ]
    worst = asked.verdict is Verdict.MALICIOUS
    return [*chips, (_link(asked, verdict=None if worst else Verdict.MALICIOUS), _("Malicious"), worst)]


def _choices() -> dict[str, list[tuple[str, str]]]:
    """What the filter's selects offer."""

    def of(kind: Any, name: Callable[[Any], str]) -> list[tuple[str, str]]:
        return [(one.value, name(one)) for one in kind]

    return {"state": of(CaseState, words.state_name), "verdict": of(Verdict, words.verdict_name)}
