"""Bringing the credit that holds up to date: the file's grade or our own, whichever is newer; freezes; increases.

`credit_record` is written here and nowhere else, so that the deal check reads one row that says it all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, insert_into

from .credit_rules import Dated, assessed_wins, extra
from .models import (
    Assessment,
    AssessmentState,
    CreditFreeze,
    CreditIncrease,
    CreditRecord,
    CreditSource,
    ImportedCredit,
    IncreaseState,
)

CHUNK = 2000
_LOCK = 0x63726564  # of PostgreSQL's advisory locks, the one for credit


def lock() -> None:
    """One change of credit at a time, until the transaction ends; call it before reading what the change rests on.

    On SQLite a write transaction is alone anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def settle(distributor_ids: Iterable[UUID]) -> None:
    """Bring the credit of these distributors up to what holds, in the transaction under way.

    Call it after any change of their imported credit, confirmed assessments, freezes by hand or increases. About six
    statements for each CHUNK of distributors.
    """
    db.session.flush()
    lock()
    ids = sorted(set(distributor_ids))
    for start in range(0, len(ids), CHUNK):
        _settle(ids[start : start + CHUNK])


def _settle(ids: Sequence[UUID]) -> None:
    imported = _by_distributor(sa.select(ImportedCredit.__table__).where(ImportedCredit.distributor_id.in_(ids)))
    assessed = _by_distributor(_latest(Assessment, _CONFIRMED, (Assessment.on, Assessment.decided_at), ids))
    frozen = set(
        db.session.scalars(
            sa.select(CreditFreeze.distributor_id).where(
                CreditFreeze.distributor_id.in_(ids), CreditFreeze.lifted_at.is_(None)
            )
        )
    )
    approved = CreditIncrease.state == IncreaseState.APPROVED
    increases = _by_distributor(_latest(CreditIncrease, approved, (CreditIncrease.valid_until,), ids))
    known = [key for key in ids if key in imported or key in assessed or key in frozen]
    gone = [key for key in ids if key not in set(known)]
    if gone:
        db.session.execute(
            sa.delete(CreditRecord)
            .where(CreditRecord.distributor_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
    if known:
        rows = [_record(key, imported.get(key), assessed.get(key), key in frozen, increases.get(key)) for key in known]
        statement = insert_into(CreditRecord)
        columns = [name for name in rows[0] if name != "distributor_id"]
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["distributor_id"],
                set_={_column(name): statement.excluded[_column(name)] for name in columns},
            ),
            rows,
        )


_CONFIRMED = sa.and_(Assessment.state == AssessmentState.CONFIRMED, Assessment.grade.is_not(None))


def _latest(model: Any, condition: Any, order: Sequence[Any], ids: Sequence[UUID]) -> sa.Select[Any]:
    """The latest row of each distributor by `order`."""
    place = sa.func.row_number().over(
        partition_by=model.distributor_id, order_by=[*(column.desc() for column in order), model.id.desc()]
    )
    ranked = sa.select(model.__table__, place.label("place")).where(model.distributor_id.in_(ids), condition).subquery()
    return sa.select(ranked).where(ranked.c.place == 1)


def _by_distributor(statement: sa.Select[Any]) -> dict[UUID, Mapping[str, Any]]:
    return {row["distributor_id"]: dict(row) for row in db.session.execute(statement).mappings()}


def _record(
    key: UUID,
    imported: Mapping[str, Any] | None,
    assessed: Mapping[str, Any] | None,
    frozen: bool,
    increase: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The row that holds. A file's row without a grade brings no grade along: an own rating holds beside it."""
    own = assessed is not None and assessed_wins(dated_import(imported), dated_assessment(assessed))
    source: Mapping[str, Any] = assessed if own and assessed is not None else imported or {}
    record: dict[str, Any] = {
        "distributor_id": key,
        "grade": source.get("grade"),
        "limit": source.get("credit_limit"),
        "term_days": source.get("term_days"),
        "assessed_on": source.get("on_date" if own else "assessed_on"),
        "valid_until": source.get("valid_until"),
        "frozen": frozen or bool(imported and imported["frozen"]),
        "source": CreditSource.ASSESSED if own else CreditSource.IMPORTED,
        "assessment_id": source["id"] if own else None,
        "extra_limit": None,
        "extra_from": None,
        "extra_until": None,
    }
    if increase is not None:
        more = extra(record["grade"], record["limit"], increase["amount"], increase["percent"])
        if more:
            record |= {
                "extra_limit": more,
                "extra_from": increase["valid_from"],
                "extra_until": increase["valid_until"],
            }
    return record


def dated_import(row: Mapping[str, Any] | None) -> Dated | None:
    """The day of the file's grade: when it was assessed, or else last changed; None without a grade."""
    if row is None or row["grade"] is None:
        return None
    changed = row["changed_at"]
    return Dated(row["assessed_on"] or changed.astimezone(SHANGHAI).date(), changed)


def dated_assessment(row: Mapping[str, Any]) -> Dated:
    """The day of a confirmed assessment, and when it was confirmed."""
    return Dated(row["on_date"], row["decided_at"])


def _column(name: str) -> str:
    return "credit_limit" if name == "limit" else name
