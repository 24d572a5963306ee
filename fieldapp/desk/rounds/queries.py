"""The round of a day and the plan of a week, as the pages show them; always within the viewer's patch of now."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.queries import NEAR_KM
from fieldapp.desk.deals.rules import degrees_around, distance_km
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskState
from fieldapp.fieldwork.visits import plans, policy
from fieldapp.fieldwork.visits.cadence import VisitPolicy, late_by, week_of
from fieldapp.fieldwork.visits.models import Visit, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord, Grade

from . import due
from .due import Due
from .forms import AskedDay, AskedWeek
from .rules import COUNTY, Ways, by_county, ways

PAGE = 20
NEAREST = 50
MOST_NEAR = 500  # due within reach, of which the nearest are shown
MOST_PLANNED = 50
MOST_TASKS = 100
MOST_PROPOSED = 30
MOST_OF_WEEK = 1000  # due in a week, out of which the proposals are chosen
FOUND = 10
KEPT_VISITS = 30  # pages of visits that the phone keeps for the day


@dataclass(frozen=True, slots=True)
class Stop:
    """A distributor on the round. `planned_by`: who put it on the day, '' himself; None: it is not planned.

    `promise`: the text of what is promised there for today or before. `km`: how far away, where both places are known.
    """

    id: UUID
    name: str
    region_code: str | None
    grade: Grade | None
    phone: str | None
    ways: Ways | None
    place: tuple[float, float] | None
    due: date | None = None
    last: date | None = None
    planned_by: str | None = None
    promise: str | None = None
    promise_due: date | None = None
    promises: int = 0
    km: float | None = None
    days_due: int = 0


class Made(NamedTuple):
    """A visit of today, or the one in progress."""

    id: UUID
    distributor_id: UUID
    name: str
    day: date
    arrived_at: datetime
    left_at: datetime | None
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class Day:
    """Today's page. `more`: the cursor of the next page of who is due; `count`: how many are due."""

    under_way: Made | None
    planned: list[Stop]
    promised: list[Stop]
    due: list[Stop]
    made: list[Made]
    count: int
    more: str | None
    late_tasks: int
    own: bool


def held(today: date) -> tuple[VisitPolicy, Any]:
    """(the policy of visits, how a region code reads): one statement at most, as prices and names are kept at hand."""
    found, regions = reference.read()
    return policy.read(found.policy_on(today).settings), regions.path


def towns(path: Any) -> Any:
    """City and county of a region code."""

    def town(code: str | None) -> str:
        parts = path(code).split(" ")
        return " · ".join(parts[1:3] or parts)

    return town


# Today ------------------------------------------------------------------------------------------------------------


def day(viewer: Viewer, asked: AskedDay, held_policy: VisitPolicy, today: date) -> Day:
    """The page asked for: five statements."""
    visits = _visits(viewer, today)
    seen = {row.distributor_id for row in visits}
    first = asked.after is None
    planned = [row for row in _planned(viewer, today) if row.distributor_id not in seen]
    tasks = _promised(viewer, today)
    on_plan = {row.distributor_id for row in planned}
    promised = list(dict.fromkeys(row.distributor_id for row in tasks if row.distributor_id not in on_plan | seen))
    own = viewer.role is Role.REP and not asked.everybody
    found, count = due.due(
        viewer,
        held_policy,
        today,
        due.Asked(
            today,
            rep_id=viewer.id if own else None,
            without=seen | on_plan | set(promised),
            box=_box(asked.near) if asked.near else None,
            after=asked.after,
            limit=MOST_NEAR if asked.near else PAGE + 1,
        ),
    )
    shown = found if asked.near else found[:PAGE]
    stops = _stops(viewer, [*on_plan, *promised, *(row.id for row in shown)])
    stops = {key: _with_tasks(stop, [row for row in tasks if row.distributor_id == key]) for key, stop in stops.items()}
    planned_stops = [
        replace(stops[row.distributor_id], planned_by=row.maker if row.made_by_id != viewer.id else "")
        for row in planned
        if row.distributor_id in stops
    ]
    due_stops = [_with_due(stops[row.id], row, today) for row in shown if row.id in stops]
    promised_stops = [stops[key] for key in promised if key in stops]
    if asked.near:
        planned_stops, promised_stops, due_stops = (
            _nearest(part, asked.near) for part in (planned_stops, promised_stops, due_stops)
        )
    return Day(
        under_way=next((row for row in visits if row.left_at is None), None),
        planned=planned_stops if first else [],
        promised=promised_stops if first else [],
        due=due_stops[:NEAREST],
        made=[row for row in visits if row.left_at is not None] if first else [],
        count=count,
        more=shown[-1].cursor if not asked.near and len(found) > PAGE else None,
        late_tasks=sum(row.due < today for row in tasks),
        own=own,
    )


