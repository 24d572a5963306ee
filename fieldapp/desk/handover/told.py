"""Who is told of a hand-over: both reps, and the supervisors of its region; the administrators where it is held up.

Titles name no person and no customer: they go into group chats too.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.i18n import gettext as _
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import administrators, supervisors_of
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.notices.kinds import Kind

from .models import Handover

NAME = "handover"


def tell_of(handover: Handover, event: str, now: datetime, *, but: UUID | None) -> None:
    """Tell those whom it concerns. `but`: who did it himself."""
    _tell(handover, event, [one for one in _concerned(handover) if one != but], now)


def tell_stuck(handover: Handover, now: datetime) -> None:
    """Tell who arranged it, and the administrators, that its day has come and it cannot be carried out."""
    _tell(handover, "stuck", [handover.made_by_id, *(one.id for one in administrators())], now)


def settle_coming(handover: Handover, now: datetime) -> None:
    """Nobody need read any more that it is to come."""
    settle((f"{NAME}.arranged", f"{NAME}.stuck"), _path(handover), now)


def _concerned(handover: Handover) -> list[UUID]:
    reps = [handover.from_rep_id, handover.to_rep_id]
    of = [key for key in (handover.from_id, handover.to_id) if key is not None]
    if of:
        reps += db.session.scalars(sa.select(Distributor.rep_id).where(Distributor.id.in_(of))).all()
    known = [key for key in reps if key is not None]
    active = db.session.scalars(sa.select(User.id).where(User.id.in_(known), User.active)).all()
    return [*active, *(boss.id for boss in supervisors_of(handover.region_code))]


def _tell(handover: Handover, event: str, people: list[UUID], now: datetime) -> None:
    place = patches.names([handover.region_code]).get(handover.region_code, handover.region_code)
    values = {"place": place, "day": handover.day.isoformat()}
    tell(people, f"{NAME}.{event}", str(handover.id), values, _path(handover), now)


def _path(handover: Handover) -> str:
    return f"/handovers/{handover.id}"


def _text(values: Mapping[str, Any]) -> str:
    return f"{values.get('place', '')} · {values.get('day', '')}"


def _kind(event: str, title: Callable[[], str]) -> Kind:
    return Kind(f"{NAME}.{event}", lambda _values: title(), _text)


KINDS = (
    _kind("arranged", lambda: _("A hand-over is to come")),
    _kind("done", lambda: _("A hand-over was carried out")),
    _kind("called_off", lambda: _("A hand-over was called off")),
    _kind("stuck", lambda: _("A hand-over cannot be carried out")),
)
