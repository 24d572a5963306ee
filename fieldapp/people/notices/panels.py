"""On one's own page: the way to the notices, and whether they come by mail too."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core import mail
from fieldapp.core.panels import Panel
from fieldapp.people.accounts.viewer import Viewer

from . import queries


def _mine(viewer: Viewer, _key: UUID, _today: date) -> Mapping[str, Any]:
    wanted, address = queries.wants_mail(viewer)
    return {"wanted": wanted, "address": address, "mail": mail.server() is not None}


PANELS = (Panel("me", "people/notices/me.html", _mine),)
