"""Recording the check that was shown."""

import pytest
import sqlalchemy as sa

from fieldapp.core.findings import Verdict
from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.accounts.models import User
from fieldapp.trade.products.models import Product
from tests.desk.conftest import Desk, key_of, stored

KEY = "01930000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("price", "verdict"), [("3190.00", Verdict.GO), ("3150.00", Verdict.APPROVAL), ("3000.00", Verdict.STOP)]
)
def test_recorded_whatever_the_verdict(desk: Desk, price: str, verdict: Verdict) -> None:
    check = stored(desk, desk.record(price))
    assert (check.verdict, check.origin, check.policy_version) == (verdict, "screen", 1)
    rep = desk.one(User, User.username == "rep")
    assert check.made_by_id == rep.id
    assert check.facts["ledger"]["outstanding"] == 6_000_000
    assert len(desk.audited("checks.record")) == 1


def test_what_the_page_sends_is_what_it_showed(desk: Desk) -> None:
    """A bag price is sent as the price per tonne that the verdict was made of."""
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal("127.60", unit="bag")).text
    form = page[page.index('class="card deal-record"') :]
    assert 'name="price" value="3190.00"' in form
    assert 'name="kg" value="5000"' in form
    assert 'name="unit"' not in form


def test_a_double_tap_records_once(desk: Desk) -> None:
    first, second = (desk.as_("rep").post("/deals", desk.deal(id=KEY)) for _tap in range(2))
    assert first.headers["Location"] == second.headers["Location"] == f"/deals/{KEY}"
    assert desk.count(DealCheck) == 1


def test_a_changed_deal_is_another_check_even_with_the_old_key(desk: Desk) -> None:
    """Back, another price, and the button once more."""
    desk.as_("rep").post("/deals", desk.deal("3190.00", id=KEY))
    again = desk.as_("rep").post("/deals", desk.deal("3000.00", id=KEY))
    assert stored(desk, key_of(again)).verdict is Verdict.STOP
    assert desk.count(DealCheck) == 2


def test_a_key_of_somebody_else_gives_nothing_away(desk: Desk) -> None:
    desk.as_("rep").post("/deals", desk.deal(id=KEY))
    other = desk.as_("mate").post("/deals", desk.deal(id=KEY))
    assert other.status_code == 303
    assert str(key_of(other)) != KEY
    assert desk.count(DealCheck) == 2


def test_a_key_of_days_to_come_does_not_keep_a_check_on_top_of_the_list(desk: Desk) -> None:
    pinned = "ffffffff-ffff-7fff-bfff-ffffffffffff"
    made = desk.as_("rep").post("/deals", desk.deal(id=pinned))
    assert made.status_code == 303
    assert str(key_of(made)) != pinned
    later = key_of(desk.as_("rep").post("/deals", desk.deal("3190.00")))
    assert later > key_of(made)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"price": ""}, "#price-0", "Enter the price."),
        ({"kg": "0"}, "#kg-0", "0 is not a weight"),
        ({"product": "P99"}, "#product-0", "There is no product P99"),
        ({"ship_to": "999999"}, "#f-ship_to", "There is no region 999999"),
        ({"kg": "1000000000", "price": "100000000"}, "#kg-0", "The deal is too large"),
        ({"terms": ""}, "#f-terms", "Give credit or cash"),
        ({"on": "yesterday"}, "#f-on", "yesterday is not a date"),
        (
            {"product": ["P10"] * 21, "kg": ["1"] * 21, "price": ["3200"] * 21},
            "#f-lines",
            "Give at most 20 lines",
        ),
    ],
)
def test_bad_input_is_named_and_nothing_is_recorded(desk: Desk, change: dict[str, str], field: str, said: str) -> None:
    response = desk.as_("rep").post("/deals", desk.deal(**change))
    assert response.status_code == 422
    assert f'href="{field}"' in response.text
    assert said in response.text
    assert desk.count(DealCheck) == 0


@pytest.mark.parametrize("distributor", ["", "D404", "D900"])
def test_unknown_and_out_of_patch_are_the_same_404(desk: Desk, distributor: str) -> None:
    assert desk.as_("rep").post("/deals", desk.deal(distributor=distributor)).status_code == 404


def test_nothing_is_filled_in_for_a_recorded_deal(desk: Desk) -> None:
    form = {name: text for name, text in desk.deal().items() if name not in {"price", "kg"}}
    assert desk.as_("rep").post("/deals", form).status_code == 422


def test_what_the_form_does_not_ask_for_is_not_read(desk: Desk) -> None:
    check_id = desk.record("3000.00", verdict="go", made_by_id=KEY, origin="api", policy_version="9", amount="1")
    check = stored(desk, check_id)
    assert (check.verdict, check.origin, check.amount) == (Verdict.STOP, "screen", 1_500_000)


def test_a_product_taken_off_the_list_can_still_be_checked(desk: Desk) -> None:
    desk.change(sa.update(Product).values(active=False))
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal()).text
    assert '<option value="P10" selected>' in page
    desk.record()
