"""Which policy holds on a day; drafts of the next one. Only administrators, who see every draft, come to these."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .models import DraftRevision, DraftState, PolicyDraft, PolicyVersion, Tryout

MOST_DRAFTS = 50


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


def newest() -> PolicyVersion:
    """The version published last, from which a new draft starts."""
    return db.session.scalars(sa.select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1)).one()


def version(number: int) -> PolicyVersion:
    """A version that is there."""
    return db.session.get_one(PolicyVersion, number)


def names_of(users: Iterable[UUID | None]) -> dict[UUID, str]:
    """{user: name} of those who published or drafted."""
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_({user for user in users if user})))
    return dict(rows.tuples().all())


def open_drafts(viewer: Viewer) -> list[PolicyDraft]:
    """The drafts under way, the one saved last first; at most MOST_DRAFTS."""
    select = sa.select(PolicyDraft).where(PolicyDraft.state == DraftState.OPEN).limit(MOST_DRAFTS)
    return list(db.session.scalars(select.order_by(PolicyDraft.updated_at.desc()))) if viewer.everywhere else []


def sources() -> dict[int, UUID]:
    """{version: the draft that it was published from}."""
    select = sa.select(PolicyDraft.published_version, PolicyDraft.id).where(PolicyDraft.published_version.is_not(None))
    return {version: draft_id for version, draft_id in db.session.execute(select).tuples() if version is not None}


def find_draft(viewer: Viewer, draft_id: UUID) -> PolicyDraft | None:
    """A draft in any state, or None."""
    return db.session.get(PolicyDraft, draft_id) if viewer.everywhere else None


def hold_draft(viewer: Viewer, draft_id: UUID) -> PolicyDraft | None:
    """The same, for a change: whoever else would change it waits until this request ends."""
    return db.session.get(PolicyDraft, draft_id, with_for_update=True) if viewer.everywhere else None


def revision(draft_id: UUID, number: int) -> DraftRevision | None:
    """What a draft was after a save; None when there was none of that number."""
    return db.session.get(DraftRevision, (draft_id, number))


def tryouts(drafts: Iterable[UUID]) -> dict[UUID, Tryout]:
    """The latest try-out of each draft that was tried."""
    found = db.session.scalars(sa.select(Tryout).where(Tryout.draft_id.in_(list(drafts))))
    return {tryout.draft_id: tryout for tryout in found}


def find_tryout(draft_id: UUID) -> Tryout | None:
    """The latest try-out of a draft."""
    return db.session.scalar(sa.select(Tryout).where(Tryout.draft_id == draft_id))
