"""Bearer tokens: made by the command, listed and revoked on the user's page."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import ApiToken, User
from fieldapp.people.audit.models import AuditEntry
from tests.visitor import Visitor

Visit = Callable[..., Visitor]


def make_token(app: Flask, username: str) -> tuple[str, str]:
    """(the token, its row's key)"""
    token = app.test_cli_runner().invoke(args=["users", "token", username]).output.strip()
    with app.app_context():
        return token, str(db.session.scalars(sa.select(ApiToken.id).order_by(ApiToken.created_at.desc())).first())


def works(app: Flask, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().post("/api/v1/deal-checks", json={}, headers=headers).status_code == 422


def test_a_revoked_token_no_longer_works(
    app: Flask, visit: Visit, people: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    token, key = make_token(app, "rep")
    other, _key = make_token(app, "rep")
    assert works(app, token)
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    assert admin.get(url).text.count("Works") == 2
    assert admin.post(f"{url}/tokens/{key}/revocation").status_code == 303
    assert not works(app, token)
    assert works(app, other)
    assert "Revoked" in admin.get(url).text
    admin.post(f"{url}/tokens/{key}/revocation")
    assert [entry.action for entry in audit()].count("accounts.revoke_token") == 1


def test_another_users_token_is_not_found(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    token, key = make_token(app, "rep")
    response = visit("admin").post(f"/users/{people['boss'].id}/tokens/{key}/revocation")
    assert response.status_code == 404
    assert works(app, token)


def test_the_page_never_shows_a_token(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    token, _key = make_token(app, "rep")
    assert token not in visit("admin").get(f"/users/{people['rep'].id}").text
    with app.app_context():
        assert db.session.scalars(sa.select(ApiToken.token_hash)).one() != token
