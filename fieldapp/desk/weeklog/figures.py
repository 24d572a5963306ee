"""What a week's log says, gathered from visits, ledger, targets and tasks: plain JSON, to be shown and to be kept.

    as_of, today            when it was gathered: ISO moment (UTC) and business date
    days                    [{day, visits, planned, metres}], Monday to Sunday
      visits                [{id, distributor_id, name, arrived, left, minutes, distance, flags}], moments in UTC
      planned               [{distributor_id, name, kept, missed}]: kept: he was there that day; missed: it has passed
    next                    [{distributor_id, name, day}]: what is planned for the week after
    notes                   [{distributor_id, name, section, subject, price, weight, text}]: competitors, retail prices
    promises                [{distributor_id, name, text, due, state}]: made, kept or late in this week
    totals                  {visits, planned, kept, minutes, metres, distributors, made, done, late, weight, money,
                            overdue, overdue_count, month: {period, weight, target}}
    sections                {name: what a further concern says}

Weights in grams, money in fen, distances in metres. Tonnes and money are of the distributors that have him named as
their rep; visits are all of his.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState, late
from fieldapp.fieldwork.visits import policy
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPlan
from fieldapp.fieldwork.visits.rules import NoteSection, flags, minutes_between
from fieldapp.network.distributors.models import Distributor
from fieldapp.trade.ledger.models import Balance, Invoice, InvoiceLine, Payment
from fieldapp.trade.ledger.queries import read_open_items
from fieldapp.trade.ledger.rules import overdue_from
from fieldapp.trade.targets.models import Target

from .rules import days_of, metres_along
from .sections import declared

MOST_NOTES = 60
MOST_PROMISES = 60
TEXT = 300  # characters of a note that a log shows

Figures = dict[str, Any]


def gather(rep_id: UUID, monday: date, today: date, now: datetime) -> Figures:
    """The figures of a rep's week, as of now. Eight statements, and what further sections need."""
    days = days_of(monday)
    sunday = days[-1]
    visits, plans = _visits(rep_id, monday, sunday), _plans(rep_id, monday, sunday + timedelta(days=7))
    far = policy.on(today).warn_metres
    by_day = [_day(day, visits, plans, today, far) for day in days]
    promises = _promises(rep_id, monday, sunday, today)
    made = [visit for day in by_day for visit in day["visits"]]
    planned = [plan for day in by_day for plan in day["planned"]]
    return {
        "as_of": now.isoformat(),
        "today": today.isoformat(),
        "days": by_day,
        "next": [
            {"distributor_id": str(id_), "name": name, "day": day.isoformat()}
            for day, id_, name in plans
            if day > sunday
        ],
        "notes": _notes(rep_id, monday, sunday),
        "promises": promises,
        "totals": {
            "visits": len(made),
            "planned": len(planned),
            "kept": sum(plan["kept"] for plan in planned),
            "minutes": sum(visit["minutes"] or 0 for visit in made),
            "metres": sum(day["metres"] for day in by_day),
            "distributors": len({visit["distributor_id"] for visit in made}),
            **{state: sum(promise["state"] == state for promise in promises) for state in ("made", "done", "late")},
            **_trade(rep_id, monday, sunday, today),
            **_overdue(rep_id, today),
        },
        "sections": _sections(rep_id, monday, sunday),
    }


def _visits(rep_id: UUID, first: date, last: date) -> list[Any]:
    found = (
        sa.select(
            Visit.id,
            Visit.day,
            Visit.distributor_id,
            Distributor.name,
            Visit.arrived_at,
            Visit.left_at,
            Visit.ending,
            Visit.arrival_lat,
            Visit.arrival_lng,
            Visit.arrival_distance,
        )
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(Visit.rep_id == rep_id, Visit.day >= first, Visit.day <= last)
        .order_by(Visit.day, Visit.arrived_at, Visit.id)
    )
    return list(db.session.execute(found))


def _plans(rep_id: UUID, first: date, last: date) -> list[tuple[date, UUID, str]]:
    found = (
        sa.select(VisitPlan.day, VisitPlan.distributor_id, Distributor.name)
        .join(Distributor, Distributor.id == VisitPlan.distributor_id)
        .where(VisitPlan.rep_id == rep_id, VisitPlan.day >= first, VisitPlan.day <= last)
        .order_by(VisitPlan.day, Distributor.pinyin, VisitPlan.id)
    )
    return [(day, id_, name) for day, id_, name in db.session.execute(found)]


def _day(
    day: date, visits: Iterable[Any], plans: Iterable[tuple[date, UUID, str]], today: date, far: int
) -> dict[str, Any]:
    here = [visit for visit in visits if visit.day == day]
    visited = {visit.distributor_id for visit in here}
    return {
        "day": day.isoformat(),
        "visits": [_visit(visit, far) for visit in here],
        "planned": [
            {"distributor_id": str(id_), "name": name, "kept": id_ in visited, "missed": day < today}
            for on, id_, name in plans
            if on == day
        ],
        "metres": metres_along(_place(visit) for visit in here),
    }


def _place(visit: Any) -> tuple[float, float] | None:
    return None if visit.arrival_lat is None or visit.arrival_lng is None else (visit.arrival_lat, visit.arrival_lng)


