"""The list of tickets, and the same as a file."""

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
from fieldapp.fieldwork.remediation import words
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind, TicketState
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import reps_of

from . import exports, lists
from .lists import Asked, Counts, Part
from .views import concern


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Tickets: one's own, what waits, what is open, all; htmx gets the results alone."""
    viewer, today, now = current_user._get_current_object(), clock.today(), clock.now()
    asked = lists.read(viewer, request.args)
    return page(
        "desk/tickets/index.html",
        "results",
        asked=asked,
        found=lists.listed(viewer, asked, now, today),
        tabs=_tabs(asked, lists.parts_of(viewer), lists.counts(viewer, today)),
        chips=_chips(asked),
        choices=_choices(viewer),
        link=_link,
        words=words,
        now=now,
        sheet=lambda kind: f"{url_for('tickets.export', kind=kind)}?{urlencode(asked.args())}",
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The whole list as CSV or XLSX."""
    viewer, today = current_user._get_current_object(), clock.today()
    asked = lists.read(viewer, request.args)
    rows = exports.rows(lists.every(viewer, asked, clock.now(), today), place_names())
    name = f"tickets-{today.isoformat()}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(exports.header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _link(asked: Asked, **changes: Any) -> str:
    return f"{request.script_root}/tickets?{urlencode(asked.args(**changes))}"


def _tabs(asked: Asked, parts: tuple[Part, ...], counts: Counts) -> list[tuple[Any, ...]]:
    names: dict[Part, tuple[str, int | None]] = {
        Part.MINE: (_("Mine"), counts.mine),
        Part.WAITING: (_("To approve"), counts.waiting),
        Part.OPEN: (pgettext("tickets", "Open"), counts.open),
        Part.ALL: (_("All"), None),
    }
    return [(_link(asked, part=part), names[part][0], part is asked.part, _shown(names[part][1])) for part in parts]


def _shown(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{lists.COUNTED}+" if count > lists.COUNTED else str(count)


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    """(address, text, on) of each quick filter; the address of one that is on takes it away."""
    severe = asked.severity is Severity.SEVERE
    animals = asked.kind is TicketKind.ANIMALS
    return [
        (_link(asked, late=None if asked.late else "1"), _("Late"), asked.late),
        (_link(asked, severity=None if severe else Severity.SEVERE), words.severity_name(Severity.SEVERE), severe),
        (_link(asked, kind=None if animals else TicketKind.ANIMALS), words.kind_name(TicketKind.ANIMALS), animals),
    ]


def _choices(viewer: Any) -> dict[str, list[tuple[str, str]]]:
    """What the filter's selects offer."""

    def of(kind: Any, name: Callable[[Any], str]) -> list[tuple[str, str]]:
        return [(one.value, name(one)) for one in kind]

    reps = reps_of(viewer) if viewer.role is not Role.REP else []
    return {
        "state": of(TicketState, words.state_name),
        "kind": of(TicketKind, words.kind_name),
        "severity": of(Severity, words.severity_name),
        "rep": [(str(rep.id), f"{rep.name} · {rep.username}") for rep in reps],
    }
