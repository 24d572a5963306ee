"""What merged accounts have to say elsewhere: at a distributor, on its credit page, among the approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.panels import Panel
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import group_queries, queries, words
from .models import MergedMember, MergedPair
from .rules import State


def _grouped(_viewer: Any, distributor_id: UUID, _today: date) -> sa.ColumnElement[bool]:
    return sa.exists().where(MergedMember.distributor_id == distributor_id)


def _either(viewer: Viewer, distributor_id: UUID, today: date) -> sa.ColumnElement[bool]:
    """A group, or, for who decides, a suspicion."""
    grouped = _grouped(viewer, distributor_id, today)
    if viewer.role is Role.REP:
        return grouped
    mine = sa.or_(MergedPair.one_id == distributor_id, MergedPair.other_id == distributor_id)
    return sa.or_(grouped, sa.exists().where(mine, MergedPair.state.in_((State.OPEN, State.WATCH))))


def _credit(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    group = group_queries.group_of(distributor_id)
    if group is None:
        return None
    found = group_queries.sum_of(distributor_id, today)
    seen = [one for one in found.others if viewer.covers(one.region_code)]
    return {
        "group": group if viewer.role is not Role.REP else None,
        "sum": found,
        "seen": seen,
        "others": len(found.others) - len(seen),
        "suspicions": [],
        "words": words,
    }


def _distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any] | None:
    """Two statements for each of the two."""
    suspicions = queries.suspicions_of(viewer, distributor_id) if viewer.role is not Role.REP else []
    group = _credit(viewer, distributor_id, today)
    if group is None:
        return {"sum": None, "suspicions": suspicions, "words": words} if suspicions else None
    return {**group, "suspicions": suspicions}


def _approvals(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any] | None:
    """How many strong suspicions wait; nothing where none does. An administrator finds his in the list."""
    count = queries.to_decide(viewer, today) if viewer.role is Role.SUPERVISOR else 0
    return {"count": count} if count else None


PANELS = (
    Panel("distributor", "standing/merged/panel.html", _distributor, order=2, probe=_either),
    Panel("credit", "standing/merged/panel.html", _credit, order=10, probe=_grouped),
    Panel("approvals", "standing/merged/approvals.html", _approvals, order=60),
)
