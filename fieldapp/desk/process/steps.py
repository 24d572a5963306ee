"""The steps whose waiting is measured. A new concern adds its own by `declare`.

A step is two selects: `done` gives what has ended, as columns `region`, `started`, `ended`; `open` what waits now, as
`region`, `started`, `due` (when it should end; NULL: the policy's target of the step counts) and `key`, which is the
argument `argument` of the page `endpoint`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext as _

from fieldapp.core.db import UtcDateTime
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkState
from fieldapp.fieldwork.remediation.models import Remedy, Ticket, TicketEntry
from fieldapp.fieldwork.remediation.rules import OPEN, TicketState, TicketVerb
from fieldapp.network.distributors.models import Distributor
from fieldapp.standing.crossarea.models import CrossCase, CrossEntry
from fieldapp.standing.crossarea.rules import OPEN as UNDECIDED
from fieldapp.standing.crossarea.rules import CaseState, CaseVerb
from fieldapp.standing.grading.models import Assessment, AssessmentState, CreditIncrease, IncreaseState

_STEPS = "fieldapp.process_steps"
Text = Callable[[], str]


class Group(StrEnum):
    """Under which heading a step stands."""

    DECISIONS = "decisions"
    TICKETS = "tickets"
    FEEDBACK = "feedback"
    CASES = "cases"


@dataclass(frozen=True, slots=True)
class Step:
    """`title`: from what to what. `target`: working hours by default, None where every row has its own due time."""

    name: str
    group: Group
    title: Text
    done: sa.Select[Any]
    open: sa.Select[Any]
    endpoint: str
    argument: str
    target: int | None = None


def declare(app: Flask, steps: Iterable[Step]) -> None:
    """Add a concern's steps, shown in this order."""
    app.extensions.setdefault(_STEPS, []).extend(steps)


def declared() -> list[Step]:
    """All steps of the current app."""
    found: list[Step] = current_app.extensions.get(_STEPS, [])
    return found


def find(name: str) -> Step | None:
    """The step of a name."""
    return next((one for one in declared() if one.name == name), None)


_NEVER = sa.literal(None, UtcDateTime())


def _done(region: Any, started: Any, ended: Any) -> sa.Select[Any]:
    return sa.select(region.label("region"), started.label("started"), ended.label("ended")).where(ended.is_not(None))


def _open(region: Any, started: Any, key: Any, due: Any = _NEVER) -> sa.Select[Any]:
    return sa.select(region.label("region"), started.label("started"), due.label("due"), key.label("key"))


def _tickets(*states: TicketState) -> Any:
    return Ticket.state.in_(states)


_of_distributor = CreditIncrease.distributor_id == Distributor.id

_DECISIONS = (
    Step(
        "approval",
        Group.DECISIONS,
        lambda: _("Deal: asked → decided"),
        _done(Approval.region_code, Approval.asked_at, Approval.decided_at).where(
            Approval.state.in_((ApprovalState.APPROVED, ApprovalState.DECLINED))
        ),
        _open(Approval.region_code, Approval.asked_at, Approval.id).where(Approval.state == ApprovalState.OPEN),
        "approvals.show",
        "approval_id",
        2,
    ),
    Step(
        "limit",
        Group.DECISIONS,
        lambda: _("Temporary limit: asked → decided"),
        _done(Distributor.region_code, CreditIncrease.asked_at, CreditIncrease.decided_at)
        .join(Distributor, _of_distributor)
        .where(CreditIncrease.state.in_((IncreaseState.APPROVED, IncreaseState.DECLINED, IncreaseState.ENDED))),
        _open(Distributor.region_code, CreditIncrease.asked_at, CreditIncrease.distributor_id)
        .join(Distributor, _of_distributor)
        .where(CreditIncrease.state == IncreaseState.ASKED),
        "credit.show",
        "distributor_id",
        8,
    ),
    Step(
        "rating",
        Group.DECISIONS,
        lambda: _("Rating: proposed → decided"),
        _done(Assessment.region_code, Assessment.proposed_at, Assessment.decided_at).where(
            Assessment.state.in_((AssessmentState.CONFIRMED, AssessmentState.RETURNED))
        ),
        _open(Assessment.region_code, Assessment.proposed_at, Assessment.id).where(
            Assessment.state == AssessmentState.PROPOSED
        ),
        "grading.rating",
        "assessment_id",
        20,
    ),
)

