"""Recording a check. A stored check never changes, so this is the only verb."""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import make_transient_to_detached

from fieldapp.core.db import db, insert_row, uuid7
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .models import DealCheck
from .queries import Evaluation


def as_json(value: Any) -> Any:
    """Facts in storage units as JSON: dates ISO, decimals as text, rows as objects."""
    if value is None or type(value) in (str, int, bool):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def record_check(
    viewer: Viewer,
    evaluation: Evaluation,
    origin: str,
    at: datetime,
    check_id: UUID | None = None,
    *,
    offline: Mapping[str, str] | None = None,
) -> DealCheck:
    """Store a check with its facts and policy version, and its audit entry.

    `check_id` is made where the check was asked (the page, the phone): the same key again, as from a double tap, gives
    the check stored first. A key that another user has used counts for nothing: the check gets a new one. `offline`:
    what was seen of this deal without a signal (`verdict`, `seen_at`, `facts_at`), kept with the inputs.
    """
    key = check_id or uuid7()
    known, deal = evaluation.known, evaluation.deal
    values = {
        "made_at": at,
        "made_by_id": viewer.id,
        "origin": origin,
        "distributor_id": known.distributor.id,
        "region_code": known.distributor.region_code,
        "on": deal.on,
        "ship_to": deal.ship_to,
        "terms": deal.terms,
        "amount": evaluation.result.amount,
        "verdict": evaluation.result.verdict,
        "policy_version": evaluation.policy_version,
        "inputs": {
            "distributor": known.distributor.code,
            "lines": [
                {
                    "product": product.code,
                    "name": product.name,
                    "pack_grams": product.pack_grams,
                    "grams": line.grams,
                    "price": line.price,
                    "amount": amount,
                }
                for product, line, amount in zip(
                    evaluation.products, deal.lines, evaluation.result.line_amounts, strict=True
                )
            ],
            **({"offline": dict(offline)} if offline else {}),
        },
        "facts": as_json(evaluation.facts)
        | {
            "owners": as_json(known.owners),
            "name": known.distributor.name,
            "tier": known.distributor.tier,
            "ship_to_name": known.regions.path(deal.ship_to),
        },
        "findings": as_json(evaluation.result.findings),
    }
    made = _insert(key, values)
    if made is None:
        stored = db.session.get(DealCheck, key)
        if stored is not None and stored.made_by_id == viewer.id:
            return stored
        made = _insert(uuid7(), values)
    if made is None:
        raise RuntimeError("a new key is taken")
    record(
        viewer.id,
        "checks.record",
        "deal_check",
        made.id,
        at,
        {"verdict": [None, made.verdict.value], "distributor": [None, known.distributor.code]},
    )
    return made


def _insert(key: UUID, values: dict[str, Any]) -> DealCheck | None:
    """The new row, or None when the key is taken; decided by the database, so that two at once do not collide."""
    if not insert_row(DealCheck, {"id": key, **values}, unless_taken=True):
        return None
    check = DealCheck(id=key, **values)
    make_transient_to_detached(check)  # as if it had been read: every column is known
    db.session.add(check)
    return check
