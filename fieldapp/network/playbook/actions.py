"""Taking a contact for a type, going back to what stood before, erasing all of it; each with its audit entry.

The audit says that somebody judged a person, never how: an erased judgement must not live on there.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .models import ContactType
from .queries import Person
from .rules import CustomerType


class ChangedError(ValueError):
    """Somebody was first: the open judgement is not the one that was seen."""


def classify(
    viewer: Viewer,
    person: Person,
    kind: CustomerType | None,
    observed: Collection[str],
    was: UUID | None,
    now: datetime,
) -> ContactType:
    """Take a contact, found through the viewer, for a type; None: none of them fits. Returns the open judgement.

    `was`: the open judgement that the viewer saw, None where there was none. The same said twice by the same person
    changes nothing. Raises ChangedError when somebody else set one in between.
    """
    return _set(viewer, person, kind, sorted(observed), was, now, "playbook.classify")


def restore(viewer: Viewer, person: Person, was: UUID, now: datetime) -> None:
    """Undo: set again what stood before the open judgement `was`; where it was the first of this person, none is open.

    Undone twice by a double tap it is undone once. Raises ChangedError when another one is open.
    """
    undone = db.session.scalar(sa.select(ContactType).where(ContactType.id == was, ContactType.contact_id == person.id))
    if undone is None:
        raise ChangedError
    before = db.session.scalar(
        sa.select(ContactType)
        .where(
            ContactType.contact_id == person.id,
            ContactType.id != undone.id,
            ContactType.set_at <= undone.set_at,
            ContactType.of_name.is_not_distinct_from(person.name),
        )
        .order_by(ContactType.set_at.desc(), ContactType.id.desc())
        .limit(1)
    )
    if before is not None:
        _set(viewer, person, before.type, before.observed, was, now, "playbook.restore")
    elif _end(person, was, now):
        record(viewer.id, "playbook.restore", "contact", person.id, now, {"judgement": [str(was), None]})
    elif _open(person) is not None:
        raise ChangedError


def erase(viewer: Viewer, person: Person, now: datetime) -> int:
    """Delete everything a contact was ever taken for; returns how many judgements. Nothing there: nothing happens."""
    gone = db.session.execute(
        sa.delete(ContactType).where(ContactType.contact_id == person.id).returning(ContactType.id)
    ).all()
    if gone:
        record(viewer.id, "playbook.erase", "contact", person.id, now, {"judgements": [len(gone), 0]})
    return len(gone)


def _set(
    viewer: Viewer,
    person: Person,
    kind: CustomerType | None,
    signs: Sequence[str],
    was: UUID | None,
    now: datetime,
    action: str,
) -> ContactType:
    """The open judgement if it says just this already (a double tap), else a new one in place of `was`."""
    said = (viewer.id, person.name, kind, list(signs))
    present = _saying(person, said)
    if present is not None:
        return present
    try:
        return _replace(viewer, person, kind, signs, was, now, action)
    except ChangedError:
        present = _saying(person, said)  # the other tap was quicker than the look before
        if present is None:
            raise
        return present


def _saying(person: Person, said: tuple[UUID, str | None, CustomerType | None, list[str]]) -> ContactType | None:
    """The open judgement if it is of this (setter, name, type, signs)."""
    present = _open(person)
    if present is None or (present.set_by_id, present.of_name, present.type, present.observed) != said:
        return None
    return present


def _open(person: Person) -> ContactType | None:
    return db.session.scalar(
        sa.select(ContactType)
        .where(ContactType.contact_id == person.id, ContactType.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _end(person: Person, was: UUID, now: datetime) -> bool:
    """End a judgement of the contact; whether it still was open."""
    ended = db.session.execute(
        sa.update(ContactType)
        .where(ContactType.id == was, ContactType.contact_id == person.id, ContactType.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
        .returning(ContactType.id)
    )
    return ended.first() is not None


def _replace(
    viewer: Viewer,
    person: Person,
    kind: CustomerType | None,
    signs: Sequence[str],
    was: UUID | None,
    now: datetime,
    action: str,
) -> ContactType:
    """End the judgement that was seen, if it still is open, and open another; ChangedError otherwise."""
    if was is not None and not _end(person, was, now):
        raise ChangedError
    values = {
        "id": uuid7(),
        "contact_id": person.id,
        "type": kind,
        "observed": list(signs),
        "of_name": person.name,
        "set_by_id": viewer.id,
        "set_at": now,
    }
    # Two people may set the first one at the same moment: the index lets one through.
    made = db.session.execute(
        insert_into(ContactType).values(**values).on_conflict_do_nothing().returning(ContactType.id)
    ).first()
    if made is None:
        raise ChangedError
    record(viewer.id, action, "contact", person.id, now, {"judgement": [str(was) if was else None, str(made.id)]})
    return db.session.scalars(sa.select(ContactType).where(ContactType.id == made.id)).one()
