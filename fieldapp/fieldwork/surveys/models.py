"""Forms in versions, surveys asked on a version, their answers and photos, and links for customers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk, region_code

from .rules import TEXT_LENGTH, Channel, Purpose, SurveyState


class FormVersion(Base):
    """A version of a form, never changed, which a trigger of the database holds. `content`: as rules.read_form reads
    it. `made_by_id` None: it came with the app."""

    __tablename__ = "survey_form_version"

    id: Mapped[pk]
    form: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    made_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    __table_args__ = (sa.UniqueConstraint("form", "number"),)


class Survey(Base):
    """One customer asked once. `region_code`: the distributor's, for scope and indexes. `outlet_id`, `farm_id`,
    `contact_id` are keys of rows that may go without it; `subject_id` of what it is about: the ticket of a remedy."""

    __tablename__ = "survey"

    id: Mapped[pk]
    version_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survey_form_version.id"))
    purpose: Mapped[Purpose] = enum_column(Purpose)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"))
    region_code: Mapped[region_code | None]
    outlet_id: Mapped[UUID | None]
    farm_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    rep_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    made_at: Mapped[moment]
    due: Mapped[date]
    state: Mapped[SurveyState] = enum_column(SurveyState, default=SurveyState.OPEN)
    channel: Mapped[Channel | None] = enum_column(Channel)
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("ix_survey_calendar", "state", "due", "distributor_id", "rep_id", "id"),
        sa.Index(None, "rep_id", "state", "due"),
        sa.Index(None, "distributor_id", "made_at"),
        sa.Index(None, "region_code", "made_at"),
        sa.Index(None, "version_id", "answered_at"),
        sa.Index(None, "state", "answered_at"),
        sa.Index(None, "version_id", "made_at", "region_code", "state"),
        sa.CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered"),
    )


class SurveyAnswer(Base):
    """What was answered to a question: a score in `number`, a choice in `choice` (a row for each), words in `text`."""

    __tablename__ = "survey_answer"

    id: Mapped[pk]
    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survey.id"))
    question: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[int | None]
    choice: Mapped[str] = mapped_column(sa.String(40), default="")
    text: Mapped[str] = mapped_column(sa.String(TEXT_LENGTH), default="")

    __table_args__ = (sa.UniqueConstraint("survey_id", "question", "choice"),)


class SurveyPhoto(Base):
    """The photo that was answered to a question. Its content lies in the instance folder (core/storage.py)."""

    __tablename__ = "survey_photo"

    id: Mapped[pk]
    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survey.id"))
    question: Mapped[str] = mapped_column(sa.String(40))
    taken_at: Mapped[moment]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]

    __table_args__ = (sa.UniqueConstraint("survey_id", "question"),)


class SurveyLink(Base):
    """A way in for the customer, good for one answer until `expires_at`. Its token is kept as a hash only."""

    __tablename__ = "survey_link"

    id: Mapped[pk]
    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survey.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]
    expires_at: Mapped[moment]
    used_at: Mapped[datetime | None]


class SurveyTally(Base):
    """How many gave an answer: kept with every survey that is answered (tallies.py), at each `level` of regions.

    `question` is empty for the surveys themselves. `number` and `overall` are -1 where there is none; `choice` is empty
    for a score and for how many have answered a question at all. At level 6 stands every survey, even one whose region
    is wider than a county. `quarter`: in which it was asked, 20264 for the fourth of 2026.
    """

    __tablename__ = "survey_tally"

    form: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    question: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(sa.String(6), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    choice: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    overall: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
