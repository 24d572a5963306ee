"""What the home page shows: everything within the viewer's patch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from fieldapp.desk.approvals import queries as approvals
from fieldapp.desk.checks.presentation import title
from fieldapp.desk.deals import queries as deals
from fieldapp.desk.portfolio import queries as portfolio
from fieldapp.desk.portfolio.forms import Asked, Sort
from fieldapp.desk.portfolio.queries import Row
from fieldapp.desk.rounds import queries as rounds
from fieldapp.fieldwork.visits.cadence import VisitPolicy
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading import card as credit
from fieldapp.standing.grading import queries as grading

from .rules import DayPart, day_part

MOST = 5
TOLD_FOR = timedelta(days=3)  # an answer to a request for a temporary limit stands on the home page so long


@dataclass(frozen=True, slots=True)
class Home:
    """`requests`: open ones to decide (supervisors) or one's own that are open or answered and not yet seen.

    `changed`: his deal checks that turned out otherwise than his phone had shown them without a signal.
    `limits`: how many temporary limits others ask him for; `answers`: his own requests for one that were decided in the
    last days. `ratings`: proposals that wait and grades that run out; None for an administrator, who does neither.
    `next`: his round, as rounds/queries.py has it.
    """

    part: DayPart
    recent: Sequence[Any]
    requests: Sequence[Any]
    changed: Sequence[deals.Changed]
    decides: bool
    limits: int
    answers: Sequence[Any]
    overdue: list[Row]
    ratings: grading.ToDo | None
    next: rounds.Next | None
    empty: bool

    @staticmethod
    def title(code: str) -> str:
        """A finding in a few words."""
        return title(code)


class Rare(NamedTuple):
    """What is seldom there, asked in one statement: offline checks of his, answers to his requests for a limit; and how
    many of such requests wait for him."""

    checked: bool
    answered: bool
    limits: int


def rare(viewer: Viewer, now: datetime) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of Rare."""
    return (
        sa.false() if viewer.role is Role.ADMIN else deals.checked_offline_lately(viewer, now),
        credit.any_answered_since(viewer, now - TOLD_FOR),
        credit.waiting(viewer.id, viewer.scope) if viewer.role is Role.SUPERVISOR else sa.literal(0),
    )


def home(viewer: Viewer, visits: VisitPolicy, today: date, now: datetime, there: Rare) -> Home:
    """Gather the page: at most ten statements with the request's own. `visits`: the policy of visits that holds."""
    decides = viewer.role is Role.SUPERVISOR
    recent = deals.recent(viewer)
    requests = approvals.open_in_patch(viewer) if decides else approvals.own(viewer)
    waiting = [row for row in requests if row.asked_by_id != viewer.id] if decides else _unsettled(requests)
    overdue = portfolio.listed(viewer, Asked(overdue=True, sort=Sort.OVERDUE), today, MOST, counting=False).rows
    return Home(
        part=day_part(now),
        recent=recent,
        requests=waiting[:MOST],
        changed=deals.changed_lately(viewer, now)[:MOST] if there.checked else [],
        decides=decides,
        limits=there.limits,
        answers=credit.answered_since(viewer, now - TOLD_FOR) if there.answered else [],
        overdue=overdue,
        ratings=grading.to_do(viewer, today),
        next=rounds.next_up(viewer, visits, today),
        empty=not recent and not overdue and not portfolio.any_for(viewer),
    )


def _unsettled(own: Sequence[Any]) -> list[Any]:
    """Open, or answered and not acknowledged."""
    return [row for row in own if row.state == "open" or (row.state in approvals.ANSWERED and row.seen_at is None)]
