"""What other concerns have to do when a contact is taken out of a file: each says so when the app is built."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask, current_app

from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.viewer import Viewer

_DEPARTURES = "fieldapp.contact_departures"
Departure = Callable[[Viewer, Contact, Distributor, datetime], None]


def declare(app: Flask, departure: Departure) -> None:
    """Have `departure(viewer, contact, distributor, now)` called before the contact's row goes, in its transaction.

    It may refuse with dossier's RefusedError.
    """
    app.extensions.setdefault(_DEPARTURES, []).append(departure)


def leaving(viewer: Viewer, contact: Contact, distributor: Distributor, now: datetime) -> None:
    """Tell everybody that a contact is about to go."""
    departures: list[Departure] = current_app.extensions.get(_DEPARTURES, [])
    for departure in departures:
        departure(viewer, contact, distributor, now)
