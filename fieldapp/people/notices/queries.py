"""One's own notices, and what went out of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .kinds import counted_elsewhere, known
from .models import Delivery, DeliveryItem, Notice
from .rules import DeliveryState

PAGE = 30
PROBLEMS = (DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.UNSURE, DeliveryState.SENDING)


def unread(me: Any) -> Any:
    """How many notices somebody has not read, those left out that another badge counts: a scalar subquery, which rides
    along with what a page asks anyway."""
    counted = [Notice.kind != name for name in counted_elsewhere()]
    mine = sa.select(sa.func.count()).select_from(Notice)
    return mine.where(Notice.user_id == me, Notice.read_at.is_(None), *counted).scalar_subquery()


def find(viewer: Viewer, notice_id: UUID) -> Notice | None:
    """A notice of one's own, or None."""
    return db.session.scalar(sa.select(Notice).where(Notice.id == notice_id, Notice.user_id == viewer.id))


def listed(viewer: Viewer, *, unread_only: bool, after: tuple[datetime, UUID] | None = None) -> Sequence[Notice]:
    """One's own, the latest first; one more than PAGE where there is a next page."""
    statement = sa.select(Notice).where(Notice.user_id == viewer.id)
    if unread_only:
        statement = statement.where(Notice.read_at.is_(None))
    if after is not None:
        at, key = after
        statement = statement.where(Notice.made_at <= at, sa.or_(Notice.made_at < at, Notice.id < key))
    return db.session.scalars(statement.order_by(Notice.made_at.desc(), Notice.id.desc()).limit(PAGE + 1)).all()


def words(notice: Notice) -> tuple[str, str]:
    """(title, text) in the language in force; of a kind that is no longer told, that there was something."""
    try:
        kind = known(notice.kind)
        return kind.title(notice.values), kind.text(notice.values)
    except KeyError:
        return _("A notice of an earlier version"), ""


def wants_mail(viewer: Viewer) -> tuple[bool, bool]:
    """(does he want notices by mail, has he an address)."""
    row = db.session.execute(sa.select(User.mail_notices, User.email).where(User.id == viewer.id)).one()
    return row.mail_notices, bool(row.email)


def any_unread(viewer: Viewer) -> bool:
    """Is there one of any kind?"""
    found = sa.select(Notice.id).where(Notice.user_id == viewer.id, Notice.read_at.is_(None))
    return db.session.scalar(sa.select(found.exists())) is True


def delivery(key: UUID) -> Delivery | None:
    """A message, or None. For administrators, so there is no scope."""
    return db.session.get(Delivery, key)


def delivery_counts() -> dict[DeliveryState, int]:
    """How many messages there are in each state."""
    return dict(db.session.execute(sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)).tuples().all())


def deliveries(*, problems: bool, after: tuple[datetime, UUID] | None = None) -> Sequence[sa.Row[Any]]:
    """(Delivery, username of the receiver or None, how much it tells), the latest first; one more than PAGE where there
    is a next page. For administrators, so there is no scope."""
    count = (
        sa.select(sa.func.count())
        .select_from(DeliveryItem)
        .where(DeliveryItem.delivery_id == Delivery.id)
        .scalar_subquery()
    )
    statement = sa.select(Delivery, User.username, count.label("count")).outerjoin(User, User.id == Delivery.user_id)
    if problems:
        statement = statement.where(Delivery.state.in_(PROBLEMS))
    if after is not None:
        at, key = after
        statement = statement.where(Delivery.made_at <= at, sa.or_(Delivery.made_at < at, Delivery.id < key))
    return db.session.execute(statement.order_by(Delivery.made_at.desc(), Delivery.id.desc()).limit(PAGE + 1)).all()
