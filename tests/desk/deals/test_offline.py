"""The deal check without a signal, the server's side: the signed snapshot, and what comes back from the phone."""

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.deals import signing, snapshot
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.pricing.models import Price
from tests import cast
from tests.desk.conftest import Desk, buy, key_of, stored

KEY = "01930000-0000-7000-8000-000000000001"


def taken(desk: Desk, who: str = "rep") -> TestResponse:
    response = desk.as_(who).get("/deals/snapshot")
    assert response.status_code == 200
    return response


def facts(desk: Desk, who: str = "rep") -> dict[str, Any]:
    return dict(json.loads(taken(desk, who).data))


def sent(desk: Desk, price: str = "3190.00", who: str = "rep", **more: Any) -> TestResponse:
    form = {"id": KEY, "verdict": "go", "as_of": str(int(cast.NOW.timestamp() * 1000)), **desk.deal(price), **more}
    form.pop("on")
    return desk.as_(who).post("/deals/offline-checks", form)


# The snapshot ----------------------------------------------------------------------------------------------------


def test_the_exact_bytes_are_signed_and_the_page_has_the_key(desk: Desk, tmp_path: Path) -> None:
    response = taken(desk)
    page = desk.as_("rep").get("/deals/offline").text
    public = base64.b64decode(page.split('data-key="')[1].split('"')[0])
    key = serialization.load_der_public_key(public)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw = base64.b64decode(response.headers["X-Signature"])
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(signature, response.data, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, response.data.replace(b"319000", b"309000"), ec.ECDSA(hashes.SHA256()))
    assert response.headers["Cache-Control"] == "no-store"


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = signing.signer(tmp_path).public
    signing.signer.cache_clear()
    assert signing.signer(tmp_path).public == first
    file = tmp_path / signing.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [signing.FILE]


def test_it_holds_the_reps_own_distributors(desk: Desk) -> None:
    found = facts(desk)
    assert [row[0] for row in found["distributors"]] == ["D001"], "D002 lies in his patch, but is not his"
    assert (found["whose"], found["more"]) == ("own", False)
    assert found["expires"] - found["made"] == 24 * 3600 * 1000
    assert found["days"] == ["2026-11-23", "2026-11-24"]
    with desk.app.app_context():
        assert found["user"] == str(desk.viewer("rep").id)


def test_who_looks_after_nobody_gets_his_patch(desk: Desk) -> None:
    found = facts(desk, "mate")
    assert [row[0] for row in found["distributors"]] == ["D001", "D002"]
    assert found["whose"] == "patch"
    assert facts(desk, "colleague")["distributors"] == []


def test_it_says_so_when_not_all_have_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MOST", 1)
    found = facts(desk, "mate")
    assert (len(found["distributors"]), found["more"]) == (1, True)


def test_a_floor_is_not_in_the_bytes_of_who_may_not_see_it(desk: Desk) -> None:
    """With the rebate of ¥40 the lowest price that goes is 3190: that every answer tells him, the floor none."""
    assert b"315000" not in taken(desk).data
    assert b"319000" in taken(desk).data
    assert b"315000" in taken(desk, "boss").data


def test_nothing_of_persons_and_nobody_outside_the_patch(desk: Desk) -> None:
    secret = {
        "phone": "13800000000",
        "contact": "Wang",
        "bank_account": "6222020200112233",
        "credit_code": "91410100MA44KXYZ0X",
        "legal_person": "Legal Li",
        "address": "Zhongyuan Road 1",
    }
    columns = {name: secret[name] for name in ("bank_account", "credit_code", "legal_person", "address")}
    desk.change(sa.update(Distributor).values(**columns))
    with desk.app.app_context():
        near, far = (
            db.session.scalars(sa.select(Distributor).where(Distributor.code == c)).one() for c in ("D001", "D900")
        )
        cast.make_sensitive(near, db.session.scalars(sa.select(User).where(User.username == "rep")).one())
        cast.make_area(far, "4101")
        db.session.commit()
    for who in ("rep", "boss"):
        text = taken(desk, who).data.decode()
        for name, value in secret.items():
            assert value not in text, name
        for word in ("residence", "habits", "worst", "consent", "34.76", "113.65"):
            assert word not in text
    text = taken(desk).data.decode()
    assert "D900" not in text
    assert json.loads(text)["areas"][0]["4101"] == {"*": [1]}, "an owner outside the patch is a count"


def test_rows_of_a_day_to_come_do_not_count_yet(desk: Desk) -> None:
    buy(desk, "P10", 1000)
    desk.change(sa.update(Balance).values(outstanding=999, as_of=cast.TODAY.replace(day=30)))
    known = facts(desk)["distributors"][0][7]
    assert known[4] == 100_000, "computed from the rows"


