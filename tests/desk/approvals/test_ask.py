"""A rep asks for approval of a check of his own (contract deal-check.md, After the verdict)."""

from datetime import timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.approvals.queries import evaluate_again
from fieldapp.desk.approvals.rules import inputs_key
from fieldapp.desk.checks.models import DealCheck
from fieldapp.trade.pricing.models import Price
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk, key_of


def test_the_request_names_the_findings_and_is_bound_to_the_inputs(desk: Desk) -> None:
    approval = desk.one(Approval, Approval.id == desk.ask())
    assert (approval.state, approval.reason) == (ApprovalState.OPEN, "They order 20 t more this month.")
    assert approval.covers == [["price.below_floor", 1]]
    assert len(approval.inputs_key) == 64
    assert approval.region_code == "410102"
    [entry] = desk.audited("approvals.ask")
    assert (entry.subject_id, entry.changes["state"]) == (str(approval.id), [None, "open"])


def test_asking_right_under_the_verdict_records_the_check_too(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal()).get_data(as_text=True)
    assert 'name="seen" value="price.below_floor:1"' in page
    response = desk.as_("rep").post("/deals", desk.deal(ask="1", reason="As ordered", seen="price.below_floor:1"))
    approval = desk.one(Approval, Approval.check_id == key_of(response))
    assert (approval.state, approval.reason) == (ApprovalState.OPEN, "As ordered")


def test_a_reason_is_required_and_the_answer_keeps_what_was_typed(desk: Desk) -> None:
    check_id = desk.record()
    response = desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "  "})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.get_data(as_text=True)
    too_long = desk.as_("rep").post("/deals", desk.deal(ask="1", reason="x" * 501, seen="price.below_floor:1"))
    assert too_long.status_code == 422
    assert "x" * 501 in too_long.get_data(as_text=True)
    assert desk.count(Approval) == 0
    assert desk.count(DealCheck) == 1


def test_only_the_maker_of_the_check_asks(desk: Desk) -> None:
    check_id = desk.record()
    for who in ("mate", "boss", "admin"):
        assert desk.as_(who).post(f"/deals/{check_id}/approval", {"reason": "Mine?"}).status_code == 403
    for who in ("colleague", "stranger"):
        assert desk.as_(who).post(f"/deals/{check_id}/approval", {"reason": "Mine?"}).status_code == 404
    assert desk.count(Approval) == 0


def test_a_check_that_goes_or_is_stopped_cannot_be_asked_for(desk: Desk) -> None:
    for price in ("3190.00", "3000.00"):
        check_id = desk.record(price)
        desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "Please"})
        asked = desk.as_("rep").post("/deals", desk.deal(price, ask="1", reason="Please", seen=""))
        assert asked.status_code == 303
        assert "Nothing was asked" in desk.as_("rep").get(asked.headers["Location"]).get_data(as_text=True)
    assert desk.count(Approval) == 0


def test_facts_that_have_changed_are_told_instead_of_asked(desk: Desk) -> None:
    check_id = desk.record()
    for change in (
        sa.update(Price).values(floor_price=300_000),  # now it goes
        sa.update(Price).values(floor_price=400_000),  # now it is stopped
    ):
        desk.change(change)
        response = desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "Please"})
        assert "the facts have changed" in desk.as_("rep").get(response.headers["Location"]).get_data(as_text=True)
    desk.change(sa.update(Price).values(floor_price=315_000))
    desk.put_on_expired_grade()  # now there is one finding more than was seen
    desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "Please"})
    assert desk.count(Approval) == 0


def test_what_was_shown_is_what_is_asked_for(desk: Desk) -> None:
    """The grade expires between the page and the tap: two findings, of which the rep has seen one."""
    desk.put_on_expired_grade()
    response = desk.as_("rep").post("/deals", desk.deal(ask="1", reason="Please", seen="price.below_floor:1"))
    assert response.status_code == 303
    assert desk.count(DealCheck) == 1
    assert desk.count(Approval) == 0


def test_a_double_tap_asks_once(desk: Desk) -> None:
    form = desk.deal(id="01930000-0000-7000-8000-000000000001", ask="1", reason="Please", seen="price.below_floor:1")
    first, second = desk.as_("rep").post("/deals", form), desk.as_("rep").post("/deals", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert (desk.count(DealCheck), desk.count(Approval), len(desk.audited("approvals.ask"))) == (1, 1, 1)


def test_the_same_deal_is_not_asked_twice_at_once(desk: Desk) -> None:
    desk.ask()
    again = desk.record()
    response = desk.as_("rep").post(f"/deals/{again}/approval", {"reason": "Again"})
    assert "before" in desk.as_("rep").get(response.headers["Location"]).get_data(as_text=True)
    assert desk.count(Approval) == 1
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal()).get_data(as_text=True)
    assert "You have asked for approval of exactly this deal" in page
    assert 'name="ask"' not in page


def test_a_check_of_an_earlier_day_is_asked_for_by_the_facts_of_today(desk: Desk) -> None:
    """Dated back to before the price rose, the deal went nearly; today it is far under the floor."""
    yesterday = cast.TODAY - timedelta(days=1)
    desk.change(sa.update(Price).values(valid_to=yesterday))
    with desk.app.app_context():
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        cast.make_price(product, "41", 420_000, 415_000, valid_from=cast.TODAY)
        db.session.commit()
    check_id = desk.record(on=yesterday.isoformat())
    assert desk.one(DealCheck, DealCheck.id == check_id).verdict == "approval"
    desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "It was agreed yesterday"})
    assert desk.count(Approval) == 0


def test_the_key_of_the_inputs_is_that_of_the_check(desk: Desk) -> None:
    approval = desk.one(Approval, Approval.id == desk.ask())
    with desk.app.app_context():
        fresh = evaluate_again(desk.viewer("rep"), approval.check, cast.TODAY)
        assert fresh is not None
        assert inputs_key(fresh.deal) == approval.inputs_key
