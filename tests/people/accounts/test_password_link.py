"""Setting a password by a one-time link: /password/<token>."""

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from flask import Flask

from fieldapp.core import logs
from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts import actions
from fieldapp.people.accounts.models import PasswordLink, User
from fieldapp.people.audit.models import AuditEntry
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
NEW = "eleven-quiet-herons"


def make_link(app: Flask, username: str = "rep") -> str:
    with app.app_context():
        user = db.session.scalars(sa.select(User).where(User.username == username)).one()
        token = actions.make_password_link(user, None, now())
        db.session.commit()
    return f"/password/{token}"


def use(visitor: Visitor, link: str, password: str = NEW, again: str | None = None) -> int:
    return visitor.post(link, {"password": password, "again": password if again is None else again}).status_code


def can_sign_in(visitor: Visitor, password: str) -> bool:
    return visitor.post("/sign-in", {"username": "rep", "password": password}).status_code == 303


def test_the_link_sets_the_password_once(app: Flask, visit: Visit, audit: Callable[[], list[AuditEntry]]) -> None:
    link = make_link(app)
    visitor = visit()
    assert visitor.get(link).status_code == 200
    response = visitor.post(link, {"password": NEW, "again": NEW})
    assert (response.status_code, response.location) == (303, "/sign-in")
    assert "Sign in as rep" in visitor.get("/sign-in").text
    assert can_sign_in(visit(), NEW)
    assert visitor.get(link).status_code == 410
    assert use(visitor, link, "another-quiet-heron") == 410
    assert not can_sign_in(visit(), "another-quiet-heron")
    assert [entry.action for entry in audit()][:2] == ["accounts.make_password_link", "accounts.set_password"]


def test_opening_the_link_does_not_use_it_up(app: Flask, visit: Visit) -> None:
    link = make_link(app)
    for _ in range(3):
        assert visit().get(link).status_code == 200
    assert use(visit(), link) == 303


def test_every_session_ends(app: Flask, visit: Visit) -> None:
    phone = visit("rep")
    use(visit(), make_link(app))
    assert not phone.is_signed_in()


def test_it_works_for_three_days(app: Flask, visit: Visit) -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        link = make_link(app)
        clock.shift(timedelta(hours=71, minutes=59))
        assert visit().get(link).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert visit().get(link).status_code == 410
        assert use(visit(), link) == 410


def test_a_newer_link_ends_the_older(app: Flask, visit: Visit) -> None:
    older, newer = make_link(app), make_link(app)
    assert visit().get(older).status_code == 410
    assert use(visit(), newer) == 303


def test_it_does_not_open_a_closed_account(app: Flask, visit: Visit) -> None:
    link = make_link(app)
    with app.app_context():
        db.session.execute(sa.update(User).where(User.username == "rep").values(active=False))
        db.session.commit()
    assert use(visit(), link) == 410


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%00", "a b", "中文"])
def test_an_invented_link_is_gone(visit: Visit, token: str) -> None:
    assert visit().get(f"/password/{token}").status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 10 characters"),
        ("x7" * 65, "x7" * 65, "at most 128 characters"),
        ("woaini1314", "woaini1314", "guessed quickly"),
        ("eleven-quiet-herons", "eleven-quiet-heron", "not the same"),
        ("", "", "Fill this in."),
    ],
)
def test_a_refused_password_leaves_the_link_as_it_was(
    app: Flask, visit: Visit, password: str, again: str, said: str
) -> None:
    link = make_link(app)
    response = visit().post(link, {"password": password, "again": again})
    assert response.status_code == 422
    assert said in response.text
    assert use(visit(), link) == 303


def test_the_database_holds_no_token(app: Flask, people: dict[str, User]) -> None:
    token = make_link(app).rsplit("/", 1)[-1]
    with app.app_context():
        assert db.session.scalars(sa.select(PasswordLink.token_hash)).one() != token


def test_the_log_holds_no_token(app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    logger = structlog.wrap_logger(structlog.PrintLogger(written), processors=[structlog.processors.JSONRenderer()])
    for module in (logs, actions):
        monkeypatch.setattr(module, "log", logger)
    link = make_link(app)
    visit().get(link)
    use(visit(), link)
    assert [json.loads(line)["path"] for line in written.getvalue().splitlines()] == ["/password/…"] * 2
    assert link.rsplit("/", 1)[-1] not in written.getvalue()
    assert NEW not in written.getvalue()


def test_it_lifts_the_wait_of_who_had_forgotten(app: Flask, visit: Visit, with_passwords: dict[str, User]) -> None:
    for _ in range(6):
        visit().post("/sign-in", {"username": "rep", "password": "tall-barley-harvest-8"})
    assert not can_sign_in(visit(), PASSWORD)
    use(visit(), make_link(app))
    assert can_sign_in(visit(), NEW)


def test_of_several_tabs_at_once_one_sets_the_password(app: Flask, visit: Visit) -> None:
    link = make_link(app)
    visitors = [visit() for _ in range(4)]
    for visitor in visitors:
        visitor.csrf()
    passwords = [f"{word}-quiet-herons" for word in ("eleven", "twelve", "thirteen", "fourteen")]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda pair: use(pair[0], link, pair[1]), zip(visitors, passwords, strict=True)))
    assert sorted(answers) == [303, 410, 410, 410]
    winner = passwords[answers.index(303)]
    assert [can_sign_in(visit(), password) for password in passwords] == [password == winner for password in passwords]
