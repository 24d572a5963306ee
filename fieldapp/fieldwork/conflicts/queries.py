"""Conflicts as a viewer may see them: those of which a party lies in his patch, and his own.

What was said in confidence of one party is read by whoever covers it, and by who wrote it: every read below that shows
words takes the viewer and filters in SQL.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer

from .models import (
    Conflict,
    ConflictEntry,
    ConflictFollowUp,
    ConflictLink,
    ConflictMeeting,
    ConflictParty,
    ConflictPhoto,
    ConflictPoint,
)
from .rules import GOING, UNSETTLED, ConflictKind, ConflictState, MeetingState, PointState

MOST_ENTRIES = 500
MOST_OPEN = 50
_KNOWN_CHUNK = 1000


class Party(NamedTuple):
    """A distributor in a conflict; `covered`: it lies in the viewer's patch, and only then he is told its name."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    rep_id: UUID | None
    covered: bool


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a conflict: a party of it lies in his patch now, or it is his own."""
    if viewer.everywhere:
        return sa.true()
    there = (
        sa.select(ConflictParty.conflict_id)
        .join(Distributor, Distributor.id == ConflictParty.distributor_id)
        .where(viewer.scope(Distributor.region_code))
    )
    return sa.or_(Conflict.made_by_id == viewer.id, Conflict.owner_id == viewer.id, Conflict.id.in_(there))


def find(viewer: Viewer, conflict_id: UUID) -> Conflict | None:
    """A conflict that he may see, or None."""
    return db.session.scalar(sa.select(Conflict).where(Conflict.id == conflict_id, visible(viewer)))


def find_photo(viewer: Viewer, photo_id: UUID) -> ConflictPhoto | None:
    """A photo of a conflict that he may see, not one of a party that he does not cover, or None."""
    return db.session.scalar(
        sa.select(ConflictPhoto)
        .join(Conflict, Conflict.id == ConflictPhoto.conflict_id)
        .where(ConflictPhoto.id == photo_id, visible(viewer), _told(viewer, ConflictPhoto))
    )


def _told(viewer: Viewer, of: Any) -> sa.ColumnElement[bool]:
    """The condition on an entry or photo: it is of all parties, of one that he covers, or by himself."""
    if viewer.everywhere:
        return sa.true()
    covered = sa.select(Distributor.id).where(
        Distributor.id == of.distributor_id, viewer.scope(Distributor.region_code)
    )
    return sa.or_(of.distributor_id.is_(None), of.by_id == viewer.id, covered.correlate(of).exists())


def parties(viewer: Viewer, conflict: Conflict) -> list[Party]:
    """The parties of a conflict that the viewer has found, in the order in which they were named."""
    rows = db.session.execute(
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)
        .join(ConflictParty, ConflictParty.distributor_id == Distributor.id)
        .where(ConflictParty.conflict_id == conflict.id)
        .order_by(ConflictParty.at, ConflictParty.id)
    )
    return [Party(*row._tuple(), viewer.covers(row.region_code)) for row in rows]


def thread(viewer: Viewer, conflict: Conflict) -> Sequence[ConflictEntry]:
    """What was done and said, the first above; of a conflict that the viewer has found."""
    return db.session.scalars(
        sa.select(ConflictEntry)
        .where(ConflictEntry.conflict_id == conflict.id, _told(viewer, ConflictEntry))
        .order_by(ConflictEntry.at, ConflictEntry.id)
        .limit(MOST_ENTRIES)
    ).all()


def photos(viewer: Viewer, conflict: Conflict) -> Sequence[ConflictPhoto]:
    """Its photos that he may see; of a conflict that the viewer has found."""
    return db.session.scalars(
        sa.select(ConflictPhoto)
        .where(ConflictPhoto.conflict_id == conflict.id, _told(viewer, ConflictPhoto))
        .order_by(ConflictPhoto.at, ConflictPhoto.id)
    ).all()


def meetings(conflict: Conflict) -> Sequence[ConflictMeeting]:
    """Its meetings by day; of a conflict that the viewer has found."""
    wanted = sa.select(ConflictMeeting).where(ConflictMeeting.conflict_id == conflict.id)
    return db.session.scalars(wanted.order_by(ConflictMeeting.day, ConflictMeeting.id)).all()


def points(conflict: Conflict) -> Sequence[ConflictPoint]:
    """All that was ever agreed, the first due above; what is not of the conflict's round counts no longer."""
    wanted = sa.select(ConflictPoint).where(ConflictPoint.conflict_id == conflict.id)
    return db.session.scalars(wanted.order_by(ConflictPoint.round, ConflictPoint.due, ConflictPoint.id)).all()


def follow_ups(conflict: Conflict) -> Sequence[ConflictFollowUp]:
    """Its follow-up visits by day."""
    wanted = sa.select(ConflictFollowUp).where(ConflictFollowUp.conflict_id == conflict.id)
    return db.session.scalars(wanted.order_by(ConflictFollowUp.day, ConflictFollowUp.id)).all()


