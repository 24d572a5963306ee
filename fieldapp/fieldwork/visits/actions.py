"""Checking in and out, notes, photos; each with its audit entry, which never says what was noted or where he stood.

What comes from a phone may come twice, late and out of order: a key that is there already is a repeat, and a visit that
is older than a later one is put in as ended. Whatever moves a rep's visits takes `_lock` first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_row
from fieldapp.network.distributors.models import Contact
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import plans, queries
from .models import Visit, VisitNote, VisitPhoto
from .rules import Ending, NoteSection, PhotoPurpose, Place, distance, may_change, presumed_end

SUBJECT = "visit"
MOST_PHOTOS = 40


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another visit."""


class NotYoursError(PermissionError):
    """Only the rep who makes a visit writes in it."""


class DayOverError(ValueError):
    """A visit that is over can be changed on its own day only."""


class StillOpenError(ValueError):
    """The rep has not left another visit; `visit`: that one."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(str(visit.id))
        self.visit = visit


class TooManyError(ValueError):
    """A visit holds no more photos."""


@dataclass(frozen=True, slots=True)
class When:
    """`at`: when it happened, by the phone's clock set right; `now`: when we hear of it; `day`: the business date of
    `at`."""

    at: datetime
    now: datetime
    day: date


# Coming and leaving ----------------------------------------------------------------------------------------------


def check_in(
    viewer: Viewer,
    *,
    key: UUID,
    distributor: Any,
    place: Place,
    when: When,
    minutes: int,
    left: tuple[UUID, datetime] | None = None,
    guess: bool = False,
) -> Visit:
    """The rep has arrived at a distributor that he has found. The same key again is the same visit.

    Where another visit is still open, it is ended: at the time that he gave for it (`left`: its key and the time), or
    with `guess` at the presumed one. Without either StillOpenError is raised and nothing is done. A visit older than a
    later one of his is put in as ended, by the next arrival at the latest. Raises GoneError.
    """
    _lock(viewer)
    there = db.session.get(Visit, key, populate_existing=True)
    if there is not None:
        if (there.rep_id, there.distributor_id) != (viewer.id, distributor.id):
            raise GoneError
        return there
    open_one = _under_way(viewer)
    if open_one is not None and open_one.arrived_at <= when.at:
        if left is not None and left[0] == open_one.id:
            _repair(viewer, open_one, max(open_one.arrived_at, min(left[1], when.at)), when)
        elif guess:
            noted = queries.last_noted_at(open_one.id)
            _repair(viewer, open_one, presumed_end(open_one.arrived_at, noted, minutes, when.at), when)
        else:
            raise StillOpenError(open_one)
    following = _next_arrival(viewer.id, when.at, when.day)
    visit = Visit(
        id=key,
        distributor_id=distributor.id,
        rep_id=viewer.id,
        day=when.day,
        arrived_at=when.at,
        recorded_at=when.now,
        arrival_lat=place.lat,
        arrival_lng=place.lng,
        arrival_accuracy=place.accuracy,
        arrival_problem=place.problem,
        arrival_distance=distance(place, distributor.lat, distributor.lng),
    )
    changes: dict[str, Any] = {"distributor": [None, str(distributor.id)], "day": [None, when.day.isoformat()]}
    if following is not None:
        visit.left_at = presumed_end(when.at, None, minutes, min(following, when.now))
        visit.ending = Ending.REPAIRED
        changes["ending"] = [None, Ending.REPAIRED.value]
    db.session.add(visit)
    db.session.flush()
    record(viewer.id, "visits.check_in", SUBJECT, key, when.now, changes)
    return visit


def check_out(
    viewer: Viewer,
    visit: Visit,
    place: Place,
    when: When,
    *,
    distributor: Any,
    summary: str,
    contact_id: UUID | None,
    next_on: date | None,
    forgotten_at: datetime | None = None,
) -> None:
    """The rep leaves; with what he has to say of it, whom he met, and when he comes again, which goes into his plan.

    `forgotten_at`: he left long ago, at that time; the visit is flagged as repaired. A check-out that arrives after the
    visit was repaired puts the true time in. One that was made before changes the words and not the time. Raises
    NotYoursError, plans.FullError (the week of the next visit), plans.PastError.
    """
    _own(viewer, visit)
    _lock(viewer)
    db.session.refresh(visit)
    before = _said(visit)
    was = visit.ending
    if forgotten_at is not None and was is None:
        _repair(viewer, visit, max(visit.arrived_at, min(forgotten_at, when.at)), when)
    elif was is not Ending.CHECKED_OUT and forgotten_at is None:
        following = _next_arrival(viewer.id, visit.arrived_at, visit.day)
        visit.left_at = max(visit.arrived_at, min(when.at, following or when.at))
        visit.ending = Ending.CHECKED_OUT
        visit.departure_lat, visit.departure_lng = place.lat, place.lng
        visit.departure_accuracy, visit.departure_problem = place.accuracy, place.problem
        visit.departure_distance = distance(place, distributor.lat, distributor.lng)
        changes = {"ending": [was.value if was else None, Ending.CHECKED_OUT.value]}
        record(viewer.id, "visits.check_out", SUBJECT, visit.id, when.now, changes)
    visit.summary = summary
    visit.contact_id = _contact(visit, contact_id)
    visit.next_on = next_on
    db.session.flush()
    if was is not None and before != _said(visit):
        _audit_words(viewer, visit, before, when)
    if next_on is not None:
        place_of_plan = plans.Place(viewer.id, visit.distributor_id, next_on)
        plans.plan(viewer, place_of_plan, None, when.now, when.day)


def correct(viewer: Viewer, visit: Visit, *, summary: str, contact_id: UUID | None, when: When) -> None:
    """Other words, or another contact, on the day of the visit. Raises NotYoursError, DayOverError."""
    _writable(viewer, visit, when)
    before = _said(visit)
    visit.summary, visit.contact_id = summary, _contact(visit, contact_id)
    db.session.flush()
    if before != _said(visit):
        _audit_words(viewer, visit, before, when)


# What is noted ---------------------------------------------------------------------------------------------------


def note(
    viewer: Viewer, visit: Visit, *, key: UUID, section: NoteSection, values: Mapping[str, Any], when: When
) -> VisitNote:
    """Keep a note. The same key again is the same note; a step of the talk plan has one, the latest.

    `values`: attributes of VisitNote. Raises NotYoursError, DayOverError, GoneError.
    """
    _writable(viewer, visit, when)
    if section is NoteSection.TALK:
        _forget_step(visit, values["subject"], key)
    made = insert_row(
        VisitNote,
        {"id": key, "visit_id": visit.id, "section": section, "made_at": when.at, **values},
        unless_taken=True,
    )
    row = db.session.get(VisitNote, key, populate_existing=True)
    if row is None or row.visit_id != visit.id:
        raise GoneError
    if made:
        record(viewer.id, "visits.note", SUBJECT, visit.id, when.now, {f"notes/{key}": [None, section.value]})
    return row


def _forget_step(visit: Visit, step: str, key: UUID) -> None:
    earlier = sa.delete(VisitNote).where(
        VisitNote.visit_id == visit.id,
        VisitNote.section == NoteSection.TALK,
        VisitNote.subject == step,
        VisitNote.id != key,
    )
    db.session.execute(earlier.execution_options(synchronize_session=False))


def remove_note(viewer: Viewer, visit: Visit, row: VisitNote, when: When) -> None:
    """Take a note back. Raises NotYoursError, DayOverError."""
    _writable(viewer, visit, when)
    db.session.delete(row)
    db.session.flush()
    record(viewer.id, "visits.remove_note", SUBJECT, visit.id, when.now, {f"notes/{row.id}": [row.section.value, None]})


# Photos ----------------------------------------------------------------------------------------------------------


def keep_photo(
    viewer: Viewer,
    visit: Visit,
    *,
    key: UUID,
    content: Content,
    purpose: PhotoPurpose,
    caption: str,
    taken_at: datetime,
    when: When,
    task_id: UUID | None = None,
) -> VisitPhoto:
    """Keep a photo: its content first, then its row. The same key again is the same photo.

    A process that is killed between the two leaves a content that the sweep removes (core/storage.py). Raises
    NotYoursError, DayOverError, GoneError, TooManyError, storage.StorageError.
    """
    _writable(viewer, visit, when)
    there = db.session.get(VisitPhoto, key, populate_existing=True)
    if there is not None:
        if there.visit_id != visit.id:
            raise GoneError
        return there
    if len(queries.photos_of(visit.id)) >= MOST_PHOTOS:
        raise TooManyError
    digest = sha256(content.data).hexdigest()
    row = VisitPhoto(
        id=key,
        visit_id=visit.id,
        task_id=task_id,
        purpose=purpose,
        caption=caption,
        taken_at=taken_at,
        sha256=digest,
        size=len(content.data),
    )
    storage.keep(key, digest, content.data)
    try:
        db.session.add(row)
        db.session.flush()
        record(viewer.id, "visits.photo", SUBJECT, visit.id, when.now, {f"photos/{key}": [None, purpose.value]})
    except BaseException:
        db.session.rollback()
        storage.discard(key, digest)
        raise
    return row


def remove_photo(viewer: Viewer, visit: Visit, row: VisitPhoto, when: When) -> None:
    """Remove a photo's content; that there was one stays. Raises NotYoursError, DayOverError."""
    _writable(viewer, visit, when)
    row.removed_at = when.now
    changes = {f"photos/{row.id}": [row.purpose.value, None]}
    record(viewer.id, "visits.remove_photo", SUBJECT, visit.id, when.now, changes)
    db.session.commit()
    storage.discard(row.id, row.sha256)  # after the commit: a row without its content must not be


