"""When a contact leaves a file, no survey names him any more; what was answered stays the company's."""

from datetime import datetime

from fieldapp.fieldwork.surveys.actions import forget_person
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.viewer import Viewer


def forget_name(_viewer: Viewer, contact: Contact, _distributor: Distributor, _now: datetime) -> None:
    """Let go of the contact."""
    forget_person(contact.id, words=False)
