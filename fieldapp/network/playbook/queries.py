"""Contacts within the viewer's patch, and what they were taken for."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .models import ContactType, present_of_contact
from .rules import CustomerType

EARLIER = 20
MOST_CARDS = 3


class Person(NamedTuple):
    """A contact and the distributor he or she works at."""

    id: UUID
    name: str | None
    phone: str | None
    distributor_id: UUID
    distributor_name: str

    @property
    def called(self) -> str:
        """The name; the phone number where there is none, else the distributor's name."""
        return self.name or self.phone or self.distributor_name


class Judged(NamedTuple):
    """A judgement with the name of whoever made it."""

    id: UUID
    type: CustomerType | None
    observed: list[str]
    of_name: str | None
    set_by_id: UUID
    set_at: Any
    ended_at: Any
    setter: str


class Advised(NamedTuple):
    """A contact of a distributor that carries a type."""

    id: UUID
    name: str | None
    phone: str | None
    type: CustomerType


def find(viewer: Viewer, contact_id: UUID) -> Person | None:
    """A contact of a distributor in the viewer's patch, or None."""
    row = db.session.execute(
        sa.select(Contact.id, Contact.name, Contact.phone, Distributor.id, Distributor.name)
        .join(Distributor, Distributor.id == Contact.distributor_id)
        .where(Contact.id == contact_id, viewer.scope(Distributor.region_code))
    ).one_or_none()
    return Person(*row) if row else None


def judgements(contact_id: UUID, limit: int = EARLIER + 1) -> list[Judged]:
    """What a contact was taken for, the open judgement first, then the latest first. The contact was found in scope."""
    rows = db.session.execute(
        sa.select(
            ContactType.id,
            ContactType.type,
            ContactType.observed,
            ContactType.of_name,
            ContactType.set_by_id,
            ContactType.set_at,
            ContactType.ended_at,
            User.name,
        )
        .join(User, User.id == ContactType.set_by_id)
        .where(ContactType.contact_id == contact_id)
        .order_by(ContactType.ended_at.is_not(None), ContactType.set_at.desc(), ContactType.id.desc())
        .limit(limit)
    )
    return [Judged(*row) for row in rows]


def advised(distributor_id: UUID, limit: int = MOST_CARDS) -> list[Advised]:
    """The contacts of a distributor (found in scope) that carry a type, the main one first."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(Contact.id, Contact.name, Contact.phone, ContactType.type)
        .join(ContactType, present_of_contact())
        .where(Contact.distributor_id == distributor_id, ContactType.type.is_not(None))
        .order_by(Contact.main.desc(), Contact.name, Contact.id)
        .limit(limit)
    ).all()
    return [Advised(*row) for row in rows]
