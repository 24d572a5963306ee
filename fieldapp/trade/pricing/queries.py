"""The price book, its drafts and its history as a viewer may see them. Floors are the caller's to leave out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.rules import chain
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

from .change_rules import DraftState, Held, Line, LineKind, Plan, holding, plan
from .models import Price, PriceChange, PriceDraft, PriceDraftEditor, PriceDraftLine, Rebate
from .policy import Rights

MOST_DRAFTS = 100
_CHUNK = 400

Key = tuple[UUID, str, str]  # product, region, tier_key


# The book -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of the book. `when`: "now" (holding on `day`, and no later one of its product, region and tier does),
    "planned" (after it), "over", or "all"."""

    day: date
    when: str = "now"
    product: str = ""
    line: str = ""
    region: str = ""
    tier: str = ""


class BookRow(NamedTuple):
    """A row of the book with its product; fen per tonne."""

    id: UUID
    product_id: UUID
    product: str
    name: str
    line: str
    region: str
    tier: str
    valid_from: date
    valid_to: date | None
    list_price: int | None
    floor_price: int | None
    retail_price: int | None


_ROW = (
    Price.id,
    Price.product_id,
    Product.code,
    Product.name,
    Product.line,
    Price.region_code,
    Price.tier,
    Price.valid_from,
    Price.valid_to,
    Price.list_price,
    Price.floor_price,
    Price.retail_price,
)


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Rows of the viewer's patch, and those of the regions above it, which hold there too."""
    above = {part for code in viewer.patch for part in chain(code)[1:]}
    return sa.or_(viewer.scope(Price.region_code), Price.region_code.in_(sorted(above)) if above else sa.false())


def book(viewer: Viewer, asked: Asked, most: int | None, skip: int = 0) -> list[BookRow]:
    """Rows of the book by product, region, tier and first day; `most` None: all of them."""
    select = (
        sa.select(*_ROW)
        .join(Product, Product.id == Price.product_id)
        .where(*_conditions(viewer, asked))
        .order_by(Product.code_key, Price.product_id, Price.region_code, Price.tier_key, Price.valid_from)
        .limit(most)
        .offset(skip or None)
    )
    return [BookRow(*row) for row in db.session.execute(select)]


def count(viewer: Viewer, asked: Asked) -> int:
    """How many rows that are."""
    select = sa.select(sa.func.count()).select_from(Price)
    if asked.product or asked.line:
        select = select.join(Product, Product.id == Price.product_id)
    return db.session.scalar(select.where(*_conditions(viewer, asked))) or 0


