"""An approval covers exactly the findings it names, is bound to the inputs, and ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fieldapp.core.findings import Finding, Level, verdict
from fieldapp.desk.approvals.rules import Holding, Standing, holds, inputs_key, to_cover
from fieldapp.desk.checks.rules import CheckResult, DealInput, LineInput, Terms

DEAL = DealInput(
    "D001",
    date(2026, 11, 23),
    "410102",
    Terms.CREDIT,
    (LineInput("P10", 5_000_000, 315000), LineInput("P11", 2_000_000, 280000)),
)
KEY = inputs_key(DEAL)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS = NOW + timedelta(hours=1)

BELOW_1 = Finding("price.below_floor", Level.APPROVAL, 1)
BELOW_2 = Finding("price.below_floor", Level.APPROVAL, 2)
OVER = Finding("credit.over_limit", Level.APPROVAL)
FINE = Finding("territory.own", Level.OK, 1)
WATCH = Finding("distributor.watch", Level.INFO)
FAR_OVER = Finding("credit.far_over_limit", Level.STOP)


def result(*findings: Finding) -> CheckResult:
    return CheckResult(verdict(findings), 0, (0, 0), findings)


LINE_1, LINE_2 = DEAL.lines


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(DEAL, distributor="D002"), id="distributor"),
        pytest.param(replace(DEAL, ship_to="4101"), id="region"),
        pytest.param(replace(DEAL, terms=Terms.CASH), id="terms"),
        pytest.param(replace(DEAL, lines=(replace(LINE_1, price=315001), LINE_2)), id="price"),
        pytest.param(replace(DEAL, lines=(replace(LINE_1, grams=5_000_001), LINE_2)), id="quantity"),
        pytest.param(replace(DEAL, lines=(replace(LINE_1, product="P12"), LINE_2)), id="product"),
        pytest.param(replace(DEAL, lines=(LINE_2, LINE_1)), id="order of lines"),
        pytest.param(replace(DEAL, lines=(LINE_1,)), id="a line less"),
        pytest.param(replace(DEAL, lines=(LINE_1, LINE_2, LINE_2)), id="a line more"),
    ],
)
def test_changed_inputs_end_it(changed: DealInput) -> None:
    assert inputs_key(changed) != KEY
    assert holds({("price.below_floor", 1)}, KEY, ENDS, NOW, changed, result(BELOW_1)) == Holding(
        Standing.INPUTS_CHANGED
    )


def test_the_date_is_no_input() -> None:
    assert inputs_key(replace(DEAL, on=date(2026, 11, 24))) == KEY


def test_the_key_is_that_of_stored_approvals() -> None:
    """Kept with each approval: another key for the same inputs would end all that are open."""
    assert KEY == "1a242ad1fb3fd740092a609c3a7fc3a3190bb132503feb6831f4e10bb0cb1143"


def test_codes_and_numbers_do_not_run_together() -> None:
    one = replace(DEAL, distributor="D1", ship_to="1410102")
    other = replace(DEAL, distributor="D11", ship_to="410102")
    assert inputs_key(one) != inputs_key(other)


@pytest.mark.parametrize(
    ("approved", "findings", "holding"),
    [
        pytest.param([BELOW_1], [FINE, BELOW_1, WATCH], Holding(Standing.HOLDS), id="covered"),
        pytest.param([BELOW_1, OVER], [BELOW_1], Holding(Standing.HOLDS), id="one is gone"),
        pytest.param([BELOW_1], [FINE], Holding(Standing.HOLDS), id="none is left"),
        pytest.param([BELOW_1], [BELOW_1, OVER], Holding(Standing.UNCOVERED, (OVER,)), id="a new one"),
        pytest.param([BELOW_1], [BELOW_2], Holding(Standing.UNCOVERED, (BELOW_2,)), id="on another line"),
        pytest.param([], [BELOW_1, OVER], Holding(Standing.UNCOVERED, (BELOW_1, OVER)), id="all of them"),
        pytest.param([BELOW_1], [BELOW_1, FAR_OVER], Holding(Standing.STOP, (FAR_OVER,)), id="a stop"),
        pytest.param([FAR_OVER], [FAR_OVER], Holding(Standing.STOP, (FAR_OVER,)), id="a stop that was named"),
        pytest.param([], [OVER, FAR_OVER], Holding(Standing.STOP, (FAR_OVER,)), id="stop before uncovered"),
    ],
)
def test_it_covers_exactly_what_it_names(approved: list[Finding], findings: list[Finding], holding: Holding) -> None:
    named = {(finding.code, finding.line) for finding in approved}
    assert holds(named, KEY, ENDS, NOW, DEAL, result(*findings)) == holding
    assert holding.holds is (holding.standing is Standing.HOLDS)


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (ENDS - timedelta(microseconds=1), Standing.HOLDS),
        (ENDS, Standing.EXPIRED),
        (ENDS + timedelta(days=1), Standing.EXPIRED),
    ],
)
def test_it_ends(now: datetime, standing: Standing) -> None:
    assert holds(to_cover([BELOW_1]), KEY, ENDS, now, DEAL, result(BELOW_1)).standing is standing


def test_to_cover_names_what_needs_approval() -> None:
    assert to_cover([FINE, BELOW_2, WATCH, OVER]) == {("price.below_floor", 2), ("credit.over_limit", None)}
