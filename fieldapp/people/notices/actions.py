"""Telling people: called by the action that makes something wait for them, in its transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldapp.core.db import db, insert_into, uuid7

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
