"""What somebody is told of, and when he read it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import Channel, DeliveryState


class Notice(Base):
    """One thing told to one user, once: `about` names the event within its `kind`, so that it is never told twice.

    `values`: plain JSON that the kind's words need (names, numbers, days), never a sensitive value. `path`: the page
    that it is about, within the app.
    """

    __tablename__ = "notice"

    id: Mapped[pk]
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str] = mapped_column(sa.String(120))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    path: Mapped[str] = mapped_column(sa.String(200))
    urgent: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[moment]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("user_id", "kind", "about"),
        sa.Index(None, "user_id", "read_at", "made_at"),
        sa.Index(None, "user_id", "made_at", "id"),
        sa.Index(None, "path"),
        sa.Index(None, "made_at"),
    )


class Delivery(Base):
    """One message out of the app: a mail to a user, or one into the group chat (`user_id` None).

    It is taken (`sending`) before it goes and says afterwards what came of it. `due_at`: not to be tried before.
    `problem`: a short name of the last fault.
    """

    __tablename__ = "notice_delivery"

    id: Mapped[pk]
    channel: Mapped[Channel] = enum_column(Channel)
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    state: Mapped[DeliveryState] = enum_column(DeliveryState, default=DeliveryState.WAITING)
    urgent: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[moment]
    due_at: Mapped[moment]
    tried_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(sa.String(20), default="")

    __table_args__ = (
        sa.Index(None, "state", "due_at"),
        sa.Index(None, "made_at", "id"),
        sa.CheckConstraint("(channel = 'mail') = (user_id IS NOT NULL)", name="receiver"),
    )


class DeliveryItem(Base):
    """What a message tells. Unique by channel and `event`, so nothing goes out twice: by mail the notice, in the group
    chat what happened (kind and event), of which several people may have been told."""

    __tablename__ = "notice_delivery_item"

    id: Mapped[pk]
    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice_delivery.id", ondelete="CASCADE"), index=True)
    notice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = enum_column(Channel)
    event: Mapped[str] = mapped_column(sa.String(170))

    __table_args__ = (sa.UniqueConstraint("channel", "event"),)
