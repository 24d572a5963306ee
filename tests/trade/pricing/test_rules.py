"""The best price row, the rebates that apply, the net price to the fen, the findings at their bounds."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fieldapp.core.findings import Level
from fieldapp.trade.pricing.rules import (
    LEVELS,
    PriceRow,
    RebateRow,
    applying,
    best_price,
    findings,
    lowest_approvable_price,
    lowest_ok_price,
    lowest_price,
    net,
    quote,
)

ON = date(2026, 11, 23)
TWO_PERCENT = Decimal(2)


def price_row(
    region: str = "41",
    tier: str = "*",
    valid_from: str = "2026-01-01",
    valid_to: str | None = None,
    *,
    list_price: int | None = 330000,
    floor: int | None = 315000,
    retail: int | None = None,
) -> PriceRow:
    return PriceRow(
        "P10",
        region,
        tier,
        date.fromisoformat(valid_from),
        valid_to and date.fromisoformat(valid_to),
        list_price,
        floor,
        retail,
    )


def rebate(
    code: str = "R1",
    *,
    distributor: str = "*",
    tier: str = "*",
    line: str = "*",
    product: str = "*",
    per_tonne: int | None = None,
    percent: str | None = None,
    valid_from: str = "2026-01-01",
    valid_to: str | None = None,
) -> RebateRow:
    return RebateRow(
        code,
        distributor,
        tier,
        line,
        product,
        per_tonne,
        None if percent is None else Decimal(percent),
        date.fromisoformat(valid_from),
        valid_to and date.fromisoformat(valid_to),
    )


# --- which row counts ------------------------------------------------------------------------------

PROVINCE, CITY = price_row("41"), price_row("4101")
COUNTY, TOWNSHIP = price_row("410102"), price_row("410102001")
CITY_A = price_row("4101", "A")
CITY_A_LATER = price_row("4101", "A", "2026-06-01")
CITY_LATER = price_row("4101", "*", "2026-06-01")


@pytest.mark.parametrize(
    ("rows", "ship_to", "tier", "best"),
    [
        pytest.param([], "410102", "A", None, id="no rows"),
        pytest.param([price_row("42")], "410102", "A", None, id="another province"),
        pytest.param([TOWNSHIP], "410102", "A", None, id="below ship_to"),
        pytest.param([PROVINCE, CITY, COUNTY, TOWNSHIP], "410102001", "A", TOWNSHIP, id="township"),
        pytest.param([PROVINCE, CITY, COUNTY], "410102001", "A", COUNTY, id="county"),
        pytest.param([PROVINCE, CITY], "410102001", "A", CITY, id="city"),
        pytest.param([PROVINCE, TOWNSHIP], "410102", "A", PROVINCE, id="province"),
        pytest.param([CITY, CITY_A], "410102", "A", CITY_A, id="the tier's own beats *"),
        pytest.param([CITY_LATER, CITY_A], "410102", "A", CITY_A, id="the tier's own beats a later *"),
        pytest.param([COUNTY, CITY_A], "410102", "A", COUNTY, id="the region beats the tier"),
        pytest.param([CITY_A, CITY_A_LATER], "410102", "A", CITY_A_LATER, id="the latest"),
        pytest.param([CITY_A, CITY], "410102", "B", CITY, id="another tier's row is no candidate"),
        pytest.param([CITY_A], "410102", "B", None, id="only another tier's row"),
        pytest.param([CITY_A, CITY], "410102", None, CITY, id="no tier matches * only"),
        pytest.param([CITY_A], "410102", None, None, id="no tier and no * row"),
        pytest.param([price_row(valid_to="2026-11-23")], "41", "A", price_row(valid_to="2026-11-23"), id="last day"),
        pytest.param([price_row(valid_to="2026-11-22")], "41", "A", None, id="ended yesterday"),
        pytest.param(
            [price_row(valid_from="2026-11-23")],
            "41",
            "A",
            price_row(valid_from="2026-11-23"),
            id="first day",
        ),
        pytest.param([price_row(valid_from="2026-11-24")], "41", "A", None, id="begins tomorrow"),
    ],
)
def test_best_price(rows: list[PriceRow], ship_to: str, tier: str | None, best: PriceRow | None) -> None:
    for candidates in permutations(rows):
        assert best_price(candidates, ship_to, tier, ON) == best


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (rebate(), True),
        (rebate(distributor="D1"), True),
        (rebate(distributor="D2"), False),
        (rebate(tier="A"), True),
        (rebate(tier="B"), False),
        (rebate(line="pig"), True),
        (rebate(line="aqua"), False),
        (rebate(product="P10"), True),
        (rebate(product="P11"), False),
        (rebate(distributor="D1", tier="A", line="pig", product="P10"), True),
        (rebate(distributor="D1", tier="A", line="pig", product="P11"), False),
        (rebate(valid_to="2026-11-23"), True),
        (rebate(valid_to="2026-11-22"), False),
        (rebate(valid_from="2026-11-23"), True),
        (rebate(valid_from="2026-11-24"), False),
    ],
)
def test_rebate_applies(row: RebateRow, counts: bool) -> None:
    assert applying([row], "D1", "A", "pig", "P10", ON) == ((row,) if counts else ())


def test_no_tier_matches_rebates_for_all_tiers_only() -> None:
    rows = [rebate("R1", tier="A"), rebate("R2")]
    assert applying(rows, "D1", None, "pig", "P10", ON) == (rows[1],)


def test_all_applying_rebates_count_and_stand_by_code() -> None:
    rows = [rebate("R3"), rebate("R1"), rebate("R2", product="P11")]
    for order in permutations(rows):
        assert [row.code for row in applying(order, "D1", "A", "pig", "P10", ON)] == ["R1", "R3"]


# --- net and the lowest price ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "rebates", "expected"),
    [
        pytest.param(315000, [], 315000, id="no rebates"),
        pytest.param(315000, [rebate(per_tonne=4000)], 311000, id="per tonne"),
        pytest.param(315000, [rebate(percent="2")], 308700, id="percent"),
        pytest.param(315000, [rebate(per_tonne=4000, percent="2"), rebate("R2", percent="1.5")], 299975, id="summed"),
        pytest.param(315000, [rebate(per_tonne=None, percent=None)], 315000, id="unset takes nothing off"),
        pytest.param(50, [rebate(percent="1")], 50, id="49.5 rounds up"),
        pytest.param(150, [rebate(percent="1")], 149, id="148.5 rounds up"),
        pytest.param(49, [rebate(percent="1")], 49, id="48.51"),
        pytest.param(51, [rebate(percent="1")], 50, id="50.49"),
        pytest.param(333333, [rebate(percent="0.00015")], 333333, id="332.5 thousandths off"),
        pytest.param(315000, [rebate(percent="100")], 0, id="all of it"),
        pytest.param(100, [rebate(per_tonne=150)], -50, id="more than all of it"),
        # One rounding of the whole, not one per rebate: two halves of a fen make one fen.
        pytest.param(100, [rebate(percent="0.5"), rebate("R2", percent="0.5")], 99, id="rounded once"),
    ],
)
def test_net(price: int, rebates: list[RebateRow], expected: int) -> None:
    assert net(price, rebates) == expected


@pytest.mark.parametrize(
    ("floor", "rebates", "lowest"),
    [
        pytest.param(315000, [], 315000, id="no rebates: the floor"),
        pytest.param(315000, [rebate(per_tonne=4000)], 319000, id="per tonne on top"),
        pytest.param(308700, [rebate(percent="2")], 315000, id="percent, exact"),
        # 314999 × 0.98 = 308699.02 falls short of 308700 by rounding too.
        pytest.param(308699, [rebate(percent="2")], 314999, id="percent, the fen below"),
        pytest.param(50, [rebate(percent="1")], 50, id="the rounding helps: 49.5 is 50"),
        pytest.param(0, [], 0, id="floor zero is a floor"),
        pytest.param(0, [rebate(per_tonne=300)], 300, id="floor zero above a rebate"),
        pytest.param(0, [rebate(per_tonne=1, percent="50")], 2, id="minus half a fen falls short of zero"),
        pytest.param(None, [], None, id="no floor set"),
        pytest.param(315000, [rebate(percent="100")], None, id="100 %"),
        pytest.param(315000, [rebate(percent="60"), rebate("R2", percent="40")], None, id="100 % summed"),
        pytest.param(315000, [rebate(percent="101")], None, id="over 100 %"),
        pytest.param(0, [rebate(percent="100")], None, id="100 % even where the floor is kept"),
        pytest.param(315000, [rebate(percent="99.99")], 3149995000, id="just under 100 %"),
    ],
)
def test_lowest_ok_price(floor: int | None, rebates: list[RebateRow], lowest: int | None) -> None:
    assert lowest_ok_price(floor, rebates) == lowest


@pytest.mark.parametrize(
    ("floor", "tolerance", "rebates", "lowest"),
    [
        (315000, "2", [], 308700),
        (315001, "2", [], 308701),  # 308700.98: the bound itself is not rounded
        (315000, "0", [], 315000),
        (315000, "100", [], 0),
        (315000, "2", [rebate(per_tonne=4000)], 312700),
        (None, "2", [], None),
        (315000, "2", [rebate(percent="100")], None),
    ],
)
def test_lowest_approvable_price(
    floor: int | None, tolerance: str, rebates: list[RebateRow], lowest: int | None
) -> None:
    assert lowest_approvable_price(floor, rebates, Decimal(tolerance)) == lowest


def exact_net(price: int, per_tonne: int, percent: Decimal) -> int:
    """The net price once more, in fractions."""
    exact = Fraction(price) - per_tonne - Fraction(price) * Fraction(percent) / 100
    rounded = int(abs(exact) + Fraction(1, 2))
    return rounded if exact >= 0 else -rounded


@settings(deadline=None)
@given(
    st.integers(0, 10**12),
    st.integers(-(10**6), 10**6),
    st.decimals(0, 150, places=4, allow_nan=False, allow_infinity=False),
)
def test_net_agrees_with_fractions(price: int, per_tonne: int, percent: Decimal) -> None:
    row = RebateRow("R1", "*", "*", "*", "*", per_tonne, percent, ON, None)
    assert net(price, [row]) == exact_net(price, per_tonne, percent)


@settings(deadline=None)
@given(
    st.integers(-5, 60),
    st.integers(-20, 20),
    st.decimals("-20", "95", places=1, allow_nan=False, allow_infinity=False),
)
@example(0, 1, Decimal(50))
def test_lowest_price_is_the_first_that_reaches_it(least: int, per_tonne: int, percent: Decimal) -> None:
    row = RebateRow("R1", "*", "*", "*", "*", per_tonne, percent, ON, None)
    first = next(price for price in range(3000) if exact_net(price, per_tonne, percent) >= least)
    assert lowest_price(least, [row]) == first


@settings(deadline=None)
@given(
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.decimals(0, "99.9999", places=4, allow_nan=False, allow_infinity=False),
)
def test_lowest_ok_price_keeps_the_floor_and_one_fen_less_does_not(
    floor: int, per_tonne: int, percent: Decimal
) -> None:
    row = RebateRow("R1", "*", "*", "*", "*", per_tonne, percent, ON, None)
    lowest = lowest_ok_price(floor, [row])
    assert lowest is not None
    assert exact_net(lowest, per_tonne, percent) >= floor
    assert lowest == 0 or exact_net(lowest - 1, per_tonne, percent) < floor


# --- findings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "row", "codes"),
    [
        pytest.param(315000, None, ["price.none"], id="no candidate"),
        pytest.param(315000, price_row(floor=None), ["price.no_floor"], id="no floor set"),
        pytest.param(0, price_row(floor=None), ["price.no_floor"], id="no floor set, price zero"),
        pytest.param(0, price_row(floor=0), ["price.ok"], id="a floor of zero is a floor"),
        pytest.param(315001, price_row(), ["price.ok"], id="over the floor"),
        pytest.param(315000, price_row(), ["price.ok"], id="exactly the floor"),
        pytest.param(314999, price_row(), ["price.below_floor"], id="one fen under"),
        pytest.param(308700, price_row(), ["price.below_floor"], id="exactly 2 % under"),
        pytest.param(308699, price_row(), ["price.far_below_floor"], id="one fen more than 2 %"),
        # 98 % of 315001 is 308700.98: 308700 is under it.
        pytest.param(308700, price_row(floor=315001), ["price.far_below_floor"], id="2 % is not rounded"),
        pytest.param(308701, price_row(floor=315001), ["price.below_floor"], id="2 % is not rounded, kept"),
        pytest.param(0, price_row(floor=1), ["price.far_below_floor"], id="nothing"),
        pytest.param(360000, price_row(retail=360000), ["price.ok"], id="at retail"),
        pytest.param(360001, price_row(retail=360000), ["price.ok", "price.above_retail"], id="over retail"),
        pytest.param(1, price_row(retail=0), ["price.far_below_floor", "price.above_retail"], id="retail of zero"),
        pytest.param(360001, price_row(floor=None, retail=360000), ["price.no_floor", "price.above_retail"]),
        pytest.param(360001, price_row(retail=None), ["price.ok"], id="retail not set"),
    ],
)
def test_findings(price: int, row: PriceRow | None, codes: list[str]) -> None:
    found = findings(quote(price, row, (), TWO_PERCENT), TWO_PERCENT, LEVELS, line=3)
    assert [finding.code for finding in found] == codes
    assert all(finding.line == 3 for finding in found)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("price.none", Level.STOP),
        ("price.no_floor", Level.APPROVAL),
        ("price.ok", Level.OK),
        ("price.below_floor", Level.APPROVAL),
        ("price.far_below_floor", Level.STOP),
        ("price.above_retail", Level.INFO),
    ],
)
def test_levels_of_the_contract(code: str, level: Level) -> None:
    assert LEVELS[code] is level


def test_findings_take_the_net_price_not_the_price() -> None:
    at_floor = quote(319000, price_row(), (rebate(per_tonne=4000),), TWO_PERCENT)
    below = quote(318999, price_row(), (rebate(per_tonne=4000),), TWO_PERCENT)
    assert [f.code for f in findings(at_floor, TWO_PERCENT, LEVELS)] == ["price.ok"]
    assert [f.code for f in findings(below, TWO_PERCENT, LEVELS)] == ["price.below_floor"]


def test_retail_is_held_against_the_price_not_the_net() -> None:
    over = quote(360001, price_row(retail=360000), (rebate(per_tonne=4000),), TWO_PERCENT)
    assert "price.above_retail" in [f.code for f in findings(over, TWO_PERCENT, LEVELS)]


def test_100_percent_rebate_is_far_below_any_floor_and_has_no_way_out() -> None:
    (found,) = findings(quote(999999, price_row(), (rebate(percent="100"),), TWO_PERCENT), TWO_PERCENT, LEVELS)
    assert found.code == "price.far_below_floor"
    assert found.facts["lowest_ok_price"] is None
    assert found.facts["lowest_approvable_price"] is None
    assert found.facts["rebates"] == 999999


def test_facts_hold_every_number_behind_a_price_finding() -> None:
    rebates = (rebate("R1", per_tonne=4000), rebate("R2", percent="2"))
    below, above_retail = findings(
        quote(315000, price_row(retail=314000), rebates, TWO_PERCENT), TWO_PERCENT, LEVELS, line=1
    )
    assert below.facts == {
        "price": 315000,
        "list": 330000,
        "floor": 315000,
        "retail": 314000,
        "net": 304700,
        "rebates": 10300,
        "rebate_codes": ("R1", "R2"),
        "lowest_ok_price": 325510,  # × 0.98 − 40.00 = 3149.998, rounded 3150.00
        "lowest_approvable_price": 319082,  # × 0.98 − 40.00 = 3087.0036, while one fen less is 3086.9938
    }
    assert above_retail.facts == below.facts


def test_facts_without_a_price_stay_unset() -> None:
    (found,) = findings(quote(315000, None, (rebate(per_tonne=4000),), TWO_PERCENT), TWO_PERCENT, LEVELS)
    assert found.facts["net"] == 311000
    assert {found.facts[key] for key in ("list", "floor", "retail", "lowest_ok_price")} == {None}


@pytest.mark.parametrize(
    ("row", "price", "kept"),
    [
        (None, 315000, None),
        (price_row(floor=None), 0, True),
        (price_row(), 315000, True),
        (price_row(), 314999, False),
    ],
)
def test_floor_kept(row: PriceRow | None, price: int, kept: bool | None) -> None:
    assert quote(price, row, (), TWO_PERCENT).floor_kept is kept
