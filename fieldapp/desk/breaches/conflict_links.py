"""Floor breaches among what a conflict can be about."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from fieldapp.core.db import db
from fieldapp.core.i18n import gettext as _
from fieldapp.fieldwork.conflicts.links import Linked, LinkKind, key_of, keys_of
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.models import Product

from . import words
from .models import Breach
from .queries import visible

MOST_OFFERED = 30


def _rows(viewer: Viewer, *conditions: Any) -> list[tuple[str, str]]:
    """(key, what it is called), the latest first: the goods and the day, no price."""
    wanted = (
        sa.select(Breach, Product.name)
        .join(Product, Product.id == Breach.product_id)
        .where(visible(viewer), *conditions)
        .order_by(Breach.number.desc())
        .limit(MOST_OFFERED)
    )
    return [
        (
            str(one.id),
            " · ".join((one.shown_number, product, one.first_on.isoformat(), words.result_name(one.result))),
        )
        for one, product in db.session.execute(wanted).tuples()
    ]


def _find(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    found = _rows(viewer, Breach.id.in_(keys_of(keys)))
    return {key: Linked(title, url_for("breaches.show", breach_id=key)) for key, title in found}


def _suggest(viewer: Viewer, distributors: Collection[UUID]) -> list[tuple[str, str]]:
    return _rows(viewer, Breach.distributor_id.in_(distributors))


def _parties(viewer: Viewer, key: str) -> list[str]:
    wanted = (
        sa.select(Distributor.code)
        .join(Breach, Breach.distributor_id == Distributor.id)
        .where(Breach.id == key_of(key), visible(viewer), viewer.scope(Distributor.region_code))
    )
    return list(db.session.scalars(wanted))


LINKS = (LinkKind("breach", lambda: _("Floor breaches"), _find, _suggest, _parties),)
