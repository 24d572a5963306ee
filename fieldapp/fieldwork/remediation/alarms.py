"""Whom a dangerous product concerns elsewhere: declared by the concern that knows who bought a batch."""

from collections.abc import Callable, Collection
from uuid import UUID

from flask import Flask, current_app

_ALARMS = "fieldapp.ticket_alarms"
Buyers = Callable[[UUID, str], Collection[str]]


def declare(app: Flask, regions: Buyers) -> None:
    """Add one that knows buyers: `regions(product_id, batch_key)` → the region codes of those who bought the batch."""
    app.extensions.setdefault(_ALARMS, []).append(regions)


def regions_of(product_id: UUID, batch_key: str) -> set[str]:
    """The region codes of all who are known to have bought a batch."""
    declared: list[Buyers] = current_app.extensions.get(_ALARMS, [])
    return {region for buyers in declared for region in buyers(product_id, batch_key)}
