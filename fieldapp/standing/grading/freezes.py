"""Freezing a distributor's credit by hand, and lifting that; each with a reason and its audit entry.

Changes of credit come one after the other (`credit.lock`), so what is read here still holds when it is written.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import credit
from .models import CreditFreeze


class FrozenError(ValueError):
    """Somebody else has frozen it before."""

    def __init__(self, freeze: CreditFreeze) -> None:
        super().__init__(str(freeze.id))
        self.freeze = freeze


class LiftedError(ValueError):
    """Somebody else has lifted the freeze before."""

    def __init__(self, freeze: CreditFreeze) -> None:
        super().__init__(str(freeze.id))
        self.freeze = freeze


def held(distributor_id: UUID) -> CreditFreeze | None:
    """The freeze by hand that holds, if any."""
    return db.session.scalar(
        sa.select(CreditFreeze).where(CreditFreeze.distributor_id == distributor_id, CreditFreeze.lifted_at.is_(None))
    )


def freeze(viewer: Viewer, distributor_id: UUID, reason: str, key: UUID, now: datetime) -> None:
    """Freeze the credit of a distributor that the viewer has found; `key` is made with the page.

    The same key again, or one's own freeze that holds already, changes nothing. Raises FrozenError.
    """
    credit.lock()
    now_held = held(distributor_id)
    if now_held is not None and now_held.frozen_by_id != viewer.id:
        raise FrozenError(now_held)
    before = db.session.get(CreditFreeze, key)
    if now_held is not None or (
        before is not None and (before.frozen_by_id, before.distributor_id) == (viewer.id, distributor_id)
    ):
        return
    made = CreditFreeze(
        id=key if before is None else uuid7(),
        distributor_id=distributor_id,
        frozen_by_id=viewer.id,
        frozen_at=now,
        reason=reason,
    )
    db.session.add(made)
    credit.settle([distributor_id])
    changes = {"frozen_by_hand": [False, True], "reason": [None, reason]}
    record(viewer.id, "credit.freeze", "distributor", distributor_id, now, changes)


def lift(viewer: Viewer, held_before: CreditFreeze, reason: str, now: datetime) -> None:
    """Lift a freeze by hand that the viewer has found; the file's own flag is not touched.

    One's own lifting again changes nothing. Raises LiftedError.
    """
    credit.lock()
    db.session.refresh(held_before)
    if held_before.lifted_at is not None:
        if held_before.lifted_by_id == viewer.id:
            return
        raise LiftedError(held_before)
    held_before.lifted_by_id, held_before.lifted_at, held_before.lift_reason = viewer.id, now, reason
    credit.settle([held_before.distributor_id])
    changes = {"frozen_by_hand": [True, False], "reason": [None, reason]}
    record(viewer.id, "credit.unfreeze", "distributor", held_before.distributor_id, now, changes)
