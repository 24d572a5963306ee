"""Where goods came from: who owns a place, and who bought a batch."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.rules import AreaRow, chain, owners
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.ledger.rules import batch_key

from .rules import Into, seller_of

_CHUNK = 2000


def areas_of(places: Iterable[str]) -> dict[str, list[AreaRow]]:
    """The areas of these regions and of all that contain them, by region; whatever their line and dates. Lines are
    compared without case; the owners are named by their keys as text."""
    codes = sorted({code for place in places for code in chain(place)})
    found: dict[str, list[AreaRow]] = {}
    for start in range(0, len(codes), _CHUNK):
        rows = db.session.execute(
            sa.select(Area.distributor_id, Area.region_code, Area.line_key, Area.valid_from, Area.valid_to).where(
                Area.region_code.in_(codes[start : start + _CHUNK])
            )
        )
        for key, region, line, first, last in rows:
            found.setdefault(region, []).append(AreaRow(str(key), region, line, first, last))
    return found


def owners_in(areas: dict[str, list[AreaRow]], place: str, line: str, day: date) -> frozenset[UUID]:
    """The owners of a place for a product line on a day, by the contract's rule, of areas that `areas_of` has read."""
    near = [area for code in chain(place) for area in areas.get(code, ())]
    return frozenset(map(UUID, owners(near, place, line, day).owners)) if near else frozenset()


class Place(NamedTuple):
    """Whose a place is: `into`, and its owners there."""

    into: Into
    owners: frozenset[UUID]


def place_of(region: str, line: str, day: date) -> Place:
    """One statement. Without a line (the product is not known) only a place where nobody has any area is certain."""
    areas = areas_of([region])
    if line:
        held = owners_in(areas, region, line, day)
        return Place(Into.FOREIGN if held else Into.WHITE, held)
    lines = {area.line for rows in areas.values() for area in rows} or {"*"}
    held = frozenset().union(*(owners_in(areas, region, one, day) for one in lines))
    return Place(Into.UNKNOWN if held else Into.WHITE, held)


def buyers(batch: str, product_id: UUID | None = None) -> Collection[UUID]:
    """Who bought of a batch, of a product or of whatever product it is; one statement."""
    key = batch_key(batch)
    if not key:
        return ()
    bought = (
        sa.select(Invoice.distributor_id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.batch_key == key, InvoiceLine.weight > 0)
        .distinct()
    )
    if product_id is not None:
        bought = bought.where(InvoiceLine.product_id == product_id)
    return db.session.scalars(bought).all()


def sold_to(batch: str, product_id: UUID | None, place: Place) -> UUID | None:
    """The one distributor that bought the batch and may not sell at the place; None: there is none, or more."""
    return seller_of(buyers(batch, product_id), place.owners)
