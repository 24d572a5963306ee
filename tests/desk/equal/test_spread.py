"""Equal treatment: the net price of the whole, the spread of a tier against the policy, and who sees it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.core.db import db
from fieldapp.desk.breaches.rules import Line, Numbers, Terms, judge
from fieldapp.desk.equal.rules import spread, strip
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.pricing.bought import bought
from fieldapp.trade.pricing.models import Rebate
from fieldapp.trade.pricing.rules import PriceRow, RebateRow, average, net_amount
from fieldapp.trade.pricing.whole_rules import Goods, Taken, shares
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk

TONNE = 1_000_000


@dataclass
class Paid:
    net: int | None
    grams: int = 10 * TONNE


@pytest.mark.parametrize(
    ("prices", "percent", "beyond"),
    [
        ([315_000, 321_300], "2.0", False),
        ([315_000, 321_301], "2.0", True),
        ([315_000], None, False),
        ([], None, False),
        ([0, 315_000], None, True),
        ([-5, 315_000], None, True),
        ([315_000, 315_000], "0.0", False),
    ],
    ids=["at the bound", "a fen beyond", "one", "none", "for nothing", "less than nothing", "alike"],
)
def test_a_spread(prices: list[int], percent: str | None, beyond: bool) -> None:
    found = spread([Paid(price) for price in reversed(prices)], TONNE)
    assert (str(found.percent) if found.percent is not None else None) == percent
    assert found.beyond(Decimal(2)) is beyond
    assert [one.net for one in found.counted] == prices


def test_who_bought_little_or_gave_all_back_is_left_out() -> None:
    found = spread([Paid(300_000, TONNE - 1), Paid(None, 0), Paid(315_000, TONNE), Paid(316_000)], TONNE)
    assert ([one.net for one in found.counted], len(found.little)) == ([315_000, 316_000], 2)


def test_the_strip_shows_each_price_and_the_bound() -> None:
    drawn = strip([100, 100, 101, 104], Decimal(2))
    assert drawn is not None
    assert [x for x, _y, _price in drawn.marks] == [14, 14, 92, 326]
    assert drawn.marks[0][1] != drawn.marks[1][1], "marks of one price do not hide each other"
    assert drawn.within == 170
    assert strip([100, 101], Decimal(2)) is not None
    assert strip([100], Decimal(2)) is None


def test_the_net_of_a_whole() -> None:
    """A free tonne, a return and a credit note of price alone are in it; what rebates give follows the weight."""
    rebate = RebateRow("R", "*", "*", "*", "*", 4_000, Decimal(1), date(2026, 1, 1), None)
    parts = [(3_200_000, 10 * TONNE), (0, TONNE), (-320_000, -TONNE), (-20_000, 0)]
    amount, grams = (sum(part[side] for part in parts) for side in (0, 1))
    whole = net_amount(amount, grams, [rebate])
    assert whole == sum(net_amount(*part, [rebate]) for part in parts)
    assert average(whole, grams) == 279_140


def sell(desk: Desk, code: str, number: str, day: date, *lines: tuple[int, int] | tuple[int, int, str]) -> None:
    """An invoice: (kilograms, fen) each, of P10 where it names no other product."""
    with desk.app.app_context():
        store = db.session.scalars(sa.select(Distributor.id).where(Distributor.code == code)).one()
        products = dict(db.session.execute(sa.select(Product.code, Product.id)).tuples().all())
        keys = {"number": number, "number_key": number.casefold()}
        invoice = cast.add(
            Invoice(**keys, distributor_id=store, date=day, due=day, amount=sum(one[1] for one in lines))
        )
        for no, (kg, amount, *named) in enumerate(lines, 1):
            product = products[named[0] if named else "P10"]
            cast.add(
                InvoiceLine(invoice_id=invoice.id, line_no=no, product_id=product, weight=kg * 1000, amount=amount)
            )
        db.session.commit()


@pytest.fixture
def sold(desk: Desk) -> Desk:
    """D001 had a tonne free with ten; D002 paid them. A rebate of ¥40 holds throughout, one of ¥10 since ten days."""
    day = cast.TODAY - timedelta(days=30)
    with desk.app.app_context():
        cast.make_rebate("R2", per_tonne=1_000, valid_from=cast.TODAY - timedelta(days=10))
        db.session.commit()
    sell(desk, "D001", "I1", day, (10_000, 3_200_000), (1_000, 0))
    sell(desk, "D002", "I2", day, (11_000, 3_520_000))
    sell(desk, "D002", "I3", cast.TODAY, (11_000, 3_520_000))
    sell(desk, "D002", "OLD", cast.TODAY - timedelta(days=400), (11_000, 1))
    return desk


def test_free_goods_and_rebates_of_their_time_are_in_the_net_price(sold: Desk) -> None:
    with sold.app.app_context():
        rows = bought(sold.viewer("boss"), cast.TODAY - timedelta(days=89), cast.TODAY)
        found = {row.code: (row.net, row.gross, row.grams // TONNE) for row in rows}
        assert found == {"D001": (286_909, 290_909, 11), "D002": (315_500, 320_000, 22)}
        assert bought(sold.viewer("stranger"), cast.TODAY - timedelta(days=89), cast.TODAY) == []


def nets(desk: Desk, days: int = 89) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """{(distributor, product): (net, invoiced)} in fen per tonne."""
    with desk.app.app_context():
        codes = {key: code for code, key in db.session.execute(sa.select(Product.code, Product.id)).tuples()}
        rows = bought(desk.viewer("boss"), cast.TODAY - timedelta(days=days), cast.TODAY)
        return {(row.code, codes[row.product_id]): (row.net, row.gross) for row in rows}


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A second product, P20, without rebates that P10 has (¥40)."""
    desk.change(sa.update(Rebate).values(product_id=desk.one(Product, Product.code == "P10").id))
    with desk.app.app_context():
        cast.make_product("P20")
        db.session.commit()
    return desk


