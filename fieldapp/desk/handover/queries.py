"""Hand-overs as a viewer may see them: those of his patch, and those that he is a part of; and what they hold.

Names of distributors and customers outside his patch are left out and counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictParty
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.network.areas import queries as areas
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

from . import matters
from .matters import Item
from .models import Handover, HandoverItem
from .rules import ONE_DAY, Kind, Matter, Refusal, State, Why

PAGE = 50
MOST_SHOWN = 20
MOST_PAGES = 10_000

_giver, _taker = sa.orm.aliased(Distributor), sa.orm.aliased(Distributor)


# What is asked for, before it is arranged -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who hands what to whom: distributors of an area, reps of a patch. `lines` casefolded; of an area only."""

    kind: Kind
    giver: UUID
    taker: UUID
    region: str
    day: date
    lines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of it; `rows`: the areas that end."""

    refusal: Refusal | None
    rows: Sequence[areas.Row] = ()
    items: Sequence[Item] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What tells what would go along from anything else."""
        said = sorted(f"{item.matter}:{item.key}:{item.why}" for item in self.items if item.why in (None, Why.BOTH))
        return sha256("\n".join(said).encode()).hexdigest()[:32]


def look(wanted: Wanted) -> Preview:
    """What would go along, as the rows stand now, or why it cannot be arranged. Who may ask, the caller has decided."""
    if wanted.giver == wanted.taker:
        return Preview(Refusal.SAME)
    return _look_at_area(wanted) if wanted.kind is Kind.AREA else _look_at_reps(wanted)


def lines_of(giver: UUID, region: str, day: date) -> list[areas.Row]:
    """The areas that a distributor has at a region on the eve of a day or later, a row for each line."""
    return [row for row in _at(giver, region) if row.valid_to is None or row.valid_to >= day - ONE_DAY]


def _at(distributor: UUID, region: str) -> list[areas.Row]:
    found = areas.select_rows().where(Area.distributor_id == distributor, Area.region_code == region)
    return [areas.Row(*row) for row in db.session.execute(found.order_by(Area.line_key, Area.valid_from))]


def _look_at_area(wanted: Wanted) -> Preview:
    theirs = [row for row in _at(wanted.giver, wanted.region) if row.line.casefold() in wanted.lines]
    lasting = [row for row in theirs if row.valid_to is None or row.valid_to >= wanted.day]
    rows = [row for row in lasting if row.valid_from < wanted.day]
    if {row.line.casefold() for row in rows} != wanted.lines or not rows:
        return Preview(Refusal.BEGINS if lasting and not rows else Refusal.NOT_THEIRS)
    if any(
        row.line.casefold() in wanted.lines and (row.valid_to is None or row.valid_to >= wanted.day)
        for row in _at(wanted.taker, wanted.region)
    ):
        return Preview(Refusal.HAS_IT)
    if ended(wanted.taker):
        return Preview(Refusal.ENDED)
    deal = matters.deal(wanted.giver, wanted.taker, wanted.region, wanted.lines, wanted.day)
    return Preview(None, rows, matters.of_area(wanted.giver, deal))


def _look_at_reps(wanted: Wanted) -> Preview:
    taker = rep(wanted.taker)
    if taker is None:
        return Preview(Refusal.INACTIVE)
    items = matters.of_reps(wanted.giver, taker, wanted.region, wanted.day)
    goes = any(item.matter is Matter.DISTRIBUTOR and item.why is None for item in items)
    return Preview(None if goes else Refusal.NOTHING, (), items)


def has_it(wanted: Wanted) -> bool:
    """Has the new distributor on its day what was handed over? Somebody may have changed the areas since."""
    has = {
        row.line.casefold()
        for row in _at(wanted.taker, wanted.region)
        if row.valid_from <= wanted.day and (row.valid_to is None or row.valid_to >= wanted.day)
    }
    return wanted.lines <= has


