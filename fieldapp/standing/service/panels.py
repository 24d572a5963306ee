"""How far a promise was kept, on the distributor's page and in the brief of a visit."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core.panels import Panel

from . import policy, queries


def _kept(_viewer: Any, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    promises = queries.versions(distributor_id)
    record = queries.record_of(promises, distributor_id, today) if promises else None
    return {"id": distributor_id, "rate": record.rate if record else None, "days": policy.on(today).days}


def _kept_or_nothing(viewer: Any, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    shown = _kept(viewer, distributor_id, today)
    return shown if shown and shown["rate"] is not None else None


PANELS = (
    Panel("distributor", "standing/service/panel.html", _kept, order=60),
    Panel("visit", "standing/service/panel.html", _kept_or_nothing, order=60),
)
