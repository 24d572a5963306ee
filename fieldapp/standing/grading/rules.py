"""What a distributor's credit says of a deal: one overdue finding and one limit finding.

Contract `deal-check.md`, Credit. Amounts are fen, percents Decimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fieldapp.core.findings import Finding, Level
from fieldapp.trade.ledger.rules import LedgerFacts

CASH_ONLY_GRADE = "D"

LEVELS: Mapping[str, Level] = {
    "credit.overdue_stop": Level.STOP,
    "credit.overdue_frozen": Level.STOP,
    "credit.overdue": Level.APPROVAL,
    "credit.paid_up": Level.OK,
    "credit.cash": Level.OK,
    "credit.frozen": Level.STOP,
    "credit.ungraded": Level.STOP,
    "credit.cash_only": Level.STOP,
    "credit.expired": Level.APPROVAL,
    "credit.ok": Level.OK,
    "credit.over_limit": Level.APPROVAL,
    "credit.far_over_limit": Level.STOP,
}
# The overdue block is milder where the goods are paid at once.
CASH_LEVELS: Mapping[str, Level] = {
    "credit.overdue_stop": Level.STOP,
    "credit.overdue_frozen": Level.APPROVAL,
    "credit.overdue": Level.INFO,
    "credit.paid_up": Level.OK,
}


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """The credit record that counts. Without one: no grade, no limit. A `limit` of None counts as 0.

    Of the limit, `temporary` fen are an increase that holds until `temporary_until`, on the day of the deal.
    `together`: keys of the accounts that are counted as one with this one, in limit and debt alike (standing/merged).
    """

    grade: str | None = None
    limit: int | None = None
    valid_until: date | None = None
    frozen: bool = False
    temporary: int = 0
    temporary_until: date | None = None
    together: tuple[str, ...] = ()


def available(credit: CreditFacts, ledger: LedgerFacts) -> int:
    """limit − outstanding; may be negative."""
    return (credit.limit or 0) - ledger.outstanding


def overdue_finding(
    credit: CreditFacts,
    ledger: LedgerFacts,
    levels: Mapping[str, Level],
    *,
    stop_days: int,
    frozen_days: int,
    days: int,
) -> Finding:
    """The overdue block: more than `stop_days`, more than `frozen_days`, at least `days`, or paid up.

    `levels` are those of the deal's terms (`LEVELS` or `CASH_LEVELS`). `to_pay` of the facts clears it.
    """
    if ledger.overdue_days > stop_days:
        code = "credit.overdue_stop"
    elif ledger.overdue_days > frozen_days:
        code = "credit.overdue_frozen"
    elif ledger.overdue_days >= days:
        code = "credit.overdue"
    else:
        code = "credit.paid_up"
    return Finding(code, levels[code], None, _facts(credit, ledger) | {"to_pay": ledger.overdue})


def limit_finding(
    credit: CreditFacts,
    ledger: LedgerFacts,
    amount: int,
    on: date,
    levels: Mapping[str, Level],
    *,
    cash: bool,
    over_limit_percent: Decimal,
) -> Finding:
    """The limit block for a deal of `amount` fen.

    Over the limit, the facts also hold `over` (amount − available), `to_pay` (what brings the deal under the
    limit) and `to_pay_for_approval` (what brings it so near that a supervisor can approve).
    """
    facts = _facts(credit, ledger) | {"amount": amount, "valid_until": credit.valid_until}
    over = amount - available(credit, ledger)
    allowed_over = int((credit.limit or 0) * over_limit_percent / 100)
    if cash:
        code = "credit.cash"
    elif credit.frozen:
        code = "credit.frozen"
    elif not credit.grade:
        code = "credit.ungraded"
    elif credit.grade == CASH_ONLY_GRADE:
        code = "credit.cash_only"
    elif credit.valid_until is not None and credit.valid_until < on:
        code = "credit.expired"
    elif over <= 0:
        code = "credit.ok"
    else:
        # `over` is whole fen, so comparing with the whole part of the percentage is exact.
        code = "credit.over_limit" if over <= allowed_over else "credit.far_over_limit"
        facts |= {"over": over, "to_pay": over, "to_pay_for_approval": max(0, over - allowed_over)}
    return Finding(code, levels[code], None, facts)


def _facts(credit: CreditFacts, ledger: LedgerFacts) -> dict[str, Any]:
    temporary = {"temporary": credit.temporary, "temporary_until": credit.temporary_until} if credit.temporary else {}
    return {
        "grade": credit.grade or None,
        "limit": credit.limit or 0,
        "outstanding": ledger.outstanding,
        "available": available(credit, ledger),
        "overdue": ledger.overdue,
        "overdue_days": ledger.overdue_days,
        **temporary,
        **({"together": credit.together} if credit.together else {}),
    }
