"""What conflicts have to say elsewhere: at a distributor, on a visit, on the home page."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import url_for

from fieldapp.core.panels import Panel
from fieldapp.fieldwork.conflicts import links, queries, words
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import lists, opening

MOST = 5
MOST_ON_VISIT = 3


def _going(viewer: Viewer, distributor_id: UUID, most: int) -> list[lists.Row]:
    keys = [row.id for row in queries.going_of(viewer, distributor_id, most)]
    return lists.of_keys(viewer, keys) if keys else []


def _distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    """One statement, three where it quarrels."""
    return {
        "rows": _going(viewer, distributor_id, MOST),
        "distributor": visits.distributor(viewer, distributor_id),
        "words": words,
        "today": today,
    }


def _visit(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    """What is going on there and what it promised, and the form, so that it is there without a signal too."""
    reports = viewer.role is not Role.ADMIN
    visit = visits.under_way(viewer.id) if reports else None
    distributor = visits.distributor(viewer, distributor_id)
    return {
        "rows": _going(viewer, distributor_id, MOST_ON_VISIT),
        "promises": queries.promised_by(viewer, distributor_id, MOST),
        "distributor": distributor,
        "f": opening.fields_of(viewer, distributor) if reports else None,
        "visit": visit.id if visit and visit.distributor_id == distributor_id else "",
        "words": words,
        "today": today,
    }


def _home(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """Meetings and promises of his agreements until the end of the week; his other tasks stand there already."""
    sunday = today + timedelta(days=6 - today.weekday())
    rows = queries.due_for(viewer, sunday, MOST)
    return {"rows": rows, "today": today} if rows else None


def _linked(kind: str) -> Panel:
    """On the page of a thing that conflicts can be linked with: those about it, and how to open one."""

    def read(viewer: Viewer, key: UUID, today: date) -> Mapping[str, Any] | None:
        rows = [row.id for row in queries.linked_with(viewer, kind, str(key))]
        parties = links.parties(viewer, kind, str(key))
        if not rows and not parties:
            return None
        return {
            "rows": lists.of_keys(viewer, rows) if rows else [],
            "address": url_for("conflicts.new", link=f"{kind}:{key}", party=parties) if parties else None,
            "words": words,
            "today": today,
        }

    return Panel(f"link:{kind}", "desk/conflicts/linked.html", read)


PANELS = (
    Panel("distributor", "desk/conflicts/panel.html", _distributor, order=24),
    Panel("visit", "desk/conflicts/visit_panel.html", _visit, order=9),
    Panel("home", "desk/conflicts/home.html", _home, order=22),
    *map(_linked, ("area", "breach", "crossarea", "merged")),
)
