"""Every trick by which a floor was passed elsewhere (Dolibarr #33951 and its kin), at each of the three doors.

At the screen and at the interface it ends refused, or in a finding that stops or needs approval; as an imported invoice
it ends refused, or in a breach. The floor of P10 is 3150 and a rebate of 40 makes 3190 the lowest price that goes.
"""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.desk.approvals.models import Approval
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import ApiToken, User
from fieldapp.trade.pricing.models import Rebate
from tests import cast
from tests.desk.conftest import Desk, key_of, stored

from .conftest import Shop

# What is typed: (price, kilograms) → what the screen and the interface make of it. None: refused.
TYPED: tuple[tuple[str, str, Verdict | None], ...] = (
    ("0", "5000", Verdict.STOP),  # price 0 is a price
    ("0.00", "5000", Verdict.STOP),
    ("", "5000", None),
    ("-3200", "5000", None),
    ("3200", "-5000", None),
    ("3200", "0", None),
    ("3189.99", "5000", Verdict.APPROVAL),  # a fen below
    ("3189.999", "5000", None),  # no rounding up to the floor
    ("3.2e3", "5000", None),
    ("3200", "5e3", None),
    ("NaN", "5000", None),
    ("Infinity", "5000", None),
    ("3200", "0.0001", None),
    ("3190.00", "5000", Verdict.GO),
)


@pytest.fixture
def token(desk: Desk) -> dict[str, str]:
    """The rep's, for the interface."""
    with desk.app.app_context():
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        db.session.add(ApiToken(token_hash=secret_hash("rep"), user_id=rep.id, created_at=cast.NOW))
        db.session.commit()
    return {"Authorization": "Bearer rep"}


def asked(desk: Desk, token: dict[str, str], price: str, kg: str, **changes: Any) -> Verdict | None:
    """The interface's verdict; None: refused."""
    body = {
        "distributor": "D001",
        "on": "2026-11-23",
        "ship_to": "410102",
        "terms": "credit",
        "lines": [{"product": "P10", "kg": kg, "price": price}],
        **changes,
    }
    answer = desk.app.test_client().post("/api/v1/deal-checks", json=body, headers=token)
    assert answer.status_code in (201, 422)
    return Verdict(answer.get_json()["verdict"]) if answer.status_code == 201 else None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_typed(desk: Desk, token: dict[str, str]) -> None:
    """At the screen and at the interface."""
    for price, kg, expected in TYPED:
        answer = desk.as_("rep").post("/deals", desk.deal(price, kg=kg))
        verdict = stored(desk, key_of(answer)).verdict if answer.status_code == 303 else None
        assert verdict is expected, (price, kg)
        assert asked(desk, token, price, kg) is expected, (price, kg)


@pytest.mark.parametrize("percent", ["99.9", "100", "150"])
def test_rebates_up_to_all_of_it(shop: Shop, token: dict[str, str], percent: str) -> None:
    """A percentage that leaves nothing, or less: at every door."""
    with shop.desk.app.app_context():
        cast.make_rebate("R100", percent=Decimal(percent))
        db.session.commit()
    assert asked(shop.desk, token, "3200", "5000") is Verdict.STOP
    assert stored(shop.desk, shop.desk.record("3200")).verdict is Verdict.STOP
    shop.sold(shop.line(16000))
    assert [result for result, _state, _lost in shop.found()] == ["below"]
    assert shop.desk.count(Rebate) == 2


def test_edited_after_the_check(shop: Shop) -> None:
    """A check at a good price, an invoice at another: what was invoiced counts."""
    shop.desk.record("3190.00", on="2026-11-20")
    shop.sold(shop.line(15950))
    assert shop.found() == []
    shop.sold(shop.line(15949))
    assert shop.found() == [("below", "open", 100)]
    assert shop.breach().check_id is not None


# An approval of 5 t at 3150 to 410102 on credit, of 20 November; each changes one thing.
REUSED: tuple[tuple[str, dict[str, Any], str | None], ...] = (
    ("as approved", {}, None),
    ("a lower price", {"amount": 15700}, "price"),
    ("more of it", {"kg": 6000, "amount": 18900}, "quantity"),
    ("another region", {"ship_to": "410103"}, "place"),
    ("ordered the month after", {"date": "2026-12-20", "due": "2027-01-20", "ordered_on": "2026-12-20"}, "time"),
    ("ordered before it", {"ordered_on": "2026-11-19"}, "time"),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("trick", "change", "why"), REUSED, ids=[name for name, *_rest in REUSED])
