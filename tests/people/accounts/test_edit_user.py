"""Changing a user's name, role and patch: POST /users/<id>."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.visitor import Visitor

Visit = Callable[..., Visitor]


def seen(visitor: Visitor, url: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', visitor.get(url).text)
    assert found is not None
    return found.group(1)


def stored(app: Flask, user: User) -> User:
    with app.app_context():
        return db.session.get_one(User, user.id)


def test_the_change_is_kept_and_audited(
    app: Flask, visit: Visit, people: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    values = {"name": "Li", "role": "supervisor", "regions": "41", "seen": seen(admin, url)}
    assert admin.post(url, values).status_code == 303
    user = stored(app, people["rep"])
    assert (user.name, user.role, user.patch) == ("Li", Role.SUPERVISOR, ["41"])
    [entry] = audit()
    assert entry.actor_id == people["admin"].id
    assert entry.changes == {"name": ["Rep", "Li"], "role": ["rep", "supervisor"], "patch": [["4101"], ["41"]]}


def test_saving_without_a_change_leaves_no_entry(
    visit: Visit, people: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    assert (
        admin.post(url, {"name": "Rep", "role": "rep", "regions": "4101", "seen": seen(admin, url)}).status_code == 303
    )
    assert audit() == []


def test_a_new_role_counts_at_once(visit: Visit, people: dict[str, User]) -> None:
    admin, boss, url = visit("admin"), visit("boss"), f"/users/{people['boss'].id}"
    assert boss.get("/users").status_code == 403
    admin.post(url, {"name": "Boss", "role": "admin", "regions": "", "seen": seen(admin, url)})
    assert boss.get("/users").status_code == 200


def test_of_two_administrators_the_second_is_told(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    first, second, url = visit("admin"), visit("admin"), f"/users/{people['rep'].id}"
    mark = seen(first, url)
    assert seen(second, url) == mark
    first.post(url, {"name": "By the first", "role": "rep", "regions": "4101", "seen": mark})
    late = second.post(url, {"name": "By the second", "role": "rep", "regions": "4201", "seen": mark})
    assert late.status_code == 409
    assert "changed this user while you were here" in late.text
    assert "By the first" in late.text
    assert 'value="By the second"' in late.text
    assert stored(app, people["rep"]).name == "By the first"
    again = re.search(r'name="seen" value="(\w+)"', late.text)
    assert again is not None
    values = {"name": "By the second", "role": "rep", "regions": "4201", "seen": again.group(1)}
    assert second.post(url, values).status_code == 303
    assert stored(app, people["rep"]).name == "By the second"


@pytest.mark.parametrize("mark", ["", "0" * 16, "x" * 5000])
def test_without_the_mark_nothing_changes(app: Flask, visit: Visit, people: dict[str, User], mark: str) -> None:
    url = f"/users/{people['rep'].id}"
    assert visit("admin").post(url, {"name": "X", "role": "rep", "regions": "", "seen": mark}).status_code == 409
    assert stored(app, people["rep"]).name == "Rep"


def test_the_last_administrator_stays_one(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    admin, url = visit("admin"), f"/users/{people['admin'].id}"
    response = admin.post(url, {"name": "Admin", "role": "rep", "regions": "41", "seen": seen(admin, url)})
    assert response.status_code == 409
    assert "last active administrator" in response.text
    assert stored(app, people["admin"]).role is Role.ADMIN


def test_nobody_takes_the_role_from_himself(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    with app.app_context():
        cast.make_user("admin2", Role.ADMIN)
        db.session.commit()
    admin, url = visit("admin"), f"/users/{people['admin'].id}"
    response = admin.post(url, {"name": "Admin", "role": "rep", "regions": "41", "seen": seen(admin, url)})
    assert response.status_code == 409
    assert "from yourself" in response.text
    other = visit("admin2")
    assert (
        other.post(url, {"name": "Admin", "role": "rep", "regions": "41", "seen": seen(other, url)}).status_code == 303
    )


def test_a_deactivated_administrator_is_not_the_last_one(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    with app.app_context():
        cast.make_user("admin2", Role.ADMIN, active=False)
        db.session.commit()
    admin, url = visit("admin"), f"/users/{people['admin'].id}"
    response = admin.post(url, {"name": "Admin", "role": "rep", "regions": "", "seen": seen(admin, url)})
    assert "last active administrator" in response.text


@pytest.mark.parametrize(
    "extra",
    [
        {"username": "root"},
        {"username_key": "root"},
        {"active": "no"},
        {"password_hash": "x"},
        {"locale": "zh"},
        {"id": "1"},
    ],
)
def test_fields_that_the_form_does_not_have_are_ignored(
    app: Flask, visit: Visit, people: dict[str, User], extra: dict[str, str]
) -> None:
    admin, url = visit("admin"), f"/users/{people['rep'].id}"
    values = {"name": "Rep", "role": "rep", "regions": "4101", "seen": seen(admin, url), **extra}
    assert admin.post(url, values).status_code == 303
    user = stored(app, people["rep"])
    assert (user.username, user.username_key, user.active, user.password_hash, user.locale) == (
        "rep",
        "rep",
        True,
        None,
        "en",
    )


def test_an_unknown_user_is_not_found(visit: Visit) -> None:
    unknown = "/users/01930000-0000-7000-8000-000000000000"
    assert visit("admin").get(unknown).status_code == 404
    assert visit("admin").post(unknown, {"name": "X"}).status_code == 404
    assert visit("admin").get("/users/99999999999999999999999").status_code == 404
