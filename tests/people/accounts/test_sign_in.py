"""Signing in: POST /sign-in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.people.accounts import passwords
from fieldapp.people.accounts.models import LoginSession, SignInFailure, User
from fieldapp.people.audit.models import AuditEntry
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def cast_has_passwords(with_passwords: dict[str, User]) -> None:
    """Everybody in these tests can sign in."""


def sign_in(visitor: Visitor, username: str = "rep", password: str = PASSWORD, **more: str) -> TestResponse:
    return visitor.post("/sign-in", {"username": username, "password": password, **more})


def change(app: Flask, username: str, **values: object) -> None:
    with app.app_context():
        db.session.execute(sa.update(User).where(User.username == username).values(**values))
        db.session.commit()


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_right_password_opens_the_app(visit: Visit, audit: Callable[[], list[AuditEntry]]) -> None:
    visitor = visit()
    response = sign_in(visitor)
    assert (response.status_code, response.location) == (303, "/")
    assert visitor.is_signed_in()
    assert [entry.action for entry in audit()] == ["accounts.sign_in"]


@pytest.mark.parametrize("typed", ["REP", " rep ", "Rep"])
def test_case_and_space_of_the_username_do_not_matter(visit: Visit, typed: str) -> None:
    assert sign_in(visit(), typed).status_code == 303


def test_the_cookie_is_locked_down(visit: Visit) -> None:
    cookie = sign_in(visit()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_a_wrong_password_says_so_and_keeps_the_username(visit: Visit) -> None:
    visitor = visit()
    response = sign_in(visitor, password="tall-barley-harvest-8")
    assert response.status_code == 422
    assert "is not right" in response.text
    assert 'value="rep"' in response.text
    assert PASSWORD not in response.text
    assert "tall-barley-harvest-8" not in response.text
    assert not visitor.is_signed_in()


def test_an_unknown_username_reads_the_same_as_a_wrong_password(visit: Visit) -> None:
    unknown = sign_in(visit(), "rep0", "tall-barley-harvest-8")
    wrong = sign_in(visit(), "rep", "tall-barley-harvest-8")
    assert unknown.status_code == wrong.status_code
    assert unknown.text.replace("rep0", "rep").count("is not right") == wrong.text.count("is not right") == 1


def test_a_user_without_a_password_cannot_sign_in(app: Flask, visit: Visit) -> None:
    change(app, "rep", password_hash=None)
    for guess in (PASSWORD, "", " "):
        assert sign_in(visit(), password=guess).status_code == 422


def test_a_closed_account_says_so_only_to_who_knows_the_password(app: Flask, visit: Visit) -> None:
    change(app, "rep", active=False)
    assert "account is closed" in sign_in(visit()).text
    assert "account is closed" not in sign_in(visit(), password="tall-barley-harvest-8").text
    assert not visit().is_signed_in()


def test_signing_in_gives_a_new_session_whatever_the_cookie_held(visit: Visit) -> None:
    visitor = visit()
    visitor.take_session("planted-by-somebody-else")
    with visitor.client.session_transaction() as session:
        session["planted"] = "yes"
    sign_in(visitor)
    assert visitor.secret != "planted-by-somebody-else"
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
    first = visitor.secret
    visitor.post("/sign-out")
    sign_in(visitor)
    assert visitor.secret != first


def test_the_database_holds_no_secret_that_a_cookie_could_use(app: Flask, visit: Visit) -> None:
    visitor = visit()
    sign_in(visitor)
    with app.app_context():
        stored = db.session.scalars(sa.select(LoginSession.id)).one()
    assert stored != visitor.secret
    thief = visit()
    thief.take_session(stored)
    assert not thief.is_signed_in()


def test_a_session_ends_after_thirty_days(visit: Visit) -> None:
    with time_machine.travel(START, tick=False) as clock:
        visitor = visit()
        sign_in(visitor)
        clock.shift(timedelta(days=29, hours=23))
        assert visitor.is_signed_in()
        clock.shift(timedelta(hours=2))
        assert not visitor.is_signed_in()


def test_an_ended_session_says_so_and_comes_back_to_the_page(visit: Visit) -> None:
    visitor = visit()
    visitor.take_session("no-longer-there")
    response = visitor.get("/users?q=wang")
    assert response.status_code == 303
    assert response.location == "/sign-in?next=/users?q%3Dwang"
    english = {"Accept-Language": "en"}  # nobody is signed in who could have chosen a language
    page = visitor.get(response.location, headers=english)
    assert "Your session has ended" in page.text
    assert 'name="next" value="/users?q=wang"' in page.text
    assert sign_in(visitor, next="/users?q=wang").location == "/users?q=wang"
    assert "Your session has ended" not in visit().get("/sign-in", headers=english).text


@pytest.mark.parametrize(
    ("method", "url", "headers", "goes_on"),
    [
        # Typing: the request knows more than the address of the page, which is that of the last answer.
        (
            "GET",
            "/deals/new?distributor=D001&price=3190",
            {"HX-Request": "true", "HX-Current-URL": "http://localhost/deals/new?distributor=D001"},
            "/deals/new?distributor=D001&price=3190",
        ),
        # A part of another page, and a form: the page they stood on.
        ("GET", "/deals/new?q=wang", {"HX-Request": "true", "HX-Current-URL": "http://localhost/"}, "/"),
        ("POST", "/deals", {"Referer": "http://localhost/deals/new?distributor=D001"}, "/deals/new?distributor=D001"),
        ("POST", "/deals", {"Referer": "http://evil.example/deals"}, None),
        ("POST", "/deals", {"Referer": "http://[::1"}, None),
        ("POST", "/deals", {}, None),
    ],
)
def test_an_ended_session_loses_nothing_that_was_typed(
    visit: Visit, method: str, url: str, headers: dict[str, str], goes_on: str | None
) -> None:
    response = visit().client.open(url, method=method, headers=headers)
    to = urlsplit(response.headers.get("HX-Redirect") or response.location)
    assert to.path == "/sign-in"
    assert parse_qs(to.query).get("next") == ([goes_on] if goes_on else None)


def test_htmx_is_led_to_a_chinese_address_too(visit: Visit) -> None:
    response = visit("rep").fragment("/sign-in", query_string={"next": "/distributors?q=饲料"})
    assert response.headers["HX-Redirect"] == "/distributors?q=%E9%A5%B2%E6%96%99"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_leads_nowhere_else(visit: Visit, target: str) -> None:
    assert sign_in(visit(), next=target).location == "/"
    visitor = visit("rep")
    assert visitor.get("/sign-in", query_string={"next": target}).location == "/"


def test_who_is_signed_in_goes_on_at_once(visit: Visit) -> None:
    response = visit("rep").get("/sign-in?next=/me")
    assert (response.status_code, response.location) == (303, "/me")


def test_five_wrong_guesses_close_the_account_for_a_while(app: Flask, visit: Visit) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            assert sign_in(visit(), password="tall-barley-harvest-8").status_code == 422
        refused = sign_in(visit())
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "60"
        assert "Wait 1 minute" in refused.text
        clock.shift(timedelta(seconds=59))
        assert sign_in(visit()).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert sign_in(visit()).status_code == 303
        assert count(app, SignInFailure) == 0


def test_the_wait_grows(visit: Visit) -> None:
    with time_machine.travel(START, tick=False) as clock:
        waits = []
        for attempt in range(9):
            if attempt >= 5:
                refused = sign_in(visit())
                waits.append(int(refused.headers["Retry-After"]))
                clock.shift(timedelta(seconds=waits[-1]))
            assert sign_in(visit(), password="tall-barley-harvest-8").status_code == 422
        assert waits == [60, 120, 240, 480]


def test_a_refused_attempt_is_not_counted(app: Flask, visit: Visit) -> None:
    with time_machine.travel(START, tick=False):
        for _ in range(9):
            sign_in(visit(), password="tall-barley-harvest-8")
        assert count(app, SignInFailure) == 5


def test_guesses_at_names_that_do_not_exist_wait_too(visit: Visit) -> None:
    with time_machine.travel(START, tick=False):
        for _ in range(5):
            sign_in(visit(), "nobody", "tall-barley-harvest-8")
        assert sign_in(visit(), "NOBODY", "tall-barley-harvest-8").status_code == 429


def test_another_account_is_not_closed_with_it(visit: Visit) -> None:
    with time_machine.travel(START, tick=False):
        for _ in range(5):
            sign_in(visit(), "boss", "tall-barley-harvest-8")
        assert sign_in(visit(), "rep").status_code == 303


def test_fifty_failures_close_an_address(app: Flask, visit: Visit) -> None:
    with time_machine.travel(START, tick=False):
        with app.app_context():
            rows = [SignInFailure(account=f"name{n}", address="127.0.0.1", at=START) for n in range(50)]
            db.session.add_all(rows)
            db.session.commit()
        refused = sign_in(visit())
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
        elsewhere = visit().client
        token = Visitor(app)
        token.client = elsewhere
        response = elsewhere.post(
            "/sign-in",
            data={"csrf_token": token.csrf(), "username": "rep", "password": PASSWORD},
            environ_base={"REMOTE_ADDR": "10.0.0.7"},
        )
        assert response.status_code == 303


def test_many_guesses_at_once_do_not_slip_through(app: Flask, visit: Visit) -> None:
    visitors = [visit() for _ in range(12)]
    for visitor in visitors:
        visitor.csrf()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda one: sign_in(one, password="tall-barley-harvest-8").status_code, visitors))
    assert sorted(answers) == [422] * 5 + [429] * 7
    assert count(app, SignInFailure) == 5


def test_a_hash_with_older_parameters_is_renewed(app: Flask, visit: Visit) -> None:
    change(app, "rep", password_hash=PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))
    assert sign_in(visit()).status_code == 303
    with app.app_context():
        stored = db.session.scalars(sa.select(User.password_hash).where(User.username == "rep")).one()
    assert stored is not None
    assert not passwords.outdated(stored)
    assert sign_in(visit()).status_code == 303


@pytest.mark.parametrize("data", [{}, {"username": "rep"}, {"password": PASSWORD}, {"username": " ", "password": " "}])
def test_empty_fields_are_named(visit: Visit, data: dict[str, str]) -> None:
    response = visit().post("/sign-in", data)
    assert response.status_code == 422
    assert "Fill this in." in response.text
    assert 'aria-invalid="true"' in response.text


def test_odd_bodies_are_no_error_of_ours(visit: Visit) -> None:
    visitor = visit()
    headers = {"X-CSRFToken": visitor.csrf()}
    for body in ({"username": 5, "password": [1]}, [1, 2], "text", None):
        assert visitor.client.post("/sign-in", json=body, headers=headers).status_code == 422
    assert sign_in(visitor, "re\x00p", "x\x00y").status_code == 422
    assert sign_in(visitor, "x" * 5000, "y" * 100_000).status_code == 422
    assert sign_in(visitor, "ｒｅｐ😀", "😀" * 100).status_code == 422


def test_a_bearer_token_opens_no_page(app: Flask, visit: Visit) -> None:
    runner = app.test_cli_runner()
    token = runner.invoke(args=["users", "token", "rep"]).output.strip()
    assert visit().get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 303


def test_the_page_is_never_kept_by_a_cache(visit: Visit) -> None:
    assert visit().get("/sign-in").headers["Cache-Control"] == "no-store"
