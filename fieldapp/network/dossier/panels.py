"""What a file has to say on a distributor's page."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.panels import Panel

from . import policy, words
from .models import Dossier
from .rules import ITEMS, asked_for, percent

_NAMED = 2


def _completeness(_viewer: Any, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    kept = db.session.scalar(sa.select(Dossier.missing).where(Dossier.distributor_id == distributor_id))
    absent = kept if kept is not None else [item.code for item in ITEMS]
    weights = policy.on(today).weights
    lacking = asked_for(absent, weights)
    return {
        "id": distributor_id,
        "percent": percent(absent, weights),
        "missing": [words.item_name(code) for code in lacking[:_NAMED]],
        "more": len(lacking) > _NAMED,
    }


PANELS = (Panel("distributor", "network/dossier/panel.html", _completeness, order=60),)
