"""Which type a contact was taken for, by whom and when."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk
from fieldapp.network.distributors.models import Contact

from .rules import CustomerType


class ContactType(Base):
    """One judgement about a contact; the open row (`ended_at` empty) is the present one, earlier ones are kept.

    `type` None: somebody looked and found that none fits. `observed`: keys of the signs that were ticked. `of_name`:
    the contact's name at the time. The ERP's file may put another person into a contact; what was said of one person
    must not pass to the next, so the row counts only while the name is the same.
    """

    __tablename__ = "contact_type"

    id: Mapped[pk]
    contact_id: Mapped[UUID] = mapped_column(sa.ForeignKey("contact.id", ondelete="CASCADE"))
    type: Mapped[CustomerType | None] = enum_column(CustomerType)
    observed: Mapped[list[Any]]
    of_name: Mapped[str | None] = mapped_column(sa.String(80))
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    set_at: Mapped[moment]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(None, "contact_id", "set_at"),
        # One present judgement: of two people who set it at once, the second is told.
        sa.Index(
            "uq_contact_type_present",
            "contact_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


def present_of_contact() -> sa.ColumnElement[bool]:
    """The condition that joins `Contact` to its present row, if that is of the person it names now."""
    return sa.and_(
        ContactType.contact_id == Contact.id,
        ContactType.ended_at.is_(None),
        ContactType.of_name.is_not_distinct_from(Contact.name),
    )
