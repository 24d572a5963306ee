"""Opening a conflict, what is noted in it, who is in it and looks after it, and its end; by way of `moves`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import When
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import moves, policy, queries, told
from .models import (
    CAPTION_LENGTH,
    Conflict,
    ConflictCounter,
    ConflictLink,
    ConflictParty,
    ConflictPhoto,
    ConflictPoint,
)
from .moves import SUBJECT, GoneError, RefusedError
from .rules import (
    ConflictKind,
    ConflictVerb,
    Outcome,
    PointState,
    Refusal,
)

MOST_PHOTOS = 12
MOST_PARTIES = 12
MOST_LINKS = 20
_TICK = timedelta(microseconds=1)


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
        moves.enter(conflict, None, viewer.id, when.now)
        if account.said or account.others:
            held = {"others": account.others} if account.others else {}
            moves.enter(conflict, ConflictVerb.NOTE, viewer.id, when.now + _TICK, account.said, held, of=first.id)
        changes = {"state": [None, conflict.state.value], "kind": [None, account.kind.value]}
        record(viewer.id, "conflicts.open", SUBJECT, key, when.now, {**changes, "parties": [0, len(parties)]})
        moves.tell_of(conflict, "opened", moves.everybody(conflict, but=viewer.id), when.now)
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
    if moves.there(conflict, key):
        return
    moves.allowed(viewer, conflict, ConflictVerb.NOTE, of=of)
    if of is not None and not any(party.id == of and party.covered for party in queries.parties(viewer, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)
    photo_id = None if photo is None else uuid7()
    if photo is not None:
        moves.check_room(conflict, ConflictPhoto, MOST_PHOTOS)
    shown = {} if photo_id is None else {"photo": str(photo_id)}
    moves.done(viewer, conflict, ConflictVerb.NOTE, when, words=words, values=shown, key=key, of=of)
    if photo is not None and photo_id is not None:
        moves.store(viewer, conflict, photo_id, photo, words[:CAPTION_LENGTH], when, of)


def keep_photo(viewer: Viewer, conflict: Conflict, *, key: UUID, content: Content, when: When) -> None:
    """Keep a photo that came with the opening. The same key again is the same photo. Raises GoneError, RefusedError,
    TooManyError, storage.StorageError."""
    there = db.session.get(ConflictPhoto, key, populate_existing=True)
    if there is not None:
        if there.conflict_id != conflict.id:
            raise GoneError
        return
    moves.allowed(viewer, conflict, ConflictVerb.NOTE)
    moves.check_room(conflict, ConflictPhoto, MOST_PHOTOS)
    moves.done(viewer, conflict, ConflictVerb.NOTE, when, values={"photo": str(key)})
    moves.store(viewer, conflict, key, content, "", when, None)


def add_party(viewer: Viewer, conflict: Conflict, distributor: Any, when: When) -> bool:
    """Add a distributor (a row with `id` and `region_code`) that the viewer has found; whether it was not in it yet.

    Its rep and supervisors are told. Raises RefusedError, TooManyError.
    """
    moves.allowed(viewer, conflict, ConflictVerb.ADD_PARTY)
    moves.check_room(conflict, ConflictParty, MOST_PARTIES)
    row = {"id": uuid7(), "conflict_id": conflict.id, "distributor_id": distributor.id}
    statement = insert_into(ConflictParty).values(**row, by_id=viewer.id, at=when.now)
    statement = statement.on_conflict_do_nothing(index_elements=["conflict_id", "distributor_id"])
    if db.session.execute(statement.returning(ConflictParty.id)).first() is None:
        return False
    moves.done(viewer, conflict, ConflictVerb.ADD_PARTY, when, values={"party": str(distributor.id)})
    added = [row for row in moves.rows_of_parties(conflict) if row.id == distributor.id]
    people = [*moves.who_look_after(added), *told.nearest([distributor.region_code])]
    moves.tell_of(conflict, "opened", [one for one in people if one != viewer.id], when.now)
    return True


def link(viewer: Viewer, conflict: Conflict, kind: str, key: str, when: When) -> bool:
    """Link it with a thing that the viewer has found (links.py); whether it was not yet. Raises RefusedError,
    TooManyError."""
    moves.allowed(viewer, conflict, ConflictVerb.LINK)
    moves.check_room(conflict, ConflictLink, MOST_LINKS)
    statement = insert_into(ConflictLink).values(
        id=uuid7(), conflict_id=conflict.id, kind=kind, key=key, by_id=viewer.id, at=when.now
    )
    statement = statement.on_conflict_do_nothing(index_elements=["conflict_id", "kind", "key"])
    if db.session.execute(statement.returning(ConflictLink.id)).first() is None:
        return False
    moves.done(viewer, conflict, ConflictVerb.LINK, when, values={"link": f"{kind}:{key}"})
    return True


def assign(viewer: Viewer, conflict: Conflict, owner: Viewer, when: When) -> None:
    """Give it to somebody who covers one of the parties, with its open promises. Raises RefusedError; PARTY where he
    covers none."""
    moves.allowed(viewer, conflict, ConflictVerb.ASSIGN)
    if not any(owner.covers(party.region_code) for party in queries.parties(owner, conflict)):
        raise RefusedError(Refusal.PARTY, conflict)
    if owner.id == conflict.owner_id:
        return
    before = conflict.owner_id
    moves.move(conflict, conflict.state, {"owner_id": owner.id})
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
    moves.done(viewer, conflict, ConflictVerb.ASSIGN, when, values={"owner": str(owner.id)}, was={"owner": str(before)})
    moves.tell_of(conflict, "assigned", [owner.id], when.now, about=f"{conflict.id}:{when.now.isoformat()}")


def close(viewer: Viewer, conflict: Conflict, outcome: Outcome, words: str, when: When) -> None:
    """It is over, with an outcome. Raises RefusedError."""
    after = moves.allowed(viewer, conflict, ConflictVerb.CLOSE)
    moves.move(conflict, after, {"ended_at": when.now, "outcome": outcome})
    moves.done(viewer, conflict, ConflictVerb.CLOSE, when, words=words, values={"outcome": outcome.value})


def drop(viewer: Viewer, conflict: Conflict, words: str, when: When) -> None:
    """It was none, or nobody wants it settled. Raises RefusedError."""
    after = moves.allowed(viewer, conflict, ConflictVerb.DROP)
    moves.move(conflict, after, {"ended_at": when.now})
    moves.done(viewer, conflict, ConflictVerb.DROP, when, words=words)


def reopen(viewer: Viewer, conflict: Conflict, words: str, when: When) -> None:
    """It has broken out again: what was agreed counts no longer, and they meet anew. Raises RefusedError."""
    after = moves.allowed(viewer, conflict, ConflictVerb.REOPEN)
    meet_by = when.today + timedelta(days=policy.on(when.today).meet_days)
    values = {"round": conflict.round + 1, "ended_at": None, "outcome": None, "agreed_at": None}
    moves.move(conflict, after, {**values, "meet_by": meet_by, "stalled_told": False})
    moves.done(viewer, conflict, ConflictVerb.REOPEN, when, words=words, values={"round": conflict.round})
    about = f"{conflict.id}:{conflict.round}"
    moves.tell_of(conflict, "reopened", moves.everybody(conflict, but=viewer.id), when.now, about=about)
