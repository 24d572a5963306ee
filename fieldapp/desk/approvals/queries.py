"""Approvals as the viewer may see them: what waits, what was answered, and how one stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, reading
from fieldapp.core.findings import Finding, Level
from fieldapp.core.hotread import HotRead
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.presentation import restore, title
from fieldapp.desk.checks.queries import (
    DealRequest,
    Evaluation,
    InvalidDealError,
    LineRequest,
    UnknownDistributorError,
    evaluate,
)
from fieldapp.fieldwork.remediation import queries as tickets
from fieldapp.fieldwork.remediation.rules import TicketState
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer, within
from fieldapp.people.notices.queries import unread
from fieldapp.standing.crossarea import queries as crossarea
from fieldapp.standing.grading import card as credit_card
from fieldapp.standing.grading.models import Assessment, AssessmentState

from .models import Approval, ApprovalState
from .rules import Holding, holds, inputs_key

ANSWERED = (ApprovalState.APPROVED, ApprovalState.DECLINED)
EARLIER_DAYS = 90
LATELY_DAYS = 7
MOST_OPEN = 200
MOST_DECIDED = 30
PAGE = 30


@dataclass(frozen=True, slots=True)
class Review:
    """An approval held against the facts of now.

    `fresh` is None when the deal cannot be checked any more (the distributor has left the viewer's patch, a product
    is gone); then `holding` is None too. For an open request `holding` says whether approving it would hold.
    `appeared` are findings of now that the stored check did not have, `gone` those it had and that no longer are.
    """

    fresh: Evaluation | None
    holding: Holding | None
    appeared: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()

    @property
    def against(self) -> list[str]:
        """What keeps it from holding, in a few words each."""
        return [title(finding.code) for finding in self.holding.findings] if self.holding else []

    @property
    def settled(self) -> list[str]:
        """What was found then and no longer is, in a few words each."""
        return [title(finding.code) for finding in self.gone]

    @property
    def approvable(self) -> bool:
        """Nothing of now stops the deal or lies outside what was asked."""
        return self.holding is not None and self.holding.holds


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """A rep sees his own requests; supervisors and administrators those within their patch too."""
    own = Approval.asked_by_id == viewer.id
    return own if viewer.role is Role.REP else sa.or_(own, viewer.scope(Approval.region_code))


def find(viewer: Viewer, approval_id: UUID) -> Approval | None:
    """A request that he may see, or None."""
    return db.session.scalar(sa.select(Approval).where(Approval.id == approval_id, visible(viewer)))


def of_check(check: DealCheck) -> Approval | None:
    """The request that a check led to; the check has been found through the viewer."""
    return db.session.scalar(sa.select(Approval).where(Approval.check_id == check.id))


# With every key press there is almost never one, and to find that out by the ORM was a quarter of the answer.
_SPEAKS = sa.or_(Approval.state == ApprovalState.OPEN, Approval.state == ApprovalState.APPROVED)
_OF_DEAL = HotRead(
    sa.select(Approval.id)
    .where(Approval.inputs_key == sa.bindparam("key"), Approval.asked_by_id == sa.bindparam("asker"), _SPEAKS)
    .limit(1)
)


def of_deal(viewer: Viewer, evaluation: Evaluation, now: datetime) -> Approval | None:
    """The viewer's own request that still speaks for this deal: open or approved, same inputs, every finding named."""
    key = inputs_key(evaluation.deal)
    if reading() and _OF_DEAL.one(key=key, asker=viewer.id) is None:
        return None
    asked = db.session.scalars(
        sa.select(Approval)
        .where(Approval.inputs_key == key, Approval.asked_by_id == viewer.id, _SPEAKS)
        .order_by(Approval.asked_at.desc())
    )
    return next((approval for approval in asked if _holding(approval, evaluation, now).holds), None)


def _holding(approval: Approval, fresh: Evaluation, now: datetime) -> Holding:
    # A request that nobody has decided has no end yet: only the inputs and the findings count.
    ends = approval.expires_at or now + timedelta(days=1)
    covered = {(code, line) for code, line in approval.covers}
    return holds(covered, approval.inputs_key, ends, now, fresh.deal, fresh.result)


def region_now(approval: Approval) -> str | None:
    """Where the distributor of a request lies now: it may have moved since it was asked."""
    return db.session.scalar(sa.select(Distributor.region_code).where(Distributor.id == approval.check.distributor_id))