def _visits(viewer: Viewer, today: date) -> list[Made]:
    """His visits of today and the one in progress, whenever it began."""
    rows = db.session.execute(
        sa.select(
            Visit.id,
            Visit.distributor_id,
            Distributor.name,
            Visit.day,
            Visit.arrived_at,
            Visit.left_at,
            Visit.ending,
        )
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(Visit.rep_id == viewer.id, sa.or_(Visit.day == today, Visit.left_at.is_(None)))
        .order_by(Visit.arrived_at, Visit.id)
        .limit(MOST_PLANNED)
    )
    return list(map(Made._make, rows))


def _planned(viewer: Viewer, today: date) -> Sequence[Any]:
    return db.session.execute(
        sa.select(VisitPlan.distributor_id, VisitPlan.made_by_id, User.name.label("maker"))
        .join(User, User.id == VisitPlan.made_by_id)
        .where(VisitPlan.rep_id == viewer.id, VisitPlan.day == today)
        .order_by(VisitPlan.made_at, VisitPlan.id)
        .limit(MOST_PLANNED)
    ).all()


def _promised(viewer: Viewer, today: date) -> Sequence[Any]:
    """His open tasks for today or before, the longest late first."""
    return db.session.execute(
        sa.select(Task.distributor_id, Task.text, Task.due)
        .where(Task.owner_id == viewer.id, Task.state == TaskState.OPEN, Task.due <= today)
        .order_by(Task.due, Task.id)
        .limit(MOST_TASKS)
    ).all()


def _stops(viewer: Viewer, keys: Collection[UUID]) -> dict[UUID, Stop]:
    """What a row shows of each; those outside the patch are left out."""
    if not keys:
        return {}
    rows = db.session.execute(
        sa.select(
            Distributor.id,
            Distributor.name,
            Distributor.region_code,
            Distributor.address,
            Distributor.lat,
            Distributor.lng,
            CreditRecord.grade,
            Contact.phone,
        )
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Contact, sa.and_(Contact.distributor_id == Distributor.id, Contact.main))
        .where(Distributor.id.in_(keys), viewer.scope(Distributor.region_code))
    )
    return {
        row.id: Stop(
            id=row.id,
            name=row.name,
            region_code=row.region_code,
            grade=row.grade,
            phone=row.phone,
            ways=ways(row.name, row.lat, row.lng, row.address),
            place=(row.lat, row.lng) if row.lat is not None and row.lng is not None else None,
        )
        for row in rows
    }


def _with_tasks(stop: Stop, tasks: Sequence[Any]) -> Stop:
    if not tasks:
        return stop
    return replace(stop, promise=tasks[0].text, promise_due=tasks[0].due, promises=len(tasks))


def _with_due(stop: Stop, found: Due, today: date) -> Stop:
    return replace(stop, due=found.due, last=found.last, days_due=late_by(found.due, today))


def _box(near: tuple[float, float]) -> due.Box:
    north, east = degrees_around(near[0], NEAR_KM)
    return near[0] - north, near[0] + north, near[1] - east, near[1] + east


def _nearest(stops: Sequence[Stop], near: tuple[float, float]) -> list[Stop]:
    """The nearest first; those without a place last, in the order in which they came."""
    placed = [replace(stop, km=distance_km(near, stop.place)) if stop.place else stop for stop in stops]
    return sorted(placed, key=lambda stop: (stop.km is None, stop.km or 0.0))


