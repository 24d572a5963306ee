"""Who decides of a pair, and what is told of new strong suspicions."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import ngettext

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.notices.actions import tell
from fieldapp.people.notices.kinds import Kind

STRONG = "merged.strong"
PATH = "/merged-accounts"


class Deciders:
    """The active supervisors with their patches and the administrators, read once for many pairs."""

    def __init__(self) -> None:
        rows = db.session.execute(
            sa.select(User.id, User.role, User.patch)
            .where(User.active, User.role != Role.REP)
            .order_by(User.username_key)
        ).all()
        self._supervisors = [(key, tuple(patch)) for key, role, patch in rows if role is Role.SUPERVISOR]
        self._administrators = [key for key, role, _patch in rows if role is Role.ADMIN]

    def covering(self, regions: Collection[str | None]) -> list[UUID]:
        """The supervisors whose patch holds all of these regions."""
        return [
            key
            for key, patch in self._supervisors
            if patch and all(region is not None and region.startswith(patch) for region in regions)
        ]

    def of(self, regions: Collection[str | None]) -> list[UUID]:
        """Who decides: a supervisor who covers all of them, else an administrator."""
        return self.covering(regions) or self._administrators


def may_decide(viewer: Viewer, regions: Collection[str | None]) -> bool:
    """Is the viewer one of them? One statement for an administrator, none for the others."""
    if viewer.role is Role.SUPERVISOR:
        return all(viewer.covers(region) for region in regions)
    return viewer.role is Role.ADMIN and not Deciders().covering(regions)


def tell_strong(pairs: Iterable[Collection[str | None]], now: datetime, today: date) -> int:
    """Tell each decider how many strong suspicions of his are new, once a day. `pairs`: the regions of each pair."""
    deciders, counts = Deciders(), dict[UUID, int]()
    for regions in pairs:
        for user in deciders.of(regions):
            counts[user] = counts.get(user, 0) + 1
    return sum(tell([user], STRONG, today.isoformat(), {"count": count}, PATH, now) for user, count in counts.items())


def _title(values: Mapping[str, Any]) -> str:
    return ngettext(
        "%(num)d new strong suspicion of merged accounts",
        "%(num)d new strong suspicions of merged accounts",
        int(values["count"]),
    )


KINDS = (Kind(STRONG, _title, _title),)
