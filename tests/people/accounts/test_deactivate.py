"""Shutting a user out and letting him in again: POST /users/<id>/deactivation and …/activation."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import ApiToken, Role, User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[..., Visitor]


def is_active(app: Flask, user: User) -> bool:
    with app.app_context():
        return db.session.get_one(User, user.id).active


def test_everything_he_holds_ends(
    app: Flask, visit: Visit, with_passwords: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    phone, rep = visit("rep"), with_passwords["rep"]
    runner = app.test_cli_runner()
    token = runner.invoke(args=["users", "token", "rep"]).output.strip()
    admin = visit("admin")
    link = admin.post(f"/users/{rep.id}/password-link").text.split("/password/")[1].split('"')[0]
    bearer = {"Authorization": f"Bearer {token}"}
    assert visit().client.post("/api/v1/deal-checks", json={}, headers=bearer).status_code == 422
    assert admin.post(f"/users/{rep.id}/deactivation").status_code == 303
    assert not is_active(app, rep)
    assert not phone.is_signed_in()
    assert visit().client.post("/api/v1/deal-checks", json={}, headers=bearer).status_code == 401
    assert visit().get(f"/password/{link}").status_code == 410
    assert visit().post("/sign-in", {"username": "rep", "password": PASSWORD}).status_code == 422
    assert [entry.changes for entry in audit() if entry.action == "accounts.deactivate"] == [{"active": [True, False]}]


def test_active_again_he_signs_in_but_old_sessions_and_tokens_stay_ended(
    app: Flask, visit: Visit, with_passwords: dict[str, User]
) -> None:
    phone, rep, admin = visit("rep"), with_passwords["rep"], visit("admin")
    app.test_cli_runner().invoke(args=["users", "token", "rep"])
    admin.post(f"/users/{rep.id}/deactivation")
    assert admin.post(f"/users/{rep.id}/activation").status_code == 303
    assert is_active(app, rep)
    assert not phone.is_signed_in()
    with app.app_context():
        assert db.session.scalars(sa.select(ApiToken.revoked_at)).one() is not None
    assert visit().post("/sign-in", {"username": "rep", "password": PASSWORD}).status_code == 303


def test_twice_is_once(visit: Visit, people: dict[str, User], audit: Callable[[], list[AuditEntry]]) -> None:
    admin = visit("admin")
    for _ in range(2):
        assert admin.post(f"/users/{people['rep'].id}/deactivation").status_code == 303
    assert len(audit()) == 1


def test_the_last_administrator_stays(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    admin = visit("admin")
    response = admin.post(f"/users/{people['admin'].id}/deactivation", follow_redirects=True)
    assert "last active administrator" in response.text
    assert is_active(app, people["admin"])


def test_nobody_deactivates_himself(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    with app.app_context():
        cast.make_user("admin2", Role.ADMIN)
        db.session.commit()
    response = visit("admin").post(f"/users/{people['admin'].id}/deactivation", follow_redirects=True)
    assert "from yourself" in response.text
    assert is_active(app, people["admin"])


def test_two_administrators_cannot_remove_each_other_at_once(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    with app.app_context():
        second = cast.make_user("admin2", Role.ADMIN)
        db.session.commit()
        both = [people["admin"].id, second.id]
    for _ in range(5):
        pairs = list(zip([visit("admin2"), visit("admin")], both, strict=True))
        for visitor, _target in pairs:
            visitor.csrf()
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda pair: pair[0].post(f"/users/{pair[1]}/deactivation").status_code, pairs))
        assert set(answers) <= {303, 403}
        with app.app_context():
            active = db.session.scalars(sa.select(User).where(User.role == Role.ADMIN, User.active)).all()
            assert len(active) == 1
            db.session.execute(sa.update(User).where(User.id.in_(both)).values(active=True))
            db.session.commit()


def test_no_link_for_who_is_shut_out(visit: Visit, people: dict[str, User]) -> None:
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    admin.post(f"{url}/deactivation")
    response = admin.post(f"{url}/password-link", follow_redirects=True)
    assert "Activate the user first" in response.text
    assert "/password/" not in response.text


def test_a_new_link_is_shown_once(visit: Visit, people: dict[str, User]) -> None:
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    assert "/password/" in admin.post(f"{url}/password-link").text
    assert "/password/" not in admin.get(url).text
