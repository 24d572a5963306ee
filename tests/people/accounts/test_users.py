"""The administrators' list of users: GET /users."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role
from tests import cast
from tests.visitor import Visitor

Visit = Callable[..., Visitor]


def names(response: TestResponse) -> list[str]:
    assert response.status_code == 200
    return re.findall(r'class="row-title">([^<]*)<', response.text)


@pytest.fixture
def admin(app: Flask, visit: Visit) -> Visitor:
    with app.app_context():
        cast.make_user("wangwei", patch=["4101"], name="王伟")
        cast.make_user("old", active=False, name="Left 100%_long ago")
        db.session.commit()
    return visit("admin")


def test_everybody_by_username(admin: Visitor) -> None:
    assert names(admin.get("/users")) == ["Admin", "Boss", "Colleague", "Left 100%_long ago", "Rep", "Stranger", "王伟"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=wang", ["王伟"]),
        ("q=王", ["王伟"]),
        ("q=REP", ["Rep"]),
        ("q=%25", ["Left 100%_long ago"]),
        ("q=_", ["Left 100%_long ago"]),
        ("role=supervisor", ["Boss", "Stranger"]),
        ("active=no", ["Left 100%_long ago"]),
        ("active=yes&role=rep", ["Colleague", "Rep", "王伟"]),
        ("q=nobody", []),
        ("role=king&active=maybe&q=boss", ["Boss"]),
        ("q=" + "x" * 300, ["Admin", "Boss", "Colleague", "Left 100%_long ago", "Rep", "Stranger", "王伟"]),
    ],
)
def test_searched_and_filtered(admin: Visitor, query: str, found: list[str]) -> None:
    assert names(admin.get(f"/users?{query}")) == found


def test_a_long_patch_is_shortened(app: Flask, admin: Visitor) -> None:
    with app.app_context():
        cast.make_user("wide", Role.REP, ["4101", "4102", "4103", "4104", "4201", "65"], locale="en")
        cast.make_user("three", Role.REP, ["4101", "4102", "4103"])
        db.session.commit()
    wide = admin.get("/users?q=wide").text
    assert "河南省 · 郑州市, 河南省 · 开封市, … +4" in wide
    assert "洛阳市" not in wide
    assert "河南省 · 郑州市, 河南省 · 开封市, 河南省 · 洛阳市" in admin.get("/users?q=three").text


def test_nobody_found_offers_all(admin: Visitor) -> None:
    page = admin.get("/users?q=nobody").text
    assert "Nobody found" in page
    assert 'href="/users"' in page


def test_htmx_gets_the_list_alone(admin: Visitor) -> None:
    part = admin.fragment("/users?q=wang").text
    assert part.lstrip().startswith("<div")
    assert "王伟" in part
    assert "<html" not in part


def test_pages_hold_fifty_and_lead_on_and_back(app: Flask, admin: Visitor) -> None:
    with app.app_context():
        for number in range(120):
            cast.make_user(f"u{number:03}", Role.REP)
        db.session.commit()
    seen: list[str] = []
    url: str | None = "/users?q=u&role=rep"
    back = None
    while url:
        response = admin.get(url)
        seen += names(response)
        following = re.search(r'href="([^"]+)" rel="next"', response.text)
        previous = re.search(r'href="([^"]+)" rel="prev"', response.text)
        back = previous.group(1).replace("&amp;", "&") if previous else back
        url = following.group(1).replace("&amp;", "&") if following else None
    assert [name for name in seen if name.startswith("U")] == [f"U{number:03}" for number in range(120)]
    assert len(seen) == len(set(seen))
    assert back is not None
    assert set(names(admin.get(back))) <= set(seen)
    assert len(names(admin.get(back))) == 50
