"""What the screens of a visit read elsewhere: tonnes sold and agreed, and what was changed after the check-out."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.visits.cadence import VisitPolicy, cadence, next_on
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.targets.models import Target

from .rules import Period, periods, target_of


class Tonnes(NamedTuple):
    """Grams sold in a period so far, and agreed for all of it; `target` None where nothing is agreed."""

    period: Period
    sold: int
    target: int | None


def tonnes(distributor_id: UUID, today: date) -> list[Tonnes]:
    """This month, quarter and year of a distributor that the viewer has found; two statements."""
    asked = periods(today)
    sums = [
        sa.func.coalesce(sa.func.sum(sa.case((Invoice.date >= period.first, InvoiceLine.weight))), 0)
        for period in asked
    ]
    sold = db.session.execute(
        sa.select(*sums)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            Invoice.distributor_id == distributor_id,
            Invoice.date >= min(period.first for period in asked),
            Invoice.date <= today,
        )
    ).one()
    agreed: dict[str, dict[str, int]] = {}
    rows = sa.select(Target.period, Target.line_key, Target.weight).where(
        Target.distributor_id == distributor_id, Target.period.in_([period.name for period in asked])
    )
    for name, line, weight in db.session.execute(rows):
        agreed.setdefault(name, {})[line] = weight
    return [
        Tonnes(period, int(grams), target_of(agreed.get(period.name, {})))
        for period, grams in zip(asked, sold, strict=True)
    ]


def next_visit(distributor_id: UUID, today: date, held: VisitPolicy) -> date:
    """The day to propose for the next visit to a distributor that the viewer has found."""
    row = db.session.execute(
        sa.select(Distributor.status, Distributor.tier, CreditRecord.grade)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .where(Distributor.id == distributor_id)
    ).one()
    days = cadence(
        held,
        grade=row.grade,
        tier=row.tier,
        prospect=row.status is Status.PROSPECT,
        ended=row.status is Status.ENDED,
    )
    return next_on(today, days)


CHANGES = ("note", "remove_note", "photo", "remove_photo", "correct", "repair", "check_out")


def corrections_of(visit: Visit, limit: int = 50) -> Sequence[Any]:
    """What was changed in a visit after it was closed (action, at, who), the latest first."""
    of_visit = (AuditEntry.subject_type == "visit", AuditEntry.subject_id == str(visit.id))
    closing = AuditEntry.action.in_(("visits.check_out", "visits.repair"))
    closed = sa.select(AuditEntry.id).where(*of_visit, closing).order_by(AuditEntry.id).limit(1).scalar_subquery()
    return db.session.execute(
        sa.select(AuditEntry.action, AuditEntry.at, User.name.label("who"))
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(*of_visit, AuditEntry.id > closed, AuditEntry.action.in_([f"visits.{verb}" for verb in CHANGES]))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    ).all()
