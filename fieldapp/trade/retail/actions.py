"""Noting a price seen in a shop; with its audit entry. It changes nothing for anybody (docs/adr/0023)."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from fieldapp.core import storage
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_row
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .models import RetailObservation
from .rules import Unit, per_tonne

SUBJECT = "retail_observation"


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another distributor."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen: of our product, or a rival's by its name; `given` fen per `unit`."""

    given: int
    unit: Unit
    day: date
    product_id: UUID | None = None
    rival: str = ""
    bag_grams: int | None = None


def note(
    viewer: Viewer,
    *,
    key: UUID,
    distributor: Any,
    outlet: Any | None,
    seen: Seen,
    now: datetime,
    photo: Content | None = None,
) -> RetailObservation:
    """Keep a price seen at a distributor, or at an outlet of his, that the viewer has found.

    The same key again is the same observation. Raises GoneError, storage.StorageError, ValueError (a bag of unknown
    weight).
    """
    region = (outlet.region_code if outlet is not None else None) or distributor.region_code
    digest = sha256(photo.data).hexdigest() if photo is not None else None
    made = insert_row(
        RetailObservation,
        {
            "id": key,
            "distributor_id": distributor.id,
            "outlet_id": outlet.id if outlet is not None else None,
            "region_code": region,
            "product_id": seen.product_id,
            "rival": seen.rival,
            "rival_key": seen.rival.casefold(),
            "price": per_tonne(seen.given, seen.unit, seen.bag_grams),
            "unit": seen.unit,
            "given": seen.given,
            "bag_grams": seen.bag_grams if seen.unit is Unit.BAG else None,
            "day": seen.day,
            "made_by_id": viewer.id,
            "recorded_at": now,
            "sha256": digest,
            "size": len(photo.data) if photo is not None else None,
        },
        unless_taken=True,
    )
    row = db.session.get(RetailObservation, key, populate_existing=True)
    if row is None or (row.made_by_id, row.distributor_id) != (viewer.id, distributor.id):
        raise GoneError
    if not made:
        return row
    if photo is not None and digest is not None:
        storage.keep(key, digest, photo.data)
    record(viewer.id, "retail.note", SUBJECT, key, now, {"distributor": [None, str(distributor.id)]})
    return row