def test_a_discount_is_taken_off_all_goods_of_the_order(two: Desk) -> None:
    """By value, whichever product its line names and however the order is cut into invoices; freight is no price."""
    day = cast.TODAY - timedelta(days=30)
    sell(two, "D001", "A1", day, (10_000, 3_000_000), (0, -300_000), (0, 50_000))
    sell(two, "D001", "A2", day + timedelta(days=2), (10_000, 6_000_000, "P20"))
    sell(two, "D002", "B1", day, (10_000, 3_000_000), (0, -300_000, "P20"), (10_000, 6_000_000, "P20"))
    whole = {"P10": (286_000, 290_000), "P20": (580_000, 580_000)}
    assert nets(two) == {(code, product): net for code in ("D001", "D002") for product, net in whole.items()}


def test_a_rebate_that_is_paid_out_comes_off_once(two: Desk) -> None:
    """A credit note without goods within the month: what goes beyond the rebates of what was bought comes off it."""
    day = cast.TODAY - timedelta(days=40)
    sell(two, "D001", "A1", day, (10_000, 3_200_000))
    sell(two, "D001", "A2", day + timedelta(days=20), (0, -40_000))
    assert nets(two) == {("D001", "P10"): (316_000, 320_000)}, "the rebate of ¥40 a tonne, paid out as a credit note"
    sell(two, "D001", "A3", day + timedelta(days=25), (0, -10_000))
    assert nets(two) == {("D001", "P10"): (315_000, 319_000)}
    # What was bought before the period bears its own part of it.
    assert nets(two, 30) == {}
    sell(two, "D001", "A4", day + timedelta(days=11), (10_000, 3_200_000))
    assert nets(two, 30)["D001", "P10"] == (316_000, 320_000), "there is room for both notes in its rebates"


PIECES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 20_000), st.integers(0, 90_000)), min_size=1, max_size=6
)


@given(PIECES, st.lists(st.integers(-20_000, -1), max_size=3), st.integers(0, 3))
def test_nets_are_those_by_which_floors_are_judged(
    pieces: list[tuple[str, int, int]], discounts: list[int], later: int
) -> None:
    """Of one order without returns: the same fen as the breaches' own rules come to."""
    keys = {"a": UUID(int=1), "b": UUID(int=2)}
    given_row = PriceRow("p", "41", "*", cast.TODAY, None, None, 10**9, None)
    lines = [
        Line(UUID(int=9), "N", no, cast.TODAY, cast.TODAY, False, None, "41", keys[code], kg * 1000, fen)
        for no, (code, kg, fen) in enumerate(pieces)
    ]
    day = cast.TODAY + timedelta(days=later)
    off = [
        Line(UUID(int=8), "M", no, day, day, False, None, "41", keys["a"], 0, fen) for no, fen in enumerate(discounts)
    ]
    judged = {one.product: one.amount for one in judge([*lines, *off], lambda _line: Terms(given_row), [], Numbers())}
    taken, lost = shares(
        [Goods(one.day, one.grams, one.amount) for one in lines], [Taken(one.day, one.amount) for one in off], 3, 31
    )
    assert lost == 0
    assert sum(taken) == sum(discounts)
    for key in judged:
        amount = sum(one.amount + share for one, share in zip(lines, taken, strict=True) if one.product == key)
        assert abs(judged[key] - amount) <= Decimal("0.5")


def test_the_pages_tell_it_to_those_who_may_know(sold: Desk) -> None:
    boss = sold.as_("boss")
    overview = boss.get("/equal-treatment?region=41").text
    assert "10.0 %" in overview
    assert "Too wide" in overview
    page = boss.get("/equal-treatment?region=41&product=P10").text
    assert re.search(r"¥2,869\.09.*¥3,155\.00", page, re.DOTALL)
    assert "<svg" in page
    assert "D001" in boss.get("/equal-treatment/export.csv?region=41&product=P10").text
    assert sold.as_("rep").get("/equal-treatment").status_code == 403
    for path in ("/equal-treatment?region=41", "/equal-treatment?region=41&product=P10"):
        text = sold.as_("stranger").get(path).text
        assert "¥2,869.09" not in text
        assert "D001" not in text
    assert boss.get("/equal-treatment?region=41&product=Nothing").status_code == 404


def test_an_approval_that_explains_a_low_price_is_linked(sold: Desk) -> None:
    approval = sold.ask()
    sold.decide(approval)
    page = sold.as_("boss").get("/equal-treatment?region=41&product=P10").text
    assert f"/approvals/{approval}" in page


def test_an_admin_begins_where_most_distributors_are(sold: Desk, people: Any) -> None:
    assert viewer_of(people["admin"]).everywhere
    assert "10.0 %" in sold.as_("admin").get("/equal-treatment").text
