"""One's own page: who I am, language, appearance, and changing the password."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Theme, User
from fieldapp.people.audit.models import AuditEntry
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
NEW = "eleven-quiet-herons"


def stored(app: Flask, username: str = "rep") -> User:
    with app.app_context():
        return db.session.scalars(sa.select(User).where(User.username == username)).one()


def test_it_says_who_i_am_and_where(visit: Visit) -> None:
    page = visit("boss").get("/me").text
    assert "Supervisor" in page
    assert "河南省, 湖北省" in page


def test_only_administrators_find_the_administration(visit: Visit) -> None:
    assert 'href="/users"' in visit("admin").get("/me").text
    assert 'href="/users"' not in visit("boss").get("/me").text


def test_the_language_is_remembered(app: Flask, visit: Visit, audit: Callable[[], list[AuditEntry]]) -> None:
    visitor = visit("rep")
    assert visitor.post("/language", {"locale": "zh"}).location == "/me"
    assert 'lang="zh-CN"' in visitor.get("/me").text
    assert 'lang="zh-CN"' in visit("rep").get("/me").text
    assert [entry.changes for entry in audit()] == [{"locale": ["en", "zh"]}]
    visitor.post("/language", {"locale": "zh"})
    assert len(audit()) == 1


def test_before_sign_in_the_browser_remembers_it(visit: Visit) -> None:
    visitor = visit()
    assert 'lang="en"' in visitor.get("/sign-in", headers={"Accept-Language": "en-GB,en"}).text
    assert visitor.post("/language", {"locale": "zh", "next": "/sign-in?next=/me"}).location == "/sign-in?next=/me"
    assert 'lang="zh-CN"' in visitor.get("/sign-in", headers={"Accept-Language": "en-GB,en"}).text


def test_another_language_or_page_is_refused(app: Flask, visit: Visit) -> None:
    visitor = visit("rep")
    assert visitor.post("/language", {"locale": "fr"}).status_code == 400
    assert visitor.post("/language", {"locale": "en", "next": "//evil.example"}).location == "/me"
    assert stored(app).locale == "en"


@pytest.mark.parametrize("theme", list(Theme))
def test_the_appearance_is_remembered(app: Flask, visit: Visit, theme: Theme) -> None:
    visitor = visit("rep")
    assert visitor.post("/theme", {"theme": theme.value}).status_code == 303
    assert f'data-theme="{theme.value}"' in visitor.get("/me").text
    assert stored(app).theme is theme


def test_an_unknown_appearance_is_refused(app: Flask, visit: Visit) -> None:
    assert visit("rep").post("/theme", {"theme": "pink"}).status_code == 400
    assert stored(app).theme is Theme.AUTO


class TestChangingThePassword:
    """POST /me/password."""

    @pytest.fixture(autouse=True)
    def cast_has_passwords(self, with_passwords: dict[str, User]) -> None:
        """Everybody has cast.PASSWORD."""

    def change(self, visitor: Visitor, current: str = PASSWORD, new: str = NEW, again: str | None = None) -> int:
        fields = {"current": current, "password": new, "again": new if again is None else again}
        return visitor.post("/me/password", fields).status_code

    def can_sign_in(self, visitor: Visitor, password: str) -> bool:
        return visitor.post("/sign-in", {"username": "rep", "password": password}).status_code == 303

    def test_every_other_device_is_signed_out_and_this_one_gets_a_new_session(
        self, visit: Visit, audit: Callable[[], list[AuditEntry]]
    ) -> None:
        phone, desk = visit("rep"), visit("rep")
        before = desk.secret
        assert self.change(desk) == 303
        assert "Your password is changed" in desk.get("/me").text
        assert desk.secret != before
        assert not phone.is_signed_in()
        stolen = visit()
        stolen.take_session(str(before))
        assert not stolen.is_signed_in()
        assert self.can_sign_in(visit(), NEW)
        assert not self.can_sign_in(visit(), PASSWORD)
        assert next(iter(audit())).action == "accounts.change_password"

    def test_others_stay_signed_in(self, visit: Visit) -> None:
        colleague = visit("colleague")
        self.change(visit("rep"))
        assert colleague.is_signed_in()

    @pytest.mark.parametrize(
        ("current", "new", "again", "said"),
        [
            ("tall-barley-harvest-8", NEW, NEW, "not your present password"),
            (PASSWORD, "woaini1314", "woaini1314", "guessed quickly"),
            (PASSWORD, NEW, NEW + "s", "not the same"),
            (PASSWORD, "my-name-is-rep-2", "my-name-is-rep-3", "not the same"),
            ("", NEW, NEW, "Fill this in."),
        ],
    )
    def test_a_refusal_changes_nothing(self, visit: Visit, current: str, new: str, again: str, said: str) -> None:
        visitor = visit("rep")
        response = visitor.post("/me/password", {"current": current, "password": new, "again": again})
        assert response.status_code == 422
        assert said in response.text
        assert visitor.is_signed_in()
        assert self.can_sign_in(visit(), PASSWORD)

    def test_guessing_the_present_password_is_limited_like_sign_in(self, visit: Visit) -> None:
        visitor = visit("rep")
        for _ in range(5):
            assert self.change(visitor, current="tall-barley-harvest-8") == 422
        response = visitor.post("/me/password", {"current": PASSWORD, "password": NEW, "again": NEW})
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) in range(1, 61)
        assert visitor.is_signed_in()
