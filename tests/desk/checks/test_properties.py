"""What holds for every deal, made from rows at random and checked all the way from rows to verdict."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fieldapp.core.findings import Level, Verdict
from fieldapp.desk.checks.rules import (
    CheckResult,
    DealFacts,
    DealInput,
    DealPolicy,
    LineFacts,
    LineInput,
    Terms,
    check,
)
from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.territory.rules import AreaRow, owners
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import InvoiceFacts, PaymentFacts, position
from fieldapp.trade.pricing.rules import PriceRow, RebateRow, applying, best_price

ON = date(2026, 11, 23)
LINE_OF = {"P1": "pig", "P2": "pig", "P3": "aqua"}
POLICY = DealPolicy()
RANK = {Level.OK: 0, Level.INFO: 1, Level.APPROVAL: 2, Level.STOP: 3}


@dataclass(frozen=True)
class World:
    """The rows that a deal is checked against."""

    areas: list[AreaRow]
    prices: list[PriceRow]
    rebates: list[RebateRow]
    invoices: list[InvoiceFacts]
    payments: list[PaymentFacts]
    credit: CreditFacts
    status: Status
    tier: str | None


def answer(deal: DealInput, world: World) -> CheckResult:
    lines = tuple(
        LineFacts(
            owners(world.areas, deal.ship_to, LINE_OF[line.product], deal.on),
            best_price(
                [row for row in world.prices if row.product == line.product],
                deal.ship_to,
                world.tier,
                deal.on,
            ),
            applying(world.rebates, deal.distributor, world.tier, LINE_OF[line.product], line.product, deal.on),
        )
        for line in deal.lines
    )
    ledger = position(world.invoices, world.payments, deal.on)
    return check(deal, DealFacts(DistributorFacts(deal.distributor, world.status), lines, world.credit, ledger), POLICY)


regions = st.sampled_from(["41", "4101", "410102", "410102001", "42"])
tiers = st.sampled_from(["*", "A", "B"])
products = st.sampled_from(sorted(LINE_OF))
distributors = st.sampled_from(["D1", "D2"])
starts = st.integers(-40, 1).map(lambda days: ON + timedelta(days=days))
ends = st.none() | st.integers(-1, 40).map(lambda days: ON + timedelta(days=days))
money = st.integers(0, 500)
percents = st.decimals(0, 25, places=2, allow_nan=False, allow_infinity=False)


def with_a_price(deal: DealInput, world: World, floor: int) -> World:
    """The same world where the first product has at least a price for the whole province, and an older one."""
    product = deal.lines[0].product
    row = PriceRow(product, "41", "*", date(2026, 2, 1), None, 400, floor, None)
    older = PriceRow(product, "41", "*", date(2026, 1, 1), None, 390, floor + 1, None)
    return replace(world, prices=[*world.prices, older, row])


def optional(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | values


areas = st.lists(
    st.builds(AreaRow, distributors, regions, st.sampled_from(["*", "pig", "aqua"]), starts, ends), max_size=4
)
prices = st.lists(
    st.builds(PriceRow, products, regions, tiers, starts, ends, optional(money), optional(money), optional(money)),
    max_size=5,
    unique_by=lambda row: (row.product, row.region, row.tier, row.valid_from),
)
# At most four rebates of at most 25 % each: together they never pass 100 %.
rebates = st.lists(
    st.builds(
        RebateRow,
        st.sampled_from(["R1", "R2", "R3", "R4"]),
        st.sampled_from(["*", "D1", "D2"]),
        tiers,
        st.sampled_from(["*", "pig", "aqua"]),
        st.sampled_from(["*", *LINE_OF]),
        optional(st.integers(0, 40)),
        st.none() | percents,
        starts,
        ends,
    ),
    max_size=4,
    unique_by=lambda row: row.code,
)
days = st.integers(-45, 2).map(lambda days: ON + timedelta(days=days))
numbers = st.sampled_from(["I1", "I2", "I3"])
worlds = st.builds(
    World,
    areas,
    prices,
    rebates,
    st.lists(st.builds(InvoiceFacts, numbers, days, st.none() | days, st.integers(-200, 900)), max_size=4),
    st.lists(st.builds(PaymentFacts, st.just("Z"), days, st.integers(-200, 900), st.none() | numbers), max_size=3),
    st.builds(
        CreditFacts,
        st.sampled_from(["A", "B", "C", "D", None]),
        optional(st.integers(0, 3000)),
        st.none() | days,
        st.booleans(),
    ),
    st.sampled_from(Status),
    st.sampled_from(["A", "B", None]),
)
deals = st.builds(
    DealInput,
    distributors,
    st.just(ON),
    st.sampled_from(["41", "4101", "410102", "410102001"]),
    st.sampled_from(Terms),
    st.lists(st.builds(LineInput, products, st.integers(0, 5_000_000), money), min_size=1, max_size=3).map(tuple),
)


@settings(deadline=None)
@given(deals, worlds)
def test_the_verdict_is_the_worst_finding(deal: DealInput, world: World) -> None:
    result = answer(deal, world)
    worst = max(result.findings, key=lambda finding: RANK[finding.level]).level
    assert (
        result.verdict
        == {
            Level.OK: Verdict.GO,
            Level.INFO: Verdict.GO,
            Level.APPROVAL: Verdict.APPROVAL,
            Level.STOP: Verdict.STOP,
        }[worst]
    )


@settings(deadline=None)
@given(deals, worlds, st.integers(150, 500))
def test_raising_a_price_never_worsens_a_price_or_territory_finding(deal: DealInput, world: World, floor: int) -> None:
    """Fen by fen from far below the lowest price that is ok to above it, where the findings change."""
    world = with_a_price(deal, world, floor)
    first, *rest = deal.lines
    lowest = answer(deal, world).findings[1].facts["lowest_ok_price"] or first.price
    before = [RANK[Level.STOP], RANK[Level.STOP]]
    for price in range(max(0, lowest - 15), lowest + 3):
        found = answer(replace(deal, lines=(replace(first, price=price), *rest)), world).findings[:2]
        assert [finding.code.split(".")[0] for finding in found] == ["territory", "price"]
        ranks = [RANK[finding.level] for finding in found]
        assert ranks[0] <= before[0]
        assert ranks[1] <= before[1]
        before = ranks


@settings(deadline=None)
@given(deals, worlds, money)
def test_the_lowest_ok_price_is_ok_and_one_fen_less_is_not(deal: DealInput, world: World, floor: int) -> None:
    world = with_a_price(deal, world, floor)
    found = answer(deal, world).findings[1]
    lowest, approvable = found.facts["lowest_ok_price"], found.facts["lowest_approvable_price"]
    assume(lowest is not None)

    def code_at(price: int) -> str:
        lines = (replace(deal.lines[0], price=price), *deal.lines[1:])
        return answer(replace(deal, lines=lines), world).findings[1].code

    assert code_at(lowest) == "price.ok"
    assert lowest == 0 or code_at(lowest - 1) in ("price.below_floor", "price.far_below_floor")
    assert code_at(approvable) in ("price.ok", "price.below_floor")
    assert approvable == 0 or code_at(approvable - 1) == "price.far_below_floor"


@settings(deadline=None)
@given(deals, worlds, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(deal: DealInput, world: World, random: Random) -> None:
    world = with_a_price(deal, world, 300)

    def shuffled(rows: list) -> list:  # type: ignore[type-arg]
        return random.sample(rows, len(rows))

    mixed = replace(
        world,
        areas=shuffled(world.areas),
        prices=shuffled(world.prices),
        rebates=shuffled(world.rebates),
        invoices=shuffled(world.invoices),
        payments=shuffled(world.payments),
    )
    assert answer(deal, mixed) == answer(deal, world)


@settings(deadline=None)
@given(deals, worlds)
def test_the_order_of_lines_changes_line_numbers_only(deal: DealInput, world: World) -> None:
    backwards = replace(deal, lines=deal.lines[::-1])
    there, back = answer(deal, world), answer(backwards, world)
    count = len(deal.lines)
    assert (back.verdict, back.amount) == (there.verdict, there.amount)
    renumbered = {(f.code, f.line and count + 1 - f.line) for f in back.findings}
    assert renumbered == {(f.code, f.line) for f in there.findings}


@settings(deadline=None)
@given(deals, worlds)
def test_cash_is_never_worse_than_credit(deal: DealInput, world: World) -> None:
    order = [Verdict.GO, Verdict.APPROVAL, Verdict.STOP]
    on_credit = answer(replace(deal, terms=Terms.CREDIT), world).verdict
    in_cash = answer(replace(deal, terms=Terms.CASH), world).verdict
    assert order.index(in_cash) <= order.index(on_credit)


@settings(deadline=None)
@given(deals, worlds)
def test_every_deal_gets_one_finding_of_each_kind_and_a_way_out_where_there_is_one(
    deal: DealInput, world: World
) -> None:
    result = answer(deal, world)
    concerns = [finding.code.split(".")[0] for finding in result.findings if finding.code != "price.above_retail"]
    expected = ["territory", "price"] * len(deal.lines) + ["credit", "credit"]
    assert concerns == expected + (["distributor"] if world.status is not Status.ACTIVE else [])
    for found in result.findings:
        if found.code.startswith("price."):
            by_code = {row.code: row.percent or Decimal(0) for row in world.rebates}
            total = sum(by_code[code] for code in found.facts["rebate_codes"])
            unknown = found.facts["floor"] is None or total >= 100
            assert (found.facts["lowest_ok_price"] is None) is unknown
