"""A change through the pages: what it would do, the second person, two editors; what the deal check sees."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.core.money import parse_yuan
from fieldapp.desk.checks.queries import DealRequest, LineRequest, evaluate
from fieldapp.desk.checks.rules import Terms
from fieldapp.desk.imports.engine import Order, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.desk.pricebook.effect import effect
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.pricing import queries
from fieldapp.trade.pricing.change_rules import DraftState
from fieldapp.trade.pricing.models import Price, PriceDraft, PriceDraftLine
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk

TOMORROW = cast.TODAY + timedelta(days=1)


@pytest.fixture
def office(desk: Desk) -> "Office":
    return Office(desk)


class Office:
    """Two administrators, `admin` and `second`, on the desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.app = desk, desk.app
        with self.app.app_context():
            cast.make_user("second", Role.ADMIN)
            db.session.commit()

    def begin(self, price: str = "3200", floor: str = "3200") -> str:
        """A draft of `admin` with one line for P10 in 41; its address."""
        admin = self.desk.as_("admin")
        address = admin.post("/prices/drafts", {"id": str(uuid7()), "title": "December"}).location
        line = {"product": "P10", "region": "41", "valid_from": TOMORROW.isoformat()}
        done = admin.post(f"{address}/lines", {**line, "list_price": price, "floor_price": floor})
        assert done.status_code == 303, done.text
        return address

    def submit(self, address: str) -> TestResponse:
        return self.desk.as_("admin").post(f"{address}/submission")

    def approve(self, address: str, who: str = "second", seen: str | None = None) -> TestResponse:
        seen = seen or self.seal(address, who)
        return self.desk.as_(who).post(f"{address}/approval", {"seen": seen})

    def seal(self, address: str, who: str = "second") -> str:
        found = re.search(r'name="seen" value="(\w+)"', self.desk.as_(who).get(address).text)
        return found[1] if found else "none"

    def draft(self) -> PriceDraft:
        return db.session.scalars(sa.select(PriceDraft)).one()


def deal_on(desk: Desk, day: Any, price: str) -> str:
    with desk.app.app_context():
        line = LineRequest("P10", 5_000_000, parse_yuan(price))
        request = DealRequest("D001", day, "410102", Terms.CREDIT, (line,))
        return evaluate(desk.viewer("rep"), request).result.verdict.value


def test_drafted_compared_published_and_seen_by_the_deal_check(office: Office) -> None:
    address = office.begin()
    assert deal_on(office.desk, TOMORROW, "3190.00") == "go"
    assert office.submit(address).status_code == 303
    assert office.approve(address, "admin").status_code == 403
    waiting = office.desk.as_("second").get("/approvals").text
    assert "December" in waiting
    page = office.desk.as_("second").get(address).text
    assert "Approve and publish" in page
    assert "¥3,150.00 → <strong>¥3,200.00</strong>" in page
    assert office.approve(address).status_code == 303
    assert deal_on(office.desk, TOMORROW, "3190.00") == "approval"
    assert deal_on(office.desk, cast.TODAY, "3190.00") == "go", "today keeps its price"
    assert office.approve(address, seen="again").status_code == 409


def test_what_a_change_would_do(office: Office) -> None:
    desk = office.desk
    desk.record("3190.00")
    desk.ask()
    with office.app.app_context():
        begin_writing()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        day, amount = cast.TODAY - timedelta(days=10), 1_595_000
        invoice = cast.add(
            Invoice(number="I9", number_key="i9", distributor_id=store.id, date=day, due=day, amount=amount)
        )
        cast.add(InvoiceLine(invoice_id=invoice.id, line_no=1, product_id=product.id, weight=5_000_000, amount=amount))
        db.session.commit()
    address = office.begin()
    with office.app.app_context():
        found, held = queries.plans(office.draft().id, cast.TODAY, Decimal(30))
        made = effect(desk.viewer("admin"), found, held, cast.TODAY, now())
    # ¥3,190 nets ¥3,150: it kept the old floor, and lies within 2 % of the new one; ¥3,150 would be stopped.
    assert (made.reached, made.buyers, made.below_count) == (2, 1, 1)
    assert (made.below[0].net, made.below[0].floor) == (315_000, 320_000)
    assert (made.checks, made.changed, dict(made.groups)) == (
        2,
        2,
        {("go", "approval"): 1, ("approval", "stop"): 1},
    )
    assert (made.requests, made.uncovered) == (1, 1)
    page = desk.as_("admin").get(f"{address}/comparison").text
    assert "Submit to a second person" in page


