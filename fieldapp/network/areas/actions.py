"""Assigning areas, changing their days, taking back one that has not begun. Who comes second is told who was first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record, record_each

from . import queries
from .queries import Held, Row
from .rules import Span

EXCLUSIVE = "area_exclusive"  # what the triggers of migration 0027 say


class TakenError(Exception):
    """Somebody else has the place: `held`, per line the areas in the way."""

    def __init__(self, held: Sequence[Held]) -> None:
        super().__init__(f"{len(held)} areas are in the way")
        self.held = list(held)


class TwiceError(Exception):
    """The distributor has this region and line from this day already."""


class MovedError(Exception):
    """Somebody has changed the area meanwhile, or it is gone."""


class BegunError(Exception):
    """An area that has begun is ended, not taken back: what was sold in it happened."""


def assign(
    viewer: Viewer,
    distributor_id: UUID,
    region: str,
    lines: Sequence[str],
    days: tuple[date, date | None],
    *,
    shared: bool,
    now: datetime,
) -> list[UUID]:
    """Give a distributor a region for some lines (`*`: all), all of them or none.

    `days`: the first and the last, both inclusive; None: open. Raises TakenError, decided by the database where two
    come at one instant, and TwiceError.
    """
    made = [uuid7() for _ in lines]
    spans = [Span(distributor_id, region, line.casefold(), *days, shared) for line in lines]
    _refuse_taken(viewer, spans)
    values = [
        {
            "id": key,
            "distributor_id": distributor_id,
            "region_code": region,
            "line": line,
            "line_key": line.casefold(),
            "valid_from": days[0],
            "valid_to": days[1],
            "shared": shared,
        }
        for key, line in zip(made, lines, strict=True)
    ]
    _write(viewer, spans, sa.insert(Area).values(values))
    common = {"distributor": str(distributor_id), "region": region, **_days(days), "shared": shared}
    told = [(key, {**common, "line": line}) for key, line in zip(made, lines, strict=True)]
    record_each(viewer.id, "areas.assign", "area", now, told)
    return made


def change(
    viewer: Viewer, area: Row, days: tuple[date, date | None], *, shared: bool, seen: str, now: datetime
) -> None:
    """Other days, or shared with others or not. `seen`: the version that the page showed (`version`).

    Raises MovedError, TakenError, TwiceError.
    """
    if seen != version(area):
        raise MovedError
    after = Span(area.distributor_id, area.region_code, area.line.casefold(), *days, shared)
    before = queries.span_of(area)
    if after == before:
        return
    _refuse_taken(viewer, [after], besides=area.id)
    update = sa.update(Area).where(*_still(area)).values(valid_from=days[0], valid_to=days[1], shared=shared)
    if _write(viewer, [after], update) != 1:
        raise MovedError
    was, is_ = _days((area.valid_from, area.valid_to)), _days(days)
    changed: dict[str, list[Any]] = {name: [was[name], is_[name]] for name in was if was[name] != is_[name]}
    if area.shared != shared:
        changed["shared"] = [area.shared, shared]
    record(viewer.id, "areas.change", "area", area.id, now, changed)


def take_back(viewer: Viewer, area: Row, today: date, now: datetime) -> None:
    """Remove an area that has not begun. Raises BegunError, MovedError."""
    if area.valid_from <= today:
        raise BegunError
    gone = db.session.execute(sa.delete(Area).where(Area.id == area.id, Area.valid_from > today))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise MovedError
    told = {"distributor": str(area.distributor_id), "region": area.region_code, "line": area.line}
    days = _days((area.valid_from, area.valid_to))
    record(viewer.id, "areas.take_back", "area", area.id, now, {**told, **days, "shared": area.shared})


def hand_on(viewer: Viewer, areas: Sequence[Row], to: UUID, day: date, now: datetime) -> list[tuple[UUID, UUID]]:
    """What a distributor has is another's from a day on: [(the area that ends the day before, the one that begins)].

    Each begins with the last day and the sharing of the one that ends. Those end first: the triggers never see both.
    Raises MovedError where one is no longer as it was seen, TakenError, TwiceError.
    """
    ends = day - timedelta(days=1)
    for area in areas:
        held = [*_still(area), Area.valid_from < day, sa.or_(Area.valid_to.is_(None), Area.valid_to >= day)]
        if _write(viewer, [], sa.update(Area).where(*held).values(valid_to=ends)) != 1:
            raise MovedError
    spans = [Span(to, area.region_code, area.line.casefold(), day, area.valid_to, area.shared) for area in areas]
    made = [uuid7() for _ in areas]
    values = [
        {
            "id": key,
            "distributor_id": to,
            "region_code": area.region_code,
            "line": area.line,
            "line_key": area.line.casefold(),
            "valid_from": day,
            "valid_to": area.valid_to,
            "shared": area.shared,
        }
        for key, area in zip(made, areas, strict=True)
    ]
    _write(viewer, spans, sa.insert(Area).values(values))
    ended = [(area.id, {"to": [_iso(area.valid_to), ends.isoformat()]}) for area in areas]
    record_each(viewer.id, "areas.change", "area", now, ended)
    begun = [
        (
            key,
            {"distributor": str(to), "region": area.region_code, "line": area.line, "shared": area.shared}
            | _days((day, area.valid_to)),
        )
        for key, area in zip(made, areas, strict=True)
    ]
    record_each(viewer.id, "areas.assign", "area", now, begun)
    return [(area.id, key) for area, key in zip(areas, made, strict=True)]


def hand_back(viewer: Viewer, begun: Sequence[tuple[UUID, UUID, date | None]], day: date, now: datetime) -> None:
    """Undo `hand_on` before its day: (the area that ended, the one that was to begin, the last day that it had).

    Raises MovedError where one of them was changed since, TakenError.
    """
    ends = day - timedelta(days=1)
    for old, new, last in begun:
        same_end = Area.valid_to.is_(None) if last is None else Area.valid_to == last
        gone = _write(viewer, [], sa.delete(Area).where(Area.id == new, Area.valid_from == day, same_end))
        back = sa.update(Area).where(Area.id == old, Area.valid_to == ends).values(valid_to=last)
        if gone != 1 or _write(viewer, [], back) != 1:
            raise MovedError
    record_each(
        viewer.id, "areas.take_back", "area", now, [(new, {"from": [day.isoformat(), None]}) for _, new, _ in begun]
    )
    changed = [(old, {"to": [ends.isoformat(), _iso(last)]}) for old, _, last in begun]
    record_each(viewer.id, "areas.change", "area", now, changed)


def version(area: Row) -> str:
    """What tells one state of an area from another."""
    return f"{area.valid_from}/{area.valid_to or ''}/{int(area.shared)}"


def _refuse_taken(viewer: Viewer, spans: Sequence[Span], *, besides: UUID | None = None) -> None:
    met = [held for span in spans for held in queries.those_met(viewer, span, besides=besides)]
    if met:
        raise TakenError(met)


def _write(viewer: Viewer, spans: Sequence[Span], statement: Any) -> int:
    """Rows written; what the database refuses is said in our words."""
    try:
        with db.session.begin_nested():
            return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
    except sa.exc.IntegrityError as error:
        if EXCLUSIVE not in str(error.orig):
            raise TwiceError from error
    _refuse_taken(viewer, spans)
    raise MovedError  # whoever was first is gone again: look at it anew


def _still(area: Row) -> list[sa.ColumnElement[bool]]:
    """The conditions on an area that nobody has changed since it was looked at."""
    return [
        Area.id == area.id,
        Area.distributor_id == area.distributor_id,
        Area.valid_from == area.valid_from,
        Area.valid_to.is_(None) if area.valid_to is None else Area.valid_to == area.valid_to,
        Area.shared == area.shared,
    ]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _days(days: tuple[date, date | None]) -> dict[str, str | None]:
    return {"from": days[0].isoformat(), "to": _iso(days[1])}
