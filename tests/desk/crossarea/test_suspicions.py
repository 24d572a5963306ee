"""Invoices that speak for themselves: what is gathered, what an approval covers, what a correction takes back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.core.findings import Verdict as CheckVerdict
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.rules import Terms
from fieldapp.desk.crossarea import suspicions
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.models import Notice
from fieldapp.standing.crossarea import actions
from fieldapp.standing.crossarea.models import CrossCase, CrossEntry, CrossLine
from fieldapp.standing.crossarea.rules import CaseState, CaseVerb, Into
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from tests import cast
from tests.visitor import Visitor

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)


@pytest.fixture
def known(app: Flask) -> Iterator[dict[str, Any]]:
    """D001 owns 4101, D002 owns 4102; 4103 is nobody's."""
    with app.app_context():
        begin_writing()
        rows: dict[str, Any] = dict(cast.make_cast())
        rows["owner"], rows["other"] = cast.make_distributor("D001"), cast.make_distributor("D002", "410203")
        rows["product"], rows["hen"] = cast.make_product(), cast.make_product("P20", line="poultry")
        cast.make_area(rows["owner"], "4101")
        cast.make_area(rows["other"], "4102")
        db.session.commit()
        yield rows


def line(known: dict[str, Any], ship_to: str | None, **values: Any) -> dict[str, Any]:
    return {"product": known["product"], "ship_to": ship_to, "weight": 1_000_000, "amount": 300_000, **values}


def sold(known: dict[str, Any], number: str, *ship_to: str | None, **values: Any) -> Invoice:
    return cast.make_invoice(known["owner"], number, *(line(known, place, **values) for place in ship_to))


def look(*invoices: Invoice) -> int:
    return suspicions.read([one.id for one in invoices], cast.NOW, cast.TODAY)


def cases() -> list[CrossCase]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(CrossCase).order_by(CrossCase.number)))


def test_lines_are_gathered_by_buyer_county_and_product_line(known: dict[str, Any]) -> None:
    first = sold(known, "I1", "410203", "410203001", "410204", "410302", "410102", None)
    second = cast.make_invoice(known["owner"], "I2", line(known, "410203"), line(known, "410203", product=known["hen"]))
    back = sold(known, "I3", "410203", weight=-1_000_000, amount=-300_000)
    assert look(first, second, back) == 6
    found = {(one.region_code, one.line_key): (one.into, one.weight, one.harmed_id) for one in cases()}
    mine = known["other"].id
    assert found == {
        ("410203", "pig"): (Into.FOREIGN, 3_000_000, mine),
        ("410203", "poultry"): (Into.FOREIGN, 1_000_000, mine),
        ("410204", "pig"): (Into.FOREIGN, 1_000_000, mine),
        ("410302", "pig"): (Into.WHITE, 1_000_000, None),
    }
    told = db.session.scalars(sa.select(User.username).join(Notice, Notice.user_id == User.id))
    assert list(told) == ["boss"], "once, however many there are"
    assert look(first, second, back) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CrossEntry)) == 4


def test_the_areas_of_the_day_of_the_invoice_count(known: dict[str, Any]) -> None:
    day = cast.TODAY - timedelta(days=400)
    cast.make_area(known["owner"], "410302", valid_to=day)
    assert look(sold(known, "I1", "410302")) == 1
    old = cast.make_invoice(known["owner"], "I2", line(known, "410302"), date=day)
    assert look(old) == 0


def test_where_nobody_was_ever_given_an_area_nothing_is_suspicious(known: dict[str, Any]) -> None:
    db.session.execute(sa.text("DELETE FROM area"))
    assert look(sold(known, "I1", "410203")) == 0


def approve(known: dict[str, Any], grams: int, code: str = "territory.foreign", state: str = "approved") -> None:
    at = cast.NOW - timedelta(days=4)
    check = cast.add(
        DealCheck(
            made_at=at,
            made_by_id=known["rep"].id,
            origin="screen",
            distributor_id=known["owner"].id,
            region_code="410102",
            on=at.date(),
            ship_to="410203",
            terms=Terms.CREDIT,
            amount=1,
            verdict=CheckVerdict.APPROVAL,
            policy_version=1,
            inputs={"distributor": "D001", "lines": [{"product": "P10", "grams": grams, "price": 1}]},
            facts={},
            findings=[],
        )
    )
    cast.add(
        Approval(
            check_id=check.id,
            region_code="410102",
            asked_by_id=known["rep"].id,
            asked_at=at,
            reason="A brother",
            covers=[[code, 1]],
            inputs_key="x",
            state=ApprovalState(state),
            decided_by_id=known["boss"].id,
            decided_at=at,
            expires_at=at + timedelta(days=1),
        )
    )