def test_what_he_looked_at_has_changed(office: Office) -> None:
    address = office.begin()
    office.submit(address)
    seen = office.seal(address)
    with office.app.app_context():
        db.session.execute(sa.update(Price).values(floor_price=316_000))
        db.session.commit()
    answer = office.approve(address, seen=seen)
    assert answer.status_code == 409
    assert "has changed since you looked" in answer.text
    with office.app.app_context():
        assert office.draft().state is DraftState.SUBMITTED
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Price)) == 2


def grid(office: Office, address: str, who: str) -> dict[str, str]:
    """The fields of the one line as somebody's page holds them."""
    page = office.desk.as_(who).get(address).text
    key = re.search(r'name="line" value="([\w-]+)"', page)
    assert key is not None
    was = re.search(rf'name="was-{key[1]}" value="([^"]*)"', page)
    assert was is not None
    names = ("valid_from", "valid_to", "list_price", "floor_price", "retail_price")
    values = {f"{name}-{key[1]}": value for name, value in zip(names, was[1].split("|"), strict=True)}
    return {"line": key[1], f"was-{key[1]}": was[1], **values}


def test_two_editors_at_once_lose_nothing(office: Office) -> None:
    address = office.begin()
    one, other = grid(office, address, "admin"), grid(office, address, "second")
    key = one["line"]
    assert office.desk.as_("admin").post(f"{address}/grid", {**one, f"floor_price-{key}": "3190"}).status_code == 303
    # Another cell of the same line goes together with it; the same cell is told, and what was typed stays.
    listed = {**other, f"list_price-{key}": "3210"}
    assert office.desk.as_("second").post(f"{address}/grid", listed).status_code == 303
    clash = office.desk.as_("second").post(f"{address}/grid", {**other, f"floor_price-{key}": "3180"})
    assert clash.status_code == 409
    assert 'value="3180"' in clash.text
    assert "3190.00" in clash.text
    bad = office.desk.as_("admin").post(f"{address}/grid", {**one, f"floor_price-{key}": "31,9"})
    assert bad.status_code == 422
    assert 'value="31,9"' in bad.text
    with office.app.app_context():
        line = db.session.scalars(sa.select(PriceDraftLine)).one()
        assert (line.list_price, line.floor_price) == (321_000, 319_000)


def test_comparing_keeps_what_was_typed(office: Office) -> None:
    address = office.begin()
    typed = grid(office, address, "admin")
    typed |= {f"floor_price-{typed['line']}": "3190", "then": "compare"}
    done = office.desk.as_("admin").post(f"{address}/grid", typed)
    assert done.location == f"{address}/comparison"
    assert "¥3,190.00" in office.desk.as_("admin").get(done.location).text


def test_a_region_that_is_not_clear_is_asked_for(office: Office) -> None:
    address = office.begin()
    with office.app.app_context():
        for code, name in (("320106", "鼓楼区"), ("410204", "鼓楼区"), ("32", "江苏省"), ("3201", "南京市")):
            cast.make_region(code, name)
        db.session.commit()
    line = {"product": "P10", "valid_from": TOMORROW.isoformat(), "list_price": "3000"}
    unclear = office.desk.as_("admin").post(f"{address}/lines", {**line, "region": "鼓楼区"})
    assert unclear.status_code == 422
    assert "Several regions are called so" in unclear.text
    assert "鼓楼区 320106" in unclear.text
    raised = {"field": "floor_price", "by": "20", "unit": "yuan", "region": "鼓楼区"}
    assert office.desk.as_("admin").post(f"{address}/adjustments", raised).status_code == 422
    assert office.desk.as_("admin").post(f"{address}/lines", {**line, "region": "41", "tier": "A"}).status_code == 303
    with office.app.app_context():
        assert set(db.session.scalars(sa.select(PriceDraftLine.region_code))) == {"41"}


def test_a_tier_that_nobody_has_is_pointed_out_and_stops_nothing(office: Office) -> None:
    address = office.begin()
    line = {"product": "P10", "region": "41", "valid_from": TOMORROW.isoformat(), "list_price": "3000"}
    office.desk.as_("admin").post(f"{address}/lines", {**line, "tier": "Q", "floor_price": "2900"})
    assert "No distributor is of this tier" in office.desk.as_("admin").get(f"{address}/comparison").text
    assert office.submit(address).status_code == 303
    assert "No distributor is of this tier" in office.desk.as_("second").get(address).text
    assert office.approve(address).status_code == 303


