"""A confirmed group is counted as one for credit: in the deal check, on the phone, in the list."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.checks.queries import know
from fieldapp.desk.deals.snapshot import snapshot
from fieldapp.desk.portfolio.forms import Asked
from fieldapp.desk.portfolio.queries import listed
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import ApiToken, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.merged.models import MergedGroup, MergedMember
from fieldapp.trade.ledger.actions import rebuild_balances
from fieldapp.trade.ledger.models import Invoice
from tests import cast


def owe(distributor: Distributor, fen: int, due: date, day: date = date(2026, 10, 1)) -> None:
    number = f"V{distributor.code}-{day}"
    cast.add(
        Invoice(number=number, number_key=number.lower(), distributor_id=distributor.id, date=day, due=due, amount=fen)
    )
    rebuild_balances([distributor.id])


@pytest.fixture
def accounts(app: Flask, people: dict[str, User]) -> dict[str, Distributor]:
    """D1 in the rep's patch; D2 in his patch too and D3 elsewhere, to be counted with it; D4 by itself."""
    with app.app_context():
        made = {
            code: cast.make_distributor(code, region)
            for code, region in (("D1", "410102"), ("D2", "410103"), ("D3", "420102"), ("D4", "410102"))
        }
        for distributor in made.values():
            cast.make_area(distributor, distributor.region_code or "")
            cast.make_credit(distributor, limit=5_000_000)
        cast.make_price(cast.make_product(), "41", 320_000, 315_000)
        owe(made["D1"], 1_000_000, cast.TODAY + timedelta(days=9))
        owe(made["D2"], 2_000_000, cast.TODAY - timedelta(days=5))
        owe(made["D3"], 4_000_000, cast.TODAY - timedelta(days=40))
        cast.add(ApiToken(token_hash=secret_hash("t"), user_id=people["rep"].id, created_at=cast.NOW))
        db.session.commit()
    return made


def join(*members: Distributor) -> None:
    group = cast.add(MergedGroup(name="Wang's", made_at=cast.NOW))
    for member in members:
        cast.add(MergedMember(distributor_id=member.id, group_id=group.id, since=cast.NOW))
    db.session.commit()


def ask(app: Flask, code: str, kg: str = "5000") -> dict[str, Any]:
    body = {
        "distributor": code,
        "on": cast.TODAY.isoformat(),
        "terms": "credit",
        "lines": [{"product": "P10", "kg": kg, "price": "3200.00"}],
    }
    answer = app.test_client().post("/api/v1/deal-checks", json=body, headers={"Authorization": "Bearer t"})
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def credit(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in answer["findings"] if finding["code"].startswith("credit.")]


def test_the_check_counts_the_group(app: Flask, accounts: dict[str, Distributor]) -> None:
    alone = {code: credit(ask(app, code)) for code in ("D1", "D4")}
    assert [one["code"] for one in alone["D1"]] == ["credit.paid_up", "credit.ok"]
    assert not {"group", "other_group"} & set(alone["D1"][0]["facts"])
    with app.app_context():
        join(accounts["D1"], accounts["D2"], accounts["D3"])
    counted = credit(ask(app, "D1"))
    assert [one["code"] for one in counted] == ["credit.overdue_stop", "credit.ok"]
    facts = counted[0]["facts"]
    assert (facts["outstanding"], facts["overdue"], facts["overdue_days"]) == ("70000.00", "60000.00", 40)
    assert (facts["limit"], facts["available"], facts["grade"]) == ("150000.00", "80000.00", "A")
    assert (facts["group"], facts["other_group"]) == (["D2"], 1), "who lies outside the patch is a count"
    assert "Distributor D2, 1 distributor outside your patch" in counted[1]["message"]
    assert "D3" not in str(counted)
    assert credit(ask(app, "D4")) == alone["D4"], "for who is in no group nothing changes"


def test_frozen_with_another_and_the_limit_is_capped_once(app: Flask, accounts: dict[str, Distributor]) -> None:
    with app.app_context():
        accounts["D2"] = db.session.get_one(Distributor, accounts["D2"].id)
        frozen = cast.make_distributor("D5")
        cast.make_credit(frozen, "C", 250_000_000, frozen=True)
        join(accounts["D1"], frozen)
    [_overdue, limit] = credit(ask(app, "D1"))
    assert limit["code"] == "credit.frozen"
    assert limit["facts"]["limit"] == "2500000.00", "one of them has more by itself than the policy's highest"


def test_a_day_before_the_last_row_of_another_ledger(app: Flask, accounts: dict[str, Distributor]) -> None:
    with app.app_context():
        owe(accounts["D2"], 500_000, cast.TODAY + timedelta(days=60), cast.TODAY + timedelta(days=3))
        join(accounts["D1"], accounts["D2"])
        rep = viewer_of(db.session.get_one(User, db.session.query(User.id).filter_by(username="rep").scalar()))
        assert know(rep, "D1", cast.TODAY, None).ledger.outstanding == 3_000_000
        assert know(rep, "D1", cast.TODAY + timedelta(days=3), None).ledger.outstanding == 3_500_000


def test_the_phone_and_the_list_say_the_same(
    app: Flask, people: dict[str, User], accounts: dict[str, Distributor]
) -> None:
    with app.app_context():
        before = snapshot(viewer_of(people["rep"]), cast.TODAY, cast.NOW)
        join(accounts["D1"], accounts["D3"])
        after = snapshot(viewer_of(people["rep"]), cast.TODAY, cast.NOW)
        assert b"15000000" not in before
        assert b'["A",10000000,0,0,5000000,4000000,40]' in after
        rows = {row.code: row for row in listed(viewer_of(people["rep"]), Asked(), cast.TODAY).rows}
        assert (rows["D1"].available, rows["D1"].limit, rows["D1"].together) == (5_000_000, 10_000_000, 1)
        assert rows["D1"].outstanding == 1_000_000, "what is owed is the account's own"
        assert (rows["D2"].available, rows["D2"].together) == (3_000_000, 0)
