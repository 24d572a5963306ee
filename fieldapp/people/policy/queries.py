"""Which policy holds on a day."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User

from .models import PolicyVersion


def on(day: date) -> PolicyVersion:
    """The version that holds on `day`: the latest valid_from not after it, then the highest version.

    Version 1 (the defaults) is made by the first migration and holds from the year 2000, so there always is one;
    a day before that gets version 1 too.
    """
    ranked = sa.select(PolicyVersion).order_by(PolicyVersion.valid_from.desc(), PolicyVersion.version.desc()).limit(1)
    found = db.session.scalar(ranked.where(PolicyVersion.valid_from <= day))
    return found or db.session.scalars(sa.select(PolicyVersion).order_by(PolicyVersion.version).limit(1)).one()


def versions() -> list[PolicyVersion]:
    """All versions, the newest first."""
    return list(db.session.scalars(sa.select(PolicyVersion).order_by(PolicyVersion.version.desc())))


def authors(published: Iterable[PolicyVersion]) -> dict[UUID, str]:
    """{user: name} of those who published versions."""
    users = {version.published_by_id for version in published if version.published_by_id}
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(users)))
    return dict(rows.tuples().all())
