"""POST /api/v1/deal-checks, as the contract's section JSON has it."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from fieldapp.core.db import db
from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import ApiToken, User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.pricing.models import Price
from tests import cast

URL = "/api/v1/deal-checks"


def deal(**changes: Any) -> dict[str, Any]:
    """The contract's example."""
    return {
        "distributor": "D001",
        "on": "2026-11-23",
        "ship_to": "410102",
        "terms": "credit",
        "lines": [{"product": "P10", "kg": "5000", "price": "3150.00"}],
        **changes,
    }


@pytest.fixture
def world(app: Flask, people: dict[str, User]) -> Flask:
    """The contract's example world, and a token for each of the cast (the token is the username)."""
    with app.app_context():
        distributor = cast.make_distributor("D001")
        far = cast.make_distributor("D900", region="650102")
        cast.make_area(distributor, "4101")
        cast.make_area(far, "6501")
        product = cast.make_product("P10")
        cast.make_price(product, "41", 320_000, 315_000)
        cast.make_rebate("R1", per_tonne=4_000)
        cast.make_credit(distributor)
        for user in people.values():
            db.session.add(ApiToken(token_hash=secret_hash(user.username), user_id=user.id, created_at=cast.NOW))
        db.session.commit()
    return app


@pytest.fixture
def client(world: Flask) -> FlaskClient:
    return world.test_client()


def post(client: FlaskClient, body: Any, token: str | None = "boss") -> Any:  # noqa: S107
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(URL, json=body, headers=headers)


def test_the_example_of_the_contract(client: FlaskClient) -> None:
    response = post(client, deal())
    assert response.status_code == 201
    body = response.get_json()
    assert (body["verdict"], body["amount"], body["policy"]) == ("approval", "15750.00", 1)
    finding = next(f for f in body["findings"] if f["code"].startswith("price."))
    assert (finding["code"], finding["level"], finding["line"]) == ("price.below_floor", "approval", 1)
    expected = {
        "list": "3200.00",
        "floor": "3150.00",
        "net": "3110.00",
        "rebates": "40.00",
        "lowest_ok_price": "3190.00",
    }
    assert expected.items() <= finding["facts"].items()
    assert "3,190.00" in finding["message"]


def test_the_check_is_stored_with_facts_viewer_and_audit(client: FlaskClient, world: Flask) -> None:
    response = post(client, deal())
    key = response.get_json()["id"]
    with world.app_context():
        stored = db.session.scalars(sa.select(DealCheck)).one()
        assert str(stored.id) == key
        assert stored.facts["lines"][0]["price"]["floor_price"] == 315_000
        assert stored.policy_version == 1
        entry = db.session.scalars(sa.select(AuditEntry)).one()
        assert (entry.action, entry.subject_id) == ("checks.record", key)
        assert entry.request_id == response.headers["X-Request-ID"]


def test_a_rep_is_not_shown_the_floor(client: FlaskClient) -> None:
    body = post(client, deal(), token="rep").get_json()
    facts = next(f for f in body["findings"] if f["code"].startswith("price."))["facts"]
    assert facts["floor"] is None
    assert facts["lowest_ok_price"] == "3190.00"


def test_owners_outside_the_patch_are_a_count(client: FlaskClient) -> None:
    body = post(client, deal(ship_to="650102"), token="rep").get_json()
    facts = body["findings"][0]["facts"]
    assert (facts["owners"], facts["other_owners"]) == ([], 1)
    everywhere = post(client, deal(ship_to="650102"), token="admin").get_json()
    assert (everywhere["findings"][0]["facts"]["owners"], everywhere["findings"][0]["facts"]["other_owners"]) == (
        ["D900"],
        0,
    )


@pytest.mark.parametrize("code", ["D900", "nosuch"])
def test_unknown_and_out_of_patch_are_the_same_404(client: FlaskClient, code: str) -> None:
    response = post(client, deal(distributor=code), token="rep")
    assert response.status_code == 404
    body = response.get_json()
    assert body == {"errors": [{"field": "", "message": body["errors"][0]["message"]}]}


def test_the_default_day_and_place(client: FlaskClient) -> None:
    body = deal()
    del body["on"], body["ship_to"]
    assert post(client, body).get_json()["verdict"] == "approval"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": None}, "lines"),
        ({"lines": [{"product": "P10", "kg": "5000", "price": "31x"}]}, "lines.0.price"),
        ({"lines": [{"product": "P10", "kg": "5000", "price": "3150.001"}]}, "lines.0.price"),
        ({"lines": [{"product": "P10", "kg": "5000", "price": "-1"}]}, "lines.0.price"),
        ({"lines": [{"product": "P10", "kg": "0", "price": "1"}]}, "lines.0.kg"),
        ({"lines": [{"product": "P10", "kg": 5000, "price": "1"}]}, "lines.0.kg"),
        ({"lines": [{"product": "P99", "kg": "1", "price": "1"}]}, "lines.0.product"),
        ({"lines": ["x"]}, "lines.0"),
        ({"lines": [{"product": "P10", "kg": "1000000000", "price": "100000000"}]}, "lines.0.kg"),
        ({"distributor": "\ud800"}, "distributor"),
        ({"ship_to": "41\udfff"}, "ship_to"),
        ({"lines": [{"product": "\ud800", "kg": "1", "price": "1"}]}, "lines.0.product"),
        ({"on": "23.11.2026"}, "on"),
        ({"on": "2026-W48-1"}, "on"),
        ({"on": 5}, "on"),
        ({"ship_to": "999999"}, "ship_to"),
        ({"ship_to": 41}, "ship_to"),
        ({"terms": "later"}, "terms"),
        ({"terms": None}, "terms"),
        ({"distributor": ""}, "distributor"),
        ({"shipto": "41"}, "shipto"),
    ],
)
def test_bad_input_names_the_field(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    response = post(client, deal(**change))
    assert response.status_code == 422
    assert field in [error["field"] for error in response.get_json()["errors"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post(URL, data=body, headers={"Authorization": "Bearer boss"})
    assert response.status_code == 422


def test_nothing_is_stored_when_refused(client: FlaskClient, world: Flask) -> None:
    post(client, deal(lines=[]))
    post(client, deal(distributor="nosuch"))
    with world.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(DealCheck)) == 0


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_without_a_token_nothing(client: FlaskClient, token: str | None) -> None:
    response = post(client, deal(), token=token)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_deactivated_users_token_is_dead(client: FlaskClient, world: Flask) -> None:
    with world.app_context():
        db.session.execute(sa.update(User).where(User.username == "boss").values(active=False))
        db.session.commit()
    assert post(client, deal()).status_code == 401


def test_an_edited_price_counts_at_once(client: FlaskClient, world: Flask) -> None:
    post(client, deal())
    with world.app_context():
        db.session.execute(sa.update(Price).values(floor_price=300_000))
        db.session.commit()
    assert post(client, deal()).get_json()["verdict"] == "go"


def test_the_openapi_document_is_valid(client: FlaskClient) -> None:
    validate(client.get("/api/v1/openapi.json").get_json())
