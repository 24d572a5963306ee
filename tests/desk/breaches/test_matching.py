"""Imported invoices against price book and approvals: what becomes a breach, and what becomes of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.breaches.models import Breach, BreachEntry
from fieldapp.trade.ledger import fresh
from fieldapp.trade.ledger.models import FreshInvoice
from fieldapp.trade.pricing.models import Price
from tests import cast

from .conftest import Shop


def test_found_by_the_import(shop: Shop) -> None:
    """5 t for 15,000: net 2960 a tonne after the rebate, 190 below the floor."""
    assert "1 created" in shop.sold(shop.line(15000))
    breach = shop.breach()
    assert (breach.result, breach.state, breach.lost) == ("below", "open", 95_000)
    assert (breach.net, breach.floor, breach.grams, breach.amount) == (296_000, 315_000, 5_000_000, 1_500_000)
    assert (breach.region_code, breach.ship_to, breach.check_id) == ("410102", "410102", None)
    assert breach.facts["lines"] == [["N1", 1, "2026-11-20", "2026-11-20", 5_000_000, 1_500_000, "410102"]]
    assert shop.thread(breach) == ["find"]
    (entry,) = shop.desk.audited("breaches.find")
    assert (entry.subject_id, entry.actor_id) == (str(breach.id), None)
    shop.sold(shop.line(15950, "N2", date="2026-11-10"))
    assert len(shop.found()) == 1


def test_corrected_and_found_again(shop: Shop) -> None:
    """The ERP corrects the amount: it is no breach any more, and is not deleted. A wrong correction opens it again."""
    shop.sold(shop.line(15000))
    shop.sold(shop.line(15950))
    assert shop.found() == [("below", "corrected", 95_000)]
    shop.sold(shop.line(14900))
    assert shop.found() == [("below", "open", 105_000)]
    shop.sold(shop.line(14900, kg=4000))
    assert shop.found() == [("below", "corrected", 105_000)]
    breach = shop.breach()
    assert shop.thread(breach) == ["find", "correct", "judge", "correct"]
    assert len(shop.desk.audited("breaches.correct")) == 2


def test_judged_again_without_a_change(shop: Shop) -> None:
    """Looked at again, whatever the price book says by now of other days, nothing is said twice."""
    shop.sold(shop.line(15000), shop.line(16000, "N2", date="2026-11-22"))
    before = shop.found()
    shop.review()
    with shop.desk.app.app_context():
        fresh.queue_since(cast.TODAY.replace(month=1))
        db.session.commit()
        topics = set(db.session.scalars(sa.select(FreshInvoice.topic)))
        assert topics
        assert fresh.work(cast.NOW, cast.TODAY) == 2 * len(topics)  # each topic looks at both
    assert shop.found() == before
    assert shop.thread(shop.breach()) == ["find"]


def test_one_whole_on_several_invoices(shop: Shop) -> None:
    """Free goods two days later make 10 + 1 of it; the breach takes the second invoice in and keeps its number."""
    shop.sold(shop.line(31500, kg=10000))
    shop.sold(shop.line(0, "N2", kg=1000, date="2026-11-22"))
    assert shop.found() == [("below", "open", 359_000)]
    assert [row[0] for row in shop.breach().facts["lines"]] == ["N1", "N2"]
    assert {"split", "free"} <= set(shop.breach().facts["marks"])
    # An order before both begins the whole: still the same breach.
    shop.sold(shop.line(15950, "N0", date="2026-11-19"))
    assert shop.found() == [("below", "open", 359_000)]
    assert shop.breach().first_on.isoformat() == "2026-11-19"


def test_a_credit_note_is_held_against_what_was_bought_before_it(shop: Shop) -> None:
    """Who buys every other day, pauses, and is paid his rebates out: the days before the pause count, whenever the note
    is read in. 800 are the rebates (40 a tonne) of four of these orders."""
    days = [cast.TODAY.replace(month=8, day=20) + timedelta(days=2 * number) for number in range(38)]
    orders = [shop.line(15950, f"A{day}", date=day, due=day + timedelta(days=30)) for day in days]
    pause = days[-1] + timedelta(days=6)
    shop.sold(*orders, shop.line(15950, "B", date=pause, due=pause + timedelta(days=30)))
    shop.sold(shop.line(-800, "C", kg=0, date=pause + timedelta(days=14)))
    assert shop.found() == []
    shop.review()
    assert shop.found() == []
    shop.sold(shop.line(-8000, "C", kg=0, date=pause + timedelta(days=14)))
    found = shop.found()
    assert [one[:2] for one in found] == [("credit_note", "open")]
    shop.review()
    assert shop.found() == found


def test_an_invoice_goes_to_another_distributor(shop: Shop) -> None:
    shop.sold(shop.line(15000))
    with shop.desk.app.app_context():
        cast.make_distributor("D777", "410102")
        db.session.commit()
    shop.sold(shop.line(15000, distributor="D777"))
    assert shop.found() == [("below", "corrected", 95_000), ("below", "open", 75_000 + 20_000)]


def test_approved_and_used_up(shop: Shop) -> None:
    """5 t approved at 3150: an invoice of 3 t and one of 3 t use it, and the last tonne is a breach."""
    shop.approved()
    shop.sold(shop.line(9450, kg=3000, ordered_on="2026-11-20"))
    assert shop.found() == []
    shop.sold(shop.line(9450, "N2", kg=3000, date="2026-11-25", ordered_on="2026-11-21"))
    assert shop.found() == [("below", "open", 4000)]
    assert shop.breach().facts["why"] == "quantity"
    assert shop.breach().check_id is not None


def test_own_lists(shop: Shop) -> None:
    """No price and no floor are found too, under their own names; a bag typed as a kilogram as well."""
    with shop.desk.app.app_context():
        bare, floorless = cast.make_product("P90"), cast.make_product("P91")
        cast.make_price(floorless, "41", 300_000, None)
        assert bare
        db.session.commit()
    shop.sold(
        shop.line(10, product="P90"), shop.line(10, line_no=2, product="P91"), shop.line(15950, line_no=3, kg=125)
    )
    assert sorted(result for result, _state, _lost in shop.found()) == ["no_floor", "no_price", "weight"]


def test_the_floor_of_the_day(shop: Shop) -> None:
    """The floor rises: an order of before keeps the old one, but not an order said to be months old."""
    with shop.desk.app.app_context():
        old = db.session.scalars(sa.select(Price).where(Price.floor_price == 315_000)).first()
        assert old is not None
        old.valid_to = cast.TODAY.replace(day=14)
        for row in (old,):
            db.session.add(
                Price(
                    product_id=row.product_id,
                    region_code=row.region_code,
                    tier=row.tier,
                    tier_key=row.tier_key,
                    valid_from=cast.TODAY.replace(day=15),
                    list_price=340_000,
                    floor_price=330_000,
                )
            )
        db.session.commit()
    shop.sold(shop.line(15950, date="2026-11-18", ordered_on="2026-11-14"))
    assert shop.found() == []
    shop.sold(shop.line(15950, "N2", date="2026-11-26", ordered_on="2026-03-14"))
    assert shop.found() == [("below", "open", 75_000)]
    assert "old_order" in shop.breach().facts["marks"]


def test_the_thread_only_grows(shop: Shop) -> None:
    """The database refuses to change the thread or to delete a breach."""
    shop.sold(shop.line(15000))
    for statement in (sa.update(BreachEntry).values(words="x"), sa.delete(BreachEntry), sa.delete(Breach)):
        with shop.desk.app.app_context():
            with pytest.raises(sa.exc.DBAPIError, match=r"only grows|never deleted|FOREIGN KEY"):
                db.session.execute(statement)
            db.session.rollback()
