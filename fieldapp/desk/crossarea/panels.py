"""What cross-area cases have to say elsewhere: at a distributor, on a visit, on the home page, among the approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.panels import Panel
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import queries, words
from fieldapp.standing.crossarea.cases import MONTHS
from fieldapp.standing.crossarea.models import CrossCase
from fieldapp.standing.crossarea.rules import CONFIRMED, OPEN
from fieldapp.standing.grading.models import Assessment
from fieldapp.standing.grading.scoring import add_months

from . import lists
from .lists import Row

MOST = 4


def _some(viewer: Viewer, *wanted: sa.ColumnElement[bool], most: int = MOST) -> list[Row]:
    found = lists.rows(viewer).where(queries.visible(viewer), *wanted)
    return [Row(*row) for row in db.session.execute(found.order_by(CrossCase.number.desc()).limit(most))]


def _shown() -> dict[str, Any]:
    return {"words": words, "place": place_names()}


def _distributor(viewer: Viewer, distributor_id: UUID, today: date) -> Mapping[str, Any]:
    """Its open cases, what was confirmed in a year, and whether it was rated since. Three statements."""
    side = sa.or_(CrossCase.seller_id == distributor_id, CrossCase.harmed_id == distributor_id)
    rows = _some(viewer, side, CrossCase.state.in_(OPEN))
    confirmed = queries.confirmed(distributor_id, add_months(today, -MONTHS), today)
    latest = sa.select(sa.func.max(CrossCase.decided_at)).where(
        CrossCase.seller_id == distributor_id, CrossCase.state.in_(CONFIRMED)
    )
    rated = sa.select(sa.func.max(Assessment.proposed_at)).where(Assessment.distributor_id == distributor_id)
    code, decided, proposed = db.session.execute(
        sa.select(Distributor.code, latest.scalar_subquery(), rated.scalar_subquery()).where(
            Distributor.id == distributor_id
        )
    ).one()
    return {
        "rows": rows,
        "confirmed": confirmed,
        "rate": sum(confirmed) and decided is not None and (proposed is None or proposed < decided),
        "distributor_id": distributor_id,
        "code": code,
        "reports": viewer.role is not Role.ADMIN,
        **_shown(),
    }


def _visit(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any] | None:
    """The way to the form, and what is open there. Two statements."""
    if viewer.role is Role.ADMIN:
        return None
    side = sa.or_(CrossCase.seller_id == distributor_id, CrossCase.harmed_id == distributor_id)
    code = db.session.scalar(sa.select(Distributor.code).where(Distributor.id == distributor_id))
    return {"rows": _some(viewer, side, CrossCase.state.in_(OPEN)), "code": code, **_shown()}


def _there(viewer: Viewer, _key: UUID, _today: date) -> sa.ColumnElement[bool]:
    """Is there anything for somebody who decides?"""
    if viewer.role is Role.REP:
        return sa.false()
    new = sa.exists(sa.select(CrossCase.id).where(*queries.unseen(viewer)))
    return sa.or_(new, sa.exists(sa.select(CrossCase.id).where(*queries.awaits(viewer))))


def _home(viewer: Viewer, _key: UUID, _today: date) -> Mapping[str, Any] | None:
    """What is new, and what waits for a decision; nothing for reps, and where nothing is."""
    found = lists.counts(viewer)
    return {"counts": found} if found.new or found.waiting else None


def _waits(viewer: Viewer, _key: UUID, _today: date) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(CrossCase.id).where(*queries.awaits(viewer)))


def _approvals(viewer: Viewer, _key: UUID, _today: date) -> Mapping[str, Any] | None:
    """Cases that wait for his decision; nothing where none does."""
    rows = _some(viewer, *queries.awaits(viewer), most=20)
    return {"rows": rows, **_shown()} if rows else None


PANELS = (
    Panel("distributor", "desk/crossarea/panel.html", _distributor, order=30),
    Panel("visit", "desk/crossarea/visit_panel.html", _visit, order=12),
    Panel("home", "desk/crossarea/home.html", _home, order=30, probe=_there),
    Panel("approvals", "desk/crossarea/approvals.html", _approvals, order=30, probe=_waits),
)
