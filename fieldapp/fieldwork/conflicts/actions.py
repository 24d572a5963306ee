"""Opening a conflict, moving it, its meetings, agreement and follow-ups; each with one entry in thread and audit.

Two people may act on one conflict at the same moment: every act locks its row first and then asks the table of rules
about what it finds there; the UPDATE that follows holds only while state and round are those, and a meeting or a
promise leaves its own state the same way. The audit says what was done and never what was told: a story names people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.clock import When
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.fieldwork.visits import plans
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record
from fieldapp.people.notices.actions import settle, tell

from . import policy, queries, told
from .models import (
    CAPTION_LENGTH,
    Conflict,
    ConflictCounter,
    ConflictEntry,
    ConflictFollowUp,
    ConflictLink,
    ConflictMeeting,
    ConflictParty,
    ConflictPhoto,
    ConflictPoint,
)
from .rules import (
    GOING,
    UNSETTLED,
    Actor,
    ConflictKind,
    ConflictState,
    ConflictVerb,
    Facts,
    MeetingState,
    Outcome,
    PointState,
    Refusal,
    decide,
)

SUBJECT = "conflict"
MOST_PHOTOS = 12
MOST_PARTIES = 12
MOST_LINKS = 20
MOST_POINTS = 30
WAITED = timedelta(minutes=5)  # written without a signal, if we hear of it later than this
DUE_TOLD, OVERDUE_TOLD = 1, 2
_TICK = timedelta(microseconds=1)


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another conflict; or there is no such meeting or promise."""


class RefusedError(ValueError):
    """The move is not in the table for this viewer now; `reason` says why, `conflict` how it stands."""

    def __init__(self, reason: Refusal, conflict: Conflict) -> None:
        super().__init__(reason.value)
        self.reason, self.conflict = reason, conflict


class TooManyError(ValueError):
    """A conflict holds no more photos, parties, links or points."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is told when a conflict is opened. `said`: what its first party says in confidence; `others`: who else is in
    it, in words, where the teller may not see them. The keys are of rows that the caller has found through the
    viewer."""

    kind: ConflictKind
    story: str
    said: str = ""
    others: str = ""
    visit_id: UUID | None = None
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting: when and where; `present` and `words` once it was held."""

    day: date
    at_time: str = ""
    place: str = ""
    present: str = ""
    words: str = ""


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


# Opening ---------------------------------------------------------------------------------------------------------


def open_conflict(viewer: Viewer, *, key: UUID, parties: Sequence[Any], account: Account, when: When) -> Conflict:
    """Open a conflict between distributors (rows with `id` and `region_code`) that the viewer has found, the first of
    which he heard it from. The same key again is the same conflict.

    The reps and nearest supervisors of every party are told. Raises GoneError.
    """
    there = db.session.get(Conflict, key, populate_existing=True)
    first = parties[0]
    if there is not None:
        if there.made_by_id != viewer.id:
            raise GoneError
        return there
    values = {
        "id": key,
        "number": _next_number(),
        "kind": account.kind,
        "region_code": first.region_code,
        "story": account.story,
        "owner_id": viewer.id,
        "made_by_id": viewer.id,
        "visit_id": _visit(viewer, account.visit_id),
        "made_at": min(when.at, when.now),
        "recorded_at": when.now,
        "meet_by": when.today + timedelta(days=policy.on(when.today).meet_days),
    }
    made = insert_row(Conflict, values, unless_taken=True)
    conflict = db.session.get(Conflict, key, populate_existing=True)
    if conflict is None or conflict.made_by_id != viewer.id:
        raise GoneError
    if made:
        for place, party in enumerate(dict.fromkeys(party.id for party in parties)):
            # Their order is the one in which they were named, and keys of one millisecond have none.
            row = {"conflict_id": key, "distributor_id": party, "by_id": viewer.id, "at": when.now + place * _TICK}
            insert_row(ConflictParty, row)
        for kind, target in dict.fromkeys(account.links):
            link = {"conflict_id": key, "kind": kind, "key": target, "by_id": viewer.id, "at": when.now}
            insert_row(ConflictLink, link)
        _enter(conflict, None, viewer.id, when.now)
        if account.said or account.others:
            held = {"others": account.others} if account.others else {}
            _enter(conflict, ConflictVerb.NOTE, viewer.id, when.now + _TICK, account.said, held, of=first.id)
        changes = {"state": [None, conflict.state.value], "kind": [None, account.kind.value]}
        record(viewer.id, "conflicts.open", SUBJECT, key, when.now, {**changes, "parties": [0, len(parties)]})
        _tell(conflict, "opened", _everybody(conflict, but=viewer.id), when.now)
    return conflict


def _next_number() -> int:
    statement = insert_into(ConflictCounter).values(id=1, last=1)
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"last": ConflictCounter.last + 1})
    return int(db.session.execute(statement.returning(ConflictCounter.last)).scalar_one())


def _visit(viewer: Viewer, visit_id: UUID | None) -> UUID | None:
    """The visit, if it is one of the viewer's: one that never arrived must not keep its conflict away."""
    if visit_id is None:
        return None
    return db.session.scalar(sa.select(Visit.id).where(Visit.id == visit_id, Visit.rep_id == viewer.id))


