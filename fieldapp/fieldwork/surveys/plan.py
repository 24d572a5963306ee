"""The plan: opens the surveys whose day has come, and tells their reps."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask_babel import ngettext

from fieldapp.core.chores import Chore
from fieldapp.core.db import db, insert_row
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.actions import record
from fieldapp.people.notices.actions import tell
from fieldapp.people.notices.kinds import Kind

from . import book, plan_policy, plan_rules, policy
from .actions import SUBJECT
from .models import FormVersion, Survey
from .rules import Audience, Purpose, SurveyState

DUE = "surveys.due"
PATH = "/surveys"
_CHUNK = 500
_CAUGHT_UP = timedelta(days=31)  # whose day was longer ago waits for the next period: a first run opens no flood


class _Turn(NamedTuple):
    """Somebody whose day has come."""

    key: UUID
    audience: Audience
    distributor_id: UUID
    region_code: str | None
    rep_id: UUID
    outlet_id: UUID | None


def open_due(now: datetime, today: date) -> int:
    """Open the surveys whose day has come, once in their period; each rep hears of his once a week. How many."""
    plan, due = plan_policy.on(today), today + timedelta(days=policy.on(today).due_days)
    opened: Counter[UUID] = Counter()
    versions: dict[Audience, FormVersion] = {}
    turns = _turns(plan, today)
    while chunk := list(islice(turns, _CHUNK)):
        there = set(db.session.scalars(sa.select(Survey.id).where(Survey.id.in_([one.key for one in chunk]))))
        lately = _asked_lately(chunk, now, plan)
        for one in chunk:
            if one.key in there or (one.outlet_id is None and one.distributor_id in lately):
                continue
            if one.audience not in versions:
                versions[one.audience] = book.current(one.audience.value, now)
            if _open(one, versions[one.audience].id, now, due):
                opened[one.rep_id] += 1
    week = today.isocalendar()
    for rep, count in opened.items():
        tell([rep], DUE, f"{week.year}-{week.week}", {"count": count}, PATH, now)
    return opened.total()


def _turns(plan: plan_policy.Plan, today: date) -> Iterator[_Turn]:
    """Customers with an active rep: prospects have nothing to say yet, and who has left is not asked."""
    trading = (Distributor.status.in_((Status.ACTIVE, Status.WATCH)), User.active)
    columns = (Distributor.id, Distributor.region_code, Distributor.rep_id)
    if plan.distributor_months:
        rows = db.session.execute(sa.select(*columns).join(User, User.id == Distributor.rep_id).where(*trading))
        for distributor, region, rep in rows:
            period, day = plan_rules.turn(distributor, plan.distributor_months, today)
            if today - _CAUGHT_UP < day <= today:
                key = plan_rules.key_of(Audience.DISTRIBUTOR, distributor, period)
                yield _Turn(key, Audience.DISTRIBUTOR, distributor, region, rep, None)
    for kind, audience, percent in (
        (OutletKind.RETAILER, Audience.RETAILER, plan.retailer_percent),
        (OutletKind.FARM, Audience.FARMER, plan.farm_percent),
    ):
        if not percent:
            continue
        rows = db.session.execute(
            sa.select(*columns, Outlet.id)
            .join(User, User.id == Distributor.rep_id)
            .join(Outlet, Outlet.distributor_id == Distributor.id)
            .where(*trading, Outlet.kind == kind, Outlet.active)
        )
        for distributor, region, rep, outlet in rows:
            drawn = plan_rules.sampled(outlet, percent, today)
            if drawn is not None and today - _CAUGHT_UP < drawn[1] <= today:
                key = plan_rules.key_of(audience, outlet, drawn[0])
                yield _Turn(key, audience, distributor, region, rep, outlet)


def _asked_lately(turns: Iterable[_Turn], now: datetime, plan: plan_policy.Plan) -> set[UUID]:
    """Distributors that have answered, or have one open, within half the time between two: not asked again yet."""
    wanted = [one.distributor_id for one in turns if one.outlet_id is None]
    since = now - timedelta(days=15 * plan.distributor_months)
    return set(
        db.session.scalars(
            sa.select(Survey.distributor_id)
            .join(FormVersion, FormVersion.id == Survey.version_id)
            .where(
                Survey.distributor_id.in_(wanted),
                Survey.made_at >= since,
                Survey.state.in_((SurveyState.ANSWERED, SurveyState.OPEN)),
                FormVersion.form == Audience.DISTRIBUTOR.value,
            )
        )
    )


def _open(turn: _Turn, version_id: UUID, now: datetime, due: date) -> bool:
    values: dict[str, Any] = {
        "id": turn.key,
        "version_id": version_id,
        "purpose": Purpose.PERIODIC,
        "distributor_id": turn.distributor_id,
        "region_code": turn.region_code,
        "rep_id": turn.rep_id,
        "outlet_id": turn.outlet_id if turn.audience is Audience.RETAILER else None,
        "farm_id": turn.outlet_id if turn.audience is Audience.FARMER else None,
        "made_at": now,
        "due": due,
    }
    made = insert_row(Survey, values, unless_taken=True)
    if made:
        record(None, "surveys.plan", SUBJECT, turn.key, now, {"purpose": [None, Purpose.PERIODIC.value]})
    return made


def _title(values: Mapping[str, Any]) -> str:
    return ngettext("%(num)d survey is due", "%(num)d surveys are due", int(values["count"]))


KINDS = (Kind(DUE, _title, _title),)
CHORES = (Chore("survey plan", open_due),)
