"""What a distributor is promised, and whether it was kept lately."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.worktime import policy as worktime
from fieldapp.trade.ledger.models import Invoice

from .models import ServicePromise
from .rules import Delivery, Kept, Rate, deliveries_kept, rate, visits_kept

DAYS = 90
MOST_VERSIONS = 50
MOST_DELIVERIES = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """What fell due in the last DAYS days, the latest first."""

    found: list[Kept]
    rate: Rate


def find(viewer: Viewer, distributor_id: UUID) -> Distributor | None:
    """A distributor of the viewer's patch."""
    return db.session.scalar(
        sa.select(Distributor).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )


def newest(distributor_id: UUID) -> ServicePromise | None:
    """The latest version, None before the first."""
    return next(iter(versions(distributor_id, 1)), None)


def versions(distributor_id: UUID, most: int = MOST_VERSIONS) -> list[ServicePromise]:
    """The versions, the newest first."""
    select = sa.select(ServicePromise).where(ServicePromise.distributor_id == distributor_id)
    return list(db.session.scalars(select.order_by(ServicePromise.version.desc()).limit(most)))


def makers(promises: list[ServicePromise]) -> dict[UUID, str]:
    """{user: name} of those who made the versions."""
    ids = {one.made_by_id for one in promises}
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids))).tuples().all())


def record_of(promises: list[ServicePromise], distributor_id: UUID, today: date) -> Record:
    """What was kept and broken of these versions in the last DAYS days; two statements and the calendar's."""
    since = today - timedelta(days=DAYS)
    held = [one.as_version() for one in promises]
    invoices = (
        sa.select(Invoice.number, Invoice.ordered_on, Invoice.date)
        .where(
            Invoice.distributor_id == distributor_id,
            Invoice.date > since,
            Invoice.date <= today,
            Invoice.amount > 0,
            Invoice.ordered_on.is_not(None),
        )
        .order_by(Invoice.date.desc())
        .limit(MOST_DELIVERIES)
    )
    came = [Delivery(number, ordered, day) for number, ordered, day in db.session.execute(invoices) if ordered]
    visits = db.session.scalars(
        sa.select(Visit.day).where(Visit.distributor_id == distributor_id, Visit.day <= today).distinct()
    )
    found = deliveries_kept(held, came, worktime.on(today).works_on) + visits_kept(held, visits, today)
    lately = sorted((one for one in found if since < one.day <= today), key=lambda one: one.day, reverse=True)
    return Record(lately, rate(lately))
