"""Cases that wait too long: who may move them on, and the administrators, are told once for each stop.

A suspicion of the invoices is no such case: nobody has said that goods were found, and there are many.
"""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.people.accounts.queries import administrators
from fieldapp.people.notices.actions import tell

from . import policy, queries, told
from .models import CrossCase, CrossEntry
from .policy import CrossAreaPolicy
from .rules import WAITS, CaseState

_LOOKED_INTO = (CaseState.INVESTIGATING, *WAITS)
LATE = f"{told.NAME}.late"


def due(state: CaseState, last: datetime, rules: CrossAreaPolicy) -> datetime | None:
    """Until when something is to be done with a case at which `last` something was done; None: it may wait.

    The days are those of the calendar.
    """
    if state is CaseState.REPORTED:
        return last + timedelta(days=rules.look_days)
    return last + timedelta(days=rules.decide_days) if state in _LOOKED_INTO else None


def escalate(now: datetime, today: date) -> int:
    """Tell of those that are overdue; how many people were told. Whoever was told of this stop is not told again."""
    rules = policy.on(today)
    last = sa.select(sa.func.max(CrossEntry.at)).where(CrossEntry.case_id == CrossCase.id).scalar_subquery()
    states = sa.or_(
        sa.and_(CrossCase.state == CaseState.REPORTED, last <= now - timedelta(days=rules.look_days)),
        sa.and_(CrossCase.state.in_(_LOOKED_INTO), last <= now - timedelta(days=rules.decide_days)),
    )
    count = 0
    for case in db.session.scalars(sa.select(CrossCase).where(states).order_by(CrossCase.number)).all():
        regions = [case.region_code, *queries.regions(case)]
        may = told.deciders if case.state in WAITS else told.nearest
        people = [*may(regions, but=[case.made_by_id]), *(one.id for one in administrators())]
        about, path = f"{case.id}:late:{case.version}", f"/cross-area/{case.id}"
        count += tell(people, LATE, about, {"number": case.number}, path, now)
    return count
