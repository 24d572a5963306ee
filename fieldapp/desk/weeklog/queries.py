"""Weekly logs as the viewer may see them: his own, and those of his team.

A supervisor's team are the users whose whole patch lies within his own (`exports.queries.in_team`); an administrator's
is everybody. The team decides whose log one reads. What stands in it the scope of distributors decides, as everywhere:
of a visit, a note or a promise at a distributor outside the reader's patch he sees that there is one, and nothing more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.exports.queries import in_team
from fieldapp.fieldwork.visits.models import Visit, VisitPlan
from fieldapp.fieldwork.visits.queries import visible
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Invoice, InvoiceLine

from .figures import Figures, gather
from .models import LogComment, WeeklyLog
from .rules import LogState, days_of

MOST_COMMENTS = 100
_CHUNK = 500


class Rep(NamedTuple):
    """Whose log it is."""

    id: UUID
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class Week:
    """A log as the page shows it. `figures` are those of now, or those kept at the submission; `hidden`: how many of
    their rows lie outside the viewer's patch and were left out."""

    rep: Rep
    monday: date
    log: WeeklyLog | None
    figures: Figures
    hidden: int
    comments: list[Any]

    @property
    def state(self) -> LogState:
        """A log that nobody has written in is a draft."""
        return self.log.state if self.log else LogState.DRAFT

    @property
    def kept(self) -> bool:
        """Whether the figures are those of the submission."""
        return self.log is not None and self.log.state in KEPT


KEPT = (LogState.SUBMITTED, LogState.ACCEPTED)


class Member(NamedTuple):
    """A line of the team's page: sums of now. `log_id` None: nothing was written yet."""

    id: UUID
    name: str
    username: str
    log_id: UUID | None
    state: LogState
    submitted_at: datetime | None
    visits: int
    minutes: int
    planned: int
    weight: int


def find_rep(viewer: Viewer, rep_id: UUID) -> Rep | None:
    """Himself, or somebody of his team; None otherwise."""
    if rep_id == viewer.id:
        return Rep(viewer.id, viewer.name, viewer.username)
    found = db.session.execute(
        sa.select(User.id, User.name, User.username, User.patch).where(User.id == rep_id, User.role != Role.ADMIN)
    ).first()
    return Rep(*found[:3]) if found is not None and in_team(viewer, found.patch) else None


def find_log(viewer: Viewer, log_id: UUID) -> tuple[WeeklyLog, Rep] | None:
    """A log that he may read, with whose it is; None otherwise. What a rep has not submitted yet is his alone."""
    log = db.session.get(WeeklyLog, log_id)
    if log is None or (log.submitted_at is None and log.rep_id != viewer.id):
        return None
    rep = find_rep(viewer, log.rep_id)
    return None if rep is None else (log, rep)


def log_of(rep_id: UUID, monday: date) -> WeeklyLog | None:
    """The log of a rep's week, if it has a row."""
    return db.session.scalar(sa.select(WeeklyLog).where(WeeklyLog.week == monday, WeeklyLog.rep_id == rep_id))


def week(viewer: Viewer, rep: Rep, monday: date, today: date, now: datetime) -> Week:
    """A rep's week, found through `find_rep`."""
    log = log_of(rep.id, monday)
    figures = log.figures if log is not None and log.state in KEPT and log.figures else None
    shown, hidden = _seen(viewer, rep.id, figures or gather(rep.id, monday, today, now))
    return Week(rep, monday, log, shown, hidden, comments(log) if log else [])


def comments(log: WeeklyLog) -> list[Any]:
    """What was said about a log, the oldest first: step, text, made_at, by."""
    found = (
        sa.select(LogComment.step, LogComment.text, LogComment.made_at, LogComment.made_by_id, User.name.label("by"))
        .join(User, User.id == LogComment.made_by_id)
        .where(LogComment.log_id == log.id)
        .order_by(LogComment.id.desc())
        .limit(MOST_COMMENTS)
    )
    return list(db.session.execute(found))[::-1]


