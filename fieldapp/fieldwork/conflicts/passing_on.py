"""Conflicts that get another to look after them, many at once: a patch is handed over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_row, uuid7
from fieldapp.people.audit.actions import changed, record_each

from .models import Conflict, ConflictEntry, ConflictFollowUp, ConflictPoint
from .moves import SUBJECT
from .rules import GOING, ConflictVerb, PointState


def pass_on(
    by: UUID,
    keys: Sequence[UUID],
    giver: UUID,
    to: UUID,
    told_why: tuple[str, Mapping[str, Any]],
    now: datetime,
) -> list[UUID]:
    """Conflicts that are worked on, what is promised in them and the follow-up visits that are still to be made go from
    one rep to another; what is another's stays so.

    `told_why`: the words and values of the entry in each thread. Those that moved: what has ended stays.
    """
    columns = sa.select(Conflict.id, Conflict.state, Conflict.owner_id)
    going = columns.where(Conflict.id.in_(keys), Conflict.state.in_(GOING))
    moved = db.session.execute(going.order_by(Conflict.id).with_for_update()).all()
    found = [row.id for row in moved]
    his = [row.id for row in moved if row.owner_id == giver]
    for statement in (
        sa.update(Conflict).where(Conflict.id.in_(his)).values(owner_id=to),
        sa.update(ConflictPoint)
        .where(
            ConflictPoint.conflict_id.in_(found),
            ConflictPoint.owner_id == giver,
            ConflictPoint.state == PointState.OPEN,
        )
        .values(owner_id=to),
        sa.update(ConflictFollowUp)
        .where(
            ConflictFollowUp.conflict_id.in_(found),
            ConflictFollowUp.rep_id == giver,
            ConflictFollowUp.noted_at.is_(None),
        )
        .values(rep_id=to),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    words, values = told_why
    for row in moved:
        owner = {"owner": str(to)} if row.owner_id == giver else {}
        held = {"state": row.state.value, **owner, **values}
        entry = {"id": uuid7(), "conflict_id": row.id, "distributor_id": None, "verb": ConflictVerb.ASSIGN}
        insert_row(ConflictEntry, {**entry, "words": words, "values": held, "by_id": by, "at": now})
    record_each(
        by, "conflicts.pass_on", SUBJECT, now,
        [(row.id, changed(row, {"owner_id": to})) for row in moved if row.id in his],
    )  # fmt: skip
    return found