def _conditions(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    found = [visible(viewer), *_when(asked)]
    if asked.product:
        text = asked.product.casefold()
        likely = Product.name.contains(asked.product, autoescape=True)
        found.append(sa.or_(Product.code_key.startswith(text, autoescape=True), likely))
    if asked.line:
        found.append(sa.func.lower(Product.line) == asked.line.casefold())
    if asked.region:
        found.append(_below(Price.region_code, asked.region))
    if asked.tier:
        found.append(Price.tier_key == asked.tier.casefold())
    return found


def _when(asked: Asked) -> list[sa.ColumnElement[bool]]:
    ended = sa.and_(Price.valid_to.is_not(None), Price.valid_to < asked.day)
    later = sa.orm.aliased(Price)
    overtaken = sa.exists().where(
        later.product_id == Price.product_id,
        later.region_code == Price.region_code,
        later.tier_key == Price.tier_key,
        later.valid_from > Price.valid_from,
        later.valid_from <= asked.day,
        sa.or_(later.valid_to.is_(None), later.valid_to >= asked.day),
    )
    return {
        "now": [Price.valid_from <= asked.day, sa.not_(ended), sa.not_(overtaken)],
        "planned": [Price.valid_from > asked.day],
        "over": [ended],
    }.get(asked.when, [])


def _below(region: Any, code: str) -> sa.ColumnElement[bool]:
    """A region and all below it."""
    return sa.and_(region >= code, region < code + "9" * 10)


def find_price(viewer: Viewer, price_id: UUID) -> BookRow | None:
    """A row of the book that the viewer may see."""
    select = sa.select(*_ROW).join(Product, Product.id == Price.product_id)
    row = db.session.execute(select.where(Price.id == price_id, visible(viewer))).one_or_none()
    return BookRow(*row) if row else None


def tiers() -> list[str]:
    """The tiers that distributors and prices have, as they were written first."""
    found: dict[str, str] = {}
    both: Any = sa.union(
        sa.select(Distributor.tier).where(Distributor.tier.is_not(None)).distinct(), sa.select(Price.tier).distinct()
    )
    for tier in db.session.scalars(both):
        if tier and tier != "*":
            found.setdefault(tier.casefold(), tier)
    return [found[key] for key in sorted(found)]


def tiers_of_distributors() -> set[str]:
    """The tiers that any distributor has, casefolded."""
    select = sa.select(Distributor.tier).where(Distributor.tier.is_not(None)).distinct()
    return {tier.casefold() for tier in db.session.scalars(select) if tier}


def replaced(draft_id: UUID) -> dict[str, Held]:
    """{line: the row that held on the day before its first one} of a draft that is published: the past stays."""
    select = sa.select(PriceDraftLine).where(PriceDraftLine.draft_id == draft_id, PriceDraftLine.kind == LineKind.PRICE)
    given = list(db.session.scalars(select))
    rows = held((line.product_id, line.region_code, line.tier_key) for line in given)
    found: dict[str, Held] = {}
    for line in given:
        key = line.product_id, line.region_code, line.tier_key
        before = holding(rows[key], line.valid_from - timedelta(days=1))
        if before is not None:
            found[str(line.id)] = before
    return found


def rebates(viewer: Viewer, day: date) -> Sequence[Any]:
    """Rebates that hold on a day or later: those for all, and those of distributors in the viewer's patch.

    (Rebate, distributor's code and name, product's code), by when they end.
    """
    return db.session.execute(
        sa.select(Rebate, Distributor.code, Distributor.name, Product.code)
        .outerjoin(Distributor, Distributor.id == Rebate.distributor_id)
        .outerjoin(Product, Product.id == Rebate.product_id)
        .where(
            sa.or_(Rebate.valid_to.is_(None), Rebate.valid_to >= day),
            sa.or_(Rebate.distributor_id.is_(None), viewer.scope(Distributor.region_code)),
        )
        .order_by(Rebate.valid_from, Rebate.code_key)
        .limit(500)
    ).all()


# History ------------------------------------------------------------------------------------------------------------


def history(
    viewer: Viewer, *, product: str = "", backdated: bool = False, most: int | None = 50, skip: int = 0
) -> list[tuple[PriceChange, str, str, str | None]]:
    """What was changed, the latest first: (change, product's code and name, by whom); in the viewer's patch."""
    above = sorted({part for code in viewer.patch for part in chain(code)[1:]})
    select = (
        sa.select(PriceChange, Product.code, Product.name, User.name)
        .join(Product, Product.id == PriceChange.product_id)
        .outerjoin(User, User.id == PriceChange.by_id)
        .where(sa.or_(viewer.scope(PriceChange.region_code), PriceChange.region_code.in_(above)))
        .order_by(PriceChange.at.desc(), PriceChange.id.desc())
        .limit(most)
        .offset(skip or None)
    )
    if product:
        select = select.where(Product.code_key.startswith(product.casefold(), autoescape=True))
    if backdated:
        select = select.where(PriceChange.backdated)
    return [tuple(row) for row in db.session.execute(select)]


def history_of(key: Key, most: int) -> list[tuple[PriceChange, str | None]]:
    """What was changed in the rows of one product, region and tier, the latest first: (change, by whom)."""
    product, region, tier = key
    select = (
        sa.select(PriceChange, User.name)
        .outerjoin(User, User.id == PriceChange.by_id)
        .where(PriceChange.product_id == product, PriceChange.region_code == region)
        .order_by(PriceChange.at.desc(), PriceChange.id.desc())
        .limit(10 * most)
    )
    found = [(change, name) for change, name in db.session.execute(select) if change.tier.casefold() == tier]
    return found[:most]


# Drafts -------------------------------------------------------------------------------------------------------------


def _within(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Drafts of which no line lies outside the viewer's patch."""
    if viewer.everywhere:
        return sa.true()
    outside = sa.select(PriceDraftLine.id).where(
        PriceDraftLine.draft_id == PriceDraft.id, sa.not_(viewer.scope(PriceDraftLine.region_code))
    )
    return sa.not_(outside.exists())


def drafts(viewer: Viewer, may: Rights, *, closed: bool = False) -> list[tuple[PriceDraft, int, str]]:
    """(draft, number of lines, by whom), those changed last first; at most MOST_DRAFTS."""
    if not may.changes:
        return []
    lines = (
        sa.select(sa.func.count())
        .where(PriceDraftLine.draft_id == PriceDraft.id)
        .correlate(PriceDraft)
        .scalar_subquery()
    )
    under_way = PriceDraft.state.in_([DraftState.OPEN, DraftState.SUBMITTED])
    select = (
        sa.select(PriceDraft, lines, User.name)
        .join(User, User.id == PriceDraft.made_by_id)
        .where(sa.not_(under_way) if closed else under_way, _within(viewer))
        .order_by(PriceDraft.changed_at.desc(), PriceDraft.id)
        .limit(MOST_DRAFTS)
    )
    return [tuple(row) for row in db.session.execute(select)]


def find_draft(viewer: Viewer, may: Rights, draft_id: UUID) -> PriceDraft | None:
    """A draft in any state that he may see, or None."""
    if not may.changes:
        return None
    return db.session.scalar(sa.select(PriceDraft).where(PriceDraft.id == draft_id, _within(viewer)))


def editors(draft_id: UUID) -> set[UUID]:
    """Who has had a hand in a draft."""
    select = sa.select(PriceDraftEditor.user_id).where(PriceDraftEditor.draft_id == draft_id)
    return set(db.session.scalars(select))


class DraftLine(NamedTuple):
    """A line of a draft with its product."""

    line: PriceDraftLine
    code: str
    name: str


def lines(draft_id: UUID, most: int | None = None, skip: int = 0) -> list[DraftLine]:
    """Lines of a draft by product, region, tier and first day."""
    select = (
        sa.select(PriceDraftLine, Product.code, Product.name)
        .join(Product, Product.id == PriceDraftLine.product_id)
        .where(PriceDraftLine.draft_id == draft_id)
        .order_by(Product.code_key, PriceDraftLine.region_code, PriceDraftLine.tier_key, PriceDraftLine.valid_from)
        .limit(most)
        .offset(skip or None)
    )
    return [DraftLine(*row) for row in db.session.execute(select)]


def count_lines(draft_id: UUID) -> int:
    """How many lines a draft has."""
    select = sa.select(sa.func.count()).where(PriceDraftLine.draft_id == draft_id)
    return db.session.scalar(select) or 0


def regions(draft_id: UUID) -> list[str]:
    """The regions that its lines speak of."""
    select = sa.select(PriceDraftLine.region_code).where(PriceDraftLine.draft_id == draft_id).distinct()
    return sorted(db.session.scalars(select))


def held(keys: Iterable[Key], *, lock: bool = False) -> dict[Key, list[Held]]:
    """The rows of the book under these products, regions and tiers; `lock`: nobody else changes them meanwhile."""
    wanted = sorted(set(keys), key=str)
    found: dict[Key, list[Held]] = {key: [] for key in wanted}
    columns = (Price.product_id, Price.region_code, Price.tier_key)
    for start in range(0, len(wanted), _CHUNK):
        select = sa.select(
            *columns,
            Price.id,
            Price.valid_from,
            Price.valid_to,
            Price.list_price,
            Price.floor_price,
            Price.retail_price,
        ).where(sa.tuple_(*columns).in_(wanted[start : start + _CHUNK]))
        for product, region, tier, *row in db.session.execute(select.with_for_update() if lock else select):
            found[product, region, tier].append(Held(*row))
    return found


def plans(
    draft_id: UUID, today: date, jump_percent: Decimal, *, lock: bool = False
) -> tuple[dict[Key, Plan], dict[Key, list[Held]]]:
    """What a draft comes to, by product, region and tier; and the rows of the book that it starts from."""
    of_key: Mapping[Key, list[Line]] = defaultdict(list)
    select = sa.select(PriceDraftLine).where(PriceDraftLine.draft_id == draft_id)
    for row in db.session.scalars(select.order_by(PriceDraftLine.id)):
        of_key[row.product_id, row.region_code, row.tier_key].append(as_rule(row))
    rows = held(of_key, lock=lock)
    return {key: plan(given, rows[key], today, jump_percent) for key, given in of_key.items()}, rows


def as_rule(row: PriceDraftLine) -> Line:
    """A stored line as the rules take it."""
    return Line(str(row.id), row.kind, row.valid_from, row.valid_to, row.list_price, row.floor_price, row.retail_price)
