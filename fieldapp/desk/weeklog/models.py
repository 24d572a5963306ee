"""A rep's log of a week, what was said about it, and which weekly mails went out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import LogState, LogStep, MailState


class WeeklyLog(Base):
    """One log of a rep and a week. `week`: its Monday. It has a row once the rep has written something in it.

    `figures`: what the page showed when it was submitted (queries.figures), so that nothing that comes later changes
    it; None before. They tell themselves as of when.
    """

    __tablename__ = "weekly_log"

    id: Mapped[pk]
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    week: Mapped[date]
    state: Mapped[LogState] = enum_column(LogState, default=LogState.DRAFT)
    went_well: Mapped[str] = mapped_column(sa.Text, default="")
    problems: Mapped[str] = mapped_column(sa.Text, default="")
    needs: Mapped[str] = mapped_column(sa.Text, default="")
    figures: Mapped[dict[str, Any] | None]
    made_at: Mapped[moment]
    submitted_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (sa.UniqueConstraint("week", "rep_id"), sa.Index(None, "rep_id", "state"), sa.Index(None, "state"))


class LogComment(Base):
    """Something said about a log, or a step that it took; never changed, never taken away."""

    __tablename__ = "weekly_log_comment"

    id: Mapped[pk]
    log_id: Mapped[UUID] = mapped_column(sa.ForeignKey("weekly_log.id"))
    step: Mapped[LogStep] = enum_column(LogStep)
    text: Mapped[str] = mapped_column(sa.String(1000), default="")
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (sa.Index(None, "log_id", "id"),)


class WeeklyMail(Base):
    """The weekly mail of a user; one row for each, so that it is sent once. `week`: the Monday of the week it tells of.

    `problem`: the kind of fault of the last attempt, without addresses or what a server said.
    """

    __tablename__ = "weekly_mail"

    id: Mapped[pk]
    week: Mapped[date]
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[MailState] = enum_column(MailState)
    tried_at: Mapped[moment]
    tries: Mapped[int] = mapped_column(default=1)
    problem: Mapped[str] = mapped_column(sa.String(64), default="")

    __table_args__ = (sa.UniqueConstraint("week", "user_id"),)
