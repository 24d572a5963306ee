"""A distributor's areas on its page."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core.panels import Panel
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.areas import queries
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products import lines

from .views import said_days

MOST = 8


def _areas(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    """One statement."""
    found = queries.of_distributor(distributor_id, today, MOST + 1)
    return {
        "rows": found[:MOST],
        "more": len(found) > MOST,
        "key": distributor_id,
        "admin": viewer.everywhere,
        "today": today,
        "place": place_names(),
        "said_line": lines.said,
        "said_days": said_days,
    }


PANELS = (Panel("distributor", "desk/areas/panel.html", _areas, 45),)
