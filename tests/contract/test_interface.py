"""POST /api/v1/deal-checks from outside: the example, who may ask, what is refused and how."""

from typing import Any

import pytest

from .installation import Reply
from .office import Office

# Differences known and reported; strict, so that the mark falls with the fault.

LINE = {"product": "P1", "kg": "5000", "price": "3150.00"}


def fields(reply: Reply) -> list[str]:
    """The fields of a 422, which has no other form than the contract's."""
    assert reply.status == 422, reply
    body = reply.json()
    assert set(body) == {"errors"}
    assert all(set(error) == {"field", "message"} and error["message"].strip() for error in body["errors"])
    return [error["field"] for error in body["errors"]]


def test_the_example_of_the_contract(office: Office) -> None:
    reply = office.ask(ship_to="910101")
    assert reply.status == 201
    assert reply.headers["content-type"].startswith("application/json")
    body = reply.json()
    assert set(body) >= {"id", "verdict", "amount", "policy", "findings"}
    assert (body["verdict"], body["amount"], body["policy"]) == ("approval", "15750.00", 1)
    price = next(finding for finding in body["findings"] if finding["code"] == "price.below_floor")
    assert (price["level"], price["line"]) == ("approval", 1)
    wanted = {
        "list": "3200.00", "floor": "3150.00", "net": "3110.00", "rebates": "40.00", "lowest_ok_price": "3190.00",
    }  # fmt: skip
    assert wanted.items() <= price["facts"].items()
    assert "3,190.00" in price["message"]


def test_two_checks_are_two(office: Office) -> None:
    assert office.ask().json()["id"] != office.ask().json()["id"]


def test_today_and_the_own_region_hold_when_nothing_is_said(office: Office) -> None:
    said = office.ask(on="2026-11-23", ship_to="910101").json()
    unsaid = office.ask(on=..., ship_to=...).json()
    assert {**unsaid, "id": ""} == {**said, "id": ""}


def test_codes_are_read_in_any_case(office: Office) -> None:
    assert office.facts("territory.", distributor=" d1 ")["owners"] == ["D1"]
    assert office.facts("price.", lines=[{**LINE, "product": "p1"}])["floor"] == "3150.00"


def test_a_rep_is_not_told_the_floor_but_the_price_that_goes(office: Office) -> None:
    facts = office.facts("price.", "rep")
    assert facts["floor"] is None
    assert facts["lowest_ok_price"] == "3190.00"
    assert office.facts("price.", "sup")["floor"] == "3150.00"


@pytest.mark.parametrize(("user", "owners", "others"), [("boss", ["D1", "D2"], 0), ("sup", ["D1"], 1)])
def test_owners_outside_the_patch_are_a_count(office: Office, user: str, owners: list[str], others: int) -> None:
    facts = office.facts("territory.", user, ship_to="9102")
    assert (sorted(facts["owners"]), facts["other_owners"]) == (owners, others)


@pytest.mark.parametrize("user", [None, "nonsense", "", "gone"])
def test_without_a_token_that_holds_nobody_is_answered(office: Office, user: str | None) -> None:
    replies = [office.ask(user), office.ask(user, distributor="D404"), office.ask(user, lines="x")]
    assert [reply.status for reply in replies] == [401] * 3
    assert replies[0].headers["www-authenticate"].startswith("Bearer")


