"""The overdue block and the limit block, row by row and at every bound."""

from datetime import date
from decimal import Decimal

import pytest

from fieldapp.core.findings import Finding, Level
from fieldapp.standing.grading.rules import (
    CASH_LEVELS,
    LEVELS,
    CreditFacts,
    available,
    limit_finding,
    overdue_finding,
)
from fieldapp.trade.ledger.rules import LedgerFacts

ON = date(2026, 11, 23)
GOOD = CreditFacts("A", 100_000_00, date(2027, 1, 1))


def overdue(days: int, levels: dict[str, Level] | None = None) -> Finding:
    ledger = LedgerFacts(outstanding=500, overdue=300 if days else 0, overdue_days=days)
    return overdue_finding(GOOD, ledger, levels or LEVELS, stop_days=30, frozen_days=7, days=1)


def limit(
    credit: CreditFacts, amount: int, outstanding: int = 0, *, cash: bool = False, percent: str = "10"
) -> Finding:
    return limit_finding(
        credit,
        LedgerFacts(outstanding=outstanding),
        amount,
        ON,
        LEVELS,
        cash=cash,
        over_limit_percent=Decimal(percent),
    )


@pytest.mark.parametrize(
    ("days", "code", "credit_level", "cash_level"),
    [
        (0, "credit.paid_up", Level.OK, Level.OK),
        (1, "credit.overdue", Level.APPROVAL, Level.INFO),
        (7, "credit.overdue", Level.APPROVAL, Level.INFO),
        (8, "credit.overdue_frozen", Level.STOP, Level.APPROVAL),
        (29, "credit.overdue_frozen", Level.STOP, Level.APPROVAL),
        (30, "credit.overdue_frozen", Level.STOP, Level.APPROVAL),
        (31, "credit.overdue_stop", Level.STOP, Level.STOP),
        (4000, "credit.overdue_stop", Level.STOP, Level.STOP),
    ],
)
def test_overdue_block(days: int, code: str, credit_level: Level, cash_level: Level) -> None:
    on_credit, in_cash = overdue(days), overdue(days, dict(CASH_LEVELS))
    assert (on_credit.code, on_credit.level, on_credit.line) == (code, credit_level, None)
    assert (in_cash.code, in_cash.level) == (code, cash_level)


def test_overdue_days_are_settings() -> None:
    ledger = LedgerFacts(overdue=1, overdue_days=5)

    def code(stop: int, frozen: int, days: int) -> str:
        return overdue_finding(GOOD, ledger, LEVELS, stop_days=stop, frozen_days=frozen, days=days).code

    assert code(4, 4, 1) == "credit.overdue_stop"
    assert code(5, 4, 1) == "credit.overdue_frozen"
    assert code(5, 5, 5) == "credit.overdue"
    assert code(9, 9, 6) == "credit.paid_up"


@pytest.mark.parametrize(
    ("credit", "amount", "outstanding", "code", "level"),
    [
        pytest.param(CreditFacts("A", 100, None, True), 1, 0, "credit.frozen", Level.STOP, id="frozen"),
        pytest.param(CreditFacts(None, 100), 1, 0, "credit.ungraded", Level.STOP, id="no grade"),
        pytest.param(CreditFacts("", 100), 1, 0, "credit.ungraded", Level.STOP, id="empty grade"),
        pytest.param(CreditFacts(), 0, 0, "credit.ungraded", Level.STOP, id="no record"),
        pytest.param(CreditFacts("D", 100), 1, 0, "credit.cash_only", Level.STOP, id="grade D"),
        pytest.param(
            CreditFacts("A", 100, date(2026, 11, 22)),
            1,
            0,
            "credit.expired",
            Level.APPROVAL,
            id="ended yesterday",
        ),
        pytest.param(CreditFacts("A", 100, date(2026, 11, 23)), 1, 0, "credit.ok", Level.OK, id="ends today"),
        pytest.param(CreditFacts("A", 100, None), 1, 0, "credit.ok", Level.OK, id="no end"),
        # The first row that applies: each case also meets the ones below it.
        pytest.param(
            CreditFacts(None, 0, date(2020, 1, 1), True), 9, 0, "credit.frozen", Level.STOP, id="frozen first"
        ),
        pytest.param(CreditFacts(None, 0, date(2020, 1, 1)), 9, 0, "credit.ungraded", Level.STOP, id="ungraded second"),
        pytest.param(CreditFacts("D", 0, date(2020, 1, 1)), 9, 0, "credit.cash_only", Level.STOP, id="cash only third"),
        pytest.param(
            CreditFacts("A", 0, date(2020, 1, 1)), 9, 0, "credit.expired", Level.APPROVAL, id="expired fourth"
        ),
        # Limit 1000, outstanding 400: available 600, ten per cent of the limit is 100.
        pytest.param(CreditFacts("B", 1000), 599, 400, "credit.ok", Level.OK, id="under available"),
        pytest.param(CreditFacts("B", 1000), 600, 400, "credit.ok", Level.OK, id="exactly available"),
        pytest.param(CreditFacts("B", 1000), 601, 400, "credit.over_limit", Level.APPROVAL, id="one fen over"),
        pytest.param(CreditFacts("B", 1000), 700, 400, "credit.over_limit", Level.APPROVAL, id="10 % exactly"),
        pytest.param(CreditFacts("B", 1000), 701, 400, "credit.far_over_limit", Level.STOP, id="a fen more"),
        # Ten per cent of 1005 is 100.5: 100 over is within, 101 is not.
        pytest.param(CreditFacts("B", 1005), 1105, 0, "credit.over_limit", Level.APPROVAL, id="100 of 100.5"),
        pytest.param(CreditFacts("B", 1005), 1106, 0, "credit.far_over_limit", Level.STOP, id="101 of 100.5"),
        pytest.param(CreditFacts("C", 0), 0, 0, "credit.ok", Level.OK, id="limit 0, nothing"),
        pytest.param(CreditFacts("C", 0), 1, 0, "credit.far_over_limit", Level.STOP, id="limit 0 is 0"),
        pytest.param(CreditFacts("C", 0), 1, -1, "credit.ok", Level.OK, id="limit 0, paid ahead"),
        pytest.param(CreditFacts("C", None), 1, 0, "credit.far_over_limit", Level.STOP, id="no limit set is 0"),
        pytest.param(CreditFacts("B", 1000), 0, 1001, "credit.over_limit", Level.APPROVAL, id="available −1"),
        pytest.param(CreditFacts("B", 1000), 99, 1001, "credit.over_limit", Level.APPROVAL, id="−1, in 10 %"),
        pytest.param(CreditFacts("B", 1000), 100, 1001, "credit.far_over_limit", Level.STOP, id="−1, over 10 %"),
        pytest.param(
            CreditFacts("B", 1000),
            1,
            5000,
            "credit.far_over_limit",
            Level.STOP,
            id="a lowered limit bites at once",
        ),
    ],
)
def test_limit_block(credit: CreditFacts, amount: int, outstanding: int, code: str, level: Level) -> None:
    found = limit(credit, amount, outstanding)
    assert (found.code, found.level, found.line) == (code, level, None)


