"""What is promised with a day. Each kind of promise is a source; a new concern adds its own by `declare`.

A source is a select of what somebody of ours has to do by a day, with the labelled columns `key` (the argument
`argument` of the page `endpoint`), `day` (a date, or an instant where `moment` is true), `text`, `owner` (a user),
`distributor` (or NULL), `region` (of the distributor, or of the thing), `open` (1: still to be done). `seen(viewer)` is
who may see it: the default is whoever has to do it, and whoever covers the distributor. The calendar asks each source
one statement, bounded by its days: an index that begins with the day makes it quick.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext as _

from fieldapp.fieldwork.conflicts import queries as conflicts
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictFollowUp, ConflictMeeting, ConflictPoint
from fieldapp.fieldwork.conflicts.rules import GOING, MeetingState, PointState
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkState
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import TicketState
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import SurveyState
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskState
from fieldapp.fieldwork.visits.models import Visit, VisitPlan
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer

_SOURCES = "fieldapp.promise_sources"
Text = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of promises; see above. `lapses`: once its day is past it is over, and not overdue. `late`: what is so of
    all that is open, by which an index finds what is overdue without a look at what was done long ago."""

    name: str
    title: Text
    icon: str
    rows: sa.Select[Any]
    endpoint: str
    argument: str
    moment: bool = False
    lapses: bool = False
    late: sa.ColumnElement[bool] = field(default_factory=sa.true)
    seen: Callable[[Viewer], sa.ColumnElement[bool]] | None = None


def declare(app: Flask, sources: Iterable[Source]) -> None:
    """Add a concern's sources, shown in this order."""
    app.extensions.setdefault(_SOURCES, []).extend(sources)


def declared() -> list[Source]:
    """All sources of the current app."""
    found: list[Source] = current_app.extensions.get(_SOURCES, [])
    return found


def _columns(
    row: Any, key: Any, day: Any, text: Any, owner: Any, open_: Any, distributor: Any = Distributor.id
) -> list[Any]:
    """The columns in the order in which the calendar reads them."""
    return [
        row.label("row"),
        key.label("key"),
        day.label("day"),
        text.label("text"),
        owner.label("owner"),
        distributor.label("distributor"),
        Distributor.name.label("name"),
        Distributor.region_code.label("region"),
        sa.case((open_, 1), else_=0).label("open"),
    ]


_of_round = sa.and_(Conflict.id == ConflictPoint.conflict_id, Conflict.round == ConflictPoint.round)
_follow_of_round = sa.and_(Conflict.id == ConflictFollowUp.conflict_id, Conflict.round == ConflictFollowUp.round)


def _seen_point(viewer: Viewer) -> sa.ColumnElement[bool]:
    """A point of a party by whoever covers it; our company's by whoever sees the conflict."""
    ours = sa.and_(ConflictPoint.distributor_id.is_(None), conflicts.visible(viewer))
    return sa.or_(ConflictPoint.owner_id == viewer.id, viewer.scope(Distributor.region_code), ours)


# A follow-up of a conflict stands in its own line, not in the plan's as well.
_follows = sa.exists().where(
    ConflictFollowUp.rep_id == VisitPlan.rep_id,
    ConflictFollowUp.day == VisitPlan.day,
    ConflictFollowUp.distributor_id == VisitPlan.distributor_id,
)
_kept = sa.exists().where(
    Visit.rep_id == VisitPlan.rep_id, Visit.day == VisitPlan.day, Visit.distributor_id == VisitPlan.distributor_id
)
# Two conflicts often meet in the same room on one day: the number tells which. Its seventh digit is cut off again.
_number = sa.literal("C-", sa.String()) + sa.func.substr(sa.cast(Conflict.number + 1_000_000, sa.String), 2)
_said_of_meeting = sa.func.trim(_number + " " + ConflictMeeting.place)

_UNDER_WAY = (TicketState.APPROVED, TicketState.UNDER_WAY)
_ticket = Ticket.__table__.alias("under_way")

