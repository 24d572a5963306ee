"""Visits as a viewer may see them: his own, and those at distributors of his patch; with what was noted there."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .models import Visit, VisitNote, VisitPhoto, VisitPlan
from .rules import NoteSection

PAGE = 20
MOST_NOTES = 300
_KNOWN_CHUNK = 1000


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a visit joined with its distributor."""
    return sa.or_(Visit.rep_id == viewer.id, viewer.scope(Distributor.region_code))


def find(viewer: Viewer, visit_id: UUID) -> Visit | None:
    """A visit that he may see, or None."""
    return db.session.scalar(
        sa.select(Visit)
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(Visit.id == visit_id, visible(viewer))
    )


def distributor(viewer: Viewer, distributor_id: UUID) -> Any | None:
    """What a visit needs of a distributor in the viewer's patch (id, code, name, region_code, address, lat, lng), or
    None."""
    return db.session.execute(
        sa.select(*_DISTRIBUTOR).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    ).one_or_none()


def distributor_of(visit: Visit) -> Any:
    """The same of a visit that the viewer has found: its rep sees it also when the distributor left his patch."""
    return db.session.execute(sa.select(*_DISTRIBUTOR).where(Distributor.id == visit.distributor_id)).one()


_DISTRIBUTOR = (
    Distributor.id,
    Distributor.code,
    Distributor.name,
    Distributor.region_code,
    Distributor.address,
    Distributor.lat,
    Distributor.lng,
)


def under_way(rep_id: UUID) -> Visit | None:
    """The visit that a rep has not left."""
    return db.session.scalar(sa.select(Visit).where(Visit.rep_id == rep_id, Visit.left_at.is_(None)))


def name_of(distributor_id: UUID) -> str:
    """A distributor's name, for a visit of the viewer's own."""
    return db.session.scalar(sa.select(Distributor.name).where(Distributor.id == distributor_id)) or ""


def last_noted_at(visit_id: UUID) -> datetime | None:
    """When the last note of a visit was made."""
    return db.session.scalar(sa.select(sa.func.max(VisitNote.made_at)).where(VisitNote.visit_id == visit_id))


def notes_of(visit_id: UUID) -> Sequence[VisitNote]:
    """Notes of a visit that the viewer has found, the first made first."""
    return db.session.scalars(
        sa.select(VisitNote)
        .where(VisitNote.visit_id == visit_id)
        .order_by(VisitNote.made_at, VisitNote.id)
        .limit(MOST_NOTES)
    ).all()


def find_note(visit: Visit, note_id: UUID) -> VisitNote | None:
    """A note of a visit that the viewer has found."""
    return db.session.scalar(sa.select(VisitNote).where(VisitNote.id == note_id, VisitNote.visit_id == visit.id))


def photos_of(visit_id: UUID) -> Sequence[VisitPhoto]:
    """Photos of a visit that the viewer has found and that are still there, the first taken first."""
    return db.session.scalars(
        sa.select(VisitPhoto)
        .where(VisitPhoto.visit_id == visit_id, VisitPhoto.removed_at.is_(None))
        .order_by(VisitPhoto.taken_at, VisitPhoto.id)
    ).all()


def find_photo(viewer: Viewer, photo_id: UUID) -> VisitPhoto | None:
    """A photo of a visit that he may see and that is still there, or None."""
    return db.session.scalar(
        sa.select(VisitPhoto)
        .join(Visit, Visit.id == VisitPhoto.visit_id)
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(VisitPhoto.id == photo_id, VisitPhoto.removed_at.is_(None), visible(viewer))
    )


def known_photos(keys: Collection[UUID]) -> set[UUID]:
    """Those of the keys that a photo stands behind (core/storage.py)."""
    found: set[UUID] = set()
    remaining = list(keys)
    while remaining:
        chunk, remaining = remaining[:_KNOWN_CHUNK], remaining[_KNOWN_CHUNK:]
        there = sa.select(VisitPhoto.id).where(VisitPhoto.id.in_(chunk), VisitPhoto.removed_at.is_(None))
        found.update(db.session.scalars(there))
    return found


def contacts_of(distributor_id: UUID) -> Sequence[Any]:
    """(id, name, phone) of the contacts of a distributor that the viewer has found, the main one first."""
    return db.session.execute(
        sa.select(Contact.id, Contact.name, Contact.phone)
        .where(Contact.distributor_id == distributor_id)
        .order_by(Contact.main.desc(), Contact.name, Contact.id)
    ).all()


_ROW = (
    Visit.id,
    Visit.distributor_id,
    Visit.rep_id,
    Visit.day,
    Visit.arrived_at,
    Visit.left_at,
    Visit.arrival_distance,
    Visit.arrival_problem,
    Visit.ending,
    Visit.summary,
    Visit.next_on,
    User.name.label("rep"),
)


def of_distributor(
    distributor_id: UUID, limit: int = PAGE, before: UUID | None = None, ended: bool = False
) -> Sequence[sa.Row[Any]]:
    """Visits to a distributor that the viewer has found, the latest first; `before`: those that lie before that one.

    `ended`: only those that are over.
    """
    statement = sa.select(*_ROW).join(User, User.id == Visit.rep_id).where(Visit.distributor_id == distributor_id)
    if ended:
        statement = statement.where(Visit.left_at.is_not(None))
    if before is not None:
        edge = sa.select(Visit.arrived_at).where(Visit.id == before, Visit.distributor_id == distributor_id)
        at = edge.scalar_subquery()
        statement = statement.where(Visit.arrived_at <= at, sa.or_(Visit.arrived_at < at, Visit.id < before))
    return db.session.execute(statement.order_by(Visit.arrived_at.desc(), Visit.id.desc()).limit(limit)).all()


def known_of(rep_id: UUID, distributor_id: UUID, limit: int = 3) -> Sequence[UUID]:
    """Keys of a rep's latest visits to a distributor: a page that lies in a phone tells by them how old it is."""
    return db.session.scalars(
        sa.select(Visit.id)
        .where(Visit.distributor_id == distributor_id, Visit.rep_id == rep_id)
        .order_by(Visit.arrived_at.desc())
        .limit(limit)
    ).all()


def next_planned(distributor_id: UUID, today: date) -> Any | None:
    """(day, rep) of the next planned visit to a distributor that the viewer has found, today's counted."""
    return db.session.execute(
        sa.select(VisitPlan.day, User.name.label("rep"))
        .join(User, User.id == VisitPlan.rep_id)
        .where(VisitPlan.distributor_id == distributor_id, VisitPlan.day >= today)
        .order_by(VisitPlan.day, VisitPlan.id)
        .limit(1)
    ).one_or_none()


def noted_before(distributor_id: UUID, section: NoteSection, limit: int = 8) -> Sequence[str]:
    """Subjects that were noted in a section at a distributor lately, each once: what a rep need not type again."""
    latest = (
        sa.select(VisitNote.subject, VisitNote.made_at)
        .join(Visit, Visit.id == VisitNote.visit_id)
        .where(Visit.distributor_id == distributor_id, VisitNote.section == section, VisitNote.subject != "")
        .order_by(VisitNote.made_at.desc())
        .limit(50)
        .subquery()
    )
    named = sa.select(latest.c.subject).group_by(latest.c.subject).order_by(sa.func.max(latest.c.made_at).desc())
    return db.session.scalars(named.limit(limit)).all()
