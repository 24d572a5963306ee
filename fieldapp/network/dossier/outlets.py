"""Outlets and farms that another distributor serves from now on: their rows move, or stand in both files."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.people.audit.actions import record

from . import policy
from .actions import SUBJECT, Moment
from .models import Outlet
from .parts import PARTS, text_of
from .upkeep import refresh

_COPIED = ("kind", "name", "region_code", "contact", "phone", "monthly_grams", "head", "active", "since")


def move(by: UUID, keys: Sequence[UUID], before: UUID, to: UUID, when: Moment) -> list[UUID]:
    """They leave one file and stand in the other; those that did. One audit entry for each file."""
    rows = _of(before, keys)
    for row in rows:
        row.distributor_id = to
    if rows:
        _finish(by, "remove", before, rows, when, gone=True)
        _finish(by, "add", to, rows, when)
    return [row.id for row in rows]


def copy(by: UUID, keys: Sequence[UUID], before: UUID, to: UUID, when: Moment) -> dict[UUID, UUID]:
    """Both serve them: {row of the one file: the same in the other}. What is there already by its name and kind is
    taken as it is."""
    there = {(one.kind, one.name): one.id for one in db.session.scalars(_select(to))}
    pairs: dict[UUID, UUID] = {}
    made: list[Outlet] = []
    for row in _of(before, keys):
        known = there.get((row.kind, row.name))
        if known is None:
            twin = Outlet(id=uuid7(), distributor_id=to, **{name: getattr(row, name) for name in _COPIED})
            db.session.add(twin)
            made.append(twin)
            known = there[row.kind, row.name] = twin.id
        pairs[row.id] = known
    if made:
        _finish(by, "add", to, made, when)
    return pairs


def _of(distributor_id: UUID, keys: Sequence[UUID]) -> list[Outlet]:
    return list(db.session.scalars(_select(distributor_id).where(Outlet.id.in_(keys)).with_for_update()))


def _select(distributor_id: UUID) -> sa.Select[tuple[Outlet]]:
    return sa.select(Outlet).where(Outlet.distributor_id == distributor_id).order_by(Outlet.name, Outlet.id)


def _finish(
    by: UUID, verb: str, distributor_id: UUID, rows: Sequence[Outlet], when: Moment, *, gone: bool = False
) -> None:
    part = PARTS["outlets"]
    changes: dict[str, list[str | None]] = {}
    for row in rows:
        label = part.masked(part.label, text_of(row.name))
        told = [label, None] if gone else [None, label]
        changes |= {f"outlets/{row.id}": told, f"outlets/{row.id}/name": told}
    db.session.flush()
    record(by, f"dossier.{verb}", SUBJECT, distributor_id, when.at, changes)
    refresh([distributor_id], policy.on(when.today).weights)
