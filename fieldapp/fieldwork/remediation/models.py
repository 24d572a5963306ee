"""Tickets, their thread, the remedies proposed, photos, and what was learned."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk, region_code

from .rules import RemedyKind, RootCause, Severity, TicketKind, TicketState, TicketVerb


class TicketCounter(Base):
    """One row: the last number given out. Its lock makes two tickets that arrive at once take two numbers."""

    __tablename__ = "ticket_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(sa.BigInteger)


class Ticket(Base):
    """A complaint until it is put right. `made_at`: when it was written on the phone; `recorded_at`: when it arrived,
    which starts the clocks. `region_code`: the distributor's, for scope and indexes. `round` grows with each reopening.

    `remark_id`, `survey_id`, `outlet_id`, `farm_id`, `invoice_id` are keys of rows that may go without the ticket.
    `first_told`, `solve_told`: how many levels of supervisors were told that a clock has run out.
    """

    __tablename__ = "ticket"

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[region_code | None]
    outlet_id: Mapped[UUID | None]
    farm_id: Mapped[UUID | None]
    survey_id: Mapped[UUID | None] = mapped_column(index=True)
    remark_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    kind: Mapped[TicketKind] = enum_column(TicketKind)
    severity: Mapped[Severity] = enum_column(Severity)
    dangerous: Mapped[bool] = mapped_column(default=False)
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    batch: Mapped[str] = mapped_column(sa.String(64), default="")
    batch_key: Mapped[str] = mapped_column(sa.String(64), default="")
    invoice_id: Mapped[UUID | None]
    story: Mapped[str] = mapped_column(sa.String(4000))
    wish: Mapped[str] = mapped_column(sa.String(1000), default="")
    state: Mapped[TicketState] = enum_column(TicketState, default=TicketState.REPORTED)
    round: Mapped[int] = mapped_column(default=1)
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    made_at: Mapped[moment]
    recorded_at: Mapped[moment]
    first_due_at: Mapped[moment]
    answered_at: Mapped[datetime | None]
    solve_due_at: Mapped[moment]
    solved_at: Mapped[datetime | None]
    first_told: Mapped[int] = mapped_column(default=0)
    solve_told: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        sa.Index(None, "state", "region_code", "id"),
        sa.Index(None, "region_code", "id"),
        sa.Index(None, "distributor_id", "recorded_at"),
        sa.Index(None, "rep_id", "state"),
        sa.Index(None, "kind", "product_id"),
        sa.Index(None, "product_id", "batch_key"),
        sa.Index(None, "state", "solve_due_at"),
        # How long tickets took: what ended in a month, without the rows.
        sa.Index(None, "answered_at", "recorded_at", "region_code"),
        sa.Index(None, "solved_at", "recorded_at", "region_code"),
    )

    @property
    def shown_number(self) -> str:
        """As people say it: T-000123."""
        return f"T-{self.number:06d}"


class TicketEntry(Base):
    """One thing done or said; append-only, which a trigger of the database holds. `by_id` None: the system, or the
    customer himself."""

    __tablename__ = "ticket_entry"

    id: Mapped[pk]
    ticket_id: Mapped[UUID] = mapped_column(sa.ForeignKey("ticket.id"))
    verb: Mapped[TicketVerb | None] = enum_column(TicketVerb)
    words: Mapped[str] = mapped_column(sa.String(4000), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (
        sa.Index(None, "ticket_id", "at"),
        # How long steps take: what was done in a month, and when the same ticket did something before.
        sa.Index(None, "verb", "at", "ticket_id"),
        sa.Index(None, "ticket_id", "verb", "at"),
    )


class Remedy(Base):
    """A proposal how to put it right, the latest is the one that counts. `amount` in fen, what was approved once it is;
    `asked` what was proposed first."""

    __tablename__ = "remedy"

    id: Mapped[pk]
    ticket_id: Mapped[UUID] = mapped_column(sa.ForeignKey("ticket.id"))
    round: Mapped[int]
    kind: Mapped[RemedyKind] = enum_column(RemedyKind)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    asked: Mapped[int] = mapped_column(sa.BigInteger)
    by_day: Mapped[date]
    words: Mapped[str] = mapped_column(sa.String(1000))
    proposed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    proposed_at: Mapped[moment]
    first_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    first_at: Mapped[datetime | None]
    second_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.Index(None, "ticket_id", "proposed_at"),
        sa.Index(None, "proposed_at", "round", "ticket_id"),
        sa.Index(None, "decided_at", "first_at", "proposed_at", "ticket_id"),
        sa.Index(None, "by_day", "ticket_id"),
        sa.CheckConstraint("amount >= 0 AND asked >= amount", name="amount"),
    )


class TicketPhoto(Base):
    """A photo of a ticket; its content lies in the instance folder (core/storage.py)."""

    __tablename__ = "ticket_photo"

    id: Mapped[pk]
    ticket_id: Mapped[UUID] = mapped_column(sa.ForeignKey("ticket.id"), index=True)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]


class Lesson(Base):
    """What a closed ticket taught. `standing`: shown on later tickets of the same kind and product."""

    __tablename__ = "lesson"

    id: Mapped[pk]
    ticket_id: Mapped[UUID] = mapped_column(sa.ForeignKey("ticket.id"), unique=True)
    kind: Mapped[TicketKind] = enum_column(TicketKind)
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"))
    cause: Mapped[RootCause] = enum_column(RootCause)
    words: Mapped[str] = mapped_column(sa.String(1000))
    standing: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "standing", "kind", "product_id"),)
