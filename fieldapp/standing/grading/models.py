"""A distributor's credit: grade, limit, term; today from the company's files, later also from our own assessment."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column


class Grade(StrEnum):
    """A is best (reading.md, the damage and how we read it)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class CreditRecord(Base):
    """What holds today. No row, or no grade, is ungraded; an empty limit counts as 0, never as no limit."""

    __tablename__ = "credit_record"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), primary_key=True)
    grade: Mapped[Grade | None] = enum_column(Grade)
    limit: Mapped[int | None] = mapped_column("credit_limit", sa.BigInteger)
    term_days: Mapped[int | None]
    assessed_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    frozen: Mapped[bool] = mapped_column(default=False)
