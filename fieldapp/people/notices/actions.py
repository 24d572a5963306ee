"""Telling people: called by the action that makes something wait for them, in its transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .kinds import known
from .models import Notice


def tell(
    users: Iterable[UUID],
    kind: str,
    about: str,
    values: Mapping[str, Any],
    path: str,
    now: datetime,
    *,
    urgent: bool = False,
) -> int:
    """Tell these users of one event; who has been told of it is not told again. How many are told now.

    `kind` is declared (notices/kinds.py), `about` names the event ("<key>:proposed:2"), `path` is a page of the app.
    Raises KeyError for a kind that nobody declared: its words would be missing.
    """
    known(kind)
    rows = [
        {
            "id": uuid7(),
            "user_id": user,
            "kind": kind,
            "about": about,
            "values": dict(values),
            "path": path,
            "urgent": urgent,
            "made_at": now,
        }
        for user in dict.fromkeys(users)
    ]
    if not rows:
        return 0
    statement = insert_into(Notice).values(rows).on_conflict_do_nothing(index_elements=["user_id", "kind", "about"])
    return len(db.session.execute(statement.returning(Notice.id)).all())


def settle(kinds: Collection[str], path: str, now: datetime) -> None:
    """What these kinds told of a page is done with: nobody need read it, and it is no longer sent."""
    db.session.execute(
        sa.update(Notice)
        .where(Notice.path == path, Notice.kind.in_(kinds), Notice.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def read(notice: Notice, now: datetime) -> None:
    """A notice of one's own is read; the first time counts."""
    db.session.execute(
        sa.update(Notice)
        .where(Notice.id == notice.id, Notice.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def read_all(viewer: Viewer, until: datetime, now: datetime) -> int:
    """All that the viewer was told until an instant is read: not what came while he looked. How many there were."""
    done = db.session.execute(
        sa.update(Notice)
        .where(Notice.user_id == viewer.id, Notice.read_at.is_(None), Notice.made_at <= until)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
        .returning(Notice.id)
    )
    return len(done.all())


def choose_mail(viewer: Viewer, wanted: bool, now: datetime) -> None:
    """Do notices go to the viewer's address too?"""
    user = db.session.get_one(User, viewer.id)
    if user.mail_notices is not wanted:
        record(viewer.id, "notices.prefer", "user", user.id, now, {"mail_notices": [user.mail_notices, wanted]})
        user.mail_notices = wanted
