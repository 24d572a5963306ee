"""What people are told of breaches: how many are new, never one by one; and of a measure that is late."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from fieldapp.core.chores import Chore
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.notices.kinds import Kind

from . import policy
from .models import Breach
from .queries import BELOW
from .rules import State

DIGEST = "breaches.digest"
OWN = "breaches.own"
LATE = "breaches.late"
RECOVER = "breaches.recover"


def _count(values: Mapping[str, Any]) -> str:
    count = int(values.get("count", 0))
    return ngettext("%(num)d sale below the floor", "%(num)d sales below the floor", count)


def _recover(values: Mapping[str, Any]) -> str:
    return _("%(number)s, until %(day)s", number=values.get("number", ""), day=values.get("day", ""))


KINDS = (
    Kind(DIGEST, lambda _values: _("Sales below the floor that nobody approved"), _count),
    Kind(OWN, lambda _values: _("Sales of yours need an explanation"), _count),
    Kind(RECOVER, lambda _values: _("A sale of yours below the floor is to be recovered"), _recover),
    Kind(LATE, lambda _values: _("What was to be recovered is late"), lambda values: str(values.get("number", ""))),
)


def digest(now: datetime, today: date) -> int:
    """Tell each supervisor and each rep how many are new since they were last told; how many people were told."""
    days = policy.on(today).digest_days
    if not days or today.toordinal() % days:
        return 0
    since = datetime.combine(today - timedelta(days=days), time.min, SHANGHAI)
    until = datetime.combine(today, time.min, SHANGHAI)
    fresh = Breach.found_at >= since, Breach.found_at < until, Breach.state == State.OPEN, Breach.result.in_(BELOW)
    bosses: Counter[UUID] = Counter()
    supervisors = [
        viewer_of(user) for user in db.session.scalars(sa.select(User).where(User.active, User.role == Role.SUPERVISOR))
    ]
    regions = sa.select(Breach.region_code, sa.func.count()).where(*fresh).group_by(Breach.region_code)
    for region, count in db.session.execute(regions).tuples():
        for boss in supervisors:
            if boss.covers(region):
                bosses[boss.id] += count
    active = sa.select(User.id).where(User.active, User.role == Role.REP)
    own = sa.select(Breach.rep_id, sa.func.count()).where(*fresh, Breach.rep_id.in_(active)).group_by(Breach.rep_id)
    reps = {user: count for user, count in db.session.execute(own).tuples() if user is not None}
    return sum(
        tell([user], kind, today.isoformat(), {"count": count}, "/breaches", now)
        for kind, counts in ((DIGEST, bosses), (OWN, reps))
        for user, count in counts.items()
    )


def late(now: datetime, today: date) -> int:
    """Tell who decided it of a measure that is late, once; how many."""
    found = db.session.scalars(
        sa.select(Breach).where(Breach.state == State.RECOVER, Breach.due_on < today, Breach.decided_by_id.is_not(None))
    )
    return sum(
        tell([row.decided_by_id], LATE, f"{row.id}:{row.due_on}", {"number": row.shown_number}, _path(row), now)
        for row in found
        if row.decided_by_id is not None
    )


def recover(breach: Breach, by: UUID, now: datetime) -> None:
    """Tell the rep, and who made the deal check, that it is to be made good and until when."""
    users = {breach.rep_id, breach.checked_by_id} - {None, by}
    values = {"number": breach.shown_number, "day": str(breach.due_on or "")}
    tell([user for user in users if user], RECOVER, f"{breach.id}:{now.isoformat()}", values, _path(breach), now)


def settle_overdue(breach: Breach, now: datetime) -> None:
    """It was decided: nobody need be reminded."""
    settle((LATE, RECOVER), _path(breach), now)


def _path(breach: Breach) -> str:
    return f"/breaches/{breach.id}"


def _tell(now: datetime, today: date) -> int:
    return digest(now, today) + late(now, today)


CHORES = (Chore("breaches", _tell),)
