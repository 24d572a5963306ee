"""What is known before anybody is asked: from the distributor's file, the ledger, and confirmed cases."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.trade.ledger.models import Invoice

from . import cases
from .scoring import (
    WINDOWS,
    Answer,
    Facts,
    GradingPolicy,
    Indicator,
    Option,
    add_months,
    growth,
    months_sold,
    option_of,
    whole_windows,
    window,
    years_between,
)


@dataclass(frozen=True, slots=True)
class Known:
    """`answers` that need not be asked; for others `gaps`: why nothing is filled in, as a code of wording.py."""

    facts: Facts
    answers: dict[Indicator, Answer] = field(default_factory=dict)
    gaps: dict[Indicator, str] = field(default_factory=dict)


def known(distributor: Any, on: date, policy: GradingPolicy) -> Known:
    """Of a distributor (a row with `id`, `since`, `business_since`) on a day; one statement beside the cases'."""
    first, sums = _invoiced(distributor.id, on)
    found = cases.confirmed(distributor.id, on)
    facts = Facts(
        on=on,
        customer_since=distributor.since or first,
        invoiced=sums[0],
        months=months_sold(first, on),
        malicious=found.malicious if found else 0,
    )
    result = Known(facts)
    _years(result, distributor, policy)
    _growth(result, first, sums, policy)
    if found is None:
        result.gaps[Indicator.CROSS_AREA] = "no_cases"
    else:
        option = Option.WORST if found.malicious else Option.MIDDLE if found.benign else Option.BEST
        source = {
            "kind": "cases",
            "since": found.since.isoformat(),
            "benign": found.benign,
            "malicious": found.malicious,
        }
        result.answers[Indicator.CROSS_AREA] = Answer(option, None, source, on)
    return result


def _years(result: Known, distributor: Any, policy: GradingPolicy) -> None:
    since = distributor.business_since or distributor.since
    if since is None:
        result.gaps[Indicator.YEARS] = "no_dates"
        return
    years = years_between(since, result.facts.on)
    kind = "business" if distributor.business_since else "customer"
    source = {"kind": kind, "since": since.isoformat()}
    option = option_of(Indicator.YEARS, years, policy)
    result.answers[Indicator.YEARS] = Answer(option, years, source, result.facts.on)


def _growth(result: Known, first: date | None, sums: list[int], policy: GradingPolicy) -> None:
    counted = whole_windows(first, result.facts.on)
    yearly = growth(sums[:counted])
    if yearly is None:
        result.gaps[Indicator.GROWTH] = "no_sales" if first is None else "few_sales" if counted < 2 else "odd_sales"
        return
    start, end = window(result.facts.on, counted - 1)[0], window(result.facts.on)[1] - timedelta(days=1)
    source = {"kind": "ledger", "from": f"{start:%Y-%m}", "to": f"{end:%Y-%m}"}
    result.answers[Indicator.GROWTH] = Answer(option_of(Indicator.GROWTH, yearly, policy), yearly, source, end)


def _invoiced(distributor_id: UUID, on: date) -> tuple[date | None, list[int]]:
    """The day of the first invoice, and what was invoiced in each window, the newest first, in fen."""
    within = [
        sa.and_(Invoice.date >= start, Invoice.date < end) for start, end in (window(on, n) for n in range(WINDOWS))
    ]
    row = db.session.execute(
        sa.select(
            sa.func.min(Invoice.date),
            *(sa.func.coalesce(sa.func.sum(sa.case((inside, Invoice.amount), else_=0)), 0) for inside in within),
        ).where(Invoice.distributor_id == distributor_id, Invoice.date <= on)
    ).one()
    return row[0], [int(amount) for amount in row[1:]]


def valid_until(on: date, policy: GradingPolicy) -> date:
    """The day by which the next rating is due."""
    return add_months(on, policy.months)
