"""Dated policy: every number that a rule uses, in versions that never change once published; and drafts of the next."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk


class PolicyVersion(Base):
    """One published policy. `settings`: {concern: {name: value}}; what is absent has the rule's default."""

    __tablename__ = "policy_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    published_at: Mapped[moment]
    published_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))


class DraftState(StrEnum):
    """A draft that was published or discarded never changes again."""

    OPEN = "open"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class PolicyDraft(Base):
    """A policy in the making, open to every administrator. `settings` are complete.

    `based_on`: the version it started from; when a newer one is published, the draft takes that one's changes over
    first. `revision` counts the saves: who saves names the one he saw.
    """

    __tablename__ = "policy_draft"

    id: Mapped[pk]
    state: Mapped[DraftState] = enum_column(DraftState, default=DraftState.OPEN)
    based_on: Mapped[int] = mapped_column(sa.ForeignKey("policy_version.version"))
    settings: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    valid_from: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    created_at: Mapped[moment]
    updated_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    updated_at: Mapped[moment]
    published_version: Mapped[int | None] = mapped_column(sa.ForeignKey("policy_version.version"))

    __table_args__ = (sa.Index(None, "state", "updated_at"),)


class DraftRevision(Base):
    """A draft as it was after one of its saves: what somebody who still has that page before him started from."""

    __tablename__ = "policy_draft_revision"

    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("policy_draft.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    valid_from: Mapped[date | None]


class TryoutState(StrEnum):
    """`crashed`: the app's own fault, with the try-out's id in the log."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CRASHED = "crashed"


class Tryout(Base):
    """What a draft, as it was at a revision, would have changed against the version in force; the latest one only.

    `results`: a TrialResult's JSON for each trial, in their order. `share`: how far it is, in thousandths.
    """

    __tablename__ = "policy_tryout"

    id: Mapped[pk]
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("policy_draft.id"), unique=True)
    revision: Mapped[int]
    compared_with: Mapped[int] = mapped_column(sa.ForeignKey("policy_version.version"))
    on: Mapped[date] = mapped_column("on_date")
    state: Mapped[TryoutState] = enum_column(TryoutState, default=TryoutState.WAITING)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    beat_at: Mapped[moment]
    finished_at: Mapped[datetime | None]
    share: Mapped[int] = mapped_column(default=0)
    results: Mapped[list[Any]] = mapped_column(default=list)
