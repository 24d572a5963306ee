"""Visits to distributors: planned, under way and made, with what was noted and photographed there.

Every key may be made on the phone, so that a visit written without a signal is the same row when it is sent.
"""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import Ending, NoteSection, PhotoPurpose, PlaceProblem


class VisitPlan(Base):
    """That a rep means to visit a distributor on a day. Whether it was kept is seen from the visits of that day."""

    __tablename__ = "visit_plan"

    id: Mapped[pk]
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    day: Mapped[date]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (
        sa.UniqueConstraint("rep_id", "day", "distributor_id"),
        sa.Index("ix_visit_plan_calendar", "day", "distributor_id", "rep_id", "id"),
    )


class Visit(Base):
    """One visit of a rep to a distributor; in progress while `left_at` is empty, and of those a rep has one at most.

    `day`: the business date of the arrival. `arrived_at`, `left_at`: by the phone's clock, set right by the server's;
    `recorded_at`: when the server heard of it. One point at each end, in degrees (WGS 84), and none between:
    `…_accuracy` and `…_distance` (to the store) in metres; a point that is missing has its `…_problem` instead.
    """

    __tablename__ = "visit"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    day: Mapped[date]
    arrived_at: Mapped[moment]
    recorded_at: Mapped[moment]
    arrival_lat: Mapped[float | None]
    arrival_lng: Mapped[float | None]
    arrival_accuracy: Mapped[int | None]
    arrival_distance: Mapped[int | None]
    arrival_problem: Mapped[PlaceProblem | None] = enum_column(PlaceProblem)
    left_at: Mapped[datetime | None]
    departure_lat: Mapped[float | None]
    departure_lng: Mapped[float | None]
    departure_accuracy: Mapped[int | None]
    departure_distance: Mapped[int | None]
    departure_problem: Mapped[PlaceProblem | None] = enum_column(PlaceProblem, check="departureproblem")
    ending: Mapped[Ending | None] = enum_column(Ending)
    contact_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    next_on: Mapped[date | None]

    __table_args__ = (
        sa.Index(None, "rep_id", "day", "id"),
        sa.Index(None, "distributor_id", "arrived_at"),
        sa.Index(None, "day", "id"),
        sa.Index(
            "uq_visit_in_progress",
            "rep_id",
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        ),
        sa.CheckConstraint("(left_at IS NULL) = (ending IS NULL)", name="ended"),
    )


class VisitNote(Base):
    """One thing noted on a visit. Which of the columns a section uses, rules.py says.

    `subject`: the product, brand or kind of animal in words, ours too; `product_id` where it is one of ours. `price` is
    per `weight` grams (a 40 kg bag, a tonne); `count`: bags, heads, or percent of what is sold (a brand); `on`: the day
    an order is expected. A step of the talk plan is its `subject`, with `count` 1 done and 0 skipped.
    """

    __tablename__ = "visit_note"

    id: Mapped[pk]
    visit_id: Mapped[UUID] = mapped_column(sa.ForeignKey("visit.id"))
    section: Mapped[NoteSection] = enum_column(NoteSection)
    subject: Mapped[str] = mapped_column(sa.String(120), default="")
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id"), index=True)
    weight: Mapped[int | None] = mapped_column(sa.BigInteger)
    price: Mapped[int | None] = mapped_column(sa.BigInteger)
    count: Mapped[int | None] = mapped_column("number", sa.BigInteger)
    on: Mapped[date | None] = mapped_column("expected_on", sa.Date)
    text: Mapped[str] = mapped_column(sa.String(1000), default="")
    made_at: Mapped[moment]

    __table_args__ = (sa.Index(None, "visit_id", "made_at"), sa.Index(None, "section", "made_at"))


class VisitPhoto(Base):
    """A photo taken on a visit. Its content lies in the instance folder (core/storage.py) until it is removed."""

    __tablename__ = "visit_photo"

    id: Mapped[pk]
    visit_id: Mapped[UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    task_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("task.id"), index=True)
    purpose: Mapped[PhotoPurpose] = enum_column(PhotoPurpose)
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    taken_at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    removed_at: Mapped[datetime | None]
