"""Reading boundaries: every feature is looked at, then all maps that the file can draw are stored, or none."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import begin_reading, begin_writing, db
from fieldapp.core.sheets import N_, CellError, Message, SheetError
from fieldapp.core.sheets.errors import shown
from fieldapp.core.sheets.kinds import Kind
from fieldapp.network.territory import geojson
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.models import Region
from fieldapp.people.audit.actions import record

from .engine import MOST_REMARKS, READING_SHARE, Order, Outcome, Progress, Report


@dataclass(frozen=True, slots=True)
class FeatureError(CellError):
    """One bad feature; `line` is its number from 1."""

    def __str__(self) -> str:
        return f"feature {self.line}: {shown(self.value)} — {self.reason}"


@dataclass(frozen=True, slots=True)
class MapError(CellError):
    """What is to be looked at in a map that was drawn; `value` is the region's code, "" the country."""

    def __str__(self) -> str:
        return f"map {self.value or 'of the country'}: {self.reason}"


def read(order: Order, report: Report, progress: Progress, before_commit: Callable[[Outcome], None]) -> Outcome:
    """Read a GeoJSON file; a row of the outcome is a feature. Raises SheetError when it can't be read at all.

    A feature counts as created where it is in a map that was not there, as updated where one of its maps is drawn anew.
    """
    if order.partial:
        raise SheetError(
            Message(N_("Boundaries are taken whole or not at all.")), Message(N_("Send the file without that option."))
        )
    begin_reading()
    codes = sorted(db.session.scalars(sa.select(Region.code).where(sa.func.length(Region.code) <= 6)))
    outcome = Outcome(order.kind.key, "utf-8", ())
    shapes = _shapes(order, outcome, report, progress, set(codes))
    if outcome.rejected:
        return outcome
    if not shapes:
        raise SheetError(Message(N_("The file has no features.")))
    maps = list(_draw(shapes, codes, progress))
    stored = dict(db.session.execute(sa.select(BoundaryMap.code, BoundaryMap.digest)).tuples().all())
    changed = [drawn for drawn in maps if stored.get(drawn.code) != drawn.digest]
    _count(outcome, shapes, maps, changed, stored)
    _remark(outcome, maps)
    if not order.dry_run:
        _write(order, outcome, changed, before_commit)
    progress(1.0)
    return outcome


def _shapes(order: Order, outcome: Outcome, report: Report, progress: Progress, known: set[str]) -> dict[str, Any]:
    from fieldapp.network.territory.boundaries import shape  # it loads GEOS: only where boundaries are read

    shapes: dict[str, Any] = {}
    first: dict[str, int] = {}

    def refuse(number: int, value: str, reason: Message) -> None:
        report(FeatureError(number, "", value, reason))
        outcome.rejected += 1
        outcome.errors += 1

    for found in geojson.read(order.source):
        outcome.rows += 1
        progress(min(found.number / geojson.FEATURES, 1) * READING_SHARE / 2)
        if isinstance(found, geojson.Fault):
            refuse(found.number, found.value, found.reason)
            continue
        code = _code(found.code, known)
        if code not in known:
            refuse(found.number, found.code, Message(N_("no such region")))
        elif code in first:
            refuse(
                found.number,
                found.code,
                Message(
                    N_("stands twice, see feature %(first)s: join them to one MultiPolygon"), {"first": first[code]}
                ),
            )
        else:
            first[code] = found.number
            geometry, why = shape(found.polygons)
            if geometry is None:
                refuse(found.number, found.code, Message(N_("the ring crosses itself: %(why)s"), {"why": why}))
            elif not outcome.rejected:
                shapes[code] = geometry
    return shapes


def _code(given: str, known: set[str]) -> str:
    """Many files fill the codes of provinces and cities up with zeros: 410000, 410100."""
    if given in known or len(given) < 6:
        return given
    return given[:2] if given.endswith("0000") else given[:4] if given.endswith("00") else given


def _draw(shapes: dict[str, Any], codes: list[str], progress: Progress) -> Iterator[Any]:
    from fieldapp.network.territory.boundaries import draw

    below: dict[str, list[str]] = {}
    for code in codes:
        below.setdefault(code[:-2], []).append(code)
    for number, drawn in enumerate(draw(shapes, lambda code: below.get(code, []))):
        progress(READING_SHARE * (0.5 + 0.5 * number / (number + 8)))  # how many there will be is not known
        yield drawn


def _count(
    outcome: Outcome, shapes: dict[str, Any], maps: list[Any], changed: list[Any], stored: dict[str, str]
) -> None:
    """Each feature once: new, drawn anew, or as before."""
    anew = {drawn.code for drawn in changed}
    for code in shapes:
        on = {drawn.code for drawn in maps} & {"", code[:2], code[:4]}
        if not on:
            reason = Message(N_("no map can be drawn with it: fewer than half of the regions beside it have a shape"))
            _add(outcome, MapError(0, "", code, reason))
        if on & anew - stored.keys():
            outcome.created += 1
        elif on & anew:
            outcome.updated += 1
        else:
            outcome.unchanged += 1


def _remark(outcome: Outcome, maps: list[Any]) -> None:
    for drawn in maps:
        if drawn.missing:
            names = {"codes": ", ".join(drawn.missing[:10]), "count": len(drawn.missing)}
            _add(outcome, MapError(0, "", drawn.code, Message(N_("%(count)s regions have no shape: %(codes)s"), names)))
        if drawn.repaired:
            reason = Message(N_("edges of neighbours did not meet and were brought together"))
            _add(outcome, MapError(0, "", drawn.code, reason))


def _add(outcome: Outcome, remark: CellError) -> None:
    outcome.remark_count += 1
    if len(outcome.remarks) < MOST_REMARKS:
        outcome.remarks.append(remark)


def _write(order: Order, outcome: Outcome, changed: list[Any], before_commit: Callable[[Outcome], None]) -> None:
    with order.source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    begin_writing()
    try:
        for drawn in changed:
            db.session.merge(
                BoundaryMap(
                    code=drawn.code,
                    width=drawn.width,
                    height=drawn.height,
                    tiles=drawn.tiles,
                    borders=drawn.borders,
                    digest=drawn.digest,
                    drawn_at=order.at,
                )
            )
        if changed:
            changes = {"file": order.filename, "sha256": digest, "maps": len(changed), **outcome.counts()}
            record(order.actor_id, "imports.read", "import", order.kind.key, order.at, changes)
        outcome.written = True
        before_commit(outcome)
        db.session.commit()
    except BaseException:
        outcome.written = False
        db.session.rollback()
        raise


BOUNDARIES = Kind("boundaries", Message(N_("Boundaries")), columns=(), parts=(), reader=read)