# Notes, parties, links, who looks after it -------------------------------------------------------------------------


def note(
    viewer: Viewer,
    conflict: Conflict,
    words: str,
    when: When,
    *,
    of: UUID | None = None,
    key: UUID | None = None,
    photo: Content | None = None,
) -> None:
    """Note something, with a photo that shows it; `of`: a party that said it in confidence. The same `key` again
    changes nothing. Raises RefusedError, GoneError, TooManyError, storage.StorageError."""
    if _there(conflict, key):
        return
    _allowed(viewer, conflict, ConflictVerb.NOTE, of=of)
    if of is not None and not any(party.id == of and party.covered for party in queries.parties(viewer, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)
    photo_id = None if photo is None else uuid7()
    if photo is not None:
        _check_room(conflict, ConflictPhoto, MOST_PHOTOS)
    shown = {} if photo_id is None else {"photo": str(photo_id)}
    _done(viewer, conflict, ConflictVerb.NOTE, when, words=words, values=shown, key=key, of=of)
    if photo is not None and photo_id is not None:
        _store(viewer, conflict, photo_id, photo, words[:CAPTION_LENGTH], when, of)


def keep_photo(viewer: Viewer, conflict: Conflict, *, key: UUID, content: Content, when: When) -> None:
    """Keep a photo that came with the opening. The same key again is the same photo. Raises GoneError, RefusedError,
    TooManyError, storage.StorageError."""
    there = db.session.get(ConflictPhoto, key, populate_existing=True)
    if there is not None:
        if there.conflict_id != conflict.id:
            raise GoneError
        return
    _allowed(viewer, conflict, ConflictVerb.NOTE)
    _check_room(conflict, ConflictPhoto, MOST_PHOTOS)
    _done(viewer, conflict, ConflictVerb.NOTE, when, values={"photo": str(key)})
    _store(viewer, conflict, key, content, "", when, None)


def add_party(viewer: Viewer, conflict: Conflict, distributor: Any, when: When) -> bool:
    """Add a distributor (a row with `id` and `region_code`) that the viewer has found; whether it was not in it yet.

    Its rep and supervisors are told. Raises RefusedError, TooManyError.
    """
    _allowed(viewer, conflict, ConflictVerb.ADD_PARTY)
    _check_room(conflict, ConflictParty, MOST_PARTIES)
    row = {"id": uuid7(), "conflict_id": conflict.id, "distributor_id": distributor.id}
    statement = insert_into(ConflictParty).values(**row, by_id=viewer.id, at=when.now)
    statement = statement.on_conflict_do_nothing(index_elements=["conflict_id", "distributor_id"])
    if db.session.execute(statement.returning(ConflictParty.id)).first() is None:
        return False
    _done(viewer, conflict, ConflictVerb.ADD_PARTY, when, values={"party": str(distributor.id)})
    added = [row for row in _rows_of_parties(conflict) if row.id == distributor.id]
    people = [*_who_look_after(added), *told.nearest([distributor.region_code])]
    _tell(conflict, "opened", [one for one in people if one != viewer.id], when.now)
    return True


def link(viewer: Viewer, conflict: Conflict, kind: str, key: str, when: When) -> bool:
    """Link it with a thing that the viewer has found (links.py); whether it was not yet. Raises RefusedError,
    TooManyError."""
    _allowed(viewer, conflict, ConflictVerb.LINK)
    _check_room(conflict, ConflictLink, MOST_LINKS)
    statement = insert_into(ConflictLink).values(
        id=uuid7(), conflict_id=conflict.id, kind=kind, key=key, by_id=viewer.id, at=when.now
    )
    statement = statement.on_conflict_do_nothing(index_elements=["conflict_id", "kind", "key"])
    if db.session.execute(statement.returning(ConflictLink.id)).first() is None:
        return False
    _done(viewer, conflict, ConflictVerb.LINK, when, values={"link": f"{kind}:{key}"})
    return True


def assign(viewer: Viewer, conflict: Conflict, owner: Viewer, when: When) -> None:
    """Give it to somebody who covers one of the parties, with its open promises. Raises RefusedError; PARTY where he
    covers none."""
    _allowed(viewer, conflict, ConflictVerb.ASSIGN)
    if not any(owner.covers(party.region_code) for party in queries.parties(owner, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)
    if owner.id == conflict.owner_id:
        return
    before = conflict.owner_id
    _move(conflict, conflict.state, {"owner_id": owner.id})
    db.session.execute(
        sa.update(ConflictPoint)
        .where(
            ConflictPoint.conflict_id == conflict.id,
            ConflictPoint.owner_id == before,
            ConflictPoint.state == PointState.OPEN,
        )
        .values(owner_id=owner.id)
        .execution_options(synchronize_session=False)
    )
    _done(viewer, conflict, ConflictVerb.ASSIGN, when, values={"owner": str(owner.id)}, was={"owner": str(before)})
    _tell(conflict, "assigned", [owner.id], when.now, about=f"{conflict.id}:{when.now.isoformat()}")


# Meetings --------------------------------------------------------------------------------------------------------


def plan_meeting(viewer: Viewer, conflict: Conflict, sitting: Sitting, when: When, *, key: UUID | None = None) -> None:
    """Plan a meeting. The same `key` again changes nothing. Raises RefusedError, GoneError."""
    if _there(conflict, key):
        return
    after = _allowed(viewer, conflict, ConflictVerb.MEET)
    _move(conflict, after, {})
    _put_meeting(viewer, conflict, sitting, when)
    values = {"day": sitting.day.isoformat(), "time": sitting.at_time, "place": sitting.place}
    _done(viewer, conflict, ConflictVerb.MEET, when, values=values, key=key, audited=("day",))


def hold_meeting(
    viewer: Viewer,
    conflict: Conflict,
    meeting_id: UUID | None,
    held: Sitting,
    when: When,
    *,
    following: Sitting | None = None,
    key: UUID | None = None,
) -> None:
    """A meeting was held: the planned one, or (None) one that nobody had planned. `following`: the next one.

    The same `key` again changes nothing. Raises RefusedError, GoneError.
    """
    if _there(conflict, key):
        return
    after = _allowed(viewer, conflict, ConflictVerb.HOLD)
    values = {"day": held.day, "at_time": held.at_time, "place": held.place}
    said = {"present": held.present, "words": held.words, "state": MeetingState.HELD}
    if meeting_id is None:
        _put_meeting(viewer, conflict, held, when, **said)
    else:
        _leave_planned(conflict, meeting_id, {**values, **said})
    _move(conflict, after, {})
    if following is not None:
        _put_meeting(viewer, conflict, following, when)
    shown = {"day": held.day.isoformat(), "place": held.place, "present": held.present}
    if following is not None:
        shown["next"] = following.day.isoformat()
    _done(viewer, conflict, ConflictVerb.HOLD, when, words=held.words, values=shown, key=key, audited=("day", "next"))


def cancel_meeting(viewer: Viewer, conflict: Conflict, meeting_id: UUID, words: str, when: When) -> None:
    """A planned meeting does not take place. Raises RefusedError, GoneError."""
    _allowed(viewer, conflict, ConflictVerb.CANCEL)
    row = _leave_planned(conflict, meeting_id, {"state": MeetingState.CANCELLED})
    values = {"day": row.day.isoformat()}
    _done(viewer, conflict, ConflictVerb.CANCEL, when, words=words, values=values)
    settle([f"{told.NAME}.meeting"], _path(conflict), when.now)


def _put_meeting(viewer: Viewer, conflict: Conflict, sitting: Sitting, when: When, **more: Any) -> None:
    row = {"conflict_id": conflict.id, "round": conflict.round, "day": sitting.day, "at_time": sitting.at_time}
    row |= {"place": sitting.place, "made_by_id": viewer.id, "made_at": when.now, **more}
    insert_row(ConflictMeeting, row)


def _leave_planned(conflict: Conflict, meeting_id: UUID, values: Mapping[str, Any]) -> Any:
    """Of two at once one finds it still planned. Raises GoneError, RefusedError(MOVED)."""
    of_it = [ConflictMeeting.id == meeting_id, ConflictMeeting.conflict_id == conflict.id]
    moved = db.session.execute(
        sa.update(ConflictMeeting)
        .where(*of_it, ConflictMeeting.state == MeetingState.PLANNED)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(ConflictMeeting.day)
    ).first()
    if moved is None:
        if db.session.scalar(sa.select(ConflictMeeting.id).where(*of_it)) is None:
            raise GoneError
        raise RefusedError(Refusal.MOVED, conflict)
    return moved


# What is agreed --------------------------------------------------------------------------------------------------


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
    if _there(conflict, key):
        return
    after = _allowed(viewer, conflict, ConflictVerb.AGREE)
    first = conflict.first_agreed_at or when.now
    _move(conflict, after, {"agreed_at": when.now, "first_agreed_at": first})
    for number, promise in enumerate(promises):
        _put_point(viewer, conflict, promise, when, uuid5(key, f"point {number}") if key else uuid7())
    _done(viewer, conflict, ConflictVerb.AGREE, when, words=words, values={"points": len(promises)}, key=key)
    about = f"{conflict.id}:{conflict.round}"
    _tell(conflict, "agreed", _everybody(conflict, but=viewer.id), when.now, about=about)


def add_point(viewer: Viewer, conflict: Conflict, promise: Promise, when: When, *, key: UUID | None = None) -> None:
    """One more point of an agreement. The same `key` again changes nothing. Raises RefusedError, GoneError,
    TooManyError."""
    if _there(conflict, key):
        return
    _allowed(viewer, conflict, ConflictVerb.ADD_POINT)
    _check_room(conflict, ConflictPoint, MOST_POINTS)
    _put_point(viewer, conflict, promise, when, uuid7())
    values = {"due": promise.due.isoformat()}
    _done(viewer, conflict, ConflictVerb.ADD_POINT, when, words=promise.text, values=values, key=key)


def _put_point(viewer: Viewer, conflict: Conflict, promise: Promise, when: When, key: UUID) -> None:
    """A promise is looked after by the rep of who gave it, where he has one, else by whoever has the conflict."""
    of = next((row for row in _rows_of_parties(conflict) if row.id == promise.distributor_id), None)
    if promise.distributor_id is not None and of is None:
        raise RefusedError(Refusal.PARTY, conflict)
    reps = _who_look_after([of]) if of else []
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
    if _there(conflict, key):
        return
    verb = ConflictVerb.KEEP if kept else ConflictVerb.BREAK
    point = db.session.scalar(
        sa.select(ConflictPoint).where(ConflictPoint.id == point_id, ConflictPoint.conflict_id == conflict.id)
    )
    if point is None:
        raise GoneError
    _allowed(viewer, conflict, verb, of=point.distributor_id)
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
    _done(viewer, conflict, verb, when, words=said, values=values, key=key, of=point.distributor_id)
    settle([f"{told.NAME}.due", f"{told.NAME}.overdue"], _path(conflict, point_id), when.now)
    if not kept:
        people = [conflict.owner_id, *told.nearest(_regions(conflict))]
        _tell(conflict, "broken", [one for one in people if one != viewer.id], when.now, about=str(point_id))


# Following up ----------------------------------------------------------------------------------------------------


def plan_visit(viewer: Viewer, conflict: Conflict, distributor_id: UUID, rep_id: UUID, day: date, when: When) -> None:
    """Plan a visit of a rep at a party, to see whether the agreement holds; it stands in his week as well.

    Raises RefusedError, plans.PastError, plans.FullError.
    """
    _allowed(viewer, conflict, ConflictVerb.PLAN_VISIT, of=distributor_id)
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
    _done(viewer, conflict, ConflictVerb.PLAN_VISIT, when, values=values)


def follow_up(
    viewer: Viewer, conflict: Conflict, seen: Seen, when: When, *, planned: UUID | None = None, key: UUID | None = None
) -> None:
    """Note what was found at a party; `planned`: the follow-up visit that was meant for it. Once every party has been
    looked at the conflict is followed up. The same `key` again changes nothing. Raises RefusedError, GoneError."""
    if _there(conflict, key):
        return
    after = _allowed(viewer, conflict, ConflictVerb.FOLLOW_UP, of=seen.distributor_id)
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
    _move(conflict, after, {})
    values: dict[str, Any] = {"holds": seen.holds, "party": str(seen.distributor_id)}
    if seen.visit_id is not None:
        values["visit"] = str(seen.visit_id)
    _done(
        viewer, conflict, ConflictVerb.FOLLOW_UP, when, words=seen.words, values=values, key=key, of=seen.distributor_id
    )


def _is_party(viewer: Viewer, conflict: Conflict, distributor_id: UUID) -> None:
    if not any(party.id == distributor_id for party in queries.parties(viewer, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)


# The end ---------------------------------------------------------------------------------------------------------


def close(viewer: Viewer, conflict: Conflict, outcome: Outcome, words: str, when: When) -> None:
    """It is over, with an outcome. Raises RefusedError."""
    after = _allowed(viewer, conflict, ConflictVerb.CLOSE)
    _move(conflict, after, {"ended_at": when.now, "outcome": outcome})
    _done(viewer, conflict, ConflictVerb.CLOSE, when, words=words, values={"outcome": outcome.value})


def drop(viewer: Viewer, conflict: Conflict, words: str, when: When) -> None:
    """It was none, or nobody wants it settled. Raises RefusedError."""
    after = _allowed(viewer, conflict, ConflictVerb.DROP)
    _move(conflict, after, {"ended_at": when.now})
    _done(viewer, conflict, ConflictVerb.DROP, when, words=words)


def reopen(viewer: Viewer, conflict: Conflict, words: str, when: When) -> None:
    """It has broken out again: what was agreed counts no longer, and they meet anew. Raises RefusedError."""
    after = _allowed(viewer, conflict, ConflictVerb.REOPEN)
    meet_by = when.today + timedelta(days=policy.on(when.today).meet_days)
    values = {"round": conflict.round + 1, "ended_at": None, "outcome": None, "agreed_at": None}
    _move(conflict, after, {**values, "meet_by": meet_by, "stalled_told": False})
    _done(viewer, conflict, ConflictVerb.REOPEN, when, words=words, values={"round": conflict.round})
    about = f"{conflict.id}:{conflict.round}"
    _tell(conflict, "reopened", _everybody(conflict, but=viewer.id), when.now, about=about)


# What time brings ------------------------------------------------------------------------------------------------


def remind(now: datetime, today: date) -> int:
    """Tell of meetings and promises that are near, of promises that are overdue, and of conflicts whose parties have
    not met in time; each once. How many."""
    until = today + timedelta(days=policy.on(today).remind_days)
    return _remind_meetings(now, today, until) + _remind_points(now, today, until) + _remind_stalled(now, today)


def _remind_meetings(now: datetime, today: date, until: date) -> int:
    count = 0
    for meeting, conflict in _locked(
        sa.select(ConflictMeeting, Conflict)
        .join(Conflict, Conflict.id == ConflictMeeting.conflict_id)
        .where(
            ConflictMeeting.state == MeetingState.PLANNED,
            ConflictMeeting.day.between(today, until),
            ConflictMeeting.told.is_(False),
            Conflict.state.in_(GOING),
        ),
        ConflictMeeting,
    ):
        meeting.told = True
        count += 1
        _tell(conflict, "meeting", _reps(conflict), now, about=str(meeting.id), day=meeting.day)
    return count


def _remind_points(now: datetime, today: date, until: date) -> int:
    count = 0
    for point, conflict in _locked(
        sa.select(ConflictPoint, Conflict)
        .join(Conflict, sa.and_(Conflict.id == ConflictPoint.conflict_id, Conflict.round == ConflictPoint.round))
        .where(
            ConflictPoint.state == PointState.OPEN,
            ConflictPoint.told < OVERDUE_TOLD,
            sa.or_(ConflictPoint.due < today, sa.and_(ConflictPoint.told < DUE_TOLD, ConflictPoint.due <= until)),
            queries.counts_still(),
        ),
        ConflictPoint,
    ):
        over = point.due < today
        point.told = OVERDUE_TOLD if over else DUE_TOLD
        people = [point.owner_id, conflict.owner_id]
        if over:
            people += told.nearest(_regions(conflict))
        kind = "overdue" if over else "due"
        _tell(conflict, kind, people, now, about=str(point.id), day=point.due, point=point.id)
        count += 1
    return count


def _remind_stalled(now: datetime, today: date) -> int:
    count = 0
    for (conflict,) in _locked(
        sa.select(Conflict).where(
            Conflict.state.in_(UNSETTLED),
            Conflict.stalled_told.is_(False),
            Conflict.meet_by < today,
            ~sa.exists().where(
                ConflictMeeting.conflict_id == Conflict.id,
                ConflictMeeting.state == MeetingState.HELD,
                ConflictMeeting.round == Conflict.round,
            ),
        ),
        Conflict,
    ):
        conflict.stalled_told = True
        people = [conflict.owner_id, *told.nearest(_regions(conflict))]
        _tell(conflict, "stalled", people, now, about=f"{conflict.id}:{conflict.round}")
        count += 1
    return count


def _locked(statement: Any, of: Any) -> Sequence[Any]:
    """The rows, locked, without those that another run is at."""
    locked = statement.order_by(of.id).with_for_update(of=of, skip_locked=True)
    return db.session.execute(locked.execution_options(populate_existing=True)).all()


# What they share -------------------------------------------------------------------------------------------------


def facts_of(viewer: Viewer, conflict: Conflict, of: UUID | None = None) -> Facts:
    """What the table asks of a viewer and a conflict; `of`: the party that the verb is about. Two statements."""
    parties = queries.parties(viewer, conflict)
    covers = [party.covered for party in parties]
    promises, looked_at = _standing(conflict)
    return Facts(
        Actor(viewer.role.value),
        any(covers) or viewer.everywhere,
        all(covers),
        of is None or viewer.everywhere or any(party.id == of and party.covered for party in parties),
        viewer.id in (conflict.owner_id, conflict.made_by_id),
        len(parties),
        promises,
        sum(party.id not in looked_at and party.id != of for party in parties),
    )


def _standing(conflict: Conflict) -> tuple[int, set[UUID]]:
    """(open promises of the round, parties that somebody has looked at in it)."""
    waits = (
        sa.select(sa.func.count())
        .where(
            ConflictPoint.conflict_id == conflict.id,
            ConflictPoint.round == conflict.round,
            ConflictPoint.state == PointState.OPEN,
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(waits, ConflictFollowUp.distributor_id)
        .select_from(Conflict)
        .outerjoin(
            ConflictFollowUp,
            sa.and_(
                ConflictFollowUp.conflict_id == Conflict.id,
                ConflictFollowUp.round == Conflict.round,
                ConflictFollowUp.noted_at.is_not(None),
            ),
        )
        .where(Conflict.id == conflict.id)
    ).all()
    return rows[0][0], {row[1] for row in rows if row[1] is not None}


def _allowed(viewer: Viewer, conflict: Conflict, verb: ConflictVerb, of: UUID | None = None) -> ConflictState:
    """Lock the conflict, look at it as it is now, and ask the table."""
    db.session.execute(sa.select(Conflict.id).where(Conflict.id == conflict.id).with_for_update())
    db.session.refresh(conflict)
    decided = decide(conflict.state, verb, facts_of(viewer, conflict, of))
    if isinstance(decided, Refusal):
        raise RefusedError(decided, conflict)
    return decided


def _move(conflict: Conflict, to: ConflictState, values: Mapping[str, Any]) -> None:
    """Leave the state, if it still is that one; RefusedError(MOVED) otherwise, with the row as the other left it."""
    if to is conflict.state and not values:
        return
    moved = db.session.execute(
        sa.update(Conflict)
        .where(Conflict.id == conflict.id, Conflict.state == conflict.state, Conflict.round == conflict.round)
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
        .returning(Conflict.id)
    ).first()
    db.session.refresh(conflict)
    if moved is None:
        raise RefusedError(Refusal.MOVED, conflict)


def _done(
    viewer: Viewer,
    conflict: Conflict,
    verb: ConflictVerb,
    when: When,
    *,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    was: Mapping[str, Any] | None = None,
    key: UUID | None = None,
    of: UUID | None = None,
    audited: Sequence[str] | None = None,
) -> None:
    """Enter it in the thread and in the audit. `audited`: which of the values the audit holds, all where it is None."""
    held = dict(values or {})
    written = {"written": when.at.isoformat()} if when.now - when.at > WAITED else {}
    _enter(conflict, verb, viewer.id, when.now, words, {**held, **written}, key, of)
    before = was or {}
    done = {name: [before.get(name), value] for name, value in held.items() if audited is None or name in audited}
    changes = {"state": [None, conflict.state.value], **done}
    record(viewer.id, f"conflicts.{verb.value}", SUBJECT, conflict.id, when.now, changes)
    if kinds := told.SETTLED.get(verb):
        settle([f"{told.NAME}.{kind}" for kind in kinds], _path(conflict), when.now)


def _enter(
    conflict: Conflict,
    verb: ConflictVerb | None,
    by: UUID,
    at: datetime,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    key: UUID | None = None,
    of: UUID | None = None,
) -> None:
    held = {"state": conflict.state.value, **(values or {})}
    row = {"conflict_id": conflict.id, "distributor_id": of, "verb": verb, "words": words, "values": held}
    insert_row(ConflictEntry, {"id": key or uuid7(), **row, "by_id": by, "at": at})


def _there(conflict: Conflict, key: UUID | None) -> bool:
    """Has the move of this key been made?"""
    if key is None:
        return False
    found = db.session.scalar(sa.select(ConflictEntry.conflict_id).where(ConflictEntry.id == key))
    if found not in (None, conflict.id):
        raise GoneError
    return found is not None


def _check_room(conflict: Conflict, model: Any, most: int) -> None:
    held = sa.select(sa.func.count()).where(model.conflict_id == conflict.id)
    if (db.session.scalar(held) or 0) >= most:
        raise TooManyError


def _store(
    viewer: Viewer, conflict: Conflict, key: UUID, content: Content, caption: str, when: When, of: UUID | None
) -> None:
    """The content first, then its row; a row that fails leaves no content."""
    digest = sha256(content.data).hexdigest()
    row = {"id": key, "conflict_id": conflict.id, "distributor_id": of, "by_id": viewer.id, "caption": caption}
    storage.keep(key, digest, content.data)
    try:
        insert_row(ConflictPhoto, {**row, "at": when.now, "sha256": digest, "size": len(content.data)})
    except BaseException:
        db.session.rollback()
        storage.discard(key, digest)
        raise


def _rows_of_parties(conflict: Conflict) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Distributor.id, Distributor.region_code, Distributor.rep_id)
        .join(ConflictParty, ConflictParty.distributor_id == Distributor.id)
        .where(ConflictParty.conflict_id == conflict.id)
        .order_by(ConflictParty.at, ConflictParty.id)
    ).all()


def _regions(conflict: Conflict) -> list[str | None]:
    return [row.region_code for row in _rows_of_parties(conflict)]


def _who_look_after(parties: Sequence[Any]) -> list[UUID]:
    """The reps of these distributors who still work and whose patch still holds them: only they see the conflict."""
    found = sa.select(User.id, User.patch).where(
        User.id.in_({row.rep_id for row in parties if row.rep_id}), User.active
    )
    patches = {key: tuple(patch) for key, patch in db.session.execute(found)}
    return [row.rep_id for row in parties if (row.region_code or "").startswith(patches.get(row.rep_id, ()))]


def _reps(conflict: Conflict) -> list[UUID]:
    """Who looks after it, and after its parties."""
    return [conflict.owner_id, *_who_look_after(_rows_of_parties(conflict))]


def _everybody(conflict: Conflict, but: UUID) -> list[UUID]:
    people = [*_reps(conflict), *told.nearest(_regions(conflict))]
    return [one for one in people if one != but]


def _tell(
    conflict: Conflict,
    kind: str,
    people: Sequence[UUID],
    now: datetime,
    *,
    about: str | None = None,
    day: date | None = None,
    point: UUID | None = None,
) -> None:
    values = {"number": conflict.shown_number, "kind": conflict.kind.value}
    if day is not None:
        values["day"] = day.isoformat()
    tell(people, f"{told.NAME}.{kind}", about or str(conflict.id), values, _path(conflict, point), now)


def _path(conflict: Conflict, point: UUID | None = None) -> str:
    return f"/conflicts/{conflict.id}" + (f"#p-{point}" if point else "")
