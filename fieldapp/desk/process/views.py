"""How long each step waits and where it is stuck, by month and area: never by person."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.fieldwork.visits.words import duration

from . import exports, queries, steps
from .queries import Asked
from .rules import FEW, LEVELS, next_month

concern = Concern("process", __name__, section="process", url_prefix="/process")


@concern.route("", allow=DECIDERS)
def index() -> Response:
    """Every step in a month, and what waits there now."""
    asked, today = Asked.read(request.args, clock.today()), clock.today()
    waits = queries.overview(current_user, asked, today)
    stuck = queries.stuck(current_user, asked, clock.now(), today)
    found = [(one, waits[one.name], stuck[one.name]) for one in steps.declared()]
    groups = [(steps.group_name(group), [row for row in found if row[0].group is group]) for group in steps.Group]
    return page("desk/process/index.html", groups=groups, **_shared(asked))


@concern.route("/<step>", allow=DECIDERS)
def step(step: str) -> Response:
    """One step: twelve months, the areas of a month, and what has waited longest."""
    found = steps.find(step) or abort(404)
    asked, today = Asked.read(request.args, clock.today()), clock.today()
    shown = queries.detail(current_user, found, asked, clock.now(), today)
    most = max((waits.ninety or 0 for _month, waits in shown.months), default=0)
    return page(
        "desk/process/step.html",
        step=found,
        shown=shown,
        most=most,
        address=_address(found),
        **_shared(asked, step=step),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export(kind: str) -> Response:
    """What the overview shows, as a file."""
    asked, today = Asked.read(request.args, clock.today()), clock.today()
    waits = queries.overview(current_user, asked, today)
    stuck = queries.stuck(current_user, asked, clock.now(), today)
    found = [(one, waits[one.name], stuck[one.name]) for one in steps.declared()]
    rows = exports.overview(f"{asked.month:%Y-%m}", asked.region, _place, found)
    return _file(kind, f"process-{asked.month:%Y-%m}", rows)


@concern.route("/<step>/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export_step(step: str, kind: str) -> Response:
    """What the page of a step shows, as a file."""
    found = steps.find(step) or abort(404)
    asked = Asked.read(request.args, clock.today())
    shown = queries.detail(current_user, found, asked, clock.now(), clock.today())
    rows = exports.detail(found, f"{asked.month:%Y-%m}", asked.region, _place, shown)
    return _file(kind, f"process-{step}-{asked.month:%Y-%m}", rows)


def _file(kind: str, name: str, rows: Iterable[list[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    body = b"".join(csv_chunks(exports.header(), rows))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}.csv"})


def _shared(asked: Asked, **of_step: Any) -> dict[str, Any]:
    """What both pages show around their figures; `of_step`: the argument `step` of the page of one."""
    here, file = ("process.step", "process.export_step") if of_step else ("process.index", "process.export")

    def link(**changes: Any) -> str:
        return url_for(here, **of_step, **asked.args(**changes))

    after = next_month(asked.month)
    return {
        "asked": asked,
        "place": _place,
        "few": FEW,
        "duration": duration,
        "link": link,
        "before": link(month=f"{asked.month - timedelta(days=1):%Y-%m}") if asked.month.year > 2000 else None,
        "after": link(month=f"{after:%Y-%m}") if after <= clock.today() else None,
        "clocks": [
            (link(hours=None), _("Working hours"), not asked.by_clock),
            (link(hours="clock"), _("By the clock"), asked.by_clock),
        ],
        "above": [(link(region=code or None), _place(code)) for code in _above(asked.region)],
        "sheet": lambda kind: url_for(file, kind=kind, **of_step, **asked.args()),
    }


def _above(region: str) -> list[str]:
    """The areas around one, the widest first; "" is everywhere."""
    return ["", *(region[:level] for level in LEVELS if level < len(region))] if region else []


def _place(region: str) -> str:
    """The name of an area without those around it."""
    return (place_names()(region) or region).rsplit(" ", 1)[-1] if region else _("Everywhere")


def _address(found: steps.Step) -> Callable[[UUID], str | None]:
    """The page of a thing that waits; None while its concern has none."""
    there = found.endpoint in current_app.view_functions

    def address(key: UUID) -> str | None:
        arguments: dict[str, Any] = {found.argument: key}
        return url_for(found.endpoint, **arguments) if there else None

    return address