def test_a_published_change_still_says_what_held_before(office: Office) -> None:
    address = office.begin()
    office.submit(address)
    office.approve(address)
    page = office.desk.as_("second").get(address).text
    assert "Published" in page
    assert "¥3,150.00 → <strong>¥3,200.00</strong>" in page


@pytest.mark.parametrize(
    ("floor", "from_", "says"),
    [("0", "", "0 is no price"), ("3201", "", "lies above the list price"), ("3190", "2026-11-23", "Past days keep")],
    ids=["zero", "above the list", "today"],
)
def test_what_cannot_be_published_is_said_and_not_submitted(office: Office, floor: str, from_: str, says: str) -> None:
    address = office.begin(floor=floor)
    if from_:
        fields = grid(office, address, "admin")
        office.desk.as_("admin").post(f"{address}/grid", {**fields, f"valid_from-{fields['line']}": from_})
    assert says in office.desk.as_("admin").get(address).text
    answer = office.submit(address)
    assert answer.status_code == 409
    assert says in answer.text
    with office.app.app_context():
        assert office.draft().state is DraftState.OPEN


def test_a_raise_for_all_of_a_line_and_a_row_ended(office: Office) -> None:
    admin = office.desk.as_("admin")
    address = office.begin("3300")
    raised = {"field": "floor_price", "by": "1", "unit": "percent", "whole": "y", "line": "pig", "region": "河南"}
    with office.app.app_context():
        cast.make_region("42", "湖北省")
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        other = cast.make_price(product, "42", 300_000, 290_000).id
        db.session.commit()
    assert admin.post(f"{address}/adjustments", {**raised, "by": "0"}).status_code == 422
    assert admin.post(f"{address}/adjustments", {**raised, "region": "41"}).status_code == 303
    assert admin.post(f"{address}/copies", {"price": str(other), "kind": "end"}).status_code == 303
    office.submit(address)
    assert office.approve(address).status_code == 303
    with office.app.app_context():
        of_p10 = (
            sa.select(Price.region_code, Price.valid_to, Price.floor_price).join(Product).where(Product.code == "P10")
        )
        rows = db.session.execute(of_p10).all()
        assert sorted(map(tuple, rows), key=str) == [
            ("41", None, 323_200),
            ("41", cast.TODAY, 315_000),
            ("42", cast.TODAY, 290_000),
        ]


def test_floors_are_for_those_who_may_see_them(office: Office) -> None:
    """¥3,150.00 is the floor of the one price there is, and stands nowhere in what others are given."""
    address = office.begin()
    office.submit(address)
    office.approve(address)
    floor = re.compile(r"3,?150\.00|floor_price|Floor(?! breaches)")  # that is the name of a place
    with office.app.app_context():
        price = db.session.scalars(sa.select(Price).where(Price.valid_to.is_not(None))).one()
        pages = [
            "/prices",
            "/prices?when=all",
            f"/prices/rows/{price.id}",
            "/prices/day?product=P10&region=410102&tier=A",
            "/prices/export.csv?when=all",
            "/prices/rebates",
            "/prices/retail?product=P10",
        ]
    for page in pages:
        answer = office.desk.as_("rep").get(page)
        assert answer.status_code == 200
        assert not floor.search(answer.text), page
    assert floor.search(office.desk.as_("boss").get("/prices?when=all").text)
    with office.app.app_context():
        policy = db.session.get_one(PolicyVersion, 1)
        policy.settings = {**policy.settings, "visibility": {"floor_roles": ["admin"]}}
        db.session.commit()
    for page in pages:
        assert not floor.search(office.desk.as_("boss").get(page).text), page
    assert office.desk.as_("boss").get("/prices/history").status_code == 404
    # Outside one's patch there is no price at all.
    assert "P10" not in office.desk.as_("stranger").get("/prices/export.csv?when=all").text


def test_what_is_exported_can_be_read_in_again(office: Office, app: Flask, tmp_path: Any) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(office.desk.as_("admin").get("/prices/export.csv?when=all").data)
    with app.app_context():
        outcome = read(Order(kinds()["prices"], path, path.name, None, cast.NOW), print)
    assert (outcome.unchanged, outcome.created, outcome.updated, outcome.rejected) == (2, 0, 0, 0)
