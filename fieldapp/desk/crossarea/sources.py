"""What a report starts from: where one is, whose distributor's page it was begun on, who bought the batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.desk.checks import reference
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.network.territory import patches
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import tracing
from fieldapp.trade.ledger.models import InvoiceLine
from fieldapp.trade.ledger.queries import BatchBuyer, page_of_buyers
from fieldapp.trade.products.models import Product

COUNTY, CITY = 6, 4
MOST_COUNTIES = 400  # a wider patch chooses among cities
MOST_BUYERS = 8
MOST_LIKE = 5
Choices = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a report is begun. `distributor`: (id, code, name, region_code) of the one whose area it is, or None.
    `visit_id`: during which visit; the server may not know it yet. `region`: what stands in the form already."""

    viewer: Viewer
    distributor: Any | None = None
    visit_id: UUID | None = None
    region: str = ""


def read(viewer: Viewer, given: MultiDict[str, str]) -> Source:
    """What an address or a form names, as far as the viewer may see it; what he may not, counts as not named."""
    code = given.get("distributor", "").replace("\0", "").strip()
    visit_id = _key(given.get("visit", ""))
    visit = visits.find(viewer, visit_id) if visit_id else None
    if visit is None and not code and visit_id is None and viewer.role is Role.REP:
        visit = visits.under_way(viewer.id)
    where = Distributor.code_key == code.casefold() if code else None
    if where is None and visit is not None:
        where = Distributor.id == visit.distributor_id
    distributor = _find(viewer, where) if where is not None else None
    region = (distributor.region_code or "")[:COUNTY] if distributor else ""
    return Source(viewer, distributor, visit.id if visit else visit_id, region)


def _find(viewer: Viewer, where: sa.ColumnElement[bool]) -> Any | None:
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    return db.session.execute(sa.select(*columns).where(where, viewer.scope(Distributor.region_code))).one_or_none()


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# Places ----------------------------------------------------------------------------------------------------------


def regions(viewer: Viewer, also: str = "") -> Choices:
    """The counties of the viewer's patch, by city; the cities by province where there are too many. `also`: one that is
    offered in any case."""
    length = sa.func.length(Region.code)
    for digits in (COUNTY, CITY):
        inside = sa.and_(length == digits, viewer.scope(Region.code))
        statement = sa.select(Region.code, Region.name).where(sa.or_(inside, Region.code == also))
        rows = db.session.execute(statement.order_by(Region.code).limit(MOST_COUNTIES + 1)).all()
        if len(rows) <= MOST_COUNTIES:
            break
    names = reference.read()[1]
    return [
        (names.path(head), [(code, name) for code, name in group])
        for head, group in groupby(rows[:MOST_COUNTIES], lambda row: row[0][: len(row[0]) - 2])
    ]


def region_of(code: str) -> str:
    """The code of a region that there is, '' otherwise."""
    return code if code in reference.read()[1].names else ""


def meant_place(text: str) -> tuple[str, list[str]]:
    """(code of the region that a text means, '' for none; what it may mean)."""
    found = patches.search(text, MOST_LIKE)
    names = reference.read()[1].names
    exact = [code for code, _name in found if text.strip() in (code, names.get(code))]
    if len(found) == 1 or len(exact) == 1:
        return (exact or [found[0][0]])[0], []
    return "", [name for _code, name in found]


# Sellers ---------------------------------------------------------------------------------------------------------


class Trace(NamedTuple):
    """Who bought a batch: those of the viewer's patch, at most MOST_BUYERS, each with whether the place is its own;
    `mine`, `others`: how many there are in the patch and elsewhere. `product`: where nobody bought it of the product in
    question, the name of the one that has this batch, '' for none."""

    buyers: list[tuple[BatchBuyer, bool]]
    mine: int
    others: int
    product: str = ""


def trace(viewer: Viewer, batch: str, product_id: UUID | None, region: str, line: str, today: date) -> Trace | None:
    """None where no batch is given. Two statements, three where nobody bought it of the product."""
    if not batch:
        return None
    found = page_of_buyers(viewer, product_id, batch, MOST_BUYERS)
    owners = tracing.place_of(region, line, today).owners if region and found.rows else frozenset()
    other = _product_of(batch, product_id) if product_id and not found.all else ""
    return Trace([(one, one.id in owners) for one in found.rows], found.mine, found.all - found.mine, other)


def _product_of(batch: str, but: UUID) -> str:
    """Another product that was invoiced with a batch: its number, or the product, was read wrongly off the bag."""
    named = sa.select(Product.name).join(InvoiceLine, InvoiceLine.product_id == Product.id)
    return db.session.scalar(named.where(InvoiceLine.batch_key == batch, Product.id != but).limit(1)) or ""


def seller(viewer: Viewer, code: str, words: str) -> UUID | None:
    """The distributor of the patch that a code means, or that is called exactly as the words say."""
    wanted = code.strip().casefold()
    if wanted:
        found = _find(viewer, Distributor.code_key == wanted)
        if found is not None:
            return found.id
    said = words.strip()
    if not said:
        return None
    same = sa.or_(Distributor.code_key == said.casefold(), Distributor.name == said)
    rows = db.session.scalars(
        sa.select(Distributor.id).where(same, viewer.scope(Distributor.region_code)).limit(2)
    ).all()
    return rows[0] if len(rows) == 1 else None


def known(viewer: Viewer, keys: Sequence[UUID | None]) -> dict[UUID, Any]:
    """(id, code, name, region_code, rep_id) of those distributors that lie in the viewer's patch, by key."""
    wanted = [key for key in keys if key]
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)
    rows = db.session.execute(
        sa.select(*columns).where(Distributor.id.in_(wanted), viewer.scope(Distributor.region_code))
    )
    return {row.id: row for row in rows}


def nameable(viewer: Viewer, text: str) -> tuple[UUID | None, list[str]]:
    """(the distributor that a code or name means, as the seller of a case; what it may mean): of the viewer's patch."""
    found = _find(viewer, Distributor.code_key == text.strip().casefold())
    if found is not None:
        return found.id, []
    like = search(viewer, text, MOST_LIKE)
    exact = [one for one in like if one.name == text.strip()] or like
    if len(exact) == 1:
        return exact[0].id, []
    return None, [f"{one.name} {one.code}" for one in exact]
