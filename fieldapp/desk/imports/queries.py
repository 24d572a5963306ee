"""Reads of runs. Administrators only come here, and see every run."""

from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .models import ImportRun

PAGE = 20
_HEAVY = (ImportRun.problems, ImportRun.warnings)


def runs(viewer: Viewer, before: UUID | None = None) -> tuple[list[tuple[ImportRun, str]], bool]:
    """A page of runs, the newest first, each with the name of who sent it; and whether there are older ones."""
    select = (
        sa.select(ImportRun, User.name)
        .join(User, User.id == ImportRun.made_by_id)
        .options(*(sa.orm.defer(column) for column in _HEAVY))
        .order_by(ImportRun.id.desc())
        .limit(PAGE + 1)
    )
    if not viewer.everywhere:
        select = select.where(ImportRun.made_by_id == viewer.id)
    if before is not None:
        select = select.where(ImportRun.id < before)
    found = [(run, name) for run, name in db.session.execute(select).tuples()]
    return found[:PAGE], len(found) > PAGE


def find(viewer: Viewer, run_id: UUID) -> tuple[ImportRun, str] | None:
    """A run and the name of who sent it; None when there is none the viewer may see."""
    select = sa.select(ImportRun, User.name).join(User, User.id == ImportRun.made_by_id).where(ImportRun.id == run_id)
    if not viewer.everywhere:
        select = select.where(ImportRun.made_by_id == viewer.id)
    found = db.session.execute(select).tuples().one_or_none()
    return found if found is None else (found[0], found[1])