def ended(distributor_id: UUID) -> bool:
    """Do we not sell through it any more?"""
    return db.session.scalar(sa.select(Distributor.status).where(Distributor.id == distributor_id)) is Status.ENDED


def rep(user_id: UUID) -> Viewer | None:
    """A rep who may sign in, with his patch."""
    user = db.session.scalar(sa.select(User).where(User.id == user_id, User.role == Role.REP, User.active))
    return viewer_of(user) if user is not None else None


def reps(region: str) -> list[tuple[User, int]]:
    """(rep, how many distributors he looks after in a region): who has some there, or whose patch reaches into it.

    Who may not sign in any more is among them while he has distributors.
    """
    many = dict(
        db.session.execute(
            sa.select(Distributor.rep_id, sa.func.count())
            .where(matters.below(Distributor.region_code, region), Distributor.rep_id.is_not(None))
            .group_by(Distributor.rep_id)
        )
        .tuples()
        .all()
    )
    users = db.session.scalars(sa.select(User).where(User.role == Role.REP).order_by(User.name, User.id))
    return [
        (user, many.get(user.id, 0))
        for user in users
        if many.get(user.id)
        or (user.active and any(one.startswith(region) or region.startswith(one) for one in user.patch))
    ]


# Those that there are ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked for; None: all."""

    state: State | None = None
    kind: Kind | None = None
    region: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        region, number = given.get("region", ""), given.get("page", "")
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        return cls(
            State(given["state"]) if given.get("state") in set(State) else None,
            Kind(given["kind"]) if given.get("kind") in set(Kind) else None,
            region[:9] if region.isascii() and region.isdecimal() else "",
            min(max(page, 1), MOST_PAGES),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {"state": self.state, "kind": self.kind, "region": self.region, **changes}
        return {name: value for name, value in held.items() if value}


class Row(NamedTuple):
    """A hand-over with the names of its parties; None where the viewer may not know them."""

    handover: Handover
    giver: str | None
    taker: str | None
    giver_code: str | None
    taker_code: str | None


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Of his patch, of a distributor in it, or his own. Wants the select of `_rows`."""
    if viewer.everywhere:
        return sa.true()
    return sa.or_(
        viewer.scope(Handover.region_code),
        viewer.scope(_giver.region_code),
        viewer.scope(_taker.region_code),
        Handover.from_rep_id == viewer.id,
        Handover.to_rep_id == viewer.id,
    )


def _rows() -> sa.Select[Any]:
    from_rep, to_rep = sa.orm.aliased(User), sa.orm.aliased(User)
    return (
        sa.select(
            Handover,
            _giver.name, _giver.code, _giver.region_code,
            _taker.name, _taker.code, _taker.region_code,
            from_rep.name, to_rep.name,
        )
        .outerjoin(_giver, _giver.id == Handover.from_id)
        .outerjoin(_taker, _taker.id == Handover.to_id)
        .outerjoin(from_rep, from_rep.id == Handover.from_rep_id)
        .outerjoin(to_rep, to_rep.id == Handover.to_rep_id)
    )  # fmt: skip


def _row(viewer: Viewer, found: Sequence[Any]) -> Row:
    handover, giver, giver_code, giver_at, taker, taker_code, taker_at, from_rep, to_rep = found
    if handover.kind is Kind.REPS:
        return Row(handover, from_rep, to_rep, None, None)
    one, other = viewer.covers(giver_at), viewer.covers(taker_at)
    return Row(
        handover,
        giver if one else None,
        taker if other else None,
        giver_code if one else None,
        taker_code if other else None,
    )


def listed(viewer: Viewer, asked: Asked, most: int | None = PAGE) -> tuple[list[Row], int]:
    """(a page of them, the latest day first; how many there are). `most` None: all."""
    where = [visible(viewer)]
    if asked.state is not None:
        where.append(Handover.state == asked.state)
    if asked.kind is not None:
        where.append(Handover.kind == asked.kind)
    if asked.region:
        where.append(matters.below(Handover.region_code, asked.region))
    found = _rows().where(*where).order_by(Handover.day.desc(), Handover.id.desc())
    if most is not None:
        found = found.limit(most).offset((asked.page - 1) * most)
    rows = [_row(viewer, row) for row in db.session.execute(found)]
    if most is None:
        return rows, len(rows)
    counted = _rows().with_only_columns(sa.func.count()).where(*where)
    return rows, db.session.scalar(counted) or 0


def find(viewer: Viewer, handover_id: UUID) -> Row | None:
    """One that the viewer may see."""
    found = db.session.execute(_rows().where(Handover.id == handover_id, visible(viewer))).first()
    return _row(viewer, found) if found is not None else None


def of_distributor(viewer: Viewer, distributor_id: UUID, since: date, most: int = 5) -> list[Row]:
    """Hand-overs of a distributor's areas, and of itself to another rep, that are to come or were since a day."""
    carried = sa.exists().where(
        HandoverItem.handover_id == Handover.id, HandoverItem.subject_id == distributor_id, HandoverItem.why.is_(None)
    )
    party = sa.or_(Handover.from_id == distributor_id, Handover.to_id == distributor_id, carried)
    lately = sa.or_(Handover.state == State.COMING, Handover.day >= since)
    found = _rows().where(party, lately, Handover.state != State.CALLED_OFF)
    return [
        _row(viewer, row)
        for row in db.session.execute(found.order_by(Handover.day.desc(), Handover.id.desc()).limit(most))
    ]


def that_moved(viewer: Viewer, subject_id: UUID, most: int = 5) -> list[Row]:
    """The hand-overs with which a row went along that the viewer has found, the latest first."""
    went = HandoverItem.handover_id == Handover.id, HandoverItem.subject_id == subject_id, HandoverItem.why.is_(None)
    found = _rows().where(sa.exists().where(*went), visible(viewer))
    found = found.order_by(Handover.day.desc(), Handover.id.desc()).limit(most)
    return [_row(viewer, row) for row in db.session.execute(found)]


def items(handover: Handover) -> list[Item]:
    """What it holds: as carried out; before, and where it was called off, nothing is kept."""
    found = sa.select(HandoverItem.matter, HandoverItem.subject_id, HandoverItem.why).where(
        HandoverItem.handover_id == handover.id
    )
    return [Item(*row) for row in db.session.execute(found.order_by(HandoverItem.matter, HandoverItem.id))]


def wanted_of(handover: Handover) -> Wanted:
    """What was asked for when it was arranged."""
    giver, taker = (
        (handover.from_id, handover.to_id) if handover.kind is Kind.AREA else (handover.from_rep_id, handover.to_rep_id)
    )
    if giver is None or taker is None:
        raise ValueError(f"{handover.id}: parties")
    lines = frozenset(str(one["line"]).casefold() for one in handover.areas)
    return Wanted(handover.kind, giver, taker, handover.region_code, handover.day, lines)


def matters_of(wanted: Wanted) -> list[Item]:
    """What goes along with one that is arranged, as the rows stand now."""
    if wanted.kind is Kind.AREA:
        deal = matters.deal(wanted.giver, wanted.taker, wanted.region, wanted.lines, wanted.day)
        return matters.of_area(wanted.giver, deal)
    taker = rep(wanted.taker)
    return matters.of_reps(wanted.giver, taker, wanted.region, wanted.day) if taker else []


# How they read ----------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """A row of a list: what it is, in the words of its concern; `on` a day, `of` a distributor."""

    key: UUID
    kind: Any
    text: str
    region: str | None
    on: date | None
    of: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one matter: those shown, and how many there are with what lies outside the viewer's patch."""

    matter: Matter
    shown: Sequence[Said]
    count: int


def going(viewer: Viewer, found: Iterable[Item], most: int | None = MOST_SHOWN) -> list[Group]:
    """What goes along, by matter; at most `most` rows of each."""
    keys: dict[Matter, list[UUID]] = {}
    for item in found:
        if item.why in (None, Why.BOTH):
            keys.setdefault(item.matter, []).append(item.key)
    groups = []
    for matter in Matter:
        if matter in keys:
            groups.append(Group(matter, _said(viewer, matter, keys[matter], most), len(keys[matter])))
    return groups


def staying(found: Iterable[Item]) -> list[tuple[Matter, Why, int]]:
    """What stays, and why: how many of each."""
    counted: Counter[tuple[Matter, Why | None]] = Counter(
        (item.matter, item.why) for item in found if item.why not in (None, Why.BOTH)
    )
    return [(matter, why, counted[matter, why]) for matter in Matter for why in Why if (matter, why) in counted]


def _said(viewer: Viewer, matter: Matter, keys: Sequence[UUID], most: int | None) -> list[Said]:
    select = _saying(matter)
    column = select.selected_columns[0]
    found: list[Said] = []
    for chunk in matters.chunks(keys):
        # A conflict has a row for each of its parties: any that he covers will do.
        rows = {row[0]: row for row in db.session.execute(select.where(column.in_(chunk))) if viewer.covers(row[-1])}
        found += [Said(*rows[key][:-1]) for key in chunk if key in rows]
        if most is not None and len(found) >= most:
            break
    return found if most is None else found[:most]


def _saying(matter: Matter) -> sa.Select[Any]:
    """(key, kind, text, region, day, distributor's name, its region) of a matter's rows."""
    name, home = Distributor.name, Distributor.region_code
    none = sa.null()
    if matter is Matter.DISTRIBUTOR:
        return sa.select(Distributor.id, none, name, home, none, Distributor.code, home)
    if matter is Matter.CUSTOMER:
        columns: tuple[Any, ...] = (Outlet.id, Outlet.kind, Outlet.name, Outlet.region_code, none)
        return sa.select(*columns, name, home).join(Distributor, Distributor.id == Outlet.distributor_id)
    if matter is Matter.CONFLICT:
        columns = (Conflict.id, Conflict.kind, sa.cast(Conflict.number, sa.String), home, none, name, home)
        parties = sa.select(*columns).join(ConflictParty, ConflictParty.conflict_id == Conflict.id)
        return parties.join(Distributor, Distributor.id == ConflictParty.distributor_id)
    table: Any = {
        Matter.TICKET: Ticket, Matter.SURVEY: Survey, Matter.REMARK: Remark, Matter.TASK: Task, Matter.PLAN: VisitPlan,
    }[matter]  # fmt: skip
    columns = {
        Matter.TICKET: lambda: (Ticket.id, Ticket.kind, sa.cast(Ticket.number, sa.String), home, none),
        Matter.SURVEY: lambda: (Survey.id, Survey.purpose, sa.literal(""), home, Survey.due),
        Matter.REMARK: lambda: (Remark.id, Remark.kind, sa.literal(""), home, none),
        Matter.TASK: lambda: (Task.id, Task.kind, sa.literal(""), home, Task.due),
        Matter.PLAN: lambda: (VisitPlan.id, none, sa.literal(""), home, VisitPlan.day),
    }[matter]()
    return sa.select(*columns, name, home).join(Distributor, Distributor.id == table.distributor_id)


def names(*users: UUID | None) -> dict[UUID, str]:
    """Names of users by key."""
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(_known(users)))).tuples().all())


def usernames(*users: UUID | None) -> dict[UUID, str]:
    """Usernames by key."""
    return dict(db.session.execute(sa.select(User.id, User.username).where(User.id.in_(_known(users)))).tuples().all())


def _known(users: Iterable[UUID | None]) -> list[UUID]:
    return [user for user in users if user is not None]
