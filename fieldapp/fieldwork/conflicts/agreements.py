"""What the parties of a conflict agree, whether it is kept, and the visits that look after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from fieldapp.core.clock import When
from fieldapp.core.db import db, insert_row, uuid7
from fieldapp.fieldwork.visits import plans
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.notices.actions import settle

from . import moves, queries, told
from .models import (
    Conflict,
    ConflictFollowUp,
    ConflictPoint,
)
from .moves import GoneError, RefusedError
from .rules import (
    ConflictVerb,
    PointState,
    Refusal,
)

MOST_POINTS = 30


class SameDayError(ValueError):
    """It is the day that the point has already."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A point of an agreement. `distributor_id` None: our company does it. `key`: of the row, so that it is made
    once."""

    text: str
    due: date
    distributor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody found at a party after an agreement. `visit_id`: on which visit, None: he called, or heard of
    it."""

    distributor_id: UUID
    holds: bool
    words: str
    visit_id: UUID | None = None


def agree(
    viewer: Viewer,
    conflict: Conflict,
    promises: Sequence[Promise],
    words: str,
    when: When,
    *,
    key: UUID | None = None,
) -> None:
    """The parties have agreed on some points, each with its day. Everybody is told. The same `key` again changes
    nothing.

    Raises RefusedError, GoneError; PARTY where a point is of a distributor that is no party.
    """
    if moves.there(conflict, key):
        return
    after = moves.allowed(viewer, conflict, ConflictVerb.AGREE)
    first = conflict.first_agreed_at or when.now
    moves.move(conflict, after, {"agreed_at": when.now, "first_agreed_at": first})
    for number, promise in enumerate(promises):
        _put_point(viewer, conflict, promise, when, uuid5(key, f"point {number}") if key else uuid7())
    moves.done(viewer, conflict, ConflictVerb.AGREE, when, words=words, values={"points": len(promises)}, key=key)
    about = f"{conflict.id}:{conflict.round}"
    moves.tell_of(conflict, "agreed", moves.everybody(conflict, but=viewer.id), when.now, about=about)


def add_point(viewer: Viewer, conflict: Conflict, promise: Promise, when: When, *, key: UUID | None = None) -> None:
    """One more point of an agreement. The same `key` again changes nothing. Raises RefusedError, GoneError,
    TooManyError."""
    if moves.there(conflict, key):
        return
    moves.allowed(viewer, conflict, ConflictVerb.ADD_POINT)
    moves.check_room(conflict, ConflictPoint, MOST_POINTS)
    _put_point(viewer, conflict, promise, when, uuid7())
    values = {"due": promise.due.isoformat()}
    moves.done(viewer, conflict, ConflictVerb.ADD_POINT, when, words=promise.text, values=values, key=key)


def postpone(
    viewer: Viewer, conflict: Conflict, point_id: UUID, due: date, why: str, when: When, *, key: UUID | None = None
) -> None:
    """An open point gets another day; it changes the agreement, so who may add a point may do it. Everybody concerned
    is told, and the thread keeps the day before. The same `key` again changes nothing.

    Raises RefusedError, GoneError, SameDayError.
    """
    if moves.there(conflict, key):
        return
    moves.allowed(viewer, conflict, ConflictVerb.ADD_POINT)
    point = db.session.scalar(
        sa.select(ConflictPoint)
        .where(ConflictPoint.id == point_id, ConflictPoint.conflict_id == conflict.id)
        .execution_options(populate_existing=True)
    )
    if point is None:
        raise GoneError
    if point.state is not PointState.OPEN or point.round != conflict.round:
        raise RefusedError(Refusal.MOVED, conflict)
    before = point.due.isoformat()
    if point.due == due:
        raise SameDayError
    point.due, point.told = due, 0
    db.session.flush()
    values = {"point": str(point_id), "due": due.isoformat(), "was": before}
    moves.done(
        viewer, conflict, ConflictVerb.ADD_POINT, when,
        words=why, values=values, was={"due": before}, key=key, audited=("point", "due"), action="postpone",
    )  # fmt: skip
    settle([f"{told.NAME}.due", f"{told.NAME}.overdue"], moves.path_of(conflict, point_id), when.now)
    about = f"{point_id}:{due.isoformat()}:{when.now.isoformat()}"
    people = [point.owner_id, *moves.everybody(conflict, but=viewer.id)]
    people = [one for one in people if one != viewer.id]
    moves.tell_of(conflict, "postponed", people, when.now, about=about, day=due, point=point_id)


def _put_point(viewer: Viewer, conflict: Conflict, promise: Promise, when: When, key: UUID) -> None:
    """A promise is looked after by the rep of who gave it, where he has one, else by whoever has the conflict."""
    of = next((row for row in moves.rows_of_parties(conflict) if row.id == promise.distributor_id), None)
    if promise.distributor_id is not None and of is None:
        raise RefusedError(Refusal.PARTY, conflict)
    reps = moves.who_look_after([of]) if of else []
    row = {
        "id": key,
        "conflict_id": conflict.id,
        "round": conflict.round,
        "distributor_id": promise.distributor_id,
        "text": promise.text,
        "due": promise.due,
        "owner_id": reps[0] if reps else conflict.owner_id,
        "made_by_id": viewer.id,
        "made_at": when.now,
    }
    insert_row(ConflictPoint, row)


