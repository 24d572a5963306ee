"""Feedback elsewhere: on a distributor's page, in the brief of a visit, on the home page."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core import clock
from fieldapp.core.db import uuid7
from fieldapp.core.panels import Panel
from fieldapp.fieldwork.feedback import queries
from fieldapp.fieldwork.feedback.policy import kind_name
from fieldapp.fieldwork.feedback.queries import Asked
from fieldapp.people.accounts.viewer import Viewer

from . import words

LATEST = 3


def _distributor(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any]:
    store = queries.distributor(viewer, key=distributor_id)
    rows = queries.listed(viewer, Asked(distributor_id=distributor_id), LATEST)
    return {
        "code": store.code if store else "",
        "rows": rows[:LATEST],
        "words": words,
        "kind_name": kind_name,
        "now": clock.now(),
    }


def _visit(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any] | None:
    store = queries.distributor(viewer, key=distributor_id)
    if store is None:
        return None
    return {
        "id": distributor_id,
        "code": store.code,
        "name": store.name,
        "rows": queries.to_tell(viewer, distributor_id),
        "words": words,
        "new_key": uuid7(),
        "now": clock.now(),
    }


def _home(viewer: Viewer, _key: UUID, _today: date) -> Mapping[str, Any] | None:
    unanswered, untold = queries.counts(viewer)
    return {"unanswered": unanswered, "untold": untold} if unanswered or untold else None


PANELS = (
    Panel("distributor", "desk/feedback/panel.html", _distributor, order=25),
    Panel("visit", "desk/feedback/visit.html", _visit, order=8),
    Panel("home", "desk/feedback/home.html", _home, order=30),
)
