"""Asking for an approval, deciding, withdrawing, taking note of the answer; each with its audit entry.

Two people may act on one request at the same moment: every verb ends in an UPDATE that holds only while the state is
still the one it starts from, and the number of changed rows says who was first.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.core.findings import Verdict
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.presentation import restore
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import notices, queries
from .models import Approval, ApprovalState
from .queries import Review
from .rules import inputs_key, to_cover

REASON_LENGTH = 500


class Decision(StrEnum):
    """What a supervisor says."""

    APPROVE = "approve"
    DECLINE = "decline"


class NotYoursError(PermissionError):
    """Only the maker of a check asks and withdraws; nobody decides his own request."""


class NothingToAskError(ValueError):
    """The check goes as it is, or is stopped, which nobody can approve."""


class ChangedError(ValueError):
    """The facts are no longer those of the check: what would be approved is not what was seen."""


class AskedBeforeError(ValueError):
    """The viewer has an open or standing request for exactly this deal."""

    def __init__(self, approval: Approval) -> None:
        super().__init__(str(approval.id))
        self.approval = approval


class DecidedError(ValueError):
    """Somebody was first: the request is no longer open."""

    def __init__(self, approval: Approval) -> None:
        super().__init__(approval.state)
        self.approval = approval


class NotApprovableError(ValueError):
    """A finding of now stops the deal, or is one that the request does not name."""

    def __init__(self, review: Review) -> None:
        super().__init__("not approvable")
        self.review = review


def ask(viewer: Viewer, check: DealCheck, reason: str, now: datetime, today: date) -> Approval:
    """Open a request for a stored check; asked twice, it is the same request.

    The deal is checked again first. Raises NotYoursError, NothingToAskError (the stored verdict is not `approval`),
    ChangedError, AskedBeforeError.
    """
    if check.made_by_id != viewer.id:
        raise NotYoursError
    if check.verdict is not Verdict.APPROVAL:
        raise NothingToAskError
    stored = queries.of_check(check)
    if stored is not None:
        return stored
    fresh = queries.evaluate_again(viewer, check, today)
    named = to_cover(tuple(map(restore, check.findings)))
    if fresh is None or fresh.result.verdict is not Verdict.APPROVAL or to_cover(fresh.result.findings) != named:
        raise ChangedError
    before = queries.of_deal(viewer, fresh, now)
    if before is not None:
        raise AskedBeforeError(before)
    values = {
        "check_id": check.id,
        "region_code": check.region_code,
        "asked_by_id": viewer.id,
        "asked_at": now,
        "reason": reason,
        "covers": sorted(([code, line] for code, line in named), key=lambda pair: (pair[1] or 0, pair[0])),
        "inputs_key": inputs_key(fresh.deal),
        "state": ApprovalState.OPEN,
    }
    statement = insert_into(Approval).values(id=uuid7(), **values).on_conflict_do_nothing(index_elements=["check_id"])
    made = db.session.execute(statement.returning(Approval.id)).first() is not None
    approval = queries.of_check(check)
    if approval is None:
        raise RuntimeError("the request was neither made nor found")
    if made:
        _audit(viewer, "ask", approval, now, {"state": [None, ApprovalState.OPEN.value], "reason": [None, reason]})
        notices.tell_asked(approval, check.facts["name"], now)
    return approval


def withdraw(viewer: Viewer, approval: Approval, now: datetime) -> None:
    """Take one's own open request back. Raises NotYoursError, DecidedError."""
    if approval.asked_by_id != viewer.id:
        raise NotYoursError
    _move(approval, {"state": ApprovalState.WITHDRAWN})
    notices.settle_asked(approval, now)
    _audit(viewer, "withdraw", approval, now, {"state": [ApprovalState.OPEN.value, approval.state.value]})


def decide(viewer: Viewer, approval: Approval, decision: Decision, reason: str, now: datetime, today: date) -> None:
    """Approve or decline an open request of somebody else for a distributor within the viewer's patch.

    Approving checks the deal again: it raises NotApprovableError when something stops it now, or a finding has come
    that the request does not name. Also raises DecidedError, and NotYoursError for one's own request or one whose
    distributor lies, or has moved, outside the patch.
    """
    if approval.asked_by_id == viewer.id or not viewer.covers(queries.region_now(approval)):
        raise NotYoursError
    if approval.state is not ApprovalState.OPEN:
        raise DecidedError(approval)
    values: dict[str, Any] = {"decided_by_id": viewer.id, "decided_at": now, "decision_reason": reason}
    if decision is Decision.APPROVE:
        review = queries.review(viewer, approval, now, today)
        if not review.approvable or review.fresh is None:
            raise NotApprovableError(review)
        hours = review.fresh.known.policy.deal.approval_hours
        values |= {"state": ApprovalState.APPROVED, "expires_at": now + timedelta(hours=hours)}
    else:
        values |= {"state": ApprovalState.DECLINED}
    _move(approval, values)
    changes: dict[str, Any] = {
        "state": [ApprovalState.OPEN.value, approval.state.value],
        "reason": [None, reason],
    }
    if approval.expires_at is not None:
        changes["expires_at"] = [None, approval.expires_at.isoformat()]
    _audit(viewer, decision.value, approval, now, changes)
    notices.tell_decided(approval, approval.check.facts["name"], now)


def acknowledge(viewer: Viewer, approval: Approval, now: datetime) -> None:
    """The rep has seen the answer: it no longer waits for him. Doing it again changes nothing."""
    if approval.asked_by_id != viewer.id:
        raise NotYoursError
    db.session.execute(
        sa.update(Approval)
        .where(Approval.id == approval.id, Approval.state.in_(queries.ANSWERED), Approval.seen_at.is_(None))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    notices.settle_decided(approval, now)
    db.session.refresh(approval)


def _move(approval: Approval, values: dict[str, Any]) -> None:
    """Leave the open state, if it still is open; DecidedError otherwise, with the row as the other one left it."""
    moved = db.session.execute(
        sa.update(Approval)
        .where(Approval.id == approval.id, Approval.state == ApprovalState.OPEN)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(Approval.id)
    ).first()
    db.session.refresh(approval)
    if moved is None:
        raise DecidedError(approval)


def _audit(viewer: Viewer, verb: str, approval: Approval, at: datetime, changes: dict[str, Any]) -> None:
    record(viewer.id, f"approvals.{verb}", "approval", approval.id, at, changes)
