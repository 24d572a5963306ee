"""Erasing what is held about a contact person; what the law makes us keep stays."""

from datetime import datetime

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.surveys.actions import forget_person
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier import policy
from fieldapp.network.dossier.queries import blank_entry
from fieldapp.network.dossier.upkeep import refresh
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record
from fieldapp.standing.grading import actions as grading
from fieldapp.standing.grading import consents
from fieldapp.standing.grading.models import Assessment

REASON_LENGTH = 300


def erase(
    viewer: Viewer, contact: Contact, distributor: Distributor, reason: str, note: str, now: datetime
) -> Assessment | None:
    """Delete a contact, found through the viewer, with all that hangs on it, in the transaction under way.

    With the contact go its customer types, its sensitive answers and the words it wrote in surveys; the history keeps
    which fields were changed, not even masked values of them; the search forgets name and phone. Returns the grade that
    is proposed again where one rested on a sensitive answer; `note` tells the supervisor why. Raises
    grading.DecidedError.
    """
    key = contact.id
    gone = {indicator: answer for answer, indicator in consents.of_contact(key)}
    forget_person(key, words=True)
    again = grading.forget(viewer, distributor, gone, note, now)
    db.session.execute(sa.delete(Contact).where(Contact.id == key).execution_options(synchronize_session="fetch"))
    db.session.expire(distributor)
    blank_entry(distributor.id, f"contacts/{key}")
    distributor.updated_at = now
    reindex([distributor.id])
    refresh([distributor.id], policy.on(now.date()).weights)
    record(viewer.id, "privacy.erase", "contact", key, now, {"reason": [None, reason]})
    return again
