"""Where goods came from: who owns a place, and who bought a batch."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from datetime import date, timedelta
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
_DAY = timedelta(days=1)


class Owners:
    """Who owns which place for which line on which day, by the contract's rule, of the places it was made for."""

    def __init__(self, places: Iterable[str]) -> None:
        self._areas: dict[str, list[AreaRow]] = {}
        codes = sorted({code for place in places for code in chain(place)})
        for start in range(0, len(codes), _CHUNK):
            rows = db.session.execute(
                sa.select(Area.distributor_id, Area.region_code, Area.line_key, Area.valid_from, Area.valid_to).where(
                    Area.region_code.in_(codes[start : start + _CHUNK])
                )
            )
            for key, region, line, first, last in rows:
                self._areas.setdefault(region, []).append(AreaRow(str(key), region, line, first, last))
        self._held: dict[tuple[str, str], tuple[list[AreaRow], list[date], dict[int, frozenset[UUID]]]] = {}

    def lines(self) -> set[str]:
        """The lines that any of these areas is for, in lower case."""
        return {area.line for rows in self._areas.values() for area in rows}

    def on(self, place: str, line: str, day: date) -> frozenset[UUID]:
        """The owners' keys. Between two days on which an area begins or ends they are the same: kept for the next."""
        held = self._held.get((place, line))
        if held is None:
            near = [area for code in chain(place) for area in self._areas.get(code, ())]
            cuts = {area.valid_from for area in near} | {area.valid_to + _DAY for area in near if area.valid_to}
            held = self._held[place, line] = near, sorted(cuts), {}
        near, turns, known = held
        between = bisect_right(turns, day)
        if between not in known:
            known[between] = frozenset(map(UUID, owners(near, place, line, day).owners))
        return known[between]


class Place(NamedTuple):
    """Whose a place is: `into`, and its owners there."""

    into: Into
    owners: frozenset[UUID]


def place_of(region: str, line: str, day: date) -> Place:
    """One statement. Without a line (the product is not known) only a place where nobody has any area is certain."""
    areas = Owners([region])
    if line:
        held = areas.on(region, line, day)
        return Place(Into.FOREIGN if held else Into.WHITE, held)
    held = frozenset().union(*(areas.on(region, one, day) for one in areas.lines()))
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
