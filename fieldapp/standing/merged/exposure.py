"""What the group of an account owes and may owe, for whoever asks about its credit: one column more of his statement.

The deal check, the phone's snapshot and the lists of distributors read `others()` beside what they read of the
distributor itself, and count with `counted`. Without a group the column is NULL and nothing else happens.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fieldapp.core.db import JsonType
from fieldapp.network.distributors.models import Distributor
from fieldapp.standing.grading.credit_rules import limit_on
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.standing.grading.scoring import GradingPolicy
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import read_open_items, rows_of
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance, position

from .models import MergedMember
from .rules import Account, together


class Other(NamedTuple):
    """Another member of a group as `others` reads it. Dates are ISO text, money is fen."""

    id: str
    key: str
    code: str
    name: str
    region_code: str | None
    limit: int | None
    extra_limit: int | None
    extra_from: str | None
    extra_until: str | None
    frozen: bool | None
    outstanding: int | None
    as_of: str | None
    open_items: Any


class _Rows(FunctionElement[Any]):
    """The rows of a select as one JSON array of arrays, NULL when there are none."""

    inherit_cache = True
    name = "json_rows"
    type = JsonType


@compiles(_Rows)
def _on_postgresql(element: _Rows, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **kwargs)}))"


@compiles(_Rows, "sqlite")
def _on_sqlite(element: _Rows, compiler: SQLCompiler, **kwargs: Any) -> str:
    # Over no rows SQLite gives an empty array where PostgreSQL gives NULL.
    cells = compiler.process(element.clauses, **kwargs)
    return f"CASE WHEN count(*) > 0 THEN json_group_array(json_array({cells})) END"


def others() -> sa.ScalarSelect[Any]:
    """The other members of a distributor's group with their credit, as a column of a select from `Distributor`."""
    mine, theirs = sa.orm.aliased(MergedMember), sa.orm.aliased(MergedMember)
    other = sa.orm.aliased(Distributor)
    cells = (
        other.id,
        other.code_key,
        other.code,
        other.name,
        other.region_code,
        CreditRecord.limit,
        CreditRecord.extra_limit,
        CreditRecord.extra_from,
        CreditRecord.extra_until,
        CreditRecord.frozen,
        Balance.outstanding,
        Balance.as_of,
        Balance.open_items,
    )
    return (
        sa.select(sa.type_coerce(_Rows(*cells), JsonType))
        .select_from(mine)
        .join(theirs, sa.and_(theirs.group_id == mine.group_id, theirs.distributor_id != mine.distributor_id))
        .join(other, other.id == theirs.distributor_id)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == other.id)
        .outerjoin(Balance, Balance.distributor_id == other.id)
        .where(mine.distributor_id == Distributor.id)
        .correlate(Distributor)
        .scalar_subquery()
    )


def read(cells: Sequence[Sequence[Any]] | None) -> list[Other]:
    """What the column of `others` holds, by code."""
    return sorted((Other(*row) for row in cells or ()), key=lambda one: one.key)


def counted(
    credit: CreditFacts, ledger: LedgerFacts, found: Sequence[Other], on: date, settings: Mapping[str, Any]
) -> tuple[CreditFacts, LedgerFacts]:
    """A distributor's facts of a day with its group counted as one; `settings`: the whole policy of that day.

    Two statements more where the ledger of another member has rows of a later day, none otherwise.
    """
    if not found:
        return credit, ledger
    ledgers = _ledgers(found, on)
    accounts = [
        Account(one.key, _limit(one, on), bool(one.frozen), owed) for one, owed in zip(found, ledgers, strict=True)
    ]
    return together(credit, ledger, accounts, GradingPolicy.from_settings(settings.get("grading", {})).most)


def _limit(one: Other, on: date) -> int | None:
    return limit_on(on, one.limit, one.extra_limit, _day(one.extra_from), _day(one.extra_until)).whole


def _ledgers(found: Iterable[Other], on: date) -> list[LedgerFacts]:
    early = [UUID(one.id) for one in found if one.as_of is not None and date.fromisoformat(one.as_of) > on]
    rows = rows_of(early) if early else {}
    return [_ledger(one, on, rows) for one in found]


def _ledger(one: Other, on: date, rows: Mapping[UUID, Any]) -> LedgerFacts:
    if one.as_of is None:
        return LedgerFacts()
    if UUID(one.id) in rows:
        invoices, payments = rows[UUID(one.id)]
        return position(invoices, payments, on)
    # JSON within JSON is text on SQLite.
    items = json.loads(one.open_items) if isinstance(one.open_items, str) else one.open_items
    return from_balance(one.outstanding or 0, read_open_items(items), on)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