@pytest.mark.parametrize(
    ("grams", "code", "state", "wanted"),
    [
        (2_000_000, "territory.foreign", "approved", 0),
        (1_500_000, "territory.foreign", "approved", 1),  # the second line is more than was approved
        (2_000_000, "price.below_floor", "approved", 2),
        (2_000_000, "territory.foreign", "declined", 2),
    ],
)
def test_what_was_approved_is_not_suspicious(
    known: dict[str, Any], grams: int, code: str, state: str, wanted: int
) -> None:
    approve(known, grams, code, state)
    assert look(sold(known, "I1", "410203", "410203")) == wanted


def test_an_approval_used_up_by_an_earlier_invoice_covers_no_later_one(known: dict[str, Any]) -> None:
    approve(known, 1_000_000)
    assert look(sold(known, "I1", "410203")) == 0
    assert look(sold(known, "I2", "410203")) == 1


def rule(known: dict[str, Any], case: CrossCase, verb: CaseVerb) -> None:
    boss = viewer_of(known["boss"])
    if verb is CaseVerb.BENIGN:
        actions.advance(boss, case, CaseVerb.INVESTIGATE, "", WHEN)
    actions.rule(boss, case, verb, "Seen to", WHEN, seen=case.version)


def test_a_dismissed_suspicion_is_opened_again_only_by_new_lines(known: dict[str, Any]) -> None:
    first = sold(known, "I1", "410203")
    look(first)
    rule(known, cases()[0], CaseVerb.DISMISS)
    assert look(first) == 0
    assert cases()[0].state is CaseState.DISMISSED
    assert look(first, sold(known, "I2", "410203")) == 1
    (case,) = cases()
    assert (case.state, case.weight, case.decided_by_id) == (CaseState.SUSPECTED, 2_000_000, None)


def test_after_a_confirmed_case_new_lines_are_a_new_one(known: dict[str, Any]) -> None:
    first = sold(known, "I1", "410203")
    look(first)
    rule(known, cases()[0], CaseVerb.BENIGN)
    assert look(first, sold(known, "I2", "410203")) == 1
    assert [(one.state, one.weight) for one in cases()] == [
        (CaseState.CONFIRMED, 1_000_000),
        (CaseState.SUSPECTED, 1_000_000),
    ]


def test_a_corrected_invoice_takes_its_lines_back_and_brings_them_again(known: dict[str, Any]) -> None:
    invoice = sold(known, "I1", "410203", "410204")
    look(invoice)

    def ship(place: str, line_no: int = 1) -> int:
        this = InvoiceLine.invoice_id == invoice.id, InvoiceLine.line_no == line_no
        db.session.execute(sa.update(InvoiceLine).where(*this).values(ship_to=place))
        return look(invoice)

    assert ship("410102") == 0
    first, second = cases()
    assert (first.state, first.weight, second.state) == (CaseState.DISMISSED, None, CaseState.SUSPECTED)
    assert db.session.scalar(sa.select(CrossLine.gone).where(CrossLine.case_id == first.id)) is True
    assert ship("410203") == 1
    assert (cases()[0].state, cases()[0].weight) == (CaseState.SUSPECTED, 1_000_000)
    # To another county: it speaks for that one now.
    assert ship("410204") == 1
    assert [(one.state, one.weight) for one in cases()] == [
        (CaseState.DISMISSED, None),
        (CaseState.SUSPECTED, 2_000_000),
    ]


def test_unknown_invoices_are_nothing(known: dict[str, Any]) -> None:
    assert suspicions.read([uuid7()], cast.NOW, cast.TODAY) == 0
    assert suspicions.read([], cast.NOW, cast.TODAY) == 0


def test_the_page_says_which_goods_and_keeps_what_can_be_done_in_reach(known: dict[str, Any], app: Flask) -> None:
    chick = cast.make_product("P21", line="poultry")
    goods = [known["hen"]] * 7 + [chick]
    look(cast.make_invoice(known["owner"], "I1", *(line(known, "410203", product=one) for one in goods)))
    db.session.commit()
    page = Visitor(app, "boss").get(f"/cross-area/{cases()[0].id}").text
    assert "<dd>Poultry feed</dd>" in page
    shown, _folded, rest = page.partition("Earlier lines")
    assert (shown.count("Product P2"), rest.count("Product P2")) == (5, 3)
    assert "Product P21" in page
