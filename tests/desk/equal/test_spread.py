"""Equal treatment: the net price of the whole, the spread of a tier against the policy, and who sees it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.equal.rules import spread, strip
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.pricing.bought import bought
from fieldapp.trade.pricing.rules import RebateRow, average, net_amount
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


def sell(desk: Desk, code: str, number: str, day: date, *lines: tuple[int, int]) -> None:
    """An invoice of P10: (kilograms, fen) each."""
    with desk.app.app_context():
        store = db.session.scalars(sa.select(Distributor.id).where(Distributor.code == code)).one()
        product = db.session.scalars(sa.select(Product.id).where(Product.code == "P10")).one()
        keys = {"number": number, "number_key": number.casefold()}
        invoice = cast.add(Invoice(**keys, distributor_id=store, date=day, due=day, amount=sum(a for _, a in lines)))
        for no, (kg, amount) in enumerate(lines, 1):
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
