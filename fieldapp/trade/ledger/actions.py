"""Keeping the balance equal to the ledger, in the transaction that changes the ledger."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into

from .models import Balance, Invoice, InvoiceLine
from .queries import CHUNK, balances_from_rows


def rebuild_balances(distributor_ids: Iterable[UUID]) -> None:
    """Compute and store these distributors' balances from their rows; called by whatever changes the ledger."""
    ids = sorted(set(distributor_ids))
    for start in range(0, len(ids), CHUNK):
        _rebuild(ids[start : start + CHUNK])


def sum_up_invoices(distributor_ids: Iterable[UUID]) -> None:
    """Make each invoice of these distributors the sum of its lines."""
    ids = sorted(set(distributor_ids))
    for start in range(0, len(ids), CHUNK):
        set_sums(Invoice.distributor_id.in_(ids[start : start + CHUNK]))


def set_sums(where: sa.ColumnElement[bool]) -> None:
    """Make each invoice of a condition the sum of its lines."""
    total = (
        sa.select(sa.func.coalesce(sa.func.sum(InvoiceLine.amount), 0))
        .where(InvoiceLine.invoice_id == Invoice.id)
        .scalar_subquery()
    )
    statement = sa.update(Invoice).where(where).values(amount=total)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _rebuild(ids: list[UUID]) -> None:
    fresh = balances_from_rows(ids)
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