# What they share -------------------------------------------------------------------------------------------------


def _lock(viewer: Viewer) -> None:
    """One change of a rep's comings and goings at a time, until the transaction ends; on SQLite it is alone anyway."""
    db.session.execute(sa.select(User.id).where(User.id == viewer.id).with_for_update(key_share=True))


def _under_way(viewer: Viewer) -> Visit | None:
    found = queries.under_way(viewer.id)
    if found is not None:
        db.session.refresh(found)
    return found


def _next_arrival(rep_id: UUID, at: datetime, day: date) -> datetime | None:
    """When the rep arrived at his next visit after an instant."""
    later = sa.select(sa.func.min(Visit.arrived_at)).where(
        Visit.rep_id == rep_id, Visit.day >= day, Visit.arrived_at > at
    )
    return db.session.scalar(later)


def _repair(viewer: Viewer, visit: Visit, left_at: datetime, when: When) -> None:
    visit.left_at, visit.ending = left_at, Ending.REPAIRED
    db.session.flush()
    changes = {"ending": [None, Ending.REPAIRED.value], "left_at": [None, left_at.isoformat()]}
    record(viewer.id, "visits.repair", SUBJECT, visit.id, when.now, changes)


def _own(viewer: Viewer, visit: Visit) -> None:
    if visit.rep_id != viewer.id:
        raise NotYoursError


def _writable(viewer: Viewer, visit: Visit, when: When) -> None:
    _own(viewer, visit)
    if not may_change(visit.left_at is not None, visit.day, when.day):
        raise DayOverError


def _contact(visit: Visit, contact_id: UUID | None) -> UUID | None:
    """The contact, if it is one of the distributor's."""
    if contact_id is None:
        return None
    there = sa.select(Contact.id).where(Contact.id == contact_id, Contact.distributor_id == visit.distributor_id)
    return db.session.scalar(there)


def _said(visit: Visit) -> tuple[str, UUID | None, date | None]:
    return visit.summary, visit.contact_id, visit.next_on


def _audit_words(viewer: Viewer, visit: Visit, before: tuple[str, UUID | None, date | None], when: When) -> None:
    """Which of the words changed, not what they say: a summary may name people."""
    names = ("summary", "contact", "next_on")
    changed = [name for name, old, new in zip(names, before, _said(visit), strict=True) if old != new]
    record(viewer.id, "visits.correct", SUBJECT, visit.id, when.now, {name: [None, None] for name in changed})
