"""Keeping the balance equal to the ledger, in the transaction that changes the ledger."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into

from .models import Balance
from .queries import rows_of
from .rules import open_by_due, position

CHUNK = 200  # distributors whose rows are held in memory at once


def rebuild_balances(distributor_ids: Iterable[UUID]) -> None:
    """Compute and store these distributors' balances from their rows; called by whatever changes the ledger."""
    ids = sorted(set(distributor_ids))
    for start in range(0, len(ids), CHUNK):
        _rebuild(ids[start : start + CHUNK])


def _rebuild(ids: list[UUID]) -> None:
    fresh = []
    for distributor_id, (invoices, payments) in rows_of(ids).items():
        days = [row.date for row in invoices] + [row.date for row in payments]
        if not days:
            continue
        as_of = max(days)
        ledger = position(invoices, payments, as_of)
        open_items = open_by_due(ledger.open_items)
        dues = [due for due, _ in open_items if due is not None]
        fresh.append(
            {
                "distributor_id": distributor_id,
                "outstanding": ledger.outstanding,
                "as_of": as_of,
                "open_items": [[due.isoformat() if due else None, unpaid] for due, unpaid in open_items],
                "oldest_due": min(dues, default=None),
            }
        )
    with_rows = {row["distributor_id"] for row in fresh}
    db.session.execute(
        sa.delete(Balance).where(Balance.distributor_id.in_([id_ for id_ in ids if id_ not in with_rows]))
    )
    if fresh:
        statement = insert_into(Balance)
        columns = ("outstanding", "as_of", "open_items", "oldest_due")
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["distributor_id"], set_={name: statement.excluded[name] for name in columns}
            ),
            fresh,
        )
