"""What credit has to say in the brief of a visit: the grade, what is available, what is overdue."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core.panels import Panel

from .card import ledger_on, record_of
from .credit_rules import Limit, limit_on


def _credit(_viewer: Any, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    record, ledger = record_of(distributor_id), ledger_on(distributor_id, today)
    limit = (
        limit_on(today, record.limit, record.extra_limit, record.extra_from, record.extra_until)
        if record
        else Limit(None)
    )
    return {
        "id": distributor_id,
        "record": record,
        "limit": limit.whole,
        "available": (limit.whole or 0) - ledger.outstanding if record else None,
        "ledger": ledger,
        "today": today,
    }


PANELS = (Panel("visit", "standing/grading/visit_panel.html", _credit, order=20),)
