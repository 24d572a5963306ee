"""What the page of a ticket needs from elsewhere: its distributor, who is who, who bought the batch, the survey."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.remediation.models import Lesson, Remedy, Ticket, TicketEntry
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Purpose, SurveyState
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord, Grade
from fieldapp.trade.ledger.models import Balance, Invoice, InvoiceLine
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance
from fieldapp.trade.products.models import Product

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Store:
    """The distributor of a ticket, with what an approver weighs: money in fen, `sold` of the last twelve months."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    contact: str
    phone: str
    grade: Grade | None
    ledger: LedgerFacts
    sold: int


def store_of(ticket: Ticket, today: date) -> Store:
    """The distributor of a ticket that the viewer has found; one statement."""
    sold = (
        sa.select(sa.func.coalesce(sa.func.sum(Invoice.amount), 0))
        .where(Invoice.distributor_id == ticket.distributor_id, Invoice.date > today - YEAR, Invoice.date <= today)
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(
            *(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code),
            *(Contact.name.label("contact"), Contact.phone, CreditRecord.grade),
            *(Balance.as_of, Balance.outstanding, Balance.open_items, sold.label("sold")),
        )
        .outerjoin(Contact, sa.and_(Contact.distributor_id == Distributor.id, Contact.main))
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(Distributor.id == ticket.distributor_id)
    ).one()
    return Store(
        *(row.id, row.code, row.name, row.region_code, row.contact or "", row.phone or "", row.grade),
        ledger=_ledger(row, today),
        sold=int(row.sold),
    )


def _ledger(row: Any, today: date) -> LedgerFacts:
    """From the kept balance; from the rows for a day before its latest row."""
    if row.as_of is None:
        return LedgerFacts()
    if row.as_of > today:
        return position_on(row.id, today)
    return from_balance(row.outstanding, read_open_items(row.open_items), today)


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket names, in words: `None` where it names nothing, or what has gone since."""

    product: Product | None
    invoice: Invoice | None
    outlets: list[str]


def about(ticket: Ticket) -> About:
    """Product, invoice, outlet and farm of a ticket that the viewer has found."""
    at = [key for key in (ticket.outlet_id, ticket.farm_id) if key]
    outlets = sa.select(Outlet.name).where(Outlet.id.in_(at), Outlet.distributor_id == ticket.distributor_id)
    invoice = sa.select(Invoice).where(Invoice.id == ticket.invoice_id, Invoice.distributor_id == ticket.distributor_id)
    return About(
        db.session.get(Product, ticket.product_id) if ticket.product_id else None,
        db.session.scalar(invoice) if ticket.invoice_id else None,
        list(db.session.scalars(outlets)) if at else [],
    )


@dataclass(frozen=True, slots=True)
class Buyers:
    """How many distributors bought of a batch: in the viewer's patch, and elsewhere."""

    mine: int
    others: int


def buyers(viewer: Viewer, ticket: Ticket) -> Buyers | None:
    """Who bought the batch of a ticket; None where it names no product and batch. One statement."""
    if ticket.product_id is None or not ticket.batch_key:
        return None
    everybody = sa.select(Distributor.region_code).where(
        Distributor.id.in_(_bought(ticket.product_id, ticket.batch_key))
    )
    region = everybody.subquery().c.region_code
    mine = sa.func.count(sa.case((viewer.scope(region), 1)))
    here, every = db.session.execute(sa.select(mine, sa.func.count())).one()
    return Buyers(here, every - here)


def _bought(product_id: UUID, batch_key: str) -> sa.Select[tuple[UUID]]:
    return (
        sa.select(Invoice.distributor_id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.product_id == product_id, InvoiceLine.batch_key == batch_key, InvoiceLine.weight > 0)
    )


def regions_of_buyers(product_id: UUID, batch_key: str) -> Collection[str]:
    """The region codes of everybody who bought of a batch, each once; for remediation/alarms.py."""
    bought = Distributor.id.in_(_bought(product_id, batch_key))
    regions = db.session.scalars(sa.select(Distributor.region_code).where(bought).distinct())
    return [region for region in regions if region]


def remedies(ticket: Ticket) -> list[Remedy]:
    """All that were proposed, the latest first."""
    statement = sa.select(Remedy).where(Remedy.ticket_id == ticket.id)
    return list(db.session.scalars(statement.order_by(Remedy.proposed_at.desc(), Remedy.id.desc())))


def lesson_of(ticket: Ticket) -> Lesson | None:
    """What it taught, once it is closed."""
    return db.session.scalar(sa.select(Lesson).where(Lesson.ticket_id == ticket.id))


def people(keys: Collection[UUID]) -> Mapping[UUID, str]:
    """Names of users."""
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(keys))).tuples().all())


def handed_by(viewer: Viewer, thread: Iterable[TicketEntry]) -> Mapping[str, str]:
    """Names of the distributors that a ticket went from and to, as far as the viewer may see them; by keys as text."""
    keys = {UUID(entry.values[name]) for entry in thread for name in ("giver", "taker") if name in (entry.values or {})}
    if not keys:
        return {}
    seen = sa.select(Distributor.id, Distributor.name).where(
        Distributor.id.in_(keys), viewer.scope(Distributor.region_code)
    )
    return {str(key): name for key, name in db.session.execute(seen)}


def open_survey(ticket: Ticket, since: datetime) -> Survey | None:
    """The survey about a ticket that was asked since an instant and waits for an answer."""
    found = last_survey(ticket, since)
    return found if found and found.state is SurveyState.OPEN else None


def last_survey(ticket: Ticket, since: datetime) -> Survey | None:
    """The last survey about a ticket that was asked since an instant."""
    return db.session.scalar(
        sa.select(Survey)
        .where(Survey.subject_id == ticket.id, Survey.purpose == Purpose.REMEDY, Survey.made_at >= since)
        .order_by(Survey.made_at.desc())
        .limit(1)
    )
