"""The deal as it is typed: the verdict comes with every change, and the inputs stay as they are."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from fieldapp.core import hotread
from fieldapp.core.db import db
from fieldapp.desk.checks.models import DealCheck
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.pricing.models import Price
from tests.desk.conftest import Desk, buy


def verdict(page: str) -> str:
    found = re.search(r'data-verdict="(\w+)"', page)
    return found[1] if found else ""


def value(page: str, element_id: str) -> str:
    found = re.search(rf'id="{element_id}"[^>]* value="([^"]*)"', page)
    assert found, element_id
    return unescape(found[1])


def address(response: object) -> dict[str, list[str]]:
    return parse_qs(urlsplit(response.headers["HX-Replace-Url"]).query)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("price", "expected"), [("3190.00", "go"), ("3189.99", "approval"), ("3150", "approval"), ("3000", "stop")]
)
def test_page_and_fragment_give_the_same_verdict(desk: Desk, price: str, expected: str) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal(price)).text
    fragment = desk.as_("rep").fragment("/deals/new", query_string=desk.deal(price)).text
    assert (verdict(page), verdict(fragment)) == (expected, expected)
    assert "<html" in page
    assert "<html" not in fragment
    assert desk.count(DealCheck) == 0, "typing records nothing"


def test_the_answer_leaves_the_inputs_alone(desk: Desk) -> None:
    query = {**desk.deal(), "was": "3150.00|tonne|P10"}
    fragment = desk.as_("rep").fragment("/deals/new", query_string=query).text
    for name in ("kg-0", "price-0", "product-0"):
        assert f'id="{name}"' not in fragment
    assert 'id="note-0" hx-swap-oob="true"' in fragment


def test_the_next_step_is_one_tap(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal("3000")).text
    assert 'data-set-value="#price-0" data-value="3190.00"' in page
    assert "Lowest that goes: ¥3,190.00" in page
    assert verdict(desk.as_("rep").get("/deals/new", query_string=desk.deal("3190.00")).text) == "go"
    per_bag = desk.as_("rep").get("/deals/new", query_string=desk.deal("120.00", unit="bag")).text
    assert 'data-set-value="#price-0" data-value="127.60"' in per_bag
    assert verdict(desk.as_("rep").get("/deals/new", query_string=desk.deal("127.60", unit="bag")).text) == "go"


def test_reload_and_back_find_what_was_typed(desk: Desk) -> None:
    response = desk.as_("rep").fragment("/deals/new", query_string=desk.deal(place="郑州", was="x"))
    query = address(response)
    assert (query["price"], query["kg"], query["ship_to"]) == (["3150.00"], ["5000"], ["410102"])
    assert not {"was", "place", "on"} & set(query), "only what was typed; a deal of today follows the day"
    again = desk.as_("rep").get(response.headers["HX-Replace-Url"]).text
    assert (value(again, "price-0"), value(again, "kg-0")) == ("3150.00", "5000")
    restored = desk.as_("rep").client.get(
        response.headers["HX-Replace-Url"], headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert "<html" in restored.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kg": ""}, "Enter the weight."),
        ({"kg": "0"}, "0 is not a weight"),
        ({"kg": "-5"}, "-5 is not a weight"),
        ({"kg": "1.2345"}, "1.2345 is not a weight"),
        ({"price": ""}, "Enter the price."),
        ({"price": "31x"}, "31x is not a price"),
        ({"price": "-1"}, "-1 is not a price"),
        ({"price": "3150.005"}, "3150.005 is not a price"),
        ({"product": ""}, "Choose the product."),
        ({"product": "P99"}, "There is no product P99"),
        ({"ship_to": "999999"}, "There is no region 999999"),
        ({"on": "2026-02-30"}, "2026-02-30 is not a date"),
        ({"terms": "barter"}, "Give credit or cash"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_place_of_a_verdict(desk: Desk, change: dict[str, str], said: str) -> None:
    query = {**desk.deal(), "was": "3150.00|tonne|P10", **change}
    for response in (
        desk.as_("rep").fragment("/deals/new", query_string=query),
        desk.as_("rep").get("/deals/new", query_string=query),
    ):
        assert response.status_code == 200
        assert verdict(response.text) == "pending"
        assert said in unescape(response.text)


@pytest.mark.parametrize("distributor", ["D404", "D900"])
def test_unknown_and_out_of_patch_are_the_same_404(desk: Desk, distributor: str) -> None:
    assert desk.as_("rep").get("/deals/new", query_string=desk.deal(distributor=distributor)).status_code == 404
    assert desk.as_("rep").fragment("/deals/new", query_string={"distributor": distributor}).status_code == 404


def test_full_width_digits_of_a_chinese_keyboard_are_digits(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal("３，１９０", kg="５０００")).text
    assert verdict(page) == "go"


def test_a_known_distributor_opens_with_a_verdict(desk: Desk) -> None:
    """What it buys most, its last quantity, the list price: one tap from the list to a verdict."""
    buy(desk, "P30", 2_000_000, "I1")
    buy(desk, "P30", 1_500_000, "I2")
    page = desk.as_("rep").get("/deals/new", query_string={"distributor": "D001"}).text
    assert verdict(page) != "pending"
    assert value(page, "price-0") == "4500.00"
    assert '<optgroup label="Bought most"><option value="P30" selected>' in page


def test_a_distributor_that_has_bought_nothing_asks_for_the_product(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string={"distributor": "D001"}).text
    assert verdict(page) == "pending"
    chosen = desk.as_("rep").fragment(
        "/deals/new", query_string={"distributor": "D001", "product": "P10", "kg": "", "price": "", "was": "|tonne|"}
    )
    assert verdict(chosen.text) == "go"
    assert (value(chosen.text, "price-0"), value(chosen.text, "kg-0")) == ("3200.00", "1000")
    assert 'id="price-0-control" hx-swap-oob="true"' in chosen.text


def test_another_product_brings_its_own_price(desk: Desk) -> None:
    query = desk.deal("3100.00", product="P30", was="3100.00|tonne|P10")
    assert value(desk.as_("rep").fragment("/deals/new", query_string=query).text, "price-0") == "4500.00"


def test_a_product_and_a_price_typed_together_both_stay(desk: Desk) -> None:
    """Without JavaScript: product and price were changed before the form was sent."""
    query = desk.deal("4400", product="P30", was="3100.00|tonne|P10")
    assert value(desk.as_("rep").get("/deals/new", query_string=query).text, "price-0") == "4400"


def test_an_empty_price_is_not_filled_in_while_typing(desk: Desk) -> None:
    query = desk.deal("", was="3150.00|tonne|P10")
    fragment = desk.as_("rep").fragment("/deals/new", query_string=query).text
    assert 'id="price-0-control"' not in fragment
    assert verdict(fragment) == "pending"


def test_the_unit_turns_the_price_and_keeps_the_verdict(desk: Desk) -> None:
    visitor = desk.as_("rep")
    bag = visitor.fragment("/deals/new", query_string=desk.deal("3150.00", unit="bag", was="3150.00|tonne|P10")).text
    assert (value(bag, "price-0"), verdict(bag)) == ("126.00", "approval")
    assert "= ¥3,150.00/t" in bag
    back = visitor.fragment("/deals/new", query_string=desk.deal("126.00", unit="tonne", was="126.00|bag|P10")).text
    assert value(back, "price-0") == "3150.00"


def test_a_product_without_a_bag_is_priced_by_the_tonne(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal("4500", product="P30", unit="bag")).text
    assert "per tonne" in page
    assert "¥22,500.00" in page  # 5 t × 4500


def test_lines_are_added_and_removed_with_and_without_javascript(desk: Desk) -> None:
    visitor = desk.as_("rep")
    added = visitor.get("/deals/new", query_string=desk.deal(add="1"))
    assert added.status_code == 303
    page = visitor.get(added.headers["Location"]).text
    assert 'id="product-1"' in page
    assert verdict(page) == "approval", "a line still blank does not count"
    swapped = visitor.fragment("/deals/new", query_string=desk.deal(add="1"))
    assert (swapped.headers["HX-Retarget"], swapped.headers["HX-Reswap"]) == ("#deal", "outerHTML")
    assert 'id="product-1"' in swapped.text
    two = {**desk.deal(), "product": ["P10", "P30"], "kg": ["5000", "1000"], "price": ["3190.00", "4500.00"]}
    both = visitor.get("/deals/new", query_string=two).text
    assert "¥20,450.00" in both
    assert "Line 2 · Price holds" in both
    left = visitor.get("/deals/new", query_string={**two, "remove": "0"})
    assert value(visitor.get(left.headers["Location"]).text, "price-0") == "4500.00"


def test_a_second_line_left_half_done_holds_the_verdict_back(desk: Desk) -> None:
    query = {**desk.deal(), "product": ["P10", "P30"], "kg": ["5000", ""], "price": ["3190.00", "4500.00"]}
    query["was"] = ["3190.00|tonne|P10", "4500.00|tonne|P30"]
    page = desk.as_("rep").fragment("/deals/new", query_string=query).text
    assert verdict(page) == "pending"
    assert "Line 2: Enter the weight." in page


def test_another_place_is_searched_and_chosen(desk: Desk) -> None:
    visitor = desk.as_("rep")
    page = visitor.get("/deals/new", query_string=desk.deal("3190.00", place="二七区")).text
    assert 'name="ship_to" value="410103"' in page
    foreign = visitor.fragment("/deals/new", query_string=desk.deal("3190.00", ship_to="410103")).text
    assert verdict(foreign) == "approval"
    assert "二七区" in foreign


def test_terms_follow_the_grade_until_they_are_chosen(desk: Desk) -> None:
    query = {key: text for key, text in desk.deal("3190.00").items() if key != "terms"}
    checked = re.compile(r'value="(credit|cash)" checked')
    assert checked.findall(desk.as_("rep").get("/deals/new", query_string=query).text) == ["credit"]
    desk.change(sa.update(CreditRecord).values(grade="D"))
    assert checked.findall(desk.as_("rep").get("/deals/new", query_string=query).text) == ["cash"]
    on_credit = desk.as_("rep").get("/deals/new", query_string=desk.deal("3190.00")).text
    assert (checked.findall(on_credit), verdict(on_credit)) == (["credit"], "stop")


def test_the_floor_is_hidden_from_a_rep_and_shown_to_a_supervisor(desk: Desk) -> None:
    query = desk.deal("3160.00")
    rep = desk.as_("rep").get("/deals/new", query_string=query).text
    assert "3,190.00" in rep
    assert "3,150.00" not in rep
    assert "3,150.00" in desk.as_("boss").get("/deals/new", query_string=query).text


def test_a_changed_price_list_is_in_the_next_answer(desk: Desk) -> None:
    assert verdict(desk.as_("rep").fragment("/deals/new", query_string=desk.deal("3190.00")).text) == "go"
    desk.change(sa.update(Price).values(floor_price=316_000))
    assert verdict(desk.as_("rep").fragment("/deals/new", query_string=desk.deal("3190.00")).text) == "approval"


def test_what_is_typed_is_shown_as_text(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal('"><script>alert(1)</script>', place="<b>")).text
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_an_answer_takes_two_statements(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks (the session), and the facts. A verdict that needs approval looks for a request as well."""
    visitor = desk.as_("rep")
    query = {**desk.deal("3190.00"), "was": "3190.00|tonne|P10"}
    visitor.fragment("/deals/new", query_string=query)  # warm
    slow: list[str] = []
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: slow.append(args[2]))
    hot: list[str] = []
    fetch = hotread._Prepared.fetch
    monkeypatch.setattr(hotread._Prepared, "fetch", lambda self, *args: (hot.append(self.sql), fetch(self, *args))[1])
    assert verdict(visitor.fragment("/deals/new", query_string=query).text) == "go"
    assert (len(hot), slow) == (2, []), "both go past the ORM, on this thread's own connection"
    hot.clear()
    assert verdict(visitor.fragment("/deals/new", query_string={**query, "price": "3150.00"}).text) == "approval"
    assert (len(hot), slow) == (3, [])