_asker = sa.orm.aliased(User)
_decider = sa.orm.aliased(User)


class Request(NamedTuple):
    """What a list shows of a request."""

    id: UUID
    state: ApprovalState
    asked_at: datetime
    asked_by_id: UUID
    reason: str
    covers: list[Any]
    decided_at: datetime | None
    decision_reason: str | None
    expires_at: datetime | None
    seen_at: datetime | None
    amount: int
    distributor_code: str
    distributor_name: str
    asker: str
    decider: str | None


_ROWS = (
    sa.select(
        Approval.id,
        Approval.state,
        Approval.asked_at,
        Approval.asked_by_id,
        Approval.reason,
        Approval.covers,
        Approval.decided_at,
        Approval.decision_reason,
        Approval.expires_at,
        Approval.seen_at,
        DealCheck.amount,
        Distributor.code.label("distributor_code"),
        Distributor.name.label("distributor_name"),
        _asker.name.label("asker"),
        _decider.name.label("decider"),
    )
    .select_from(Approval)
    .join(DealCheck, DealCheck.id == Approval.check_id)
    .join(Distributor, Distributor.id == DealCheck.distributor_id)
    .join(_asker, _asker.id == Approval.asked_by_id)
    .outerjoin(_decider, _decider.id == Approval.decided_by_id)
)


@lru_cache(maxsize=64)
def _open_within(width: int | None) -> HotRead:
    statement = _ROWS.where(Approval.state == ApprovalState.OPEN, within(Approval.region_code, width))
    return HotRead(statement.order_by(Approval.asked_at, Approval.id).limit(MOST_OPEN))


def open_in_patch(viewer: Viewer) -> list[Request]:
    """Open requests within a supervisor's patch, the oldest first."""
    return list(map(Request._make, _open_within(viewer.width).all(**viewer.bounds())))


def decided_lately(viewer: Viewer, now: datetime) -> Sequence[sa.Row[Any]]:
    """Requests within a supervisor's patch that were answered in the last days, the latest first."""
    statement = _ROWS.where(
        Approval.state.in_(ANSWERED),
        Approval.decided_at >= now - timedelta(days=LATELY_DAYS),
        viewer.scope(Approval.region_code),
    )
    return db.session.execute(statement.order_by(Approval.decided_at.desc()).limit(MOST_DECIDED)).all()


_OWN = _ROWS.where(Approval.asked_by_id == sa.bindparam("me", type_=sa.Uuid()))
_LATEST_OWN = HotRead(_OWN.order_by(Approval.id.desc()).limit(PAGE + 1))
_EARLIER_OWN = HotRead(  # keys are ordered by time
    _OWN.where(Approval.id < sa.bindparam("before", type_=sa.Uuid())).order_by(Approval.id.desc()).limit(PAGE + 1)
)


def own(viewer: Viewer, before: UUID | None = None) -> list[Request]:
    """The viewer's own requests, the latest first; one row more than PAGE where there is a next page."""
    rows = _LATEST_OWN.all(me=viewer.id) if before is None else _EARLIER_OWN.all(me=viewer.id, before=before)
    return list(map(Request._make, rows))


def earlier(viewer: Viewer, approval: Approval, now: datetime) -> Sequence[sa.Row[Any]]:
    """Other requests for the same distributor in the last 90 days that he may see, the latest first."""
    statement = _ROWS.where(
        DealCheck.distributor_id == approval.check.distributor_id,
        Approval.id != approval.id,
        Approval.asked_at >= now - timedelta(days=EARLIER_DAYS),
        Approval.state != ApprovalState.WITHDRAWN,
        visible(viewer),
    )
    return db.session.execute(statement.order_by(Approval.asked_at.desc()).limit(20)).all()


