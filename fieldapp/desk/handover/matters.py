"""What would go along with a hand-over and what would stay, read from the rows as they stand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictParty, ConflictPoint
from fieldapp.fieldwork.conflicts.rules import GOING, PointState
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkState
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import OPEN
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import SurveyState
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskState
from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.rules import AreaRow, chain
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

from .rules import Deal, Matter, Way, Why, after, stays, way_of

CHUNK = 500


class Item(NamedTuple):
    """One row; `why` None: it goes. `customer`: the outlet or farm that a matter is of."""

    matter: Matter
    key: UUID
    why: Why | None
    customer: UUID | None = None


def chunks(keys: Iterable[UUID]) -> Iterator[list[UUID]]:
    """Keys in pieces that one statement takes."""
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def below(column: Any, region: str) -> sa.ColumnElement[bool]:
    """Does a region lie in another? A range, as in Viewer.scope."""
    return sa.and_(column >= region, column < region + "9" * 10)


# Of an area -------------------------------------------------------------------------------------------------------


def deal(giver: UUID, taker: UUID, region: str, lines: Iterable[str], day: date) -> Deal:
    """A hand-over with the areas around and in its region; `lines` casefolded."""
    near = sa.or_(Area.region_code.in_(chain(region)), below(Area.region_code, region))
    columns = (Area.distributor_id, Area.region_code, Area.line_key, Area.valid_from, Area.valid_to)
    lasting = sa.or_(Area.valid_to.is_(None), Area.valid_to >= sa.bindparam("eve", type_=sa.Date()))
    found = db.session.execute(sa.select(*columns).where(near, lasting), {"eve": _eve(day)}).tuples()
    rows = [AreaRow(str(row[0]), *row[1:]) for row in found]
    return Deal(str(giver), str(taker), region, frozenset(lines), day, rows)


def _eve(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def of_area(giver: UUID, handed: Deal) -> list[Item]:
    """Customers in the region, their open tickets and surveys, what was promised to them; what concerns the old
    distributor itself stays."""
    later = after(handed)
    ways: dict[UUID, tuple[str | None, tuple[Way, Why | None]]] = {}
    items: list[Item] = []
    outlets = sa.select(Outlet.id, Outlet.region_code).where(
        Outlet.distributor_id == giver,
        sa.or_(Outlet.region_code.is_(None), below(Outlet.region_code, handed.region)),
    )
    known: dict[str | None, tuple[Way, Why | None]] = {}
    for key, region in db.session.execute(outlets.order_by(Outlet.name, Outlet.id)).tuples():
        way = known.get(region) or known.setdefault(region, way_of(handed, later, region))
        ways[key] = region, way
        items.append(Item(Matter.CUSTOMER, key, way[1]))
    lines = {key: line.casefold() for key, line in db.session.execute(sa.select(Product.id, Product.line)) if line}
    tickets: dict[UUID, Why | None] = {}
    others = set(_elsewhere(giver, ways))
    money = set(db.session.scalars(with_money(giver)))
    for key, customer, product in _tickets(giver):
        if customer in others:
            continue
        why = _why(handed, ways.get(customer) if customer else None, lines.get(product) if product else None)
        if why is None and key in money:
            why = Why.MONEY
        items.append(Item(Matter.TICKET, key, why, customer))
        tickets[key] = why
    for key, customer, subject in _surveys(giver):
        if customer in others:
            continue
        # What asks about a ticket is where that is.
        why = tickets[subject] if subject in tickets else _why(handed, ways.get(customer) if customer else None, None)
        items.append(Item(Matter.SURVEY, key, why, customer))
    remarks = sa.select(Remark.id).where(Remark.distributor_id == giver, Remark.state != RemarkState.CLOSED)
    items += [Item(Matter.REMARK, key, Why.OWN) for key in db.session.scalars(remarks.order_by(Remark.id))]
    tasks = sa.select(Task.id, Task.outlet_id).where(Task.distributor_id == giver, Task.state == TaskState.OPEN)
    for key, customer in db.session.execute(tasks.order_by(Task.due, Task.id)).tuples():
        if customer not in others:
            items.append(Item(Matter.TASK, key, _why(handed, ways.get(customer) if customer else None, None), customer))
    return items


def _why(handed: Deal, customer: tuple[str | None, tuple[Way, Why | None]] | None, line: str | None) -> Why | None:
    return Why.OWN if customer is None else stays(handed, *customer, line)


def _elsewhere(giver: UUID, here: Iterable[UUID]) -> Sequence[UUID]:
    """The old distributor's customers outside the region: their matters are no part of this."""
    near = set(here)
    every = db.session.scalars(sa.select(Outlet.id).where(Outlet.distributor_id == giver))
    return [key for key in every if key not in near]


def with_money(giver: UUID) -> sa.Select[tuple[UUID]]:
    """Open tickets with an approved remedy of their round that costs money: it is the old distributor's."""
    latest = sa.and_(Ticket.id == Remedy.ticket_id, Ticket.round == Remedy.round)
    paid = Remedy.approved.is_(True), Remedy.amount > 0
    return sa.select(Remedy.ticket_id).join(Ticket, latest).where(Ticket.distributor_id == giver, *paid)


