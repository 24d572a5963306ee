"""Arranging a hand-over, calling it off before its day, carrying it out on it.

Areas are dated, so they change hands when it is arranged: nobody else can be given the region meanwhile, and a deal of
a later day is judged by whom it will be. The open matters go on the day. Of two who carry it out at once one comes
through.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db, insert_into, uuid7
from fieldapp.core.logs import log
from fieldapp.fieldwork.conflicts import passing_on as conflicts
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.tasks import actions as tasks
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.visits import plans
from fieldapp.network.areas import actions as areas
from fieldapp.network.distributors import actions as distributors
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier import outlets
from fieldapp.network.dossier.actions import Moment
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import queries, told
from .matters import CHUNK, Item, chunks
from .models import Handover, HandoverItem
from .queries import Wanted
from .rules import Kind, Matter, Refusal, State, Why

SUBJECT = "handover"
REASON_LENGTH = 500


class RefusedError(ValueError):
    """It cannot be arranged; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class ChangedError(ValueError):
    """What would go along is not what was shown."""


class TwiceError(ValueError):
    """There is one of this rep's patch to come already."""


class MovedError(ValueError):
    """It is not to come any more, or its areas were changed since it was arranged."""


class GoneError(LookupError):
    """The key is another's."""


@dataclass(frozen=True, slots=True)
class OnDay:
    """The instant, and the business date."""

    now: datetime
    today: date


def arrange(viewer: Viewer, wanted: Wanted, reason: str, key: UUID, when: OnDay, seen: str = "") -> Handover:
    """Arrange it, and carry it out at once where its day is today. The same key again is the same hand-over.

    `seen`: the mark of the preview that he looked at: what goes at once is what was shown. Raises RefusedError,
    ChangedError, TwiceError, GoneError, and what network.areas.actions.hand_on raises: somebody was first.
    """
    there = db.session.get(Handover, key, populate_existing=True)
    if there is not None:
        if there.made_by_id != viewer.id:
            raise GoneError
        return there
    preview = queries.look(wanted)
    if preview.refusal is not None:
        raise RefusedError(preview.refusal)
    if seen and wanted.day <= when.today and seen != preview.mark:
        raise ChangedError
    of_area = wanted.kind is Kind.AREA
    handed = areas.hand_on(viewer, preview.rows, wanted.taker, wanted.day, when.now) if of_area else []
    values = {
        "id": key,
        "kind": wanted.kind,
        "state": State.COMING,
        "region_code": wanted.region,
        "day": wanted.day,
        "reason": reason,
        ("from_id" if of_area else "from_rep_id"): wanted.giver,
        ("to_id" if of_area else "to_rep_id"): wanted.taker,
        "areas": [
            {
                "line": row.line,
                "old": str(old),
                "new": str(new),
                "to": row.valid_to.isoformat() if row.valid_to else None,
            }
            for row, (old, new) in zip(preview.rows, handed, strict=of_area)
        ],
        "went": {},
        "made_by_id": viewer.id,
        "made_at": when.now,
    }
    statement = insert_into(Handover).values(**values).on_conflict_do_nothing().returning(Handover.id)
    if db.session.execute(statement).first() is None:
        raise TwiceError
    handover = db.session.get_one(Handover, key)
    changes = {"state": [None, State.COMING.value], "kind": [None, wanted.kind.value], "region": [None, wanted.region]}
    record(viewer.id, "handover.arrange", SUBJECT, key, when.now, {**changes, "day": [None, wanted.day.isoformat()]})
    if wanted.day <= when.today:
        _carry_out(handover, when, viewer.id)
    else:
        told.tell_of(handover, "arranged", when.now, but=viewer.id)
    return handover


def call_off(viewer: Viewer, handover: Handover, when: OnDay) -> bool:
    """It will not be; whether the areas are as they were. Where somebody has taken them from the new one since, they
    stay as he made them: otherwise it could neither be carried out nor called off. Raises MovedError,
    network.areas.actions.TakenError."""
    if not _leave(handover, State.CALLED_OFF, when.now, viewer.id):
        raise MovedError
    begun = [
        (UUID(one["old"]), UUID(one["new"]), date.fromisoformat(one["to"]) if one["to"] else None)
        for one in handover.areas
    ]
    as_before = not begun or queries.has_it(queries.wanted_of(handover))
    if begun and as_before:
        try:
            areas.hand_back(viewer, begun, handover.day, when.now)
        except areas.MovedError as error:
            raise MovedError from error
    record(viewer.id, "handover.call_off", SUBJECT, handover.id, when.now, _states(State.CALLED_OFF))
    told.settle_coming(handover, when.now)
    told.tell_of(handover, "called_off", when.now, but=viewer.id)
    return as_before


