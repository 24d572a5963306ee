"""Proposing a rating, taking it back, confirming and returning it; forgetting a sensitive answer; each audited.

Two people may act on one proposal at the same moment: every verb ends in an UPDATE that holds only while the proposal
is still open, and the number of changed rows says who was first. The audit says what came out, never what was answered.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import consents, credit, notices, privacy_policy, queries
from .consents import Consent
from .models import Assessment, AssessmentState
from .prefill import valid_until
from .scoring import (
    SENSITIVE,
    Answer,
    Facts,
    GradingPolicy,
    Indicator,
    Result,
    assess,
    kept_of,
    regrade,
    to_stored,
)

TEXT_LENGTH = 500


class Decision(StrEnum):
    """What a supervisor says."""

    CONFIRM = "confirm"
    RETURN = "return"


class NotYoursError(PermissionError):
    """Only who proposed takes it back; nobody decides on his own proposal, nor on one outside his patch."""


class NothingAnsweredError(ValueError):
    """Without an answer that has weight there is no grade to propose."""


class ProposedBeforeError(ValueError):
    """Another proposal for this distributor waits."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(str(assessment.id))
        self.assessment = assessment


class DecidedError(ValueError):
    """Somebody was first: the proposal is no longer open."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(assessment.state)
        self.assessment = assessment


def propose(
    viewer: Viewer,
    distributor: Distributor,
    answers: Mapping[Indicator, Answer],
    facts: Facts,
    policy: tuple[int, GradingPolicy],
    note: str,
    now: datetime,
    key: UUID | None = None,
    agreed: Mapping[Indicator, Consent] | None = None,
) -> Assessment:
    """Propose a grade for a distributor that was found through the viewer. The same `key` again is the same proposal.

    `agreed`: the consents to the sensitive answers; an answer without one is left out. Raises NothingAnsweredError,
    and ProposedBeforeError when one waits already.
    """
    version, rules = policy
    agreed = agreed or {}
    answers = {one: answer for one, answer in answers.items() if one not in SENSITIVE or one in agreed}
    kept = consents.keys_for(distributor.id, answers)
    result = assess({indicator: answer.option for indicator, answer in answers.items()}, facts, rules)
    if result.grade is None:
        raise NothingAnsweredError
    key = key or uuid7()
    made = _insert(key, distributor, to_stored(answers, facts, kept), facts.on, result, version, viewer, note, now)
    if not made:
        before = queries.by_key(key)
        if before is not None and (before.proposed_by_id, before.distributor_id) == (viewer.id, distributor.id):
            return before
        waiting = queries.open_of(distributor.id)
        if waiting is not None:
            raise ProposedBeforeError(waiting)
        # The key is somebody else's: a made-up one, or a chance that never comes.
        return propose(viewer, distributor, answers, facts, policy, note, now, agreed=agreed)
    consents.keep(viewer, distributor.id, answers, agreed, kept, privacy_policy.policy_on(facts.on), facts.on, now)
    return _proposed(viewer, key, now)


def _insert(
    key: UUID,
    distributor: Distributor,
    stored: dict[str, Any],
    on: date,
    result: Result,
    version: int,
    viewer: Viewer,
    note: str,
    now: datetime,
) -> bool:
    """Put a proposal in; False when the key is taken or another one waits."""
    made = db.session.execute(
        insert_into(Assessment)
        .values(
            id=key,
            distributor_id=distributor.id,
            region_code=distributor.region_code,
            on=on,
            answers=stored,
            score=result.score,
            answered_percent=result.answered_percent,
            provisional=result.provisional,
            caps=[cap.value for cap in result.caps],
            grade=result.grade,
            average_sales=result.average_sales,
            limit=result.limit,
            term_days=result.term_days,
            policy_version=version,
            state=AssessmentState.PROPOSED,
            proposed_by_id=viewer.id,
            proposed_at=now,
            note=note,
        )
        .on_conflict_do_nothing()
        .returning(Assessment.id)
    ).first()
    return made is not None


def _proposed(viewer: Viewer, key: UUID, now: datetime) -> Assessment:
    proposal = db.session.get_one(Assessment, key)
    changes = {
        "state": [None, AssessmentState.PROPOSED.value],
        "grade": [None, proposal.grade],
        "limit": [None, proposal.limit],
        "policy_version": [None, proposal.policy_version],
    }
    _audit(viewer, "propose", proposal, now, changes)
    notices.tell_proposed(proposal, now)
    return proposal


def forget(
    viewer: Viewer, distributor: Distributor, gone: Mapping[Indicator, UUID], note: str, now: datetime
) -> Assessment | None:
    """Delete sensitive answers (their rows by indicator), and propose the grade again without them.

    The distributor was found through the viewer. What rested on them, the proposal that waits or else the latest
    confirmed rating, is graded again of its other answers, as of its own day and policy; a supervisor confirms that.
    `note`: why, for him. None when no grade rested on them, when a proposal without them waits already, or when nothing
    else was answered.
    """
    if not gone:
        return None
    consents.delete(gone.values())
    forgotten = {indicator.value: ["kept", None] for indicator in gone}
    record(viewer.id, "grading.forget", "distributor", distributor.id, now, forgotten)
    waiting, latest = queries.open_of(distributor.id), queries.latest_of(distributor.id)
    if waiting is not None and _rests(waiting, gone):
        source: Assessment | None = waiting
        _move(waiting, {"state": AssessmentState.WITHDRAWN})
        _audit(viewer, "withdraw", waiting, now, _moved(waiting))
        notices.settle_proposed(waiting, now)
    else:
        source = latest if waiting is None and latest is not None and _rests(latest, gone) else None
    if source is None:
        return None
    stored = {name: value for name, value in source.answers.items() if name not in gone}
    held = consents.held(source.on, distributor.id)
    result = regrade(stored, source.on, queries.policy_of(source), held)
    key = uuid7()
    if result.grade is None or not _insert(
        key, distributor, stored, source.on, result, source.policy_version, viewer, note, now
    ):
        return None
    return _proposed(viewer, key, now)


def _rests(assessment: Assessment, gone: Mapping[Indicator, UUID]) -> bool:
    return bool(kept_of(assessment.answers).items() & gone.items())


def withdraw(viewer: Viewer, assessment: Assessment, now: datetime) -> None:
    """Take one's own open proposal back. Raises NotYoursError, DecidedError."""
    if assessment.proposed_by_id != viewer.id:
        raise NotYoursError
    _move(assessment, {"state": AssessmentState.WITHDRAWN})
    _audit(viewer, "withdraw", assessment, now, _moved(assessment))
    notices.settle_proposed(assessment, now)