@pytest.mark.parametrize("credit", [CreditFacts(), CreditFacts("D", 0), CreditFacts("A", 0, date(2020, 1, 1), True)])
def test_cash_terms_ask_for_no_limit(credit: CreditFacts) -> None:
    found = limit(credit, 10**9, 10**9, cash=True)
    assert (found.code, found.level) == ("credit.cash", Level.OK)


def test_over_limit_percent_is_a_setting() -> None:
    assert limit(CreditFacts("A", 1000), 1001, percent="0").code == "credit.far_over_limit"
    assert limit(CreditFacts("A", 1000), 1255, percent="25.5").code == "credit.over_limit"
    assert limit(CreditFacts("A", 1000), 1256, percent="25.5").code == "credit.far_over_limit"


def test_facts_hold_every_number_behind_a_credit_finding() -> None:
    ledger = LedgerFacts(outstanding=1300, overdue=250, overdue_days=9)
    credit = CreditFacts("B", 1000, date(2026, 12, 31))
    numbers = {
        "grade": "B",
        "limit": 1000,
        "outstanding": 1300,
        "available": -300,
        "overdue": 250,
        "overdue_days": 9,
    }
    late = overdue_finding(credit, ledger, LEVELS, stop_days=30, frozen_days=7, days=1)
    assert late.facts == numbers | {"to_pay": 250}
    over = limit_finding(credit, ledger, 50, ON, LEVELS, cash=False, over_limit_percent=Decimal(10))
    assert over.facts == numbers | {
        "amount": 50,
        "valid_until": date(2026, 12, 31),
        "over": 350,
        "to_pay": 350,
        "to_pay_for_approval": 250,
    }
    in_cash = limit_finding(credit, ledger, 50, ON, LEVELS, cash=True, over_limit_percent=Decimal(10))
    assert numbers.items() <= in_cash.facts.items()


@pytest.mark.parametrize(("amount", "outstanding", "limit_fen"), [(701, 400, 1000), (1, 5000, 1000), (1106, 0, 1005)])
def test_paying_what_the_finding_says_is_enough_and_one_fen_less_is_not(
    amount: int, outstanding: int, limit_fen: int
) -> None:
    credit = CreditFacts("B", limit_fen)
    facts = limit(credit, amount, outstanding).facts

    def code_after(payment: int) -> str:
        return limit(credit, amount, outstanding - payment).code

    assert code_after(facts["to_pay"]) == "credit.ok"
    assert code_after(facts["to_pay"] - 1) == "credit.over_limit"
    assert code_after(facts["to_pay_for_approval"]) == "credit.over_limit"
    assert code_after(facts["to_pay_for_approval"] - 1) == "credit.far_over_limit"


def test_available_may_be_negative_and_an_unset_limit_counts_as_zero() -> None:
    assert available(CreditFacts("A", 100), LedgerFacts(outstanding=130)) == -30
    assert available(CreditFacts("A", None), LedgerFacts(outstanding=130)) == -130
    assert limit(CreditFacts("A", None), 1).facts["limit"] == 0
