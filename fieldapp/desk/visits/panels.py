"""What visits have to say elsewhere: on a distributor's page, and in the brief of the next visit."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from fieldapp.core.panels import Panel
from fieldapp.fieldwork.tasks import queries as tasks
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.fieldwork.visits import policy, queries
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import presentation, screen
from .queries import tonnes

LATEST = 3


def _visits(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    return {
        "id": distributor_id,
        "rows": queries.of_distributor(distributor_id, LATEST),
        "planned": queries.next_planned(distributor_id, today),
        "may_visit": viewer.role is not Role.ADMIN,
        "flags": partial(screen.flags_of, far=policy.on(today).warn_metres),
        "words": presentation,
    }


def _last(_viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    last = queries.of_distributor(distributor_id, 1, ended=True)
    return {
        "last": last[0] if last else None,
        "promises": tasks.open_of(distributor_id, TaskKind.PROMISE),
        "today": today,
        "words": presentation,
    }


def _tonnes(_viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    rows = tonnes(distributor_id, today)
    return {"rows": rows} if any(row.sold or row.target for row in rows) else None


PANELS = (
    Panel("distributor", "desk/visits/panel.html", _visits, order=15),
    Panel("visit", "desk/visits/last.html", _last, order=5),
    Panel("visit", "desk/visits/tonnes.html", _tonnes, order=30),
)
