"""Everything that is held about one contact person, gathered from the concerns that hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.queries import Event, entry_history
from fieldapp.network.playbook.queries import Judged, judgements
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading import consents
from fieldapp.standing.grading.consents import Kept

MOST_JUDGEMENTS = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """`contact`, `distributor`: the rows; `types`: what he was taken for, the open judgement first; `answers`: the
    sensitive answers that he agreed to and that count, without the answers; `events`: changes of the contact's entry,
    values masked; `company`: the file names the same person as the company's legal person."""

    contact: Contact
    distributor: Distributor
    types: Sequence[Judged]
    answers: Sequence[Kept]
    events: Sequence[Event]

    @property
    def called(self) -> str:
        """The name; the phone number where there is none."""
        return self.contact.name or self.contact.phone or "—"

    @property
    def company(self) -> bool:
        """Is the same name registered as the company's legal person?"""
        return bool(self.contact.name) and self.distributor.legal_person == self.contact.name


def find(viewer: Viewer, contact_id: UUID) -> tuple[Contact, Distributor] | None:
    """A contact of a distributor in the viewer's patch, with the distributor; or None."""
    row: Any = db.session.execute(
        sa.select(Contact, Distributor)
        .join(Distributor, Distributor.id == Contact.distributor_id)
        .where(Contact.id == contact_id, viewer.scope(Distributor.region_code))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def held(contact: Contact, distributor: Distributor, today: date) -> Held:
    """All of it; the contact was found through the viewer."""
    agreed = {key for key, _indicator in consents.of_contact(contact.id)}
    return Held(
        contact,
        distributor,
        judgements(contact.id, MOST_JUDGEMENTS),
        [one for one in consents.kept(distributor.id, today) if one.id in agreed],
        entry_history(distributor.id, f"contacts/{contact.id}"),
    )