@lru_cache(maxsize=64)
def _waiting(width: int | None) -> HotRead:
    """What waits for somebody who decides over so many ranges of regions; then the tickets of which that is still to be
    asked. 0: he decides nothing; None: an administrator, who approves remedies second and decides cross-area cases."""
    me = sa.bindparam("me", type_=sa.Uuid())
    answered = sa.or_(*(Approval.state == state for state in ANSWERED))
    own = sa.and_(Approval.asked_by_id == me, answered, Approval.seen_at.is_(None))

    def here(region: Any) -> Any:
        return within(region, width)

    if not width:
        answers = sa.select(sa.func.count()).select_from(Approval).where(own).scalar_subquery()
        second = tickets.waiting_in(TicketState.SECOND, me, here) if width is None else sa.literal(0)
        cases = crossarea.waiting_in(me, here) if width is None else sa.literal(0)
        return HotRead(sa.select(answers + second + cases, sa.literal(0), unread(me)))
    to_decide = sa.and_(
        Approval.state == ApprovalState.OPEN, within(Approval.region_code, width), Approval.asked_by_id != me
    )
    deals = sa.select(sa.func.count()).select_from(Approval).where(sa.or_(own, to_decide)).scalar_subquery()
    asked = deals + credit_card.waiting(me, here) + _ratings(me, width)
    proposed, second = (tickets.waiting_in(state, me, here) for state in (TicketState.PROPOSED, TicketState.SECOND))
    return HotRead(sa.select(asked + proposed + crossarea.waiting_in(me, here), second, unread(me)))


def _ratings(me: Any, width: int) -> Any:
    """Proposed ratings of others, where the distributor lies now."""
    return (
        sa.select(sa.func.count())
        .select_from(Assessment)
        .join(Distributor, Distributor.id == Assessment.distributor_id)
        .where(
            Assessment.state == AssessmentState.PROPOSED,
            Assessment.proposed_by_id != me,
            within(Distributor.region_code, width),
        )
        .scalar_subquery()
    )


def badges(viewer: Viewer, today: date) -> tuple[int, int]:
    """(what waits for the viewer, his unread notices).

    What waits: answers he has not seen; for a supervisor, what others ask for: deals, temporary limits, ratings,
    remedies and cross-area cases; for an administrator second approvals of remedies, and cross-area cases. One
    statement; three where tickets of a supervisor's patch await a second approval.
    """
    width = 0 if viewer.role is Role.REP else viewer.width
    found = _waiting(width).one(me=viewer.id, **(viewer.bounds() if width else {}))
    if found is None:
        return 0, 0
    return int(found[0]) + (tickets.waiting_second(viewer, today) if found[1] else 0), int(found[2])


def names(*user_ids: UUID | None) -> dict[UUID, str]:
    """Users' names by key."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted))).tuples().all())


def nets(check: DealCheck) -> list[int | None]:
    """The net price (fen per tonne) of each line of a stored check."""
    priced = {f["line"]: f["facts"]["net"] for f in check.findings if f["code"].startswith("price.")}
    return [priced.get(number) for number in range(1, len(check.inputs["lines"]) + 1)]


def floors(viewer: Viewer, fresh: Evaluation | None) -> list[int | None] | None:
    """The floor (fen per tonne, None where none is set) of each line now; None for a viewer who may not see floors."""
    if fresh is None or viewer.role not in fresh.known.policy.floor_roles:
        return None
    return [line.price.floor_price if line.price else None for line in fresh.facts.lines]


def request_of(check: DealCheck, today: date) -> DealRequest:
    """The deal of a stored check, to be checked as of today (or of its own day, when that is still to come)."""
    return DealRequest(
        distributor=check.inputs["distributor"],
        on=max(check.on, today),
        ship_to=check.ship_to,
        terms=check.terms,
        lines=tuple(LineRequest(line["product"], line["grams"], line["price"]) for line in check.inputs["lines"]),
    )


def evaluate_again(viewer: Viewer, check: DealCheck, today: date) -> Evaluation | None:
    """The stored deal under the facts of now; None when it cannot be checked (any more, or by this viewer)."""
    try:
        return evaluate(viewer, request_of(check, today))
    except (UnknownDistributorError, InvalidDealError):
        return None


def review(viewer: Viewer, approval: Approval, now: datetime, today: date) -> Review:
    """How an approval stands now, whatever its state."""
    fresh = evaluate_again(viewer, approval.check, today)
    if fresh is None:
        return Review(None, None)
    then = {(finding.code, finding.line): finding for finding in map(restore, approval.check.findings)}
    current = {(finding.code, finding.line): finding for finding in fresh.result.findings}
    return Review(
        fresh,
        _holding(approval, fresh, now),
        tuple(finding for key, finding in current.items() if key not in then and finding.level is not Level.OK),
        tuple(finding for key, finding in then.items() if key not in current and finding.level is not Level.OK),
    )