def carry_out_due(now: datetime, today: date) -> int:
    """Carry out those whose day has come; how many were. Each with a commit of its own: a fault in one stops no other,
    and is raised at the end."""
    due = sa.select(Handover.id).where(Handover.state == State.COMING, Handover.day <= today)
    keys = db.session.scalars(due.order_by(Handover.day, Handover.id)).all()
    db.session.commit()
    done, fault = 0, None
    for key in keys:
        begin_writing()
        try:
            done += _carry_out(db.session.get_one(Handover, key, populate_existing=True), OnDay(now, today), None)
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.exception("handover_failed", handover=str(key))
            fault = error
    if fault is not None:
        raise fault
    return done


def _carry_out(handover: Handover, when: OnDay, actor: UUID | None) -> bool:
    """What is open goes, if it is still to come. `actor` None: time does it."""
    wanted = queries.wanted_of(handover)
    problem = _hindered(wanted)
    if problem is not None:
        _hold_up(handover, problem, when.now)
        return False
    if not _leave(handover, State.DONE, when.now, actor):
        return False
    found = queries.matters_of(wanted)
    move = _move_area if wanted.kind is Kind.AREA else _move_patch
    kept = move(handover, wanted, found, when)
    rows = [
        {"id": uuid7(), "handover_id": handover.id, "matter": one.matter, "subject_id": one.key, "why": one.why}
        for one in kept
    ]
    for start in range(0, len(rows), CHUNK):
        db.session.execute(sa.insert(HandoverItem), rows[start : start + CHUNK])
    went: dict[str, int] = defaultdict(int)
    for one in kept:
        if one.why in (None, Why.BOTH):
            went[one.matter.value] += 1
    handover.went = dict(went)
    db.session.flush()
    changes = {**_states(State.DONE), **{name: [0, number] for name, number in went.items()}}
    record(actor, "handover.carry_out", SUBJECT, handover.id, when.now, changes)
    told.settle_coming(handover, when.now)
    told.tell_of(handover, "done", when.now, but=actor)
    return True


def _hindered(wanted: Wanted) -> Refusal | None:
    if wanted.kind is Kind.AREA:
        if queries.ended(wanted.taker):
            return Refusal.ENDED
        return None if queries.has_it(wanted) else Refusal.NOT_THEIRS
    return Refusal.INACTIVE if queries.rep(wanted.taker) is None else None


def _hold_up(handover: Handover, problem: Refusal, now: datetime) -> None:
    if handover.problem is problem:
        return
    handover.problem = problem
    db.session.flush()
    record(None, "handover.hold_up", SUBJECT, handover.id, now, {"problem": [None, problem.value]})
    told.tell_stuck(handover, now)


def _leave(handover: Handover, to: State, now: datetime, by: UUID | None) -> bool:
    """Leave `coming`, if it still is: of two at once one comes through."""
    moved = db.session.execute(
        sa.update(Handover)
        .where(Handover.id == handover.id, Handover.state == State.COMING)
        .values(state=to, ended_at=now, ended_by_id=by, problem=None)
        .execution_options(synchronize_session=False)
        .returning(Handover.id)
    ).first()
    db.session.refresh(handover)
    return moved is not None


def _states(to: State) -> dict[str, Any]:
    return {"state": [State.COMING.value, to.value]}


# What goes --------------------------------------------------------------------------------------------------------