_earlier = sa.orm.aliased(Remedy)
_first_remedy = sa.and_(
    Remedy.round == 1,
    ~sa.exists().where(_earlier.ticket_id == Remedy.ticket_id, _earlier.proposed_at < Remedy.proposed_at),
)
_later = sa.orm.aliased(Remedy)
_latest_remedy = ~sa.exists().where(_later.ticket_id == Remedy.ticket_id, _later.proposed_at > Remedy.proposed_at)
_begun = sa.orm.aliased(TicketEntry)
_approved_at = (
    sa.select(sa.func.max(Remedy.decided_at))
    .where(Remedy.ticket_id == TicketEntry.ticket_id, Remedy.approved, Remedy.decided_at <= TicketEntry.at)
    .correlate(TicketEntry)
    .scalar_subquery()
)
_heard_before = sa.orm.aliased(TicketEntry)


def _latest(*verbs: TicketVerb) -> Any:
    """The latest of such entries before one, in the same ticket."""
    return (
        sa.select(sa.func.max(_begun.at))
        .where(_begun.ticket_id == TicketEntry.ticket_id, _begun.verb.in_(verbs), _begun.at <= TicketEntry.at)
        .correlate(TicketEntry)
        .scalar_subquery()
    )


# Who was content and then was not is not heard twice of one remedy: the second time there is no start.
_content_before = sa.exists().where(
    _heard_before.ticket_id == TicketEntry.ticket_id,
    _heard_before.verb == TicketVerb.SATISFIED,
    _heard_before.at < TicketEntry.at,
    _heard_before.at >= _latest(TicketVerb.CARRY_OUT),
)
_heard_of = sa.case((sa.or_(TicketEntry.verb == TicketVerb.SATISFIED, ~_content_before), _latest(TicketVerb.CARRY_OUT)))
_carried_out = (
    sa.select(sa.func.max(TicketEntry.at))
    .where(TicketEntry.ticket_id == Ticket.id, TicketEntry.verb == TicketVerb.CARRY_OUT)
    .correlate(Ticket)
    .scalar_subquery()
)


def _ticket_step(
    name: str, title: Text, done: sa.Select[Any], waiting: sa.Select[Any], target: int | None = None
) -> Step:
    return Step(name, Group.TICKETS, title, done, waiting, "tickets.show", "ticket_id", target)


# Outer joins, though every remedy and entry has its ticket: where no region is asked for, both databases leave the
# ticket out, and else they begin with what ended in the month.
_of_ticket = Remedy.ticket_id == Ticket.id
_entry_of_ticket = TicketEntry.ticket_id == Ticket.id

