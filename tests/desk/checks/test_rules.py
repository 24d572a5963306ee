"""The whole check: amounts, the verdict, the order of the findings, the contract's example, the policy."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fieldapp.core.findings import Level, Verdict
from fieldapp.desk.checks.rules import (
    CASH_LEVELS,
    LEVELS,
    DealFacts,
    DealInput,
    DealPolicy,
    LineFacts,
    LineInput,
    PolicyError,
    Terms,
    check,
)
from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.territory.rules import TerritoryFacts
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts
from fieldapp.trade.pricing.rules import PriceRow, RebateRow

ON = date(2026, 11, 23)
START = date(2026, 1, 1)
OWN = TerritoryFacts(("D001",), "4101")
FOREIGN = TerritoryFacts(("D002", "D003"), "4101")
NOBODY = TerritoryFacts()
PRICE = PriceRow("P10", "41", "*", START, None, 330000, 315000, 360000)
NO_FLOOR = PriceRow("P10", "41", "*", START, None, 330000, None, None)
GOOD = CreditFacts("A", 10_000_000, date(2027, 1, 1))
POLICY = DealPolicy()


def per_tonne(fen: int) -> RebateRow:
    return RebateRow("R1", "*", "*", "*", "*", fen, None, START, None)


def deal(*prices: int, terms: Terms = Terms.CREDIT, grams: int = 5_000_000) -> DealInput:
    lines = tuple(LineInput("P10", grams, price) for price in prices)
    return DealInput("D001", ON, "410102", terms, lines)


def facts(
    *lines: LineFacts,
    status: Status = Status.ACTIVE,
    credit: CreditFacts = GOOD,
    ledger: LedgerFacts = LedgerFacts(),  # noqa: B008 — frozen
) -> DealFacts:
    return DealFacts(DistributorFacts("D001", status), lines, credit, ledger)


def test_the_contracts_example() -> None:
    """`deal-check.md`, JSON: 5000 kg at 3150.00, net 3110.00, floor 3150.00 → lowest ok price 3190.00."""
    result = check(deal(315000), facts(LineFacts(OWN, PRICE, (per_tonne(4000),))), POLICY)
    assert result.verdict is Verdict.APPROVAL
    assert result.amount == 1_575_000
    (found,) = [finding for finding in result.findings if finding.code.startswith("price.")]
    assert (found.code, found.level, found.line) == ("price.below_floor", Level.APPROVAL, 1)
    assert (found.facts["net"], found.facts["floor"], found.facts["lowest_ok_price"]) == (
        311000,
        315000,
        319000,
    )


def test_a_good_deal_goes() -> None:
    result = check(deal(320000), facts(LineFacts(OWN, PRICE)), POLICY)
    assert result.verdict is Verdict.GO
    assert [(finding.code, finding.line) for finding in result.findings] == [
        ("territory.own", 1),
        ("price.ok", 1),
        ("credit.paid_up", None),
        ("credit.ok", None),
    ]


@pytest.mark.parametrize(
    ("territory", "price_row", "price", "code", "verdict"),
    [
        (OWN, PRICE, 315000, "territory.own", Verdict.GO),
        (NOBODY, PRICE, 315000, "territory.unassigned", Verdict.APPROVAL),
        (FOREIGN, PRICE, 315000, "territory.foreign", Verdict.APPROVAL),
        (FOREIGN, PRICE, 314999, "territory.foreign_undercut", Verdict.STOP),
        (FOREIGN, NO_FLOOR, 1, "territory.foreign", Verdict.APPROVAL),
        (FOREIGN, None, 315000, "territory.foreign_undercut", Verdict.STOP),
        (NOBODY, None, 315000, "territory.unassigned", Verdict.STOP),
    ],
)
def test_territory_looks_at_the_lines_net_price(
    territory: TerritoryFacts, price_row: PriceRow | None, price: int, code: str, verdict: Verdict
) -> None:
    result = check(deal(price), facts(LineFacts(territory, price_row)), POLICY)
    assert (result.findings[0].code, result.verdict) == (code, verdict)


def test_a_foreign_line_names_the_owners_and_an_undercut_the_way_out() -> None:
    line = LineFacts(FOREIGN, PRICE, (per_tonne(4000),))
    undercut = check(deal(318999), facts(line), POLICY).findings[0]
    assert undercut.code == "territory.foreign_undercut"
    assert undercut.facts["owners"] == ("D002", "D003")
    lowest = undercut.facts["lowest_ok_price"]
    assert check(deal(lowest), facts(line), POLICY).findings[0].code == "territory.foreign"


@pytest.mark.parametrize(
    ("price", "verdict"),
    [
        (315000, Verdict.GO),
        (314999, Verdict.APPROVAL),
        (308700, Verdict.APPROVAL),
        (308699, Verdict.STOP),
        (360001, Verdict.GO),
    ],
)
def test_the_price_decides(price: int, verdict: Verdict) -> None:
    assert check(deal(price), facts(LineFacts(OWN, PRICE)), POLICY).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict", "last"),
    [
        (Status.ACTIVE, Verdict.GO, "credit.ok"),
        (Status.WATCH, Verdict.GO, "distributor.watch"),
        (Status.PROSPECT, Verdict.APPROVAL, "distributor.prospect"),
        (Status.ENDED, Verdict.STOP, "distributor.ended"),
    ],
)
def test_the_status_decides(status: Status, verdict: Verdict, last: str) -> None:
    result = check(deal(315000), facts(LineFacts(OWN, PRICE), status=status), POLICY)
    assert (result.verdict, result.findings[-1].code) == (verdict, last)


@pytest.mark.parametrize(
    ("days", "terms", "verdict"),
    [
        (0, Terms.CREDIT, Verdict.GO),
        (1, Terms.CREDIT, Verdict.APPROVAL),
        (7, Terms.CREDIT, Verdict.APPROVAL),
        (8, Terms.CREDIT, Verdict.STOP),
        (31, Terms.CREDIT, Verdict.STOP),
        (1, Terms.CASH, Verdict.GO),
        (7, Terms.CASH, Verdict.GO),
        (8, Terms.CASH, Verdict.APPROVAL),
        (30, Terms.CASH, Verdict.APPROVAL),
        (31, Terms.CASH, Verdict.STOP),
    ],
)
def test_terms_and_days_overdue_decide(days: int, terms: Terms, verdict: Verdict) -> None:
    ledger = LedgerFacts(1000, 1000 if days else 0, days)
    result = check(deal(315000, terms=terms), facts(LineFacts(OWN, PRICE), ledger=ledger), POLICY)
    assert result.verdict is verdict


def test_the_limit_is_held_against_the_whole_deal() -> None:
    """Each line fits into the limit, the two together do not."""
    line = LineFacts(OWN, PRICE)
    credit = CreditFacts("B", 2_000_000)  # ¥20,000; a line is ¥15,750
    assert check(deal(315000), facts(line, credit=credit), POLICY).verdict is Verdict.GO
    both = check(deal(315000, 315000), facts(line, line, credit=credit), POLICY)
    assert both.findings[-1].code == "credit.far_over_limit"
    assert both.findings[-1].facts["over"] == 3_150_000 - 2_000_000


def test_cash_needs_no_limit() -> None:
    result = check(deal(315000, terms=Terms.CASH), facts(LineFacts(OWN, PRICE), credit=CreditFacts()), POLICY)
    assert (result.verdict, result.findings[-1].code) == (Verdict.GO, "credit.cash")


@pytest.mark.parametrize(
    ("grams", "price", "amount"),
    [
        (5_000_000, 315000, 1_575_000),
        (1_000, 315000, 315),
        (1, 500_000, 1),  # half a fen rounds up
        (1, 499_999, 0),
        (1_500, 333, 0),  # 0.4995
        (1_500, 1_667, 3),  # 2.5005
        (0, 315000, 0),
    ],
)
def test_a_lines_amount_is_rounded_half_up(grams: int, price: int, amount: int) -> None:
    result = check(deal(price, grams=grams), facts(LineFacts(OWN, PRICE)), POLICY)
    assert (result.amount, result.line_amounts) == (amount, (amount,))


def test_each_line_is_rounded_before_the_sum() -> None:
    line = LineFacts(OWN, PRICE)
    result = check(deal(500_000, 500_000, grams=1), facts(line, line), POLICY)
    assert (result.line_amounts, result.amount) == ((1, 1), 2)


def test_findings_stand_in_their_order() -> None:
    lines = (LineFacts(FOREIGN, PRICE), LineFacts(NOBODY, None), LineFacts(OWN, NO_FLOOR))
    result = check(deal(360001, 1, 1), facts(*lines, status=Status.WATCH), POLICY)
    assert [(finding.code, finding.line) for finding in result.findings] == [
        ("territory.foreign", 1),
        ("price.ok", 1),
        ("price.above_retail", 1),
        ("territory.unassigned", 2),
        ("price.none", 2),
        ("territory.own", 3),
        ("price.no_floor", 3),
        ("credit.paid_up", None),
        ("credit.ok", None),
        ("distributor.watch", None),
    ]
    assert result.verdict is Verdict.STOP


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        pytest.param(deal(), facts(), id="no line"),
        pytest.param(deal(315000, 315000), facts(LineFacts(OWN, PRICE)), id="a line without facts"),
        pytest.param(deal(-1), facts(LineFacts(OWN, PRICE)), id="negative price"),
        pytest.param(deal(315000, grams=-1), facts(LineFacts(OWN, PRICE)), id="negative weight"),
    ],
)
def test_what_is_no_deal_is_refused(asked: DealInput, known: DealFacts) -> None:
    with pytest.raises(ValueError, match=r"line|argument"):
        check(asked, known, POLICY)


# --- the policy ------------------------------------------------------------------------------------


def test_the_default_policy_is_the_contracts() -> None:
    assert POLICY.to_settings() == {
        "tolerance_percent": "2",
        "overdue_stop_days": 30,
        "overdue_frozen_days": 7,
        "overdue_days": 1,
        "over_limit_percent": "10",
        "approval_hours": 24,
        "levels": {
            "territory.own": "ok",
            "territory.unassigned": "approval",
            "territory.foreign": "approval",
            "territory.foreign_undercut": "stop",
            "price.none": "stop",
            "price.no_floor": "approval",
            "price.ok": "ok",
            "price.below_floor": "approval",
            "price.far_below_floor": "stop",
            "price.above_retail": "info",
            "credit.overdue_stop": "stop",
            "credit.overdue_frozen": "stop",
            "credit.overdue": "approval",
            "credit.paid_up": "ok",
            "credit.cash": "ok",
            "credit.frozen": "stop",
            "credit.ungraded": "stop",
            "credit.cash_only": "stop",
            "credit.expired": "approval",
            "credit.ok": "ok",
            "credit.over_limit": "approval",
            "credit.far_over_limit": "stop",
            "distributor.ended": "stop",
            "distributor.prospect": "approval",
            "distributor.watch": "info",
        },
        "cash_levels": {
            "credit.overdue_stop": "stop",
            "credit.overdue_frozen": "approval",
            "credit.overdue": "info",
            "credit.paid_up": "ok",
        },
    }


def test_settings_come_back_from_json_as_they_were() -> None:
    policy = DealPolicy(
        tolerance_percent=Decimal("1.25"),
        overdue_stop_days=60,
        overdue_frozen_days=14,
        overdue_days=3,
        over_limit_percent=Decimal(0),
        approval_hours=48,
        levels={"price.no_floor": Level.STOP},
        cash_levels={"credit.overdue": Level.OK},
    )
    assert DealPolicy.from_settings(json.loads(json.dumps(policy.to_settings()))) == policy
    assert DealPolicy.from_settings({}) == POLICY


def test_typed_numbers_are_read() -> None:
    typed = DealPolicy.from_settings({"overdue_stop_days": " 45 ", "tolerance_percent": "2.50"})
    assert (typed.overdue_stop_days, typed.tolerance_percent) == (45, Decimal("2.5"))


def test_every_number_of_the_policy_counts() -> None:
    line = LineFacts(OWN, PRICE)

    def codes(policy: DealPolicy, *, price: int = 315000, **known: Any) -> set[str]:
        return {finding.code for finding in check(deal(price), facts(line, **known), policy).findings}

    assert "price.far_below_floor" in codes(DealPolicy(tolerance_percent=Decimal(1)), price=311849)
    assert "price.below_floor" in codes(DealPolicy(tolerance_percent=Decimal(1)), price=311850)
    five_days = LedgerFacts(1, 1, 5)
    assert "credit.overdue" in codes(POLICY, ledger=five_days)
    assert "credit.paid_up" in codes(DealPolicy(overdue_days=6), ledger=five_days)
    assert "credit.overdue_frozen" in codes(DealPolicy(overdue_frozen_days=4), ledger=five_days)
    assert "credit.overdue_stop" in codes(DealPolicy(overdue_stop_days=4, overdue_frozen_days=4), ledger=five_days)
    half = CreditFacts("B", 1_050_000)  # the deal is 1,575,000: over by exactly half
    assert "credit.over_limit" in codes(DealPolicy(over_limit_percent=Decimal(50)), credit=half)
    assert "credit.far_over_limit" in codes(DealPolicy(over_limit_percent=Decimal("49.9999")), credit=half)


def test_levels_of_the_policy_decide_the_verdict() -> None:
    known = facts(LineFacts(NOBODY, NO_FLOOR), ledger=LedgerFacts(1, 1, 3))
    free = {"territory.unassigned": Level.INFO, "price.no_floor": Level.OK, "credit.overdue": Level.INFO}
    assert check(deal(315000), known, POLICY).verdict is Verdict.APPROVAL
    assert check(deal(315000), known, DealPolicy(levels=free)).verdict is Verdict.GO
    strict = DealPolicy(levels=free, cash_levels={"credit.overdue": Level.STOP})
    assert check(deal(315000, terms=Terms.CASH), known, strict).verdict is Verdict.STOP
    assert check(deal(315000), known, strict).verdict is Verdict.GO


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"tolerance_percent": "-1"}, "tolerance_percent"),
        ({"tolerance_percent": "100.0001"}, "tolerance_percent"),
        ({"tolerance_percent": "1.00001"}, "tolerance_percent"),
        ({"tolerance_percent": "NaN"}, "tolerance_percent"),
        ({"tolerance_percent": "Infinity"}, "tolerance_percent"),
        ({"tolerance_percent": "two"}, "tolerance_percent"),
        ({"tolerance_percent": True}, "tolerance_percent"),
        ({"tolerance_percent": None}, "tolerance_percent"),
        ({"over_limit_percent": "1000.1"}, "over_limit_percent"),
        ({"overdue_stop_days": -1}, "overdue_stop_days"),
        ({"overdue_stop_days": 30.5}, "overdue_stop_days"),
        ({"overdue_stop_days": "3651"}, "overdue_stop_days"),
        ({"overdue_stop_days": True}, "overdue_stop_days"),
        ({"overdue_days": 0}, "overdue_days"),
        ({"approval_hours": 0}, "approval_hours"),
        ({"approval_hours": ""}, "approval_hours"),
        ({"overdue_frozen_days": 31}, "overdue_frozen_days"),
        ({"overdue_days": 9}, "overdue_days"),
        ({"levels": {"price.ok": "fine"}}, "levels.price.ok"),
        ({"levels": {"price.ok": []}}, "levels.price.ok"),
        ({"levels": {"price.okay": "ok"}}, "levels.price.okay"),
        ({"levels": ["ok"]}, "levels"),
        ({"cash_levels": {"price.ok": "ok"}}, "cash_levels.price.ok"),
        ({"tolerance": "2"}, "tolerance"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyError) as caught:
        DealPolicy.from_settings(settings)
    (problem,) = caught.value.problems
    assert problem.field == field
    assert str(problem).startswith(f"{field}: {problem.value!r} — ")
    assert "%(" not in str(problem)


def test_all_settings_that_cannot_be_are_named_at_once() -> None:
    wrong = {"tolerance": 1, "overdue_days": 0, "levels": {"x": "ok", "price.ok": "?"}, "approval_hours": "a"}
    with pytest.raises(PolicyError) as caught:
        DealPolicy.from_settings(wrong)
    assert sorted(problem.field for problem in caught.value.problems) == [
        "approval_hours",
        "levels.price.ok",
        "levels.x",
        "overdue_days",
        "tolerance",
    ]


def test_a_policy_cannot_be_changed_under_way() -> None:
    levels = {"price.ok": Level.INFO}
    policy = DealPolicy(levels=levels)
    levels["price.ok"] = Level.STOP
    assert policy.levels["price.ok"] is Level.INFO
    with pytest.raises(TypeError):
        policy.levels["price.ok"] = Level.STOP  # type: ignore[index]
    assert set(policy.levels) == set(LEVELS)
    assert set(policy.cash_levels) == set(CASH_LEVELS)