def _visit(visit: Any, far: int) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "distributor_id": str(visit.distributor_id),
        "name": visit.name,
        "arrived": visit.arrived_at.isoformat(),
        "left": visit.left_at.isoformat() if visit.left_at else None,
        "minutes": minutes_between(visit.arrived_at, visit.left_at),
        "distance": visit.arrival_distance,
        "flags": list(
            flags(placed=_place(visit) is not None, metres=visit.arrival_distance, ending=visit.ending, far=far)
        ),
    }


def _notes(rep_id: UUID, first: date, last: date) -> list[dict[str, Any]]:
    """What was noted of competitors, and retail prices that were seen."""
    found = (
        sa.select(
            Visit.distributor_id,
            Distributor.name,
            VisitNote.section,
            VisitNote.subject,
            VisitNote.price,
            VisitNote.weight,
            VisitNote.text,
        )
        .select_from(VisitNote)
        .join(Visit, Visit.id == VisitNote.visit_id)
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .where(
            Visit.rep_id == rep_id,
            Visit.day >= first,
            Visit.day <= last,
            VisitNote.section.in_((NoteSection.COMPETITOR, NoteSection.RETAIL)),
        )
        .order_by(VisitNote.section, VisitNote.made_at, VisitNote.id)
        .limit(MOST_NOTES)
    )
    return [
        {
            "distributor_id": str(row.distributor_id),
            "name": row.name,
            "section": row.section.value,
            "subject": row.subject,
            "price": row.price,
            "weight": row.weight,
            "text": row.text[:TEXT],
        }
        for row in db.session.execute(found)
    ]


def _promises(rep_id: UUID, first: date, last: date, today: date) -> list[dict[str, Any]]:
    """Promises of the rep's: made in this week, kept in it, or late at its end (today, while it lasts)."""
    begins, ends = _instant(first), _instant(last + timedelta(days=1))
    until = min(today, last + timedelta(days=1))
    in_week = sa.and_(Task.made_at >= begins, Task.made_at < ends)
    done = sa.and_(Task.state == TaskState.DONE, Task.done_at >= begins, Task.done_at < ends)
    overdue = sa.and_(Task.state == TaskState.OPEN, Task.due < until)
    found = (
        sa.select(
            Task.distributor_id,
            Distributor.name,
            Task.text,
            Task.due,
            Task.state,
            sa.case((done, 1), else_=0).label("kept"),
        )
        .join(Distributor, Distributor.id == Task.distributor_id)
        .where(Task.owner_id == rep_id, Task.kind == TaskKind.PROMISE, sa.or_(in_week, done, overdue))
        .order_by(Task.due, Task.id)
        .limit(MOST_PROMISES)
    )
    return [
        {
            "distributor_id": str(row.distributor_id),
            "name": row.name,
            "text": row.text[:TEXT],
            "due": row.due.isoformat(),
            "state": "done" if row.kept else "late" if late(row.state, row.due, until) else "made",
        }
        for row in db.session.execute(found)
    ]


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _trade(rep_id: UUID, monday: date, sunday: date, today: date) -> dict[str, Any]:
    """Tonnes and money of his distributors: of the week, and of its month so far against the month's target."""
    until = min(today, sunday)
    month, period = until.replace(day=1), until.isoformat()[:7]

    def weight(first: date, last: date) -> Any:
        return (
            sa.select(sa.func.coalesce(sa.func.sum(InvoiceLine.weight), 0))
            .select_from(Invoice)
            .join(Distributor, Distributor.id == Invoice.distributor_id)
            .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
            .where(Distributor.rep_id == rep_id, Invoice.date >= first, Invoice.date <= last)
            .scalar_subquery()
        )

    money = (
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0))
        .join(Distributor, Distributor.id == Payment.distributor_id)
        .where(Distributor.rep_id == rep_id, Payment.date >= monday, Payment.date <= sunday)
        .scalar_subquery()
    )
    # A target for all lines says it all; where there is none, those of the lines are added up.
    every = sa.func.max(sa.case((Target.line_key == "*", Target.weight)))
    target = (
        sa.select(sa.func.coalesce(every, sa.func.sum(Target.weight)).label("weight"))
        .join(Distributor, Distributor.id == Target.distributor_id)
        .where(Distributor.rep_id == rep_id, Target.period == period)
        .group_by(Target.distributor_id)
        .subquery()
    )
    agreed = sa.select(sa.func.sum(target.c.weight)).scalar_subquery()
    row = db.session.execute(sa.select(weight(monday, sunday), weight(month, until), money, agreed)).one()
    return {
        "weight": int(row[0]),
        "money": int(row[2]),
        "month": {"period": period, "weight": int(row[1]), "target": None if row[3] is None else int(row[3])},
    }


def _overdue(rep_id: UUID, today: date) -> dict[str, int]:
    """What his distributors owe past its day, today."""
    found = (
        sa.select(Balance.open_items)
        .join(Distributor, Distributor.id == Balance.distributor_id)
        .where(Distributor.rep_id == rep_id, Balance.oldest_due < today)
    )
    sums = [overdue_from(read_open_items(items), today)[0] for items in db.session.scalars(found)]
    return {"overdue": sum(sums), "overdue_count": sum(one > 0 for one in sums)}


def _sections(rep_id: UUID, first: date, last: date) -> dict[str, Any]:
    read = {section.name: section.read(rep_id, first, last) for section in declared()}
    return {name: said for name, said in read.items() if said is not None}
