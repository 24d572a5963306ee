"""Temporary increases of a credit limit: asked, decided, withdrawn, ended; each with its audit entry.

They end by themselves: the record that the deal check reads holds their days. Changes of credit come one after the
other (`credit.lock`), so what is read here still holds when it is written.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import credit, notices
from .credit_policy import terms_on
from .credit_rules import Refusal, Standing, last_day, refusals
from .models import CreditIncrease, CreditRecord, IncreaseState


class Decision(StrEnum):
    """What a supervisor says."""

    APPROVE = "approve"
    DECLINE = "decline"


class NotYoursError(PermissionError):
    """Only the asker withdraws; nobody decides his own request."""


class RefusedError(ValueError):
    """It may not be asked for, or no longer be approved; `refusals` says why."""

    def __init__(self, against: list[Refusal]) -> None:
        super().__init__(", ".join(against))
        self.refusals = against


class MovedOnError(ValueError):
    """Somebody was first: the increase is no longer in the state that was seen."""

    def __init__(self, increase: CreditIncrease) -> None:
        super().__init__(increase.state)
        self.increase = increase


def standing(distributor_id: UUID, *, but: UUID | None = None) -> Standing:
    """What an increase is measured against now, leaving out the request `but`."""
    row = db.session.execute(
        sa.select(CreditRecord.grade, CreditRecord.limit).where(CreditRecord.distributor_id == distributor_id)
    ).one_or_none()
    others = db.session.execute(
        sa.select(CreditIncrease.state, CreditIncrease.valid_until).where(
            CreditIncrease.distributor_id == distributor_id,
            CreditIncrease.state.in_((IncreaseState.ASKED, IncreaseState.APPROVED)),
            CreditIncrease.id != but if but else sa.true(),
        )
    ).all()
    return Standing(
        grade=row.grade if row else None,
        limit=row.limit if row else None,
        asked=any(other.state is IncreaseState.ASKED for other in others),
        running_until=max((other.valid_until for other in others if other.valid_until), default=None),
    )


def ask(
    viewer: Viewer, distributor_id: UUID, amount: int, days: int, reason: str, key: UUID, now: datetime, today: date
) -> None:
    """Ask for `amount` fen more for `days` days, for a distributor that the viewer has found.

    `key` is made with the page: the same one again changes nothing. Raises RefusedError.
    """
    credit.lock()
    before = db.session.get(CreditIncrease, key)
    if before is not None and (before.asked_by_id, before.distributor_id) == (viewer.id, distributor_id):
        return
    against = refusals(standing(distributor_id), amount, days, terms_on(today)[0], today)
    if against:
        raise RefusedError(against)
    made = CreditIncrease(
        id=key if before is None else uuid7(),
        distributor_id=distributor_id,
        amount=amount,
        days=days,
        reason=reason,
        asked_by_id=viewer.id,
        asked_at=now,
    )
    db.session.add(made)
    db.session.flush()
    _audit(
        viewer, "ask", made, now, {"state": [None, made.state.value], "amount": [None, amount], "days": [None, days]}
    )
    notices.tell_asked(made, now)


def withdraw(viewer: Viewer, increase: CreditIncrease, now: datetime) -> None:
    """Take one's own open request back. Raises NotYoursError, MovedOnError."""
    if increase.asked_by_id != viewer.id:
        raise NotYoursError
    credit.lock()
    db.session.refresh(increase)
    if _at(increase, IncreaseState.ASKED, done=(IncreaseState.WITHDRAWN, viewer.id, increase.asked_by_id)):
        _move(viewer, "withdraw", increase, IncreaseState.WITHDRAWN, now, {})


def decide(
    viewer: Viewer, increase: CreditIncrease, decision: Decision, reason: str, now: datetime, today: date
) -> None:
    """Approve, from today on, or decline an open request of somebody else that the viewer has found.

    The same answer by the same supervisor again changes nothing. Raises NotYoursError, MovedOnError, and on approval
    RefusedError when grade, limit or policy no longer allow it.
    """
    if increase.asked_by_id == viewer.id:
        raise NotYoursError
    goal = IncreaseState.APPROVED if decision is Decision.APPROVE else IncreaseState.DECLINED
    credit.lock()
    db.session.refresh(increase)
    if not _at(increase, IncreaseState.ASKED, done=(goal, viewer.id, increase.decided_by_id)):
        return
    values: dict[str, Any] = {"decided_by_id": viewer.id, "decided_at": now, "decision_reason": reason}
    if decision is Decision.APPROVE:
        terms, version = terms_on(today)
        against = refusals(
            standing(increase.distributor_id, but=increase.id), increase.amount, increase.days, terms, today
        )
        if against:
            raise RefusedError(against)
        values |= {
            "percent": terms.increase_percent,
            "policy_version": version,
            "valid_from": today,
            "valid_until": last_day(today, increase.days),
        }
    _move(viewer, decision.value, increase, goal, now, values, reason)


def end(viewer: Viewer, increase: CreditIncrease, reason: str, now: datetime) -> None:
    """End a running increase before its day, at once. One's own ending again changes nothing. Raises MovedOnError."""
    credit.lock()
    db.session.refresh(increase)
    if _at(increase, IncreaseState.APPROVED, done=(IncreaseState.ENDED, viewer.id, increase.ended_by_id)):
        values = {"ended_by_id": viewer.id, "ended_at": now, "end_reason": reason}
        _move(viewer, "end", increase, IncreaseState.ENDED, now, values, reason)


def _at(increase: CreditIncrease, state: IncreaseState, done: tuple[IncreaseState, UUID, UUID | None]) -> bool:
    """Is it still in `state`? False when the viewer himself has done it already; MovedOnError when it is elsewhere."""
    if increase.state is state:
        return True
    reached, viewer_id, by_id = done
    if increase.state is reached and by_id == viewer_id:
        return False
    raise MovedOnError(increase)


def _move(
    viewer: Viewer,
    verb: str,
    increase: CreditIncrease,
    state: IncreaseState,
    now: datetime,
    values: dict[str, Any],
    reason: str | None = None,
) -> None:
    before = increase.state
    increase.state = state
    for name, value in values.items():
        setattr(increase, name, value)
    credit.settle([increase.distributor_id])
    changes: dict[str, Any] = {"state": [before.value, state.value]}
    if reason is not None:
        changes["reason"] = [None, reason]
    if "valid_until" in values:
        changes["valid_until"] = [None, values["valid_until"].isoformat()]
    _audit(viewer, verb, increase, now, changes)
    if before is IncreaseState.ASKED:
        notices.tell_answered(increase, now)


def _audit(viewer: Viewer, verb: str, increase: CreditIncrease, at: datetime, changes: dict[str, Any]) -> None:
    record(viewer.id, f"credit.{verb}_increase", "credit_increase", increase.id, at, changes)
