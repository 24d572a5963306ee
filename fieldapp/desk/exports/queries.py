"""Visits as the viewer may see them, to be written out: counted, and read row by row."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask import current_app

from fieldapp.core.db import READING_ENGINE, db
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.fieldwork.visits.queries import visible
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

from .models import ExportRun

LATEST = 10
CHOICES = 300
AT_ONCE = 2000  # rows in memory
COUNTY = 6  # digits
_KEYS = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """The visits of these days, both included; of one rep, or (None) of everybody in the viewer's reach."""

    first: date
    last: date
    rep_id: UUID | None = None


class Rep(NamedTuple):
    """Whose visits follow."""

    id: UUID
    username: str
    name: str


def _within(viewer: Viewer, asked: Asked, select: sa.Select[Any]) -> sa.Select[Any]:
    select = select.where(Visit.day >= asked.first, Visit.day <= asked.last)
    if asked.rep_id is not None:
        select = select.where(Visit.rep_id == asked.rep_id)
    if viewer.everywhere:
        return select
    return select.join(Distributor, Distributor.id == Visit.distributor_id).where(visible(viewer))


def count(viewer: Viewer, asked: Asked, most: int | None = None) -> int:
    """How many visits there are; with `most`, no further than that."""
    found = _within(viewer, asked, sa.select(Visit.id).select_from(Visit))
    if most is not None:
        found = found.limit(most)
    return db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0


def reps(viewer: Viewer, asked: Asked) -> list[Rep]:
    """Who made these visits, by name."""
    some = _within(viewer, asked, sa.select(Visit.id).select_from(Visit)).where(Visit.rep_id == User.id)
    found = sa.select(User.id, User.username, User.name).where(some.correlate(User).exists())
    if asked.rep_id is not None:
        found = found.where(User.id == asked.rep_id)
    return [Rep(*row) for row in db.session.execute(found.order_by(User.name, User.username_key))]


_COLUMNS = (
    Visit.day,
    Visit.distributor_id,
    Visit.arrived_at,
    Visit.left_at,
    Visit.ending,
    sa.case((Visit.arrival_lat.is_(None), 0), else_=1),
    Visit.arrival_distance,
    Visit.arrival_accuracy,
    Visit.next_on,
    Visit.summary,
)


def rows(viewer: Viewer, asked: Asked, rep: Rep) -> Iterator[Sequence[Any]]:
    """The visits of one rep in the order of their days, some thousand at a time, straight from the driver.

    (day, distributor's key, arrived, left, ending, 1 where the place is known, distance, accuracy, next visit,
    summary): as texts on SQLite, moments in UTC. Typed by SQLAlchemy a million of them would take twice as long.
    """
    select = sa.select(*_COLUMNS).select_from(Visit)
    if not viewer.everywhere:
        select = select.join(Distributor, Distributor.id == Visit.distributor_id).where(visible(viewer))
    select = select.where(Visit.rep_id == rep.id, Visit.day >= asked.first, Visit.day <= asked.last)
    engine = db.engine
    compiled = select.order_by(Visit.day, Visit.id).compile(dialect=engine.dialect)
    binds = compiled.construct_params()
    given = {name: _bound(compiled, engine.dialect, name, value) for name, value in binds.items()}
    values: Any = tuple(given[name] for name in compiled.positiontup) if compiled.positiontup is not None else given
    # On PostgreSQL a cursor on the server lives in a transaction; on SQLite one would hold the write-ahead log.
    reading: Any = current_app.extensions[READING_ENGINE] if engine.dialect.name == "sqlite" else engine
    with reading.connect() as connection:
        found = connection.exec_driver_sql(str(compiled), values, execution_options={"stream_results": True})
        if engine.dialect.name == "sqlite":  # its cursor reads ahead of nobody: no row objects are needed
            while part := found.cursor.fetchmany(AT_ONCE):
                yield part
            found.close()
        else:
            yield from found.partitions(AT_ONCE)


class Place(NamedTuple):
    """What a row says of the distributor."""

    code: str
    name: str
    region_code: str | None


def places(keys: Collection[UUID]) -> dict[UUID, Place]:
    """Distributors by key, of rows that the viewer may see."""
    wanted = list(keys)
    found: dict[UUID, Place] = {}
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    for start in range(0, len(wanted), _KEYS):
        some = sa.select(*columns).where(Distributor.id.in_(wanted[start : start + _KEYS]))
        found |= {id_: Place(*rest) for id_, *rest in db.session.execute(some)}
    return found


def region_names() -> dict[str, str]:
    """{code: name} of provinces, cities and counties; a township is looked up by its county."""
    found = sa.select(Region.code, Region.name).where(sa.func.length(Region.code) <= COUNTY)
    return dict(db.session.execute(found).tuples().all())


def _bound(compiled: Any, dialect: Any, name: str, value: Any) -> Any:
    processor = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
    return value if processor is None else processor(value)


def find(viewer: Viewer, export_id: UUID) -> ExportRun | None:
    """A run that the viewer made; nobody else sees it, whatever he covers."""
    return db.session.scalar(sa.select(ExportRun).where(ExportRun.id == export_id, ExportRun.made_by_id == viewer.id))


def latest(viewer: Viewer) -> list[ExportRun]:
    """What the viewer had made lately, the newest first."""
    own = sa.select(ExportRun).where(ExportRun.made_by_id == viewer.id)
    return list(db.session.scalars(own.order_by(ExportRun.id.desc()).limit(LATEST)))


def choices(viewer: Viewer) -> list[Rep]:
    """Whose visits he can ask for by name: himself, and who works within his patch, the first CHOICES of them."""
    if viewer.role is Role.REP:
        return [Rep(viewer.id, viewer.username, viewer.name)]
    found = sa.select(User.id, User.username, User.name, User.patch).where(User.role != Role.ADMIN)
    return [
        Rep(id_, username, name)
        for id_, username, name, patch in db.session.execute(found.order_by(User.name, User.username_key)).tuples()
        if id_ == viewer.id or in_team(viewer, patch)
    ][:CHOICES]


def named(viewer: Viewer, rep_id: UUID) -> Rep | None:
    """Somebody whose visits he can ask for by name, or None."""
    found = db.session.execute(
        sa.select(User.id, User.username, User.name, User.patch).where(User.id == rep_id)
    ).first()
    if found is None or not (found.id == viewer.id or in_team(viewer, found.patch)):
        return None
    return Rep(found.id, found.username, found.name)


def in_team(viewer: Viewer, patch: list[str]) -> bool:
    """Whether somebody with this patch works for the viewer: each of its regions lies within the viewer's patch.

    Only supervisors and administrators have a team; somebody without a patch works for administrators alone. Whether
    the viewer may see a given distributor, his own patch says, not the team.
    """
    if viewer.role is Role.REP:
        return False
    return viewer.everywhere or (bool(patch) and all(viewer.covers(region) for region in patch))
