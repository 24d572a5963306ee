"""Conflicts between distributors: parties, thread, meetings, what was agreed, follow-ups, links, photos."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk, region_code

from .rules import ConflictKind, ConflictState, ConflictVerb, MeetingState, Outcome, PointState

STORY_LENGTH = 4000
WORDS_LENGTH = 2000
POINT_LENGTH = 500
PLACE_LENGTH = 200
CAPTION_LENGTH = 200


class ConflictCounter(Base):
    """One row: the last number given out. Its lock makes two conflicts that arrive at once take two numbers."""

    __tablename__ = "conflict_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(sa.BigInteger)


class Conflict(Base):
    """A quarrel until it is settled. `region_code`: where it is, at first where its first party is. `meet_by`: until
    when the parties should sit together for the first time; `stalled_told`: the supervisors know that they have not.

    `owner_id` looks after it. `round` grows with each reopening: an earlier agreement counts no longer. `agreed_at` is
    of the latest agreement, `first_agreed_at` of the first.
    """

    __tablename__ = "conflict"

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    kind: Mapped[ConflictKind] = enum_column(ConflictKind)
    region_code: Mapped[region_code | None]
    story: Mapped[str] = mapped_column(sa.String(STORY_LENGTH))
    state: Mapped[ConflictState] = enum_column(ConflictState, default=ConflictState.OPEN)
    round: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    made_at: Mapped[moment]
    recorded_at: Mapped[moment]
    meet_by: Mapped[date]
    stalled_told: Mapped[bool] = mapped_column(default=False)
    first_agreed_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = enum_column(Outcome)

    __table_args__ = (
        sa.Index(None, "state", "number"),
        sa.Index(None, "owner_id", "state"),
        sa.Index(None, "kind", "state", "region_code"),
        sa.Index(None, "state", "stalled_told", "meet_by"),
        sa.Index(None, "recorded_at", "first_agreed_at", "kind"),
    )

    @property
    def shown_number(self) -> str:
        """As people say it: C-000123."""
        return f"C-{self.number:06d}"


class ConflictParty(Base):
    """A distributor that is in it."""

    __tablename__ = "conflict_party"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (
        sa.UniqueConstraint("conflict_id", "distributor_id"),
        sa.Index(None, "distributor_id", "conflict_id"),
    )


class ConflictEntry(Base):
    """One thing done or said; append-only, which a trigger of the database holds. `distributor_id`: it is of this
    party, told in confidence, and read by whoever covers it."""

    __tablename__ = "conflict_entry"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    distributor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    verb: Mapped[ConflictVerb | None] = enum_column(ConflictVerb)
    words: Mapped[str] = mapped_column(sa.String(STORY_LENGTH), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "conflict_id", "at"),)


class ConflictMeeting(Base):
    """The parties sit together on a day. `at_time` reads `14:30` or nothing; `present`: who was there; `words`: what
    was said before everybody. `told`: that it is near was told."""

    __tablename__ = "conflict_meeting"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    round: Mapped[int]
    day: Mapped[date]
    at_time: Mapped[str] = mapped_column(sa.String(5), default="")
    place: Mapped[str] = mapped_column(sa.String(PLACE_LENGTH), default="")
    state: Mapped[MeetingState] = enum_column(MeetingState, default=MeetingState.PLANNED)
    present: Mapped[str] = mapped_column(sa.String(POINT_LENGTH), default="")
    words: Mapped[str] = mapped_column(sa.String(WORDS_LENGTH), default="")
    told: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (
        sa.Index(None, "conflict_id", "state", "round"),
        sa.Index(None, "state", "day"),
        sa.Index(None, "day", "id"),
    )


class ConflictPoint(Base):
    """A point of an agreement: who does what by when. `distributor_id` None: our company; `owner_id`: who of ours sees
    to it, or does it. `told`: 0, 1 its day is near was told, 2 that it has passed."""

    __tablename__ = "conflict_point"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    round: Mapped[int]
    distributor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"))
    text: Mapped[str] = mapped_column(sa.String(POINT_LENGTH))
    due: Mapped[date]
    owner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[PointState] = enum_column(PointState, default=PointState.OPEN)
    said: Mapped[str] = mapped_column(sa.String(POINT_LENGTH), default="")
    told: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    done_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(None, "conflict_id", "round", "due"),
        sa.Index(None, "owner_id", "state", "due"),
        sa.Index(None, "distributor_id", "state", "due"),
        sa.Index(None, "state", "told", "due"),
        sa.Index(None, "due", "id"),
        sa.CheckConstraint("(state = 'open') = (done_at IS NULL)", name="done"),
    )


class ConflictFollowUp(Base):
    """A visit at a party to see whether the agreement holds: planned for a rep (fieldwork/visits/plans.py), then noted
    with the visit on which it was seen. `noted_at` empty: it is still to come."""

    __tablename__ = "conflict_follow_up"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    round: Mapped[int]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    day: Mapped[date]
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    holds: Mapped[bool | None]
    noted_at: Mapped[datetime | None]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (
        sa.Index(None, "conflict_id", "round", "day"),
        sa.Index(None, "rep_id", "day", "distributor_id"),
        sa.Index(None, "distributor_id", "day"),
        sa.Index(None, "day", "id"),
        sa.CheckConstraint("(holds IS NULL) = (noted_at IS NULL)", name="noted"),
    )


class ConflictLink(Base):
    """What a conflict is about or rests on: an area, a price, a case, a ticket. Which kinds there are, links.py
    says."""

    __tablename__ = "conflict_link"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    key: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.UniqueConstraint("conflict_id", "kind", "key"), sa.Index(None, "kind", "key"))


class ConflictPhoto(Base):
    """A photo that shows it; its content lies in the instance folder (core/storage.py). `distributor_id`: as of an
    entry."""

    __tablename__ = "conflict_photo"

    id: Mapped[pk]
    conflict_id: Mapped[UUID] = mapped_column(sa.ForeignKey("conflict.id"), index=True)
    distributor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    caption: Mapped[str] = mapped_column(sa.String(CAPTION_LENGTH), default="")
    at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
