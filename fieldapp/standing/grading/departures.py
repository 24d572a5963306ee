"""When a contact leaves a file, what he or she has agreed to is forgotten, and the grade proposed without it."""

from datetime import datetime

from flask_babel import gettext as _

from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.actions import RefusedError
from fieldapp.people.accounts.viewer import Viewer

from . import actions, consents


def forget_answers(viewer: Viewer, contact: Contact, distributor: Distributor, now: datetime) -> None:
    """Delete the sensitive answers that rest on this contact's consent. Raises RefusedError when a rating that rests on
    them was decided at the same moment."""
    gone = {indicator: answer for answer, indicator in consents.of_contact(contact.id)}
    note = _("A contact was taken out of the file: graded again without a personal answer.")
    try:
        actions.forget(viewer, distributor, gone, note, now)
    except actions.DecidedError as error:
        raise RefusedError("name", "overtaken") from error
