"""What every act on a conflict does: lock its row, ask the table of rules about what it finds there, and enter what was
done in thread and audit.

Two people may act on one conflict at the same moment: an act asks after it has the lock; the UPDATE that follows holds
only while state and round are those, and a meeting or a promise leaves its own state the same way. The audit says what
was done and never what was told: a story names people.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.clock import When
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_row, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record
from fieldapp.people.notices.actions import settle, tell

from . import queries, told
from .models import (
    Conflict,
    ConflictEntry,
    ConflictFollowUp,
    ConflictParty,
    ConflictPhoto,
    ConflictPoint,
)
from .rules import (
    Actor,
    ConflictState,
    ConflictVerb,
    Facts,
    PointState,
    Refusal,
    decide,
)

SUBJECT = "conflict"
WAITED = timedelta(minutes=5)  # written without a signal, if we hear of it later than this


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another conflict; or there is no such meeting or promise."""


class RefusedError(ValueError):
    """The move is not in the table for this viewer now; `reason` says why, `conflict` how it stands."""

    def __init__(self, reason: Refusal, conflict: Conflict) -> None:
        super().__init__(reason.value)
        self.reason, self.conflict = reason, conflict


class TooManyError(ValueError):
    """A conflict holds no more photos, parties, links or points."""


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


def allowed(viewer: Viewer, conflict: Conflict, verb: ConflictVerb, of: UUID | None = None) -> ConflictState:
    """Lock the conflict, look at it as it is now, and ask the table."""
    db.session.execute(sa.select(Conflict.id).where(Conflict.id == conflict.id).with_for_update())
    db.session.refresh(conflict)
    decided = decide(conflict.state, verb, facts_of(viewer, conflict, of))
    if isinstance(decided, Refusal):
        raise RefusedError(decided, conflict)
    return decided


def move(conflict: Conflict, to: ConflictState, values: Mapping[str, Any]) -> None:
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


def done(
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
    action: str | None = None,
) -> None:
    """Enter it in the thread and in the audit. `audited`: which of the values the audit holds, all where it is None;
    `action`: how the audit calls it, None: as the verb."""
    held = dict(values or {})
    written = {"written": when.at.isoformat()} if when.now - when.at > WAITED else {}
    enter(conflict, verb, viewer.id, when.now, words, {**held, **written}, key, of)
    before = was or {}
    done = {name: [before.get(name), value] for name, value in held.items() if audited is None or name in audited}
    changes = {"state": [None, conflict.state.value], **done}
    record(viewer.id, f"conflicts.{action or verb.value}", SUBJECT, conflict.id, when.now, changes)
    if kinds := told.SETTLED.get(verb):
        settle([f"{told.NAME}.{kind}" for kind in kinds], path_of(conflict), when.now)


def enter(
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


def there(conflict: Conflict, key: UUID | None) -> bool:
    """Has the move of this key been made?"""
    if key is None:
        return False
    found = db.session.scalar(sa.select(ConflictEntry.conflict_id).where(ConflictEntry.id == key))
    if found not in (None, conflict.id):
        raise GoneError
    return found is not None


def check_room(conflict: Conflict, model: Any, most: int) -> None:
    held = sa.select(sa.func.count()).where(model.conflict_id == conflict.id)
    if (db.session.scalar(held) or 0) >= most:
        raise TooManyError


def store(
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


def rows_of_parties(conflict: Conflict) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Distributor.id, Distributor.region_code, Distributor.rep_id)
        .join(ConflictParty, ConflictParty.distributor_id == Distributor.id)
        .where(ConflictParty.conflict_id == conflict.id)
        .order_by(ConflictParty.at, ConflictParty.id)
    ).all()


def regions(conflict: Conflict) -> list[str | None]:
    return [row.region_code for row in rows_of_parties(conflict)]


def who_look_after(parties: Sequence[Any]) -> list[UUID]:
    """The reps of these distributors who still work and whose patch still holds them: only they see the conflict."""
    found = sa.select(User.id, User.patch).where(
        User.id.in_({row.rep_id for row in parties if row.rep_id}), User.active
    )
    patches = {key: tuple(patch) for key, patch in db.session.execute(found)}
    return [row.rep_id for row in parties if (row.region_code or "").startswith(patches.get(row.rep_id, ()))]


def reps(conflict: Conflict) -> list[UUID]:
    """Who looks after it, and after its parties."""
    return [conflict.owner_id, *who_look_after(rows_of_parties(conflict))]


def everybody(conflict: Conflict, but: UUID) -> list[UUID]:
    people = [*reps(conflict), *told.nearest(regions(conflict))]
    return [one for one in people if one != but]


def tell_of(
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
    tell(people, f"{told.NAME}.{kind}", about or str(conflict.id), values, path_of(conflict, point), now)


def path_of(conflict: Conflict, point: UUID | None = None) -> str:
    return f"/conflicts/{conflict.id}" + (f"#p-{point}" if point else "")
