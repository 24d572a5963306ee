"""A new user: POST /users."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.audit.models import AuditEntry
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
VALUES = {"username": "wangwei", "name": "王伟", "role": "rep", "regions": "4101; 4201"}


def stored(app: Flask, username: str = "wangwei") -> User | None:
    with app.app_context():
        return db.session.scalar(sa.select(User).where(User.username == username))


def test_the_user_gets_a_link_and_signs_in(app: Flask, visit: Visit, audit: Callable[[], list[AuditEntry]]) -> None:
    page = visit("admin").post("/users", VALUES)
    assert page.status_code == 200
    user = stored(app)
    assert user is not None
    assert (user.name, user.role, user.patch, user.active) == ("王伟", Role.REP, ["4101", "4201"], True)
    link = re.search(r"http://localhost(/password/[\w-]+)", page.text)
    assert link is not None
    newcomer = visit()
    assert (
        newcomer.post(link.group(1), {"password": "eleven-quiet-herons", "again": "eleven-quiet-herons"}).status_code
        == 303
    )
    newcomer.post("/sign-in", {"username": "wangwei", "password": "eleven-quiet-herons"})
    assert newcomer.is_signed_in()
    made = audit()[0]
    assert made.action == "accounts.create"
    assert made.changes["patch"] == [None, ["4101", "4201"]]
    assert "password" not in str(made.changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "REP"}, "taken"),
        ({"username": "two words"}, "without spaces"),
        ({"username": ""}, "Fill this in."),
        ({"name": " "}, "Fill this in."),
        ({"name": "x" * 81}, "at most 80"),
        ({"role": "king"}, "Not a valid choice"),
        ({"regions": "4101; 9999"}, "No such region: 9999"),
        ({"regions": "河南"}, "No such region: 河南"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(
    app: Flask, visit: Visit, change: dict[str, str], said: str
) -> None:
    response = visit("admin").post("/users", {**VALUES, **change})
    assert response.status_code == 422
    assert said in response.text
    for field, value in {**VALUES, **change}.items():
        if field in {"username", "name"} and value.strip():
            assert f'value="{value}"' in response.text
    assert stored(app) is None


@pytest.mark.parametrize(
    "extra", [{"active": "no"}, {"password_hash": "x"}, {"id": "1"}, {"locale": "en"}, {"theme": "sun"}]
)
def test_fields_that_the_form_does_not_have_are_ignored(app: Flask, visit: Visit, extra: dict[str, str]) -> None:
    visit("admin").post("/users", {**VALUES, **extra})
    user = stored(app)
    assert user is not None
    assert (user.active, user.password_hash, user.locale, user.theme) == (True, None, "zh", "auto")


def test_the_picker_adds_and_takes_out(visit: Visit) -> None:
    admin = visit("admin")
    assert 'value="41; 4201"' in admin.get("/users/patch?regions=41&add=4201").text
    assert 'value="41"' in admin.get("/users/patch?regions=41;4201&remove=4201").text
    assert "湖北省 · 武汉市" in admin.get("/users/patch?regions=4201").text


@pytest.mark.parametrize("typed", ["郑州", "zhengzhou", "ZhengZhou", "zzs", "4101"])
def test_the_picker_finds_by_name_pinyin_initials_and_code(visit: Visit, typed: str) -> None:
    assert "河南省 · 郑州市" in visit("admin").get("/users/regions", query_string={"region": typed}).text


@pytest.mark.parametrize("typed", ["", "%", "_", "'", '"', "x" * 500, "😀", "\x00"])
def test_the_picker_takes_anything(visit: Visit, typed: str) -> None:
    response = visit("admin").get("/users/regions", query_string={"region": typed})
    assert response.status_code == 200
    assert "row-title" not in response.text
    assert visit("admin").get("/users/patch", query_string={"regions": typed, "add": typed}).status_code == 200