def test_few_statements_whatever_the_number(desk: Desk) -> None:
    with desk.app.app_context():
        rep = db.session.scalars(sa.select(User.id).where(User.username == "rep")).one()
        for number in range(40):
            one = cast.make_distributor(f"M{number}", rep_id=rep)
            cast.make_area(one, ("4101", "410102", "410103")[number % 3])
            cast.make_credit(one)
        db.session.commit()
        viewer, now = desk.viewer("rep"), cast.NOW
        snapshot.snapshot(viewer, cast.TODAY, now)
        ran: list[str] = []
        listen: Callable[..., None] = lambda *given: ran.append(given[2])  # noqa: E731
        sa.event.listen(db.engine, "before_cursor_execute", listen)
        body = snapshot.snapshot(viewer, cast.TODAY, now)
        sa.event.remove(db.engine, "before_cursor_execute", listen)
    assert len(json.loads(body)["distributors"]) == 41
    assert len(ran) <= 6


def test_the_page_holds_no_facts(desk: Desk) -> None:
    page = desk.as_("rep").get("/deals/offline").text
    for fact in ("D001", "郑州金禾", "P10", "3190", "319000"):
        assert fact not in page
    assert desk.as_("admin").get("/deals/offline").status_code == 403


# What comes back -------------------------------------------------------------------------------------------------


def test_confirmed_as_seen(desk: Desk) -> None:
    response = sent(desk)
    check = stored(desk, key_of(response))
    assert str(check.id) == KEY
    assert (check.verdict, check.origin, check.on) == (Verdict.GO, "offline", cast.TODAY)
    assert check.inputs["offline"]["verdict"] == "go"
    page = desk.as_("rep").get(response.headers["Location"]).text
    assert "Seen without a signal on" in page
    assert "2026-11-23 09:00" in page, "of when the facts were"
    assert "The verdict has changed" not in page
    assert "Otherwise than seen" not in desk.as_("rep").get("/").text
    assert len(desk.audited("checks.record")) == 1


def test_a_price_changed_meanwhile_is_said_loudly(desk: Desk) -> None:
    desk.change(sa.update(Price).values(floor_price=319_000))
    response = sent(desk)
    assert stored(desk, key_of(response)).verdict is Verdict.APPROVAL
    page = desk.as_("rep").get(response.headers["Location"]).text
    assert "The verdict has changed" in page
    assert "seen without a signal as “Go”, now it is “Needs approval”" in page, "also as a toast"
    home = desk.as_("rep").get("/").text
    assert "Otherwise than seen without a signal" in home
    assert f"/deals/{KEY}" in home
    assert "Otherwise than seen" not in desk.as_("mate").get("/").text
    asked = desk.as_("rep").post(f"/deals/{KEY}/approval", {"reason": "I have promised it"})
    assert asked.status_code == 303
    assert "Otherwise than seen" not in desk.as_("rep").get("/").text, "it stands among the requests now"


def test_credit_frozen_meanwhile_stops_it(desk: Desk) -> None:
    desk.change(sa.update(CreditRecord).values(frozen=True))
    assert stored(desk, key_of(sent(desk))).verdict is Verdict.STOP


def test_it_is_better_than_seen(desk: Desk) -> None:
    page = desk.as_("rep").get(sent(desk, verdict="stop").headers["Location"]).text
    assert "The verdict has changed" in page
    assert "notice-ok" in page


def test_sent_twice_it_is_one_check_on_another_day_too(desk: Desk) -> None:
    first = sent(desk)
    desk.change(sa.update(DealCheck).values(on=cast.TODAY.replace(day=22)))
    again = sent(desk)
    assert first.headers["Location"] == again.headers["Location"]
    assert desk.count(DealCheck) == 1


def test_another_deal_under_the_key_is_another_check(desk: Desk) -> None:
    sent(desk)
    other = sent(desk, "3000.00")
    assert stored(desk, key_of(other)).verdict is Verdict.STOP
    assert desk.count(DealCheck) == 2


def test_a_key_of_somebody_else_gives_nothing_away(desk: Desk) -> None:
    sent(desk)
    other = sent(desk, who="mate")
    assert str(key_of(other)) != KEY
    assert desk.count(DealCheck) == 2


@pytest.mark.parametrize("changes", [{"product": "GONE"}, {"kg": "0"}, {"price": "x"}, {"terms": "barter"}])
def test_what_cannot_be_checked_comes_back_with_its_input(desk: Desk, changes: dict[str, str]) -> None:
    response = sent(desk, **changes)
    assert response.status_code == 422
    assert "This cannot be recorded yet" in response.text
    assert desk.count(DealCheck) == 0


def test_a_distributor_that_has_left_the_patch_is_not_found(desk: Desk) -> None:
    desk.change(sa.update(Distributor).where(Distributor.code == "D001").values(region_code="650102"))
    assert sent(desk).status_code == 404


@pytest.mark.parametrize(
    "odd", [{"verdict": "maybe", "as_of": "x"}, {"as_of": "9" * 30}, {"as_of": "-99999999999999999"}]
)
def test_what_was_seen_may_be_nonsense(desk: Desk, odd: dict[str, str]) -> None:
    response = sent(desk, **odd)
    assert stored(desk, key_of(response)).inputs["offline"]["verdict"] == "go"
    assert desk.as_("rep").get(response.headers["Location"]).status_code == 200
