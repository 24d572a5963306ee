"""Hand-overs of areas and of patches, and what went along or stayed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk, region_code

from .rules import Kind, Matter, Refusal, State, Why


class Handover(Base):
    """An area from a distributor to another, or the distributors of a region from a rep to another, on a day.

    `areas`: of an area, a row for each line: {"line", "old", "new": keys of the areas, "to": the last day it had}. They
    are written when it is arranged, as areas are dated; the matters go on the day. `went`: {matter: how many}.
    `problem`: what kept it from being carried out on its day.
    """

    __tablename__ = "handover"

    id: Mapped[pk]
    kind: Mapped[Kind] = enum_column(Kind)
    state: Mapped[State] = enum_column(State, default=State.COMING)
    region_code: Mapped[region_code] = mapped_column(sa.ForeignKey("region.code"))
    day: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(500))
    from_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    from_rep_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    to_rep_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    areas: Mapped[list[Any]] = mapped_column(default=list)
    went: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problem: Mapped[Refusal | None] = enum_column(Refusal)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(None, "state", "day"),
        sa.Index(None, "day", "id"),
        sa.Index(None, "region_code", "day"),
        # Two of one rep's patch that are both to come: the second would find nothing left.
        sa.Index(
            "uq_handover_coming",
            "from_rep_id",
            "region_code",
            unique=True,
            sqlite_where=sa.text("state = 'coming' AND kind = 'reps'"),
            postgresql_where=sa.text("state = 'coming' AND kind = 'reps'"),
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'area' THEN from_id IS NOT NULL AND to_id IS NOT NULL AND from_id <> to_id"
            " ELSE from_rep_id IS NOT NULL AND to_rep_id IS NOT NULL AND from_rep_id <> to_rep_id END",
            name="parties",
        ),
        sa.CheckConstraint("(state = 'coming') = (ended_at IS NULL)", name="ended"),
    )


class HandoverItem(Base):
    """One thing that went along, or stayed (`why`), when it was carried out. `subject_id`: of the matter's row."""

    __tablename__ = "handover_item"

    id: Mapped[pk]
    handover_id: Mapped[UUID] = mapped_column(sa.ForeignKey("handover.id"))
    matter: Mapped[Matter] = enum_column(Matter)
    subject_id: Mapped[UUID]
    why: Mapped[Why | None] = enum_column(Why)

    __table_args__ = (sa.Index(None, "handover_id", "matter", "id"), sa.Index(None, "subject_id"))