SOURCES = (
    Source(
        "point",
        lambda: _("Points of agreements"),
        "scale",
        sa.select(
            *_columns(
                ConflictPoint.id,
                Conflict.id,
                ConflictPoint.due,
                ConflictPoint.text,
                ConflictPoint.owner_id,
                ConflictPoint.state == PointState.OPEN,
            )
        )
        .select_from(ConflictPoint)
        .join(Conflict, _of_round)
        .outerjoin(Distributor, Distributor.id == ConflictPoint.distributor_id)
        .where(conflicts.counts_still()),
        "conflicts.show",
        "conflict_id",
        seen=_seen_point,
    ),
    Source(
        "meeting",
        lambda: _("Meetings of conflicts"),
        "users-round",
        sa.select(
            ConflictMeeting.id.label("row"),
            Conflict.id.label("key"),
            ConflictMeeting.day.label("day"),
            _said_of_meeting.label("text"),
            Conflict.owner_id.label("owner"),
            sa.null().label("distributor"),
            sa.literal("").label("name"),
            Conflict.region_code.label("region"),
            sa.case((ConflictMeeting.state == MeetingState.PLANNED, 1), else_=0).label("open"),
        )
        .select_from(ConflictMeeting)
        .join(Conflict, Conflict.id == ConflictMeeting.conflict_id)
        .where(ConflictMeeting.state != MeetingState.CANCELLED, Conflict.state.in_(GOING)),
        "conflicts.show",
        "conflict_id",
        seen=conflicts.visible,
    ),
    Source(
        "follow_up",
        lambda: _("Follow-up visits"),
        "undo-2",
        sa.select(
            *_columns(
                ConflictFollowUp.id,
                Conflict.id,
                ConflictFollowUp.day,
                sa.literal(""),
                ConflictFollowUp.rep_id,
                ConflictFollowUp.noted_at.is_(None),
            )
        )
        .select_from(ConflictFollowUp)
        .join(Conflict, _follow_of_round)
        .join(Distributor, Distributor.id == ConflictFollowUp.distributor_id)
        .where(conflicts.counts_still()),
        "conflicts.show",
        "conflict_id",
    ),
    Source(
        "task",
        lambda: _("Promises and promotions"),
        "circle-check",
        sa.select(*_columns(Task.id, Task.id, Task.due, Task.text, Task.owner_id, Task.state == TaskState.OPEN))
        .join(Distributor, Distributor.id == Task.distributor_id)
        .where(Task.state.in_((TaskState.OPEN, TaskState.DONE))),
        "tasks.show",
        "task_id",
    ),
    Source(
        "remedy",
        lambda: _("Remedies to be carried out"),
        "triangle-alert",
        sa.select(
            *_columns(
                Remedy.id,
                Ticket.id,
                Remedy.by_day,
                Remedy.words,
                Ticket.rep_id,
                Ticket.state.in_(_UNDER_WAY),
            )
        )
        .select_from(Remedy)
        .join(Ticket, sa.and_(Ticket.id == Remedy.ticket_id, Ticket.round == Remedy.round))
        .join(Distributor, Distributor.id == Ticket.distributor_id)
        .where(Remedy.approved),
        "tickets.show",
        "ticket_id",
        late=Remedy.ticket_id.in_(sa.select(_ticket.c.id).where(_ticket.c.state.in_(_UNDER_WAY))),
    ),
    Source(
        "feedback",
        lambda: _("Feedback to be answered or told back"),
        "message-square-text",
        sa.select(
            *_columns(
                Remark.id, Remark.id, Remark.due_at, Remark.text, Remark.owner_id, Remark.state != RemarkState.CLOSED
            )
        )
        .join(Distributor, Distributor.id == Remark.distributor_id)
        .where(Remark.merged_into_id.is_(None), Remark.state.in_(RemarkState)),  # every state: for the index
        "feedback.show",
        "remark_id",
        moment=True,
    ),
    Source(
        "survey",
        lambda: _("Surveys to be asked"),
        "send",
        sa.select(
            *_columns(Survey.id, Survey.id, Survey.due, sa.literal(""), Survey.rep_id, Survey.state == SurveyState.OPEN)
        )
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .where(Survey.state.in_((SurveyState.OPEN, SurveyState.ANSWERED))),
        "surveys.show",
        "survey_id",
    ),
    Source(
        "visit",
        lambda: _("Planned visits"),
        "map-pin",
        sa.select(
            *_columns(VisitPlan.id, VisitPlan.distributor_id, VisitPlan.day, sa.literal(""), VisitPlan.rep_id, ~_kept)
        )
        .join(Distributor, Distributor.id == VisitPlan.distributor_id)
        .where(~_follows),
        "visits.now",
        "distributor_id",
        lapses=True,
    ),
)