def decide(viewer: Viewer, assessment: Assessment, decision: Decision, reason: str, now: datetime) -> None:
    """Confirm or return an open proposal of somebody else for a distributor within the supervisor's patch.

    A confirmed grade counts at once, also where it lies below what is outstanding. Raises DecidedError, and
    NotYoursError for one's own proposal or one whose distributor lies, or has moved, outside the patch.
    """
    if (
        viewer.role is not Role.SUPERVISOR
        or assessment.proposed_by_id == viewer.id
        or not viewer.covers(queries.region_now(assessment))
    ):
        raise NotYoursError
    values: dict[str, Any] = {"decided_by_id": viewer.id, "decided_at": now, "decision_reason": reason}
    if decision is Decision.CONFIRM:
        until = valid_until(assessment.on, queries.policy_of(assessment))
        values |= {"state": AssessmentState.CONFIRMED, "valid_until": until}
    else:
        values |= {"state": AssessmentState.RETURNED}
    _move(assessment, values)
    changes = _moved(assessment) | {"reason": [None, reason]}
    if decision is Decision.CONFIRM:
        before = queries.credit_of(assessment.distributor_id)
        changes |= {
            "grade": [before.grade if before else None, assessment.grade],
            "limit": [before.limit if before else None, assessment.limit],
        }
        credit.settle([assessment.distributor_id])
    _audit(viewer, decision.value, assessment, now, changes)
    notices.tell_rated(assessment, now)


def _move(assessment: Assessment, values: dict[str, Any]) -> None:
    """Leave the open state, if it still is open; DecidedError otherwise, with the row as the other one left it."""
    moved = db.session.execute(
        sa.update(Assessment)
        .where(Assessment.id == assessment.id, Assessment.state == AssessmentState.PROPOSED)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(Assessment.id)
    ).first()
    db.session.refresh(assessment)
    if moved is None:
        raise DecidedError(assessment)


def _moved(assessment: Assessment) -> dict[str, Any]:
    return {"state": [AssessmentState.PROPOSED.value, assessment.state.value]}


def _audit(viewer: Viewer, verb: str, assessment: Assessment, at: datetime, changes: dict[str, Any]) -> None:
    record(viewer.id, f"grading.{verb}", "assessment", assessment.id, at, changes)