# Home, and what the phone keeps -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Next:
    """Home's part: the next visits (key, name, due since; None where planned), how many of his tasks are late."""

    visits: list[tuple[UUID, str, date | None]]
    under_way: tuple[UUID, str] | None
    late_tasks: int


def next_up(viewer: Viewer, held_policy: VisitPolicy, today: date, size: int = 3) -> Next | None:
    """Two statements; None for an administrator, who goes on no round."""
    if viewer.role is Role.ADMIN:
        return None
    tagged = _tagged(viewer, today)
    planned = [(key, name) for kind, key, name in tagged if kind == "planned"]
    seen = {key for kind, key, _name in tagged if kind in ("made", "under way")}
    wanted: list[tuple[UUID, str, date | None]] = [(key, name, None) for key, name in planned if key not in seen]
    if len(wanted) < size and viewer.role is Role.REP:
        asked = due.Asked(
            today, rep_id=viewer.id, without={*seen, *(key for key, _name in planned)}, limit=size - len(wanted)
        )
        wanted += [(row.id, row.name, row.due) for row in due.due(viewer, held_policy, today, asked)[0]]
    return Next(
        wanted[:size],
        next(((key, name) for kind, key, name in tagged if kind == "under way"), None),
        sum(kind == "late" for kind, _key, _name in tagged),
    )


def _tagged(viewer: Viewer, today: date) -> Sequence[Any]:
    """(planned, made, under way or late; distributor, its name) of his day, in one statement."""

    def tagged(kind: Any, model: Any, *conditions: Any) -> sa.Select[Any]:
        chosen = sa.select(kind.label("kind"), Distributor.id, Distributor.name).select_from(model)
        chosen = chosen.join(Distributor, Distributor.id == model.distributor_id).where(*conditions)
        return sa.select(chosen.limit(MOST_TASKS).subquery())

    kind = sa.case((Visit.left_at.is_(None), "under way"), else_="made")
    parts = sa.union_all(
        tagged(sa.literal("planned"), VisitPlan, VisitPlan.rep_id == viewer.id, VisitPlan.day == today),
        tagged(kind, Visit, Visit.rep_id == viewer.id, sa.or_(Visit.day == today, Visit.left_at.is_(None))),
        tagged(sa.literal("late"), Task, Task.owner_id == viewer.id, Task.state == TaskState.OPEN, Task.due < today),
    )
    return db.session.execute(parts).all()


def kept(viewer: Viewer, held_policy: VisitPolicy, today: date) -> list[UUID]:
    """Distributors of his day whose visit the phone keeps: planned, promised, then due; at most KEPT_VISITS."""
    seen = [row.distributor_id for row in _visits(viewer, today) if row.left_at is None]
    wanted = [*seen, *(row.distributor_id for row in _planned(viewer, today))]
    wanted += [row.distributor_id for row in _promised(viewer, today)]
    if viewer.role is Role.REP:
        asked = due.Asked(today, rep_id=viewer.id, limit=KEPT_VISITS)
        wanted += [row.id for row in due.due(viewer, held_policy, today, asked)[0]]
    there = db.session.scalars(
        sa.select(Distributor.id).where(Distributor.id.in_(wanted), viewer.scope(Distributor.region_code))
    ).all()
    return [key for key in dict.fromkeys(wanted) if key in set(there)][:KEPT_VISITS]


# A week -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit on a day of the week. `kept`: he was there that day. `by`: who planned it, where somebody else did."""

    stop: Stop
    day: date
    kept: bool
    by: str | None


@dataclass(frozen=True, slots=True)
class Week:
    """The page of a week. `days`: what each day holds; `proposed`: (county, who is due there) for the open day.

    `counties`: (county, how many are due in it), all of them; `before`: how many visits the week before held.
    """

    days: list[tuple[date, list[Planned]]]
    proposed: list[tuple[str, list[Stop]]]
    counties: list[tuple[str, int]]
    found: list[Stop] | None
    before: int
    due: int


