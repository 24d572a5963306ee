"""Hand-overs on a distributor's page: to come, and of the last weeks; and at a task that came with one."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.panels import Panel
from fieldapp.desk.deals.queries import place_names
from fieldapp.people.accounts.viewer import Viewer

from . import queries, words
from .models import Handover, HandoverItem
from .rules import State

WEEKS = timedelta(days=60)


def _probe(_viewer: Viewer, distributor_id: UUID, today: date) -> sa.ColumnElement[bool]:
    lately = sa.or_(Handover.state == State.COMING, Handover.day >= today - WEEKS)
    party = sa.or_(Handover.from_id == distributor_id, Handover.to_id == distributor_id)
    went = sa.exists().where(HandoverItem.subject_id == distributor_id, HandoverItem.handover_id == Handover.id)
    return sa.or_(
        sa.exists().where(party, lately, Handover.state != State.CALLED_OFF),
        sa.exists(sa.select(1).where(went, lately)),
    )


def _distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    """One statement."""
    rows = queries.of_distributor(viewer, distributor_id, today - WEEKS)
    return {"rows": rows, "words": words, "place": place_names()} if rows else None


def _went(_viewer: Viewer, key: UUID, _today: date) -> sa.ColumnElement[bool]:
    return sa.exists().where(HandoverItem.subject_id == key, HandoverItem.why.is_(None))


def _task(viewer: Viewer, key: UUID, _today: date) -> Mapping[str, Any] | None:
    """A task has no thread: where it came from is told beside it."""
    rows = queries.that_moved(viewer, key)
    return {"rows": rows, "words": words, "place": place_names()} if rows else None


PANELS = (
    Panel("distributor", "desk/handover/panel.html", _distributor, 46, probe=_probe),
    Panel("task", "desk/handover/panel.html", _task, probe=_went),
)