def test_only_a_bearer_token_counts(office: Office) -> None:
    token = office.tokens["boss"]
    for header in (f"Basic {token}", token, f"Bearer {token}x", f"Bearer {token[:-1]}"):
        assert office.installation.post(b"{}", {"Authorization": header}).status == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 404),
        ({"lines": [{**LINE, "product": "P404"}]}, 404),
        ({"ship_to": "9999"}, 404),
        ({"on": "2026-02-30"}, 422),
        ({"lines": []}, 422),
    ],
    ids=["good", "product", "ship_to", "on", "lines"],
)
def test_unknown_and_out_of_the_patch_are_the_same_to_the_byte(
    office: Office, changes: dict[str, Any], status: int
) -> None:
    unknown, foreign = (office.ask("rep", distributor=code, **changes) for code in ("D404", "D2"))
    assert unknown.status == status
    assert unknown == foreign


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"distributor": ...}, ["distributor"]),
        ({"distributor": 5}, ["distributor"]),
        ({"distributor": ""}, ["distributor"]),
        ({"on": "2026-02-30"}, ["on"]),
        ({"on": "23.11.2026"}, ["on"]),
        ({"on": "20261123"}, ["on"]),
        ({"on": "2026-W10-1"}, ["on"]),
        ({"on": 20261123}, ["on"]),
        ({"ship_to": "9999"}, ["ship_to"]),
        ({"ship_to": "x"}, ["ship_to"]),
        ({"terms": "Kredit"}, ["terms"]),
        ({"terms": None}, ["terms"]),
        ({"lines": ...}, ["lines"]),
        ({"lines": []}, ["lines"]),
        ({"lines": {}}, ["lines"]),
        ({"lines": [LINE, 1]}, ["lines.1"]),
        ({"lines": [{}]}, ["lines.0.product", "lines.0.kg", "lines.0.price"]),
        ({"lines": [LINE, {**LINE, "product": "P404"}]}, ["lines.1.product"]),
        ({"lines": [{**LINE, "kg": "x"}, {**LINE, "price": "y"}]}, ["lines.0.kg", "lines.1.price"]),
        ({"distributor": "\ud800"}, ["distributor"]),
        ({"ship_to": "\ud800"}, ["ship_to"]),
        ({"lines": [{**LINE, "product": "\ud800"}]}, ["lines.0.product"]),
        ({"distributor": "D\u0000"}, ["distributor"]),
    ],
)
def test_bad_input_names_its_fields(office: Office, changes: dict[str, Any], wanted: list[str]) -> None:
    assert fields(office.ask(**changes)) == wanted


@pytest.mark.parametrize(
    "kg", ["0", "-1", "0.0001", "", "x", "1e3", "NaN", "５", "5 000", "9" * 30, 5, 5.5, None, True, []]
)
def test_a_weight_is_a_string_of_kilograms_above_zero(office: Office, kg: Any) -> None:
    assert fields(office.ask(lines=[{**LINE, "kg": kg}])) == ["lines.0.kg"]


@pytest.mark.parametrize(
    "price", ["-1", "-0.01", "3150.001", "", "x", "1e3", "NaN", "9" * 30, 3150, 3150.5, None, True, {}]
)
def test_a_price_is_a_string_of_yuan_and_not_negative(office: Office, price: Any) -> None:
    assert fields(office.ask(lines=[{**LINE, "price": price}])) == ["lines.0.price"]


@pytest.mark.parametrize("price", ["3150,00", "1,23", ",5", "1,2,3", "1,0000"])
def test_a_comma_is_not_swallowed(office: Office, price: str) -> None:
    """`3150,00` taken as 315000 would be a hundred times the price."""
    assert fields(office.ask(lines=[{**LINE, "price": price}])) == ["lines.0.price"]


def test_a_price_of_zero_is_judged_like_any_other(office: Office) -> None:
    facts = office.facts("price.", lines=[{**LINE, "price": "0"}])
    assert (facts["code"], facts["net"]) == ("price.far_below_floor", "-40.00")


def test_the_largest_numbers_are_answered(office: Office) -> None:
    """Whatever a line may hold, the deal is answered or refused by name."""
    for digits in range(6, 16):
        line = {"product": "P1", "kg": "9" * digits, "price": "9" * digits}
        reply = office.ask(lines=[line] * 100)
        assert reply.status in {201, 422}, (digits, reply)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"D1"', b"\xff\xfe", b"[" * 50_000, b"{}" * 2])
def test_a_body_that_is_no_deal_is_bad_input(office: Office, body: bytes) -> None:
    reply = office.installation.post(body, {"Authorization": f"Bearer {office.tokens['boss']}"})
    assert fields(reply)


@pytest.mark.parametrize(
    ("percents", "lowest"), [(("60", "39.99"), "31899950.00"), (("60", "40"), None), (("60", "50"), None)]
)
def test_rebates_that_reach_the_whole_price_leave_no_lowest_price(
    office: Office, percents: tuple[str, str], lowest: str | None
) -> None:
    rows = "".join(f"W{number},year,D1,*,pig,P1,,{percent},2026-01-01\n" for number, percent in enumerate(percents))
    header = "code,kind,distributor,tier,line,product,per_tonne,percent,valid_from\n"
    assert office.read("rebates", header + rows).code == 0
    facts = office.facts("price.", on="2026-11-22")
    office.read("rebates", header + "W0,year,D1,*,pig,P1,,0,2026-01-01\nW1,year,D1,*,pig,P1,,0,2026-01-01\n")
    assert facts["lowest_ok_price"] == lowest