def _tickets(giver: UUID) -> Iterable[tuple[UUID, UUID | None, UUID | None]]:
    customer = sa.func.coalesce(Ticket.outlet_id, Ticket.farm_id)
    found = sa.select(Ticket.id, customer, Ticket.product_id)
    return db.session.execute(
        found.where(Ticket.distributor_id == giver, Ticket.state.in_(OPEN)).order_by(Ticket.number)
    ).tuples()


def _surveys(giver: UUID) -> Iterable[tuple[UUID, UUID | None, UUID | None]]:
    customer = sa.func.coalesce(Survey.outlet_id, Survey.farm_id)
    found = sa.select(Survey.id, customer, Survey.subject_id)
    return db.session.execute(
        found.where(Survey.distributor_id == giver, Survey.state == SurveyState.OPEN).order_by(Survey.due, Survey.id)
    ).tuples()


# Of a patch -------------------------------------------------------------------------------------------------------


def of_reps(giver: UUID, taker: Viewer, region: str, day: date) -> list[Item]:
    """The distributors of a region that a rep looks after, and what he has open there.

    Where the new rep's patch does not reach, all stays; and so does what he has open at another rep's distributors.
    """
    here = below(Distributor.region_code, region)
    his = sa.select(Distributor.id, Distributor.region_code).where(Distributor.rep_id == giver, here)
    why = {
        key: None if taker.covers(place) else Why.OUTSIDE
        for key, place in db.session.execute(his.order_by(Distributor.pinyin, Distributor.id)).tuples()
    }
    items = [Item(Matter.DISTRIBUTOR, key, reason) for key, reason in why.items()]
    for matter, key, place, wanted, order in (
        (Matter.TICKET, Ticket.id, Ticket.distributor_id, (Ticket.rep_id == giver, Ticket.state.in_(OPEN)), Ticket.id),
        (Matter.SURVEY, Survey.id, Survey.distributor_id, _survey_of(giver), Survey.due),
        (Matter.REMARK, Remark.id, Remark.distributor_id, _remark_of(giver), Remark.id),
        (Matter.TASK, Task.id, Task.distributor_id, _task_of(giver), Task.due),
        (Matter.PLAN, VisitPlan.id, VisitPlan.distributor_id, _plan_of(giver, day), VisitPlan.day),
    ):
        found = (
            sa.select(key, place).join(Distributor, Distributor.id == place).where(here, *wanted).order_by(order, key)
        )
        items += [Item(matter, one, why.get(where, Why.NOT_HIS)) for one, where in db.session.execute(found).tuples()]
    return _without_merged(items) + _conflicts_of(giver, why)


def _conflicts_of(rep: UUID, why: Mapping[UUID, Why | None]) -> list[Item]:
    """Conflicts that a rep looks after, or has promised something in, with those of his distributors that are handed
    over. `why`: these, and why each stays. One with a distributor that he keeps is not touched, or stays with it.
    """
    promised = sa.select(ConflictPoint.conflict_id).where(
        ConflictPoint.owner_id == rep, ConflictPoint.state == PointState.OPEN
    )
    mine = sa.or_(Conflict.owner_id == rep, Conflict.id.in_(promised))
    rows = (
        sa.select(Conflict.id, Distributor.id)
        .join(ConflictParty, ConflictParty.conflict_id == Conflict.id)
        .join(Distributor, Distributor.id == ConflictParty.distributor_id)
        .where(Conflict.state.in_(GOING), mine, Distributor.rep_id == rep)
        .order_by(Conflict.number)
    )
    parties: dict[UUID, list[UUID]] = {}
    for conflict, distributor in db.session.execute(rows).tuples():
        parties.setdefault(conflict, []).append(distributor)
    return [
        Item(Matter.CONFLICT, conflict, next((reason for one in his if (reason := why[one])), None))
        for conflict, his in parties.items()
        if all(one in why for one in his)
    ]


def _without_merged(items: Sequence[Item]) -> list[Item]:
    """A merged remark is answered with the one that was kept: where that one stays, it stays."""
    goes = {item.key for item in items if item.matter is Matter.REMARK and item.why is None}
    kept: dict[UUID, UUID | None] = {}
    for chunk in chunks(goes):
        rows = sa.select(Remark.id, Remark.merged_into_id).where(
            Remark.id.in_(chunk), Remark.merged_into_id.is_not(None)
        )
        kept |= dict(db.session.execute(rows).tuples().all())
    left = {key for key, other in kept.items() if other not in goes}
    return [item._replace(why=Why.MERGED) if item.key in left else item for item in items]


def _survey_of(rep: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return Survey.rep_id == rep, Survey.state == SurveyState.OPEN


def _remark_of(rep: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return Remark.owner_id == rep, Remark.state != RemarkState.CLOSED


def _task_of(rep: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return Task.owner_id == rep, Task.state == TaskState.OPEN


def _plan_of(rep: UUID, day: date) -> tuple[sa.ColumnElement[bool], ...]:
    return VisitPlan.rep_id == rep, VisitPlan.day >= day
