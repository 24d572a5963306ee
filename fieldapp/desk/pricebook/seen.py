"""Retail prices as they were seen: those noted by themselves, and those noted on visits, as one list. For reading only.

Nothing here judges anybody (docs/adr/0023): no check, grade or approval reads it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.money import GRAMS_PER_TONNE
from fieldapp.fieldwork.visits.models import Visit, VisitNote
from fieldapp.fieldwork.visits.rules import NoteSection
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product
from fieldapp.trade.retail.models import RetailObservation

from .forms import clean, page_of

DAYS = 180
MOST_DAYS = 1096
MOST_CHARTED = 2000
_KNOWN_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which product (as typed), in which region (as typed), over how many days; of which distributor; which page."""

    product: str = ""
    region: str = ""
    days: int = DAYS
    distributor: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        text = {name: clean(given.get(name, ""))[:120] for name in ("product", "region", "distributor", "days")}
        plain = text["days"]
        days = int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 5 else DAYS
        return cls(
            text["product"],
            text["region"],
            min(max(days, 7), MOST_DAYS),
            text["distributor"],
            page_of(given.get("page")),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {
            "product": self.product, "region": self.region, "distributor": self.distributor,
            "days": self.days if self.days != DAYS else None, "page": None, **changes,
        }  # fmt: skip
        return {name: value for name, value in held.items() if value}


class Observed(NamedTuple):
    """One price seen: `what` in words, ours where `product_id` is one; `price` in fen per tonne. `photo`: its key."""

    day: date
    what: str
    product_id: UUID | None
    price: int
    distributor_id: UUID
    distributor: str
    outlet: str | None
    region: str | None
    by: str
    photo: UUID | None


def observed(
    viewer: Viewer,
    asked: Asked,
    today: date,
    *,
    product_id: UUID | None = None,
    region: str = "",
    most: int | None = None,
    skip: int = 0,
) -> list[Observed]:
    """Prices seen in the viewer's patch, the latest first; one statement.

    `product_id`: of our product; without one `asked.product` is looked for in the words.
    """
    first = today - timedelta(days=asked.days - 1)
    noted = (
        sa.select(
            RetailObservation.day.label("day"),
            sa.case((RetailObservation.product_id.is_(None), RetailObservation.rival), else_=Product.name).label(
                "what"
            ),
            RetailObservation.product_id.label("product_id"),
            RetailObservation.price.label("price"),
            Distributor.id.label("distributor_id"),
            Distributor.name.label("distributor"),
            Outlet.name.label("outlet"),
            RetailObservation.region_code.label("region"),
            User.name.label("by"),
            sa.case((RetailObservation.sha256.is_not(None), RetailObservation.id)).label("photo"),
            RetailObservation.id.label("key"),
        )
        .join(Distributor, Distributor.id == RetailObservation.distributor_id)
        .join(User, User.id == RetailObservation.made_by_id)
        .outerjoin(Product, Product.id == RetailObservation.product_id)
        .outerjoin(Outlet, Outlet.id == RetailObservation.outlet_id)
        .where(RetailObservation.day >= first, *_scope(viewer, asked, region))
    )
    # Half up, in whole numbers: what the databases make of a division with decimals differs.
    per_tonne = (VisitNote.price * GRAMS_PER_TONNE + VisitNote.weight // 2) // VisitNote.weight
    on_visits = (
        sa.select(
            Visit.day,
            sa.func.coalesce(Product.name, VisitNote.subject),
            VisitNote.product_id,
            per_tonne,
            Distributor.id,
            Distributor.name,
            sa.null(),
            Distributor.region_code,
            User.name,
            sa.null(),
            VisitNote.id,
        )
        .join(Visit, Visit.id == VisitNote.visit_id)
        .join(Distributor, Distributor.id == Visit.distributor_id)
        .join(User, User.id == Visit.rep_id)
        .outerjoin(Product, Product.id == VisitNote.product_id)
        .where(
            VisitNote.section.in_([NoteSection.RETAIL, NoteSection.COMPETITOR]),
            VisitNote.price > 0,
            VisitNote.weight > 0,
            Visit.day >= first,
            *_scope(viewer, asked, region),
        )
    )
    if product_id is not None:
        noted = noted.where(RetailObservation.product_id == product_id)
        on_visits = on_visits.where(VisitNote.product_id == product_id)
    elif asked.product:
        words = sa.func.lower(sa.func.coalesce(Product.name, RetailObservation.rival))
        noted = noted.where(words.contains(asked.product.lower(), autoescape=True))
        spoken = sa.func.lower(VisitNote.subject)
        on_visits = on_visits.where(spoken.contains(asked.product.lower(), autoescape=True))
    both = sa.union_all(noted, on_visits).subquery()
    select = sa.select(*(both.c[name] for name in Observed._fields))
    ordered = select.order_by(both.c.day.desc(), both.c.key.desc()).limit(most).offset(skip or None)
    return [Observed(*row) for row in db.session.execute(ordered)]


def _scope(viewer: Viewer, asked: Asked, region: str) -> list[sa.ColumnElement[bool]]:
    """By the distributor's region: his patch is where the distributor belongs, wherever the shop stands."""
    found = [viewer.scope(Distributor.region_code)]
    if region:
        found.append(sa.and_(Distributor.region_code >= region, Distributor.region_code < region + "9" * 10))
    if asked.distributor:
        found.append(Distributor.code_key == asked.distributor.casefold())
    return found


def latest(viewer: Viewer, distributor_id: UUID, today: date, most: int) -> list[Observed]:
    """The latest of a distributor's, for its page."""
    code = db.session.scalar(sa.select(Distributor.code).where(Distributor.id == distributor_id))
    return observed(viewer, Asked(distributor=code or "-", days=MOST_DAYS), today, most=most)


def store_of(viewer: Viewer, *, code: str = "", key: UUID | None = None) -> Any | None:
    """(id, code, name, region_code) of a distributor in the viewer's patch by its code or key, or None."""
    which = Distributor.id == key if key is not None else Distributor.code_key == code.strip().casefold()
    select = sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    return db.session.execute(select.where(which, viewer.scope(Distributor.region_code))).one_or_none()


def outlets(distributor_id: UUID) -> list[Any]:
    """(id, name, region_code) of its active outlets, by name."""
    select = sa.select(Outlet.id, Outlet.name, Outlet.region_code)
    found = select.where(Outlet.distributor_id == distributor_id, Outlet.active).order_by(Outlet.name).limit(200)
    return list(db.session.execute(found))


def find(viewer: Viewer, observation_id: UUID) -> RetailObservation | None:
    """An observation at a distributor of the viewer's patch."""
    select = sa.select(RetailObservation).join(Distributor, Distributor.id == RetailObservation.distributor_id)
    where = RetailObservation.id == observation_id, viewer.scope(Distributor.region_code)
    return db.session.scalar(select.where(*where))


def known_photos(keys: Collection[UUID]) -> set[UUID]:
    """Those of the keys that a photo stands behind (core/storage.py)."""
    found: set[UUID] = set()
    remaining = list(keys)
    while remaining:
        chunk, remaining = remaining[:_KNOWN_CHUNK], remaining[_KNOWN_CHUNK:]
        select = sa.select(RetailObservation.id).where(RetailObservation.id.in_(chunk))
        found.update(db.session.scalars(select.where(RetailObservation.sha256.is_not(None))))
    return found