def _seen(viewer: Viewer, rep_id: UUID, figures: Figures) -> tuple[Figures, int]:
    """The figures with the rows of those distributors alone that the viewer may see, and how many were left out."""
    if viewer.id == rep_id or viewer.everywhere:
        return figures, 0
    named = {row["distributor_id"] for rows in _row_lists(figures) for row in rows if "distributor_id" in row}
    within = set()
    keys = sorted(named)
    for start in range(0, len(keys), _CHUNK):
        some = [UUID(key) for key in keys[start : start + _CHUNK]]
        found = sa.select(Distributor.id).where(Distributor.id.in_(some), viewer.scope(Distributor.region_code))
        within |= {str(id_) for id_ in db.session.scalars(found)}
    hidden = 0

    def kept(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nonlocal hidden
        shown = [row for row in rows if "distributor_id" not in row or row["distributor_id"] in within]
        hidden += len(rows) - len(shown)
        return shown

    return {
        **figures,
        "days": [{**day, "visits": kept(day["visits"]), "planned": kept(day["planned"])} for day in figures["days"]],
        **{name: kept(figures[name]) for name in ("next", "notes", "promises")},
        "sections": {
            name: {**said, "rows": kept(said["rows"])} if "rows" in said else said
            for name, said in figures["sections"].items()
        },
    }, hidden


def _row_lists(figures: Figures) -> Iterator[list[dict[str, Any]]]:
    for day in figures["days"]:
        yield day["visits"]
        yield day["planned"]
    for name in ("next", "notes", "promises"):
        yield figures[name]
    for said in figures["sections"].values():
        yield said.get("rows", [])


def team(viewer: Viewer, monday: date) -> list[Member]:
    """The week of everybody in the viewer's team: who has submitted, and sums of now. Five statements.

    Who has left the company is in it for the weeks in which he has a log. Visits count where the viewer may see them,
    tonnes where the distributor lies in his patch.
    """
    days = days_of(monday)
    logs = {
        row.rep_id: row
        for row in db.session.execute(
            sa.select(WeeklyLog.rep_id, WeeklyLog.id, WeeklyLog.state, WeeklyLog.submitted_at).where(
                WeeklyLog.week == monday
            )
        )
    }
    people = sa.select(User.id, User.name, User.username, User.patch, User.active).where(User.role != Role.ADMIN)
    members = [
        row
        for row in db.session.execute(people.order_by(User.name, User.username_key))
        if row.id != viewer.id and (row.active or row.id in logs) and in_team(viewer, row.patch)
    ]
    visits = _visit_sums(viewer, days[0], days[-1])
    plans = _plan_counts(viewer, days[0], days[-1])
    weights = _weights(viewer, days[0], days[-1])
    found = []
    for row in members:
        log = logs.get(row.id)
        count, minutes = visits.get(row.id, (0, 0))
        found.append(
            Member(
                id=row.id,
                name=row.name,
                username=row.username,
                log_id=log.id if log else None,
                state=log.state if log else LogState.DRAFT,
                submitted_at=log.submitted_at if log else None,
                visits=count,
                minutes=minutes,
                planned=plans.get(row.id, 0),
                weight=weights.get(row.id, 0),
            )
        )
    return found


def _visit_sums(viewer: Viewer, first: date, last: date) -> dict[UUID, tuple[int, int]]:
    """{rep: (visits, minutes)}."""
    if db.engine.dialect.name == "sqlite":
        seconds: Any = (sa.func.julianday(Visit.left_at) - sa.func.julianday(Visit.arrived_at)) * 86400
    else:
        seconds = sa.extract("epoch", Visit.left_at - Visit.arrived_at)
    minutes = sa.func.sum(sa.func.round(seconds / 60))
    found = (
        sa.select(Visit.rep_id, sa.func.count(), sa.func.coalesce(minutes, 0))
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(Visit.day >= first, Visit.day <= last, visible(viewer))
        .group_by(Visit.rep_id)
    )
    return {rep_id: (count, int(total)) for rep_id, count, total in db.session.execute(found)}


def _plan_counts(viewer: Viewer, first: date, last: date) -> dict[UUID, int]:
    found = (
        sa.select(VisitPlan.rep_id, sa.func.count())
        .join(Distributor, Distributor.id == VisitPlan.distributor_id)
        .where(VisitPlan.day >= first, VisitPlan.day <= last, viewer.scope(Distributor.region_code))
        .group_by(VisitPlan.rep_id)
    )
    return dict(db.session.execute(found).tuples().all())


def _weights(viewer: Viewer, first: date, last: date) -> dict[UUID, int]:
    """{rep: grams invoiced to his distributors}."""
    found = (
        sa.select(Distributor.rep_id, sa.func.sum(InvoiceLine.weight))
        .select_from(Invoice)
        .join(Distributor, Distributor.id == Invoice.distributor_id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(
            Invoice.date >= first,
            Invoice.date <= last,
            Distributor.rep_id.is_not(None),
            viewer.scope(Distributor.region_code),
        )
        .group_by(Distributor.rep_id)
    )
    return {rep_id: int(weight) for rep_id, weight in db.session.execute(found) if rep_id is not None}


def waits(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Whether something may be in `returned`, or for a supervisor in `to_decide`: to put into another statement."""
    mine = WeeklyLog.rep_id == viewer.id
    if viewer.role is Role.SUPERVISOR:
        return sa.exists().where(WeeklyLog.state == LogState.SUBMITTED, ~mine)
    return sa.exists().where(WeeklyLog.state == LogState.RETURNED, mine)


def returned(viewer: Viewer) -> list[date]:
    """The weeks whose log was returned to the viewer, the latest first."""
    own = sa.select(WeeklyLog.week).where(WeeklyLog.rep_id == viewer.id, WeeklyLog.state == LogState.RETURNED)
    return list(db.session.scalars(own.order_by(WeeklyLog.week.desc()).limit(5)))


def to_decide(viewer: Viewer) -> list[tuple[date, UUID]]:
    """(week, rep) of the submitted logs that wait for a supervisor, the oldest week first."""
    found = (
        sa.select(WeeklyLog.week, WeeklyLog.rep_id, User.patch)
        .join(User, User.id == WeeklyLog.rep_id)
        .where(WeeklyLog.state == LogState.SUBMITTED, WeeklyLog.rep_id != viewer.id)
        .order_by(WeeklyLog.week)
    )
    return [(week, rep_id) for week, rep_id, patch in db.session.execute(found) if in_team(viewer, patch)]
