"""On the home page: a log that was returned, logs that wait for a decision, and the way to the week."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.panels import Panel
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import queries


def on_home(viewer: Viewer, _key: UUID, _today: date) -> Mapping[str, Any] | None:
    """One statement; nothing for administrators, who have no week."""
    if viewer.role is Role.ADMIN:
        return None
    if viewer.role is Role.SUPERVISOR:
        return {"returned": [], "waiting": queries.to_decide(viewer)}
    return {"returned": queries.returned(viewer), "waiting": []}


def _waits(viewer: Viewer, _key: UUID, _today: date) -> sa.ColumnElement[bool] | None:
    return None if viewer.role is Role.ADMIN else queries.waits(viewer)


_NOTHING: Mapping[str, Any] = {"returned": [], "waiting": []}
PANELS = (Panel("home", "desk/weeklog/home.html", on_home, order=80, probe=_waits, otherwise=_NOTHING),)
