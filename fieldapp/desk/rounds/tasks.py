"""Lists of tasks with their distributors and owners, and whom a promotion reaches; always within the viewer's patch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.desk.checks import reference
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.queries import visible
from fieldapp.fieldwork.tasks.rules import TaskState
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import reps_of
from fieldapp.people.accounts.viewer import Viewer

PAGE = 30
MOST_AT_ONCE = 10_000
SAMPLE = 8
MOST_TIERS = 30
MOST_TEAM = 1000

_owner = sa.orm.aliased(User)
_ender = sa.orm.aliased(User)


class Part(StrEnum):
    """Lists of tasks: one's own that are open, the team's, and what was done or dropped."""

    MINE = "mine"
    TEAM = "team"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class AskedTasks:
    """One request for a list. `after`: (the order's value, key) of the task before the page."""

    part: Part = Part.MINE
    after: tuple[str, UUID] | None = None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of a list; `more`: the place after its last row, None where nothing follows."""

    rows: Sequence[Any]
    more: str | None


def listed(viewer: Viewer, asked: AskedTasks) -> TaskPage:
    """The page asked for: one statement, two for the team's."""
    statement = _rows()
    order: Any = (Task.due, Task.id)
    if asked.part is Part.ENDED:
        order = (Task.done_at.desc(), Task.id.desc())
        whose = sa.or_(Task.owner_id == viewer.id, Task.made_by_id == viewer.id)
        statement = statement.where(whose, visible(viewer), Task.state != TaskState.OPEN)
    elif asked.part is Part.TEAM:
        team = [rep.id for rep in reps_of(viewer) if rep.id != viewer.id][:MOST_TEAM]
        statement = statement.where(Task.owner_id.in_(team), Task.state == TaskState.OPEN, visible(viewer))
    else:
        statement = statement.where(Task.owner_id == viewer.id, Task.state == TaskState.OPEN)
    if asked.after is not None:
        statement = statement.where(_past(asked.part, *asked.after))
    rows = db.session.execute(statement.order_by(*order).limit(PAGE + 1)).all()
    more = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        more = f"{last.done_at.isoformat() if asked.part is Part.ENDED else last.due.isoformat()}~{last.id.hex}"
    return TaskPage(rows[:PAGE], more)


def one(viewer: Viewer, task_id: UUID) -> Any | None:
    """A task as a list shows it, or None."""
    return db.session.execute(_rows().where(Task.id == task_id, visible(viewer))).one_or_none()


def cursor(part: Part, text: str) -> tuple[str, UUID] | None:
    """The place in a list that an address names; None when it names none."""
    value, _sep, key = text.partition("~")
    try:
        moment = datetime.fromisoformat(value)
        if part is Part.ENDED:
            return (value, UUID(key)) if moment.tzinfo else None
        return date.fromisoformat(value).isoformat(), UUID(key)
    except ValueError:
        return None


def _rows() -> sa.Select[Any]:
    return (
        sa.select(
            Task.id,
            Task.kind,
            Task.text,
            Task.due,
            Task.state,
            Task.outcome,
            Task.owner_id,
            Task.made_by_id,
            Task.made_at,
            Task.done_at,
            Task.distributor_id,
            Distributor.name.label("distributor"),
            Distributor.region_code,
            Outlet.name.label("outlet"),
            _owner.name.label("owner"),
            _ender.name.label("ender"),
            User.name.label("maker"),
        )
        .select_from(Task)
        .join(Distributor, Distributor.id == Task.distributor_id)
        .join(_owner, _owner.id == Task.owner_id)
        .join(User, User.id == Task.made_by_id)
        .outerjoin(_ender, _ender.id == Task.done_by_id)
        .outerjoin(Outlet, sa.and_(Outlet.id == Task.outlet_id, Outlet.distributor_id == Task.distributor_id))
    )


def _past(part: Part, value: str, key: UUID) -> sa.ColumnElement[bool]:
    if part is Part.ENDED:
        moment = datetime.fromisoformat(value)
        return sa.and_(Task.done_at <= moment, sa.or_(Task.done_at < moment, Task.id < key))
    day = date.fromisoformat(value)
    return sa.and_(Task.due >= day, sa.or_(Task.due > day, Task.id > key))


# A promotion ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which distributors a promotion is for, and who carries it out (None: each one's own rep)."""

    text: str = ""
    region: str = ""
    tier: str = ""
    rep: UUID | None = None


class Reached(NamedTuple):
    """Whom a promotion reaches. `without`: how many have nobody to carry it out; `too_many`: more than MOST_AT_ONCE."""

    owners: Mapping[UUID, UUID]
    names: list[str]
    without: int
    too_many: bool


def reached(viewer: Viewer, wanted: Wanted, reps: Sequence[Viewer]) -> Reached:
    """Distributors of the patch that the promotion is for, ended ones left out, each with who carries it out.

    `reps`: those of the viewer's patch. A rep whose own patch does not hold the distributor cannot.
    """
    conditions = [viewer.scope(Distributor.region_code), Distributor.status != Status.ENDED]
    if wanted.region:
        conditions += [Distributor.region_code >= wanted.region, Distributor.region_code < wanted.region + "9" * 10]
    if wanted.tier:
        conditions.append(Distributor.tier == wanted.tier)
    if wanted.text:
        typed = query(wanted.text)
        exact = Distributor.code_key == typed.code
        conditions.append(sa.or_(exact, Distributor.id.in_(matching(viewer, typed))) if typed.terms else exact)
    rows = db.session.execute(
        sa.select(Distributor.id, Distributor.name, Distributor.region_code, Distributor.rep_id)
        .where(*conditions)
        .order_by(Distributor.pinyin, Distributor.id)
        .limit(MOST_AT_ONCE + 1)
    ).all()
    by_key = {rep.id: rep for rep in reps}
    owners: dict[UUID, UUID] = {}
    names: list[str] = []
    for key, name, region, own in rows[:MOST_AT_ONCE]:
        rep = by_key.get(wanted.rep or own)
        if rep is not None and rep.covers(region):
            owners[key] = rep.id
            if len(names) < SAMPLE:
                names.append(name)
    return Reached(owners, names, min(len(rows), MOST_AT_ONCE) - len(owners), len(rows) > MOST_AT_ONCE)


def tiers(viewer: Viewer) -> list[str]:
    """The price tiers in his patch."""
    found = sa.select(Distributor.tier).where(viewer.scope(Distributor.region_code), Distributor.tier.is_not(None))
    return sorted(tier for tier in db.session.scalars(found.distinct().limit(MOST_TIERS)) if tier)


def places(viewer: Viewer) -> list[tuple[str, str]]:
    """(code, name) of the cities in his patch that hold distributors; of the counties, where it is one city."""
    _prices, regions = reference.read()
    for length in (4, 6):
        head = sa.func.substr(Distributor.region_code, 1, length)
        found = sa.select(head).where(viewer.scope(Distributor.region_code), Distributor.region_code.is_not(None))
        codes = sorted(db.session.scalars(found.distinct()))
        if len(codes) > 1:
            break
    return [(code, regions.path(code)) for code in codes]
