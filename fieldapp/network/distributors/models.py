"""Distributors and the people one talks to there."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldapp.core.db import Base, enum_column, moment, pk

from .rules import Channel, ContactRole, Status


class Distributor(Base):
    """A company we sell to. `region_code` places it (and decides whose patch it lies in); `tier` is its price tier.

    `since`: our customer since; `business_since`: in business since, whoever it bought from.
    """

    __tablename__ = "distributor"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(sa.String(64))
    code_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    pinyin: Mapped[str] = mapped_column(sa.String(400), default="")
    region_code: Mapped[str | None] = mapped_column(sa.String(9), sa.ForeignKey("region.code"))
    tier: Mapped[str | None] = mapped_column(sa.String(64))
    rep_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    status: Mapped[Status] = enum_column(Status, default=Status.ACTIVE)
    since: Mapped[date | None]
    business_since: Mapped[date | None]
    address: Mapped[str | None] = mapped_column(sa.String(300))
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    credit_code: Mapped[str | None] = mapped_column(sa.String(32))
    bank_account: Mapped[str | None] = mapped_column(sa.String(64))
    legal_person: Mapped[str | None] = mapped_column(sa.String(80))
    updated_at: Mapped[moment]

    contacts: Mapped[list["Contact"]] = relationship(
        order_by="(Contact.main.desc(), Contact.name)", cascade="all, delete-orphan"
    )

    __table_args__ = (
        sa.Index(None, "region_code", "pinyin", "id"),
        sa.Index(None, "pinyin", "id"),
        sa.Index(None, "status", "pinyin", "id"),
    )


class Contact(Base):
    """A person at a distributor. The ERP file's contact and phone are the `main` one.

    `birthday`: `05-17`, or `1980-05-17` where the year is known. `phone_key`: the digits of the phone, by which
    look-alikes are found; kept by `dossier.upkeep`.
    """

    __tablename__ = "contact"

    id: Mapped[pk]
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id", ondelete="CASCADE"))
    main: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str | None] = mapped_column(sa.String(80))
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    role: Mapped[ContactRole | None] = enum_column(ContactRole)
    wechat: Mapped[str | None] = mapped_column(sa.String(64))
    birthday: Mapped[str | None] = mapped_column(sa.String(10))
    channel: Mapped[Channel | None] = enum_column(Channel)
    phone_key: Mapped[str | None] = mapped_column(sa.String(40), index=True)

    __table_args__ = (
        sa.Index(
            "uq_contact_main",
            "distributor_id",
            unique=True,
            sqlite_where=sa.text("main"),
            postgresql_where=sa.text("main"),
        ),
        sa.Index(None, "distributor_id"),
    )


class SearchEntry(Base):
    """What a distributor is found by (core/search.py, document). `docid` is its number in `distributor_fts`.

    A table of its own, with explicit numbers: SQLite may renumber rows that have none when it is vacuumed. No cascade:
    a number that is given again must have left the index before.
    """

    __tablename__ = "distributor_search"

    docid: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    distributor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("distributor.id"), unique=True)
    document: Mapped[str] = mapped_column(sa.Text)
