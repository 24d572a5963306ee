"""Lists of conflicts: one's own, what is going on, all; filtered, page by page; and their figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.desk.deals.forms import read_search
from fieldapp.fieldwork.conflicts import queries
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictMeeting, ConflictParty, ConflictPoint
from fieldapp.fieldwork.conflicts.rules import GOING, ConflictKind, ConflictState, MeetingState, PointState
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

PAGE = 50
MOST_REGIONS = 8
MOST_TEXT = 100


class Part(StrEnum):
    """`mine`: those he looks after; `going`: what is still worked on."""

    MINE = "mine"
    GOING = "going"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list. `party`, `region`: as typed; `before`: the number after which the page begins."""

    part: Part = Part.GOING
    state: ConflictState | None = None
    kind: ConflictKind | None = None
    region: str = ""
    party: str = ""
    before: int | None = None

    @property
    def filters(self) -> int:
        """How many filters are on."""
        return sum(bool(value) for value in (self.state, self.kind, self.region, self.party))

    def args(self, **changes: Any) -> dict[str, str]:
        """URL arguments of this list with changes: the first page of it, unless `before` is among them."""
        values: Mapping[str, Any] = {
            "part": self.part,
            "state": self.state,
            "kind": self.kind,
            "region": self.region,
            "party": self.party,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(viewer: Viewer, given: MultiDict[str, str]) -> Asked:
    """The request's arguments; what cannot be read counts as not given."""

    def one_of(name: str, kind: Any) -> Any:
        return kind(given[name]) if given.get(name, "") in set(kind) else None

    text = {name: read_search(MultiDict({"q": given.get(name, "")})).text[:MOST_TEXT] for name in ("region", "party")}
    before = given.get("before", "")
    return Asked(
        part=one_of("part", Part) or (Part.MINE if viewer.role is Role.REP else Part.GOING),
        state=one_of("state", ConflictState),
        kind=one_of("kind", ConflictKind),
        region=text["region"],
        party=text["party"],
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
    )


class Row(NamedTuple):
    """A conflict as a list shows it. `parties`: those whose name the viewer may know; `hidden`: how many others."""

    id: UUID
    number: int
    kind: ConflictKind
    state: ConflictState
    region_code: str | None
    story: str
    round: int
    owner: str
    recorded_at: datetime
    meet_by: date
    agreed_at: datetime | None
    ended_at: datetime | None
    next_meeting: date | None
    next_due: date | None
    promises: int
    parties: list[str]
    hidden: int

    @property
    def shown_number(self) -> str:
        """As people say it: C-000123."""
        return f"C-{self.number:06d}"


class Page(NamedTuple):
    """A page of a list; `more`: the number of its last row, None where nothing follows."""

    rows: list[Row]
    more: int | None


_of_conflict = ConflictMeeting.conflict_id == Conflict.id
_next_meeting = (
    sa.select(sa.func.min(ConflictMeeting.day))
    .where(_of_conflict, ConflictMeeting.state == MeetingState.PLANNED)
    .correlate(Conflict)
    .scalar_subquery()
)
_open_points = (
    ConflictPoint.conflict_id == Conflict.id,
    ConflictPoint.round == Conflict.round,
    ConflictPoint.state == PointState.OPEN,
)
_next_due = sa.select(sa.func.min(ConflictPoint.due)).where(*_open_points).correlate(Conflict).scalar_subquery()
_promises = sa.select(sa.func.count()).where(*_open_points).correlate(Conflict).scalar_subquery()
_ROW = (
    *(Conflict.id, Conflict.number, Conflict.kind, Conflict.state, Conflict.region_code, Conflict.story),
    *(Conflict.round, User.name, Conflict.recorded_at, Conflict.meet_by, Conflict.agreed_at, Conflict.ended_at),
    *(_next_meeting, _next_due, _promises),
)


def listed(viewer: Viewer, asked: Asked, limit: int = PAGE) -> Page:
    """The page asked for, the latest first: one statement, and one for the parties of its rows."""
    wanted = sa.select(*_ROW).join(User, User.id == Conflict.owner_id).where(*_conditions(viewer, asked))
    if asked.before is not None:
        wanted = wanted.where(Conflict.number < asked.before)
    found = db.session.execute(wanted.order_by(Conflict.number.desc()).limit(limit + 1)).all()
    return Page(with_parties(viewer, found[:limit]), found[limit - 1].number if len(found) > limit else None)


def of_keys(viewer: Viewer, keys: Sequence[UUID]) -> list[Row]:
    """Rows of conflicts that the viewer has found, the latest first."""
    wanted = sa.select(*_ROW).join(User, User.id == Conflict.owner_id).where(Conflict.id.in_(keys))
    return with_parties(viewer, db.session.execute(wanted.order_by(Conflict.number.desc())).all())


def with_parties(viewer: Viewer, found: Sequence[Any]) -> list[Row]:
    """The rows with the names that the viewer may know; one statement for all."""
    rows = db.session.execute(
        sa.select(ConflictParty.conflict_id, Distributor.name, Distributor.region_code)
        .join(Distributor, Distributor.id == ConflictParty.distributor_id)
        .where(ConflictParty.conflict_id.in_([row.id for row in found]))
        .order_by(ConflictParty.at, ConflictParty.id)
    )
    names: dict[UUID, list[str]] = {}
    hidden: dict[UUID, int] = {}
    for key, name, region in rows:
        if viewer.covers(region):
            names.setdefault(key, []).append(name)
        else:
            hidden[key] = hidden.get(key, 0) + 1
    return [Row._make([*row, names.get(row.id, []), hidden.get(row.id, 0)]) for row in found]


def every(viewer: Viewer, asked: Asked, chunk: int = 500) -> Iterator[Row]:
    """All rows of the list in its order, for an export: read page by page, no long transaction."""
    here = replace(asked, before=None)
    while True:
        found = listed(viewer, here, chunk)
        yield from found.rows
        if found.more is None:
            return
        here = replace(here, before=found.more)


def _conditions(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [queries.visible(viewer)]
    if asked.part is Part.MINE:
        wanted.append(Conflict.owner_id == viewer.id)
    if asked.part is not Part.ALL and asked.state is None:
        wanted.append(Conflict.state.in_(GOING))
    if asked.state is not None:
        wanted.append(Conflict.state == asked.state)
    if asked.kind is not None:
        wanted.append(Conflict.kind == asked.kind)
    if asked.region:
        heads = [code for code, _name in patches.search(asked.region, MOST_REGIONS)]
        inside = [_within(code) for code in heads]
        wanted.append(Conflict.id.in_(_parties_of(viewer, sa.or_(sa.false(), *inside))))
    if asked.party:
        typed = query(asked.party)
        ways: list[sa.ColumnElement[bool]] = [Distributor.code_key == typed.code]
        if typed.terms:
            ways.append(Distributor.id.in_(matching(viewer, typed)))
        wanted.append(Conflict.id.in_(_parties_of(viewer, sa.or_(*ways))))
    return wanted


def _within(code: str) -> sa.ColumnElement[bool]:
    return Distributor.region_code.between(code, code + "9" * 10)


def _parties_of(viewer: Viewer, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Conflicts with such a party, of those that the viewer may know: a search must not tell him the others."""
    return (
        sa.select(ConflictParty.conflict_id)
        .join(Distributor, Distributor.id == ConflictParty.distributor_id)
        .where(viewer.scope(Distributor.region_code), condition)
    )


class Figures(NamedTuple):
    """`going`: {kind: how many are worked on}; `days`: on the average from opening to the first agreement, of `agreed`
    that were opened within a year; `late`: how many wait for their first meeting beyond its day."""

    going: Mapping[ConflictKind, int]
    agreed: int
    days: float | None
    late: int


def figures(viewer: Viewer, asked: Asked, since: datetime, today: date) -> Figures:
    """Of what the viewer may see, in the region that is asked for; two statements."""
    scope = _conditions(viewer, Asked(part=Part.ALL, region=asked.region))
    meeting = sa.exists().where(_of_conflict, ConflictMeeting.state == MeetingState.HELD).correlate(Conflict)
    late = sa.and_(Conflict.state.in_((ConflictState.OPEN, ConflictState.TALKING)), Conflict.meet_by < today, ~meeting)
    rows = db.session.execute(
        sa.select(Conflict.kind, sa.func.count(), sa.func.sum(sa.case((late, 1), else_=0)))
        .where(*scope, Conflict.state.in_(GOING))
        .group_by(Conflict.kind)
    ).all()
    times = db.session.execute(
        sa.select(Conflict.recorded_at, Conflict.first_agreed_at).where(
            *scope, Conflict.recorded_at >= since, Conflict.first_agreed_at.is_not(None)
        )
    ).all()
    seconds = [(agreed - opened).total_seconds() for opened, agreed in times if agreed]
    return Figures(
        {kind: count for kind, count, _late in rows},
        len(seconds),
        sum(seconds) / len(seconds) / 86400 if seconds else None,
        sum(late for _kind, _count, late in rows),
    )