def _move_area(handover: Handover, wanted: Wanted, found: Sequence[Item], when: OnDay) -> list[Item]:
    """Customers of the region, their tickets, surveys and promises; what came of each."""
    by, moment = handover.made_by_id, Moment(when.now, when.today)
    customers = [one for one in found if one.matter is Matter.CUSTOMER]
    whole = [one.key for one in customers if one.why is None]
    both = [one.key for one in customers if one.why is Why.BOTH]
    moved = {key for chunk in chunks(whole) for key in outlets.move(by, chunk, wanted.giver, wanted.taker, moment)}
    twins: dict[UUID, UUID] = {}
    for chunk in chunks(both):
        twins |= outlets.copy(by, chunk, wanted.giver, wanted.taker, moment)
    taker = db.session.get_one(Distributor, wanted.taker)
    to: dict[str, Any] = {"distributor_id": taker.id, "region_code": taker.region_code}
    if taker.rep_id is not None and queries.rep(taker.rep_id) is not None:
        to["rep_id"] = taker.rep_id
    why = handover.reason, {"handover": str(handover.id), "giver": str(wanted.giver), "taker": str(wanted.taker)}
    kept = [one for one in customers if one.why is not None or one.key in moved]
    for matter, table, pass_on in (
        (Matter.TICKET, Ticket, lambda keys, to: remediation.pass_on(by, keys, to, why, when.now)),
        (Matter.SURVEY, Survey, lambda keys, to: surveys.pass_on(by, keys, to, when.now)),
        (Matter.TASK, Task, lambda keys, to: tasks.pass_on(by, keys, _of_task(to), when.now)),
    ):
        mine = [one for one in found if one.matter is matter]
        gone = _to_the_new_one(table, pass_on, mine, to, twins)
        kept += [one for one in mine if one.why is not None or one.key in gone]
    return kept + [one for one in found if one.matter is Matter.REMARK]


def _of_task(to: dict[str, Any]) -> dict[str, Any]:
    """The same as a task names it: whose it is, where, of which outlet."""
    names = {"distributor_id": "distributor_id", "rep_id": "owner_id", "outlet_id": "outlet_id"}
    return {names[name]: value for name, value in to.items() if name in names}


def _to_the_new_one(
    table: Any,
    pass_on: Callable[[list[UUID], dict[str, Any]], list[UUID]],
    mine: Iterable[Item],
    to: dict[str, Any],
    twins: dict[UUID, UUID],
) -> set[UUID]:
    """Hand rows on; those of a customer who stands in both files get his row of the new one."""
    gone: set[UUID] = set()
    of_twins: dict[UUID, list[UUID]] = defaultdict(list)
    plain: list[UUID] = []
    for one in mine:
        if one.why is None:
            (of_twins[one.customer] if one.customer in twins else plain).append(one.key)
    for chunk in chunks(plain):
        gone.update(pass_on(chunk, to))
    for customer, keys in of_twins.items():
        for name in ("outlet_id", "farm_id"):
            column = getattr(table, name, None)
            if column is None:
                continue  # what is promised to a farm stands in `outlet_id` too
            same = db.session.scalars(sa.select(table.id).where(table.id.in_(keys), column == customer)).all()
            if same:
                gone.update(pass_on(list(same), {**to, name: twins[customer]}))
    return gone


def _move_patch(handover: Handover, wanted: Wanted, found: Sequence[Item], when: OnDay) -> list[Item]:
    """Distributors, and what the old rep has open there; what came of each."""
    by, to = handover.made_by_id, wanted.taker
    people = dict(
        db.session.execute(sa.select(User.id, User.name).where(User.id.in_((wanted.giver, to)))).tuples().all()
    )
    why = handover.reason, {"handover": str(handover.id), "from": people[wanted.giver], "to": people[to]}
    verbs: dict[Matter, Callable[[list[UUID]], list[UUID]]] = {
        Matter.DISTRIBUTOR: lambda keys: distributors.give_to_rep(by, keys, wanted.giver, to, when.now),
        Matter.TICKET: lambda keys: remediation.pass_on(by, keys, {"rep_id": to}, why, when.now),
        Matter.SURVEY: lambda keys: surveys.pass_on(by, keys, {"rep_id": to}, when.now),
        Matter.REMARK: lambda keys: feedback.pass_on(by, keys, to, handover.reason, when.now),
        Matter.TASK: lambda keys: tasks.pass_on(by, keys, {"owner_id": to}, when.now),
        Matter.PLAN: lambda keys: plans.pass_on(by, keys, to, when.now),
        Matter.CONFLICT: lambda keys: conflicts.pass_on(by, keys, wanted.giver, to, why, when.now),
    }
    gone: set[UUID] = set()
    for matter, pass_on in verbs.items():
        for chunk in chunks(one.key for one in found if one.matter is matter and one.why is None):
            gone.update(pass_on(chunk))
    return [one for one in found if one.why is not None or one.key in gone]
