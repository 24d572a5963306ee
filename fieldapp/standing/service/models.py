"""What service a distributor is promised: every version is kept."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment

from .rules import Template, Terms, Version


class ServicePromise(Base):
    """A version of a distributor's promise, from `valid_from` on. The key lets one of two editors win.

    `weekdays`: [0 … 6], 0 is Monday. `needs`: values of rules.Need.
    """

    __tablename__ = "service_promise"

    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date]
    template: Mapped[Template] = enum_column(Template, check="template")
    lead_days: Mapped[int]
    weekdays: Mapped[list[Any]]
    payment_days: Mapped[int]
    visit_days: Mapped[int]
    needs: Mapped[list[Any]]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[moment]

    def as_version(self) -> Version:
        """As the rules take it."""
        terms = Terms(self.lead_days, frozenset(self.weekdays), self.payment_days, self.visit_days)
        return Version(self.version, self.valid_from, terms)