def settle_point(
    viewer: Viewer,
    conflict: Conflict,
    point_id: UUID,
    kept: bool,
    said: str,
    when: When,
    *,
    key: UUID | None = None,
) -> None:
    """A promise was kept, or broken: then the supervisors of the parties are told. The same `key` again changes
    nothing.

    Raises RefusedError, GoneError.
    """
    if moves.there(conflict, key):
        return
    verb = ConflictVerb.KEEP if kept else ConflictVerb.BREAK
    point = db.session.scalar(
        sa.select(ConflictPoint).where(ConflictPoint.id == point_id, ConflictPoint.conflict_id == conflict.id)
    )
    if point is None:
        raise GoneError
    moves.allowed(viewer, conflict, verb, of=point.distributor_id)
    moved = db.session.execute(
        sa.update(ConflictPoint)
        .where(
            ConflictPoint.id == point_id,
            ConflictPoint.round == conflict.round,
            ConflictPoint.state == PointState.OPEN,
        )
        .values(state=PointState.KEPT if kept else PointState.BROKEN, said=said, done_by_id=viewer.id, done_at=when.now)
        .execution_options(synchronize_session=False)
        .returning(ConflictPoint.id)
    ).first()
    if moved is None:
        raise RefusedError(Refusal.MOVED, conflict)
    values = {"point": str(point_id)}
    moves.done(viewer, conflict, verb, when, words=said, values=values, key=key, of=point.distributor_id)
    settle([f"{told.NAME}.due", f"{told.NAME}.overdue"], moves.path_of(conflict, point_id), when.now)
    if not kept:
        people = [conflict.owner_id, *told.nearest(moves.regions(conflict))]
        moves.tell_of(conflict, "broken", [one for one in people if one != viewer.id], when.now, about=str(point_id))


def plan_visit(viewer: Viewer, conflict: Conflict, distributor_id: UUID, rep_id: UUID, day: date, when: When) -> None:
    """Plan a visit of a rep at a party, to see whether the agreement holds; it stands in his week as well.

    Raises RefusedError, plans.PastError, plans.FullError.
    """
    moves.allowed(viewer, conflict, ConflictVerb.PLAN_VISIT, of=distributor_id)
    _is_party(viewer, conflict, distributor_id)
    there = sa.select(ConflictFollowUp.id).where(
        ConflictFollowUp.conflict_id == conflict.id,
        ConflictFollowUp.distributor_id == distributor_id,
        ConflictFollowUp.rep_id == rep_id,
        ConflictFollowUp.day == day,
        ConflictFollowUp.noted_at.is_(None),
    )
    if db.session.scalar(there) is not None:
        return
    plans.plan(viewer, plans.Place(rep_id, distributor_id, day), None, when.now, when.today)
    row = {
        "conflict_id": conflict.id,
        "round": conflict.round,
        "distributor_id": distributor_id,
        "rep_id": rep_id,
        "day": day,
    }
    insert_row(ConflictFollowUp, {**row, "made_by_id": viewer.id, "made_at": when.now})
    values = {"day": day.isoformat(), "party": str(distributor_id)}
    moves.done(viewer, conflict, ConflictVerb.PLAN_VISIT, when, values=values)


def follow_up(
    viewer: Viewer, conflict: Conflict, seen: Seen, when: When, *, planned: UUID | None = None, key: UUID | None = None
) -> None:
    """Note what was found at a party; `planned`: the follow-up visit that was meant for it. Once every party has been
    looked at the conflict is followed up. The same `key` again changes nothing. Raises RefusedError, GoneError."""
    if moves.there(conflict, key):
        return
    after = moves.allowed(viewer, conflict, ConflictVerb.FOLLOW_UP, of=seen.distributor_id)
    _is_party(viewer, conflict, seen.distributor_id)
    noted = {"visit_id": seen.visit_id, "holds": seen.holds, "noted_at": when.now}
    if planned is None:
        row = {"conflict_id": conflict.id, "round": conflict.round, "distributor_id": seen.distributor_id}
        made = {"rep_id": viewer.id, "day": when.today, "made_by_id": viewer.id, "made_at": when.now}
        insert_row(ConflictFollowUp, {**row, **made, **noted})
    else:
        moved = db.session.execute(
            sa.update(ConflictFollowUp)
            .where(
                ConflictFollowUp.id == planned,
                ConflictFollowUp.conflict_id == conflict.id,
                ConflictFollowUp.distributor_id == seen.distributor_id,
                ConflictFollowUp.noted_at.is_(None),
            )
            .values(**noted)
            .execution_options(synchronize_session=False)
            .returning(ConflictFollowUp.id)
        ).first()
        if moved is None:
            raise RefusedError(Refusal.MOVED, conflict)
    moves.move(conflict, after, {})
    values: dict[str, Any] = {"holds": seen.holds, "party": str(seen.distributor_id)}
    if seen.visit_id is not None:
        values["visit"] = str(seen.visit_id)
    moves.done(
        viewer, conflict, ConflictVerb.FOLLOW_UP, when, words=seen.words, values=values, key=key, of=seen.distributor_id
    )


def _is_party(viewer: Viewer, conflict: Conflict, distributor_id: UUID) -> None:
    if not any(party.id == distributor_id for party in queries.parties(viewer, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)
