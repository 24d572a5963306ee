"""Pairs of accounts that look like one business, what was decided of them, and the groups that count as one."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import State, Verb


class MergedPair(Base):
    """Two accounts, `one_id` < `other_id`, and what speaks for their being one.

    `evidence`: [{"kind", "key", "holders", "points", "facts"}], the weightiest first; it names months, weights and
    metres, and no value of a file. `kinds`: the same kinds as one text, `,phone,payer,`, to filter by. `context`: what
    speaks against it ({"open": true, "succession": true}). `known`: names of the evidence (rules.Evidence.name) with
    which it was dismissed: it stays so until something else appears.
    """

    __tablename__ = "merged_pair"

    id: Mapped[pk]
    one_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    other_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), index=True)
    state: Mapped[State] = enum_column(State, default=State.OPEN)
    score: Mapped[int]
    kinds: Mapped[str] = mapped_column(sa.String(120))
    evidence: Mapped[list[Any]]
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    known: Mapped[list[str]] = mapped_column(default=list)
    found_at: Mapped[moment]
    changed_at: Mapped[moment]

    __table_args__ = (
        sa.UniqueConstraint("one_id", "other_id"),
        sa.CheckConstraint("one_id < other_id", name="order"),
        sa.Index(None, "state", "score", "id"),
        sa.Index(None, "score", "id"),
    )


class MergedEntry(Base):
    """One thing done with a pair; append-only, which a trigger of the database holds. `by_id` None: the detection.

    `evidence`: names of the evidence of that moment.
    """

    __tablename__ = "merged_entry"

    id: Mapped[pk]
    pair_id: Mapped[UUID] = mapped_column(sa.ForeignKey("merged_pair.id"))
    verb: Mapped[Verb] = enum_column(Verb)
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    score: Mapped[int]
    evidence: Mapped[list[str]]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    at: Mapped[moment]

    __table_args__ = (sa.Index(None, "pair_id", "at"),)


class MergedGroup(Base):
    """Accounts that are counted as one: a connected component of confirmed pairs. `ended_at`: it has no members now."""

    __tablename__ = "merged_group"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(sa.String(120))
    made_at: Mapped[moment]
    ended_at: Mapped[datetime | None]


class MergedMember(Base):
    """An account in its group, of which there is one at most."""

    __tablename__ = "merged_member"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(sa.ForeignKey("merged_group.id"), index=True)
    since: Mapped[moment]


class MergedRun(Base):
    """The one row of the detection: the last look, and who looks now (`claimed_at`). `mark`: the data of that look.

    Its row is also the lock under which groups are put together: `groups` is counted up by who does so.
    """

    __tablename__ = "merged_run"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ran_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    mark: Mapped[str] = mapped_column(sa.String(300), default="")
    seconds: Mapped[int] = mapped_column(default=0)
    accounts: Mapped[int] = mapped_column(default=0)
    pairs: Mapped[int] = mapped_column(default=0)
    groups: Mapped[int] = mapped_column(sa.BigInteger, default=0)