def week(viewer: Viewer, rep: Viewer, asked: AskedWeek, held_policy: VisitPolicy, today: date) -> Week:
    """The page asked for, of a rep that the viewer may see: four statements, one more for a search."""
    days = week_of(asked.monday)
    rows = _plans(viewer, rep, days[0] - timedelta(days=7), days[-1])
    inside = [row for row in rows if row.day >= days[0]]
    was_there = _was_there(rep, days)
    listed = {row.distributor_id for row in inside}
    asked_due = due.Asked(days[-1], rep_id=rep.id if rep.role is Role.REP else None, without=listed, limit=MOST_OF_WEEK)
    found, count = due.due(viewer, held_policy, today, asked_due) if days[-1] >= today else ([], 0)
    going = [row.region_code for row in inside if row.day == asked.day]
    order = by_county(((row.region_code, row.due) for row in found), going)
    chosen = _chosen(found, order, asked.county)
    hits = [row.id for row in search(viewer, asked.text, FOUND)] if asked.text else None
    stops = _stops(viewer, [*listed, *(row.id for row in chosen), *(hits or ())])
    by_key = {row.id: row for row in found}
    sizes = Counter((row.region_code or "")[:COUNTY] for row in found)
    return Week(
        days=[
            (
                day_,
                [
                    Planned(
                        stops[row.distributor_id],
                        day_,
                        (row.distributor_id, day_) in was_there,
                        row.maker if row.made_by_id != rep.id else None,
                    )
                    for row in inside
                    if row.day == day_ and row.distributor_id in stops
                ],
            )
            for day_ in days
        ],
        proposed=_grouped([_with_due(stops[row.id], row, today) for row in chosen if row.id in stops], order),
        counties=[(county, sizes[county]) for county in order],
        found=None
        if hits is None
        else [
            _with_due(stops[key], by_key[key], today) if key in by_key else stops[key] for key in hits if key in stops
        ],
        before=sum(row.day < days[0] for row in rows),
        due=count,
    )


def _plans(viewer: Viewer, rep: Viewer, first: date, last: date) -> Sequence[Any]:
    return db.session.execute(
        sa.select(
            VisitPlan.distributor_id,
            VisitPlan.day,
            VisitPlan.made_by_id,
            User.name.label("maker"),
            Distributor.region_code,
        )
        .join(User, User.id == VisitPlan.made_by_id)
        .join(Distributor, Distributor.id == VisitPlan.distributor_id)
        .where(VisitPlan.rep_id == rep.id, VisitPlan.day.between(first, last), viewer.scope(Distributor.region_code))
        .order_by(VisitPlan.day, VisitPlan.made_at, VisitPlan.id)
        .limit(2 * plans.MOST_OF_A_WEEK)
    ).all()


def _chosen(found: Sequence[Due], order: Sequence[str], county: str) -> list[Due]:
    """Whom to propose: county after county, in each the longest due first."""
    place = {code: number for number, code in enumerate(order)}
    there = [row for row in found if not county or (row.region_code or "")[:COUNTY] == county]
    return sorted(there, key=lambda row: (place[(row.region_code or "")[:COUNTY]], row.due))[:MOST_PROPOSED]


def _grouped(stops: Iterable[Stop], order: Sequence[str]) -> list[tuple[str, list[Stop]]]:
    groups: dict[str, list[Stop]] = {}
    for stop in stops:
        groups.setdefault((stop.region_code or "")[:COUNTY], []).append(stop)
    return [(county, groups[county]) for county in order if county in groups]


def _was_there(rep: Viewer, days: Sequence[date]) -> set[tuple[UUID, date]]:
    rows = db.session.execute(
        sa.select(Visit.distributor_id, Visit.day)
        .where(Visit.rep_id == rep.id, Visit.day.between(days[0], days[-1]))
        .limit(plans.MOST_OF_A_WEEK * 2)
    )
    return set(rows.tuples())


def distributor(viewer: Viewer, distributor_id: UUID) -> Distributor | None:
    """One in his patch, or None."""
    return db.session.scalar(
        sa.select(Distributor).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )
