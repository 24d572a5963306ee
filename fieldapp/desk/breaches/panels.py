"""Breaches elsewhere: at a distributor, on the home page, among the approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from fieldapp.core.db import uuid7
from fieldapp.core.panels import Panel
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import queries, words
from .models import Breach
from .queries import Asked, Part, Said
from .rules import State

MOST = 3


def _at_distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    found = queries.open_at(viewer, distributor_id, MOST)
    if not found:
        return None
    address = url_for("breaches.index", part=Part.ALL.value, q=found[0].code)
    return _shown(viewer, today, found, _("Sold below the floor"), address, here=True)


def _to_do(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """The newest that are open: for a rep to explain, for a supervisor to decide."""
    rep = viewer.role is Role.REP
    asked = Asked(said=Said.NO if rep else None)
    address = f"{url_for('breaches.index')}?{urlencode(asked.args())}"
    found = queries.listed(viewer, asked, MOST, floors=queries.sees_floors(viewer, today)).rows
    if not found:
        return None
    title = _("Sales below the floor: explain them") if rep else _("Sold below the floor")
    return _shown(viewer, today, found, title, address, here=False)


def _shown(
    viewer: Viewer, today: date, rows: list[queries.Row], title: str, address: str, *, here: bool
) -> Mapping[str, Any]:
    floors = queries.sees_floors(viewer, today)
    return {"rows": rows, "title": title, "all": address, "here": here, "floors": floors, "words": words}


def _in_brief(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any] | None:
    """Before a visit: what is to be explained of this distributor, each with its form, as it may have to be without a
    signal."""
    found = queries.open_at(viewer, distributor_id, MOST, to_explain=True)
    return {"rows": found, "id": distributor_id, "key": uuid7, "words": words} if found else None


def _to_explain_at(viewer: Viewer, distributor_id: UUID, _today: date) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        queries.visible(viewer), Breach.distributor_id == distributor_id, *queries.to_be_explained()
    )


def _any_at(viewer: Viewer, distributor_id: UUID, _today: date) -> sa.ColumnElement[bool]:
    open_ = Breach.state.in_((State.OPEN, State.RECOVER))
    here = Breach.distributor_id == distributor_id
    return sa.exists().where(queries.visible(viewer), here, open_, Breach.result.in_(queries.BELOW))


def _any(viewer: Viewer, _key: UUID, _today: date) -> sa.ColumnElement[bool]:
    wanted = [Breach.state == State.OPEN, Breach.result.in_(queries.BELOW)]
    return sa.exists().where(
        queries.visible(viewer), *(queries.to_be_explained() if viewer.role is Role.REP else wanted)
    )


_PANEL = "desk/breaches/panel.html"
PANELS = (
    Panel("visit", "desk/breaches/visit_panel.html", _in_brief, order=25, probe=_to_explain_at),
    Panel("distributor", _PANEL, _at_distributor, order=45, probe=_any_at),
    Panel("home", _PANEL, _to_do, order=45, probe=_any),
    Panel("approvals", _PANEL, _to_do, order=45, probe=_any),
)