def test_an_approval_used_for_something_else(shop: Shop, trick: str, change: dict[str, Any], why: str | None) -> None:
    """As an invoice; at the screen the approval no longer holds (tests/desk/approvals)."""
    shop.approved()
    given = {"amount": 15750, "ordered_on": "2026-11-20", **change}
    shop.sold(shop.line(given.pop("amount"), **given))
    assert [result for result, *_rest in shop.found()] == (["below"] if why else []), trick
    assert (shop.breach().facts["why"] if why else None) == why


def test_approved_for_cash_and_sold_on_credit(shop: Shop) -> None:
    shop.approved(terms="cash")
    shop.sold(shop.line(15750, ordered_on="2026-11-20"))
    assert shop.breach().facts["why"] == "terms"
    shop.sold(shop.line(15750, ordered_on="2026-11-20", due="2026-11-20"))
    assert shop.found() == [("below", "corrected", 20_000)]


def test_an_approval_that_was_declined_or_copied(shop: Shop) -> None:
    """Declined, withdrawn or still open it is none; the same deal asked again is another request."""
    declined = shop.desk.ask(shop.desk.record("3150.00", on="2026-11-20"))
    shop.desk.decide(declined, "decline")
    shop.sold(shop.line(15750, ordered_on="2026-11-20"))
    assert [result for result, *_rest in shop.found()] == ["below"]
    again = shop.desk.record("3150.00", on="2026-11-20")
    assert shop.desk.ask(again) != declined
    assert shop.desk.count(Approval) == 2
    shop.sold(shop.line(15750, ordered_on="2026-11-20"))
    assert [state for _result, state, _lost in shop.found()] == ["open"]


# Rows of an invoice that is read in → the results, or None where the file is refused.
INVOICED: tuple[tuple[str, tuple[dict[str, Any], ...], list[str] | None], ...] = (
    ("price 0", ({"amount": 0},), ["below"]),
    ("an empty amount", ({"amount": ""},), None),
    ("an exponent", ({"amount": "1.6e4"},), None),
    ("three decimals", ({"amount": "15949.999"},), None),
    ("four decimals of a kilogram", ({"amount": 15950, "kg": "4999.9999"},), None),
    ("a hundred grams too much", ({"amount": "15950", "kg": "5000.100"},), ["below"]),
    ("the same line twice", ({"amount": 15950}, {"amount": 0}), None),
    ("a line for nothing", ({"amount": 15950}, {"amount": 0, "kg": 500, "line_no": 2}), ["below"]),
    ("a discount on all lines", ({"amount": 15950}, {"amount": -500, "kg": 0, "line_no": 2}), ["below"]),
    ("goods back dearer", ({"amount": 15950}, {"amount": -500, "kg": -10, "line_no": 2}), ["below"]),
    ("weight back, money too", ({"amount": 15000}, {"amount": 950, "kg": -10, "line_no": 2}), ["below"]),
    ("goods back at their price", ({"amount": 15950}, {"amount": -319, "kg": -100, "line_no": 2}), []),
    (
        "the cheap half by itself",
        ({"amount": 8000, "kg": 2500}, {"amount": 7900, "kg": 2500, "number": "N2"}),
        ["below"],
    ),
    (
        "free on another invoice",
        ({"amount": 15950}, {"amount": 0, "kg": 500, "number": "N2", "date": "2026-11-22"}),
        ["below"],
    ),
    (
        "money back a week later",
        ({"amount": 15950}, {"amount": -700, "kg": 0, "number": "N2", "date": "2026-11-27"}),
        ["credit_note"],
    ),
    ("bags for kilograms", ({"amount": 15950, "kg": 125},), ["weight"]),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("trick", "rows", "expected"), INVOICED, ids=[name for name, *_rest in INVOICED])
def test_invoiced(shop: Shop, trick: str, rows: tuple[dict[str, Any], ...], expected: list[str] | None) -> None:
    """As a file of the ERP."""
    said = shop.sold(*(shop.line(**row) for row in rows))
    assert ("Nothing was written" in said) is (expected is None), trick
    assert [result for result, *_rest in shop.found()] == (expected or [])
