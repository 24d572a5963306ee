"""The price book elsewhere: retail prices on a distributor's page; changes that wait, at home and among approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.panels import Panel
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing import policy, queries
from fieldapp.trade.pricing.change_rules import DraftState
from fieldapp.trade.pricing.models import PriceDraft

from . import seen

LATEST = 3


def _distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    store = seen.store_of(viewer, key=distributor_id)
    if store is None:
        return None
    return {"code": store.code, "rows": seen.latest(viewer, distributor_id, today, LATEST)}


def _may_wait(viewer: Viewer, _key: UUID, _today: date) -> sa.ColumnElement[bool] | None:
    if viewer.role is Role.REP:
        return sa.false()
    return sa.exists().where(PriceDraft.state == DraftState.SUBMITTED)


def _approvals(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """Changes that wait for this viewer: submitted, and without a hand of his."""
    may = policy.rights(viewer, today)
    if not may.approves:
        return None
    rows = [
        (draft, count, name)
        for draft, count, name in queries.drafts(viewer, may)
        if draft.state is DraftState.SUBMITTED and viewer.id not in queries.editors(draft.id)
    ]
    return {"rows": rows} if rows else None


PANELS = (
    Panel("distributor", "desk/pricebook/panel.html", _distributor, order=27),
    Panel("approvals", "desk/pricebook/approvals.html", _approvals, order=30, probe=_may_wait),
    Panel("home", "desk/pricebook/approvals.html", _approvals, order=22, probe=_may_wait),
)