def links(conflict: Conflict) -> list[tuple[str, str]]:
    """(kind, key) of what it is linked with; links.find says what of it somebody may see."""
    wanted = sa.select(ConflictLink.kind, ConflictLink.key).where(ConflictLink.conflict_id == conflict.id)
    return list(db.session.execute(wanted.order_by(ConflictLink.at, ConflictLink.id)).tuples())


def linked_with(viewer: Viewer, kind: str, key: str) -> Sequence[Conflict]:
    """The conflicts that are linked with a thing, for the page of that thing; as far as the viewer may see them."""
    there = sa.select(ConflictLink.conflict_id).where(ConflictLink.kind == kind, ConflictLink.key == key)
    wanted = sa.select(Conflict).where(Conflict.id.in_(there), visible(viewer))
    return db.session.scalars(wanted.order_by(Conflict.number.desc()).limit(MOST_OPEN)).all()


def going_of(viewer: Viewer, distributor_id: UUID, most: int = MOST_OPEN) -> Sequence[Conflict]:
    """The conflicts of a distributor that the viewer has found which are still worked on, the latest first."""
    there = sa.select(ConflictParty.conflict_id).where(ConflictParty.distributor_id == distributor_id)
    wanted = sa.select(Conflict).where(Conflict.id.in_(there), Conflict.state.in_(GOING), visible(viewer))
    return db.session.scalars(wanted.order_by(Conflict.number.desc()).limit(most)).all()


def open_in(region: str, kind: ConflictKind = ConflictKind.PRICE) -> list[UUID]:
    """Keys of the open conflicts of a kind in a region (a city: four digits), for guard C6: nobody has agreed yet.

    In it is a conflict that is said to be there, or of which a party is. Not scoped: a guard counts, it names nobody.
    """
    inside = [column.between(region, region + "9" * 10) for column in (Conflict.region_code, Distributor.region_code)]
    there = (
        sa.select(ConflictParty.conflict_id)
        .join(Distributor, Distributor.id == ConflictParty.distributor_id)
        .where(inside[1])
    )
    wanted = sa.select(Conflict.id).where(
        Conflict.kind == kind, Conflict.state.in_(UNSETTLED), sa.or_(inside[0], Conflict.id.in_(there))
    )
    return list(db.session.scalars(wanted.order_by(Conflict.number)))


# What is promised, for the calendar and the panels ----------------------------------------------------------------


def counts_still() -> sa.ColumnElement[bool]:
    """The condition on a point or follow-up joined with its conflict: its agreement is the one that counts."""
    return Conflict.state.in_((ConflictState.AGREED, ConflictState.FOLLOWED_UP))


def promised_by(viewer: Viewer, distributor_id: UUID, most: int) -> Sequence[sa.Row[Any]]:
    """(point, conflict) of the open promises of a distributor that the viewer has found, the first due above."""
    return db.session.execute(
        sa.select(ConflictPoint, Conflict)
        .join(Conflict, sa.and_(Conflict.id == ConflictPoint.conflict_id, Conflict.round == ConflictPoint.round))
        .where(
            ConflictPoint.distributor_id == distributor_id,
            ConflictPoint.state == PointState.OPEN,
            counts_still(),
            visible(viewer),
        )
        .order_by(ConflictPoint.due, ConflictPoint.id)
        .limit(most)
    ).all()


def due_for(viewer: Viewer, until: date, most: int) -> Sequence[sa.Row[Any]]:
    """(what, key of the conflict, number, day, text) of his own points and meetings until a day, the first above."""
    points_due = (
        sa.select(
            sa.literal("point").label("what"),
            Conflict.id.label("key"),
            Conflict.number.label("number"),
            ConflictPoint.due.label("day"),
            ConflictPoint.text.label("text"),
        )
        .join(Conflict, sa.and_(Conflict.id == ConflictPoint.conflict_id, Conflict.round == ConflictPoint.round))
        .where(
            ConflictPoint.owner_id == viewer.id,
            ConflictPoint.state == PointState.OPEN,
            ConflictPoint.due <= until,
            counts_still(),
        )
    )
    meetings_due = (
        sa.select(sa.literal("meeting"), Conflict.id, Conflict.number, ConflictMeeting.day, ConflictMeeting.place)
        .join(Conflict, Conflict.id == ConflictMeeting.conflict_id)
        .where(
            Conflict.owner_id == viewer.id,
            Conflict.state.in_(GOING),
            ConflictMeeting.state == MeetingState.PLANNED,
            ConflictMeeting.day <= until,
        )
    )
    both = sa.union_all(points_due, meetings_due).subquery()
    return db.session.execute(sa.select(both).order_by(both.c.day, both.c.number).limit(most)).all()


def known_photos(keys: Collection[UUID]) -> Collection[UUID]:
    """Those of the keys that a photo of a conflict has."""
    asked, found = list(keys), set[UUID]()
    for start in range(0, len(asked), _KNOWN_CHUNK):
        chunk = asked[start : start + _KNOWN_CHUNK]
        found |= set(db.session.scalars(sa.select(ConflictPhoto.id).where(ConflictPhoto.id.in_(chunk))))
    return found