_TICKETS = (
    _ticket_step(
        "answer",
        lambda: _("Ticket: opened → first answer"),
        _done(Ticket.region_code, Ticket.recorded_at, Ticket.answered_at),
        _open(Ticket.region_code, Ticket.recorded_at, Ticket.id, Ticket.first_due_at).where(
            _tickets(*OPEN), Ticket.answered_at.is_(None)
        ),
    ),
    _ticket_step(
        "proposal",
        lambda: _("Ticket: opened → remedy proposed"),
        _done(Ticket.region_code, Ticket.recorded_at, Remedy.proposed_at)
        .outerjoin(Ticket, _of_ticket)
        .where(_first_remedy),
        _open(Ticket.region_code, Ticket.recorded_at, Ticket.id).where(
            _tickets(TicketState.REPORTED), Ticket.round == 1
        ),
        10,
    ),
    _ticket_step(
        "first_approval",
        lambda: _("Ticket: remedy proposed → first decision"),
        _done(Ticket.region_code, Remedy.proposed_at, sa.func.coalesce(Remedy.first_at, Remedy.decided_at)).outerjoin(
            Ticket, _of_ticket
        ),
        _open(Ticket.region_code, Remedy.proposed_at, Ticket.id)
        .join(Ticket, _of_ticket)
        .where(_tickets(TicketState.PROPOSED), _latest_remedy),
        8,
    ),
    _ticket_step(
        "second_approval",
        lambda: _("Ticket: first → second decision"),
        _done(Ticket.region_code, Remedy.first_at, Remedy.decided_at)
        .outerjoin(Ticket, _of_ticket)
        .where(Remedy.first_at < Remedy.decided_at),
        _open(Ticket.region_code, Remedy.first_at, Ticket.id)
        .join(Ticket, _of_ticket)
        .where(_tickets(TicketState.SECOND), _latest_remedy),
        8,
    ),
    _ticket_step(
        "carry_out",
        lambda: _("Ticket: approved → carried out"),
        _done(Ticket.region_code, _approved_at, TicketEntry.at)
        .outerjoin(Ticket, _entry_of_ticket)
        .where(TicketEntry.verb == TicketVerb.CARRY_OUT),
        _open(Ticket.region_code, Remedy.decided_at, Ticket.id)
        .join(Ticket, _of_ticket)
        .where(_tickets(TicketState.APPROVED, TicketState.UNDER_WAY), _latest_remedy),
        30,
    ),
    _ticket_step(
        "hearing",
        lambda: _("Ticket: carried out → customer heard"),
        _done(Ticket.region_code, _heard_of, TicketEntry.at)
        .outerjoin(Ticket, _entry_of_ticket)
        .where(TicketEntry.verb.in_((TicketVerb.SATISFIED, TicketVerb.DISSATISFIED))),
        _open(Ticket.region_code, _carried_out, Ticket.id).where(_tickets(TicketState.CARRIED_OUT)),
        20,
    ),
    _ticket_step(
        "solved",
        lambda: _("Ticket: opened → solved"),
        _done(Ticket.region_code, Ticket.recorded_at, Ticket.solved_at),
        _open(Ticket.region_code, Ticket.recorded_at, Ticket.id, Ticket.solve_due_at).where(_tickets(*OPEN)),
    ),
)

_alone = Remark.merged_into_id.is_(None)

_FEEDBACK = (
    Step(
        "feedback",
        Group.FEEDBACK,
        lambda: _("Feedback: taken down → answered"),
        _done(Remark.region_code, Remark.recorded_at, Remark.answered_at),
        _open(Remark.region_code, Remark.recorded_at, Remark.id, Remark.due_at).where(
            Remark.state == RemarkState.OPEN, _alone
        ),
        "feedback.show",
        "remark_id",
    ),
    Step(
        "told",
        Group.FEEDBACK,
        lambda: _("Feedback: answered → customer told"),
        _done(Remark.region_code, Remark.answered_at, Remark.told_at),
        _open(Remark.region_code, Remark.answered_at, Remark.id, Remark.due_at).where(
            Remark.state == RemarkState.ANSWERED
        ),
        "feedback.show",
        "remark_id",
    ),
)

_ON_APPEAL = (CaseVerb.UPHOLD, CaseVerb.CHANGE, CaseVerb.OVERTURN)

_CASES = (
    Step(
        "cross_area",
        Group.CASES,
        lambda: _("Cross-area case: opened → decided"),
        _done(CrossCase.region_code, CrossCase.recorded_at, CrossCase.decided_at),
        _open(CrossCase.region_code, CrossCase.recorded_at, CrossCase.id).where(CrossCase.state.in_(UNDECIDED)),
        "crossarea.show",
        "case_id",
        100,
    ),
    Step(
        "cross_area_appeal",
        Group.CASES,
        lambda: _("Cross-area case: appealed → decided"),
        _done(CrossCase.region_code, CrossCase.appealed_at, CrossEntry.at)
        .join(CrossCase, CrossCase.id == CrossEntry.case_id)
        .where(CrossEntry.verb.in_(_ON_APPEAL)),
        _open(CrossCase.region_code, CrossCase.appealed_at, CrossCase.id).where(CrossCase.state == CaseState.APPEALED),
        "crossarea.show",
        "case_id",
        50,
    ),
)

STEPS = (*_DECISIONS, *_TICKETS, *_FEEDBACK, *_CASES)


def group_name(group: Group) -> str:
    """A heading."""
    return {
        Group.DECISIONS: _("Deals, limits and ratings"),
        Group.TICKETS: _("Tickets"),
        Group.FEEDBACK: _("Feedback"),
        Group.CASES: _("Cross-area sales"),
    }[group]
