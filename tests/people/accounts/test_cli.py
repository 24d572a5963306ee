"""`flask users …`."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import LoginSession, Role, User
from fieldapp.people.audit.models import AuditEntry
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[..., Visitor]


def run(app: Flask, *args: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["users", *args], input=typed)


def stored(app: Flask, username: str) -> User | None:
    with app.app_context():
        return db.session.scalar(sa.select(User).where(User.username == username))


@pytest.mark.parametrize("regions", ["41,4201", "41;4201"])
def test_create_with_a_password(app: Flask, visit: Visit, regions: str) -> None:
    typed = f"{PASSWORD}\nanother line\n"
    result = run(
        app, "create", "li", "--name", "李丽", "--role", "rep", "--regions", regions, "--password-stdin", typed=typed
    )
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    user = stored(app, "li")
    assert user is not None
    assert (user.name, user.role, user.patch) == ("李丽", Role.REP, ["41", "4201"])
    visitor = visit()
    visitor.post("/sign-in", {"username": "li", "password": PASSWORD})
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    ("options", "environ", "base"),
    [
        ((), {}, "http://127.0.0.1:8000"),
        ((), {"HOST": "10.0.0.5", "PORT": "9000"}, "http://10.0.0.5:9000"),
        (("--url", "https://feed.example/"), {"PORT": "9000"}, "https://feed.example"),
    ],
)
def test_create_without_a_password_prints_a_link_that_works_once(
    app: Flask,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    environ: dict[str, str],
    base: str,
) -> None:
    for name in ("HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    result = run(app, "create", "chief", "--name", "Chief", "--role", "admin", *options)
    assert result.exit_code == 0, result.output
    link = re.search(r"^(http\S+)(/password/[\w-]+)$", result.output, re.M)
    assert link is not None
    assert link.group(1) == base
    visitor = visit()
    fields = {"password": "eleven-quiet-herons", "again": "eleven-quiet-herons"}
    assert visitor.post(link.group(2), fields).status_code == 303
    assert visitor.post(link.group(2), fields).status_code == 410


@pytest.mark.parametrize(
    ("args", "typed", "said"),
    [
        (["REP", "--name", "X", "--role", "rep"], None, "username: 'REP' — taken"),
        (["two words", "--name", "X", "--role", "rep"], None, "username: 'two words' — use 2 to 64"),
        (["li", "--name", " ", "--role", "rep"], None, "name: ' ' — give 1 to 80"),
        (["li", "--name", "X", "--role", "king"], None, "role: 'king' — use rep, supervisor or admin"),
        (["li", "--name", "X", "--role", "rep", "--regions", "41,9999"], None, "regions: '9999' — no such region"),
        (["li", "--name", "X", "--role", "rep", "--password-stdin"], "woaini1314\n", "password: guessed quickly"),
        (["li", "--name", "X", "--role", "rep", "--password-stdin"], "short\n", "password: shorter than 10"),
        (["li", "--name", "X", "--role", "rep", "--password-stdin"], "", "password: shorter than 10"),
        (["liwei", "--name", "X", "--role", "rep", "--password-stdin"], "liwei-and-barley\n", "password: holds the"),
        (["li", "--role", "rep"], None, "--name"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_made(
    app: Flask, people: dict[str, User], args: list[str], typed: str | None, said: str
) -> None:
    result = run(app, "create", *args, typed=typed)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert stored(app, args[0]) is None


def test_a_token_acts_as_the_user_and_is_all_that_is_printed(app: Flask, people: dict[str, User]) -> None:
    result = run(app, "token", "rep")
    assert result.exit_code == 0
    assert re.fullmatch(r"[\w-]{43}\n", result.output)
    headers = {"Authorization": f"Bearer {result.output.strip()}"}
    assert app.test_client().post("/api/v1/deal-checks", json={}, headers=headers).status_code == 422


def test_no_token_for_nobody_or_who_is_shut_out(app: Flask, people: dict[str, User]) -> None:
    run(app, "deactivate", "rep")
    for username, said in (("rep", "deactivated"), ("nobody", "no such user")):
        result = run(app, "token", username)
        assert result.exit_code != 0
        assert said in result.output


def test_deactivate_ends_sessions_and_is_audited_as_the_systems_own(
    app: Flask, visit: Visit, audit: Callable[[], list[AuditEntry]]
) -> None:
    phone = visit("rep")
    assert run(app, "deactivate", "REP").exit_code == 0
    assert not phone.is_signed_in()
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0
    [entry] = audit()
    assert (entry.action, entry.actor_id) == ("accounts.deactivate", None)


def test_the_last_administrator_cannot_be_deactivated(app: Flask, people: dict[str, User]) -> None:
    result = run(app, "deactivate", "admin")
    assert result.exit_code != 0
    assert "last active administrator" in result.output


def test_list_shows_everybody(app: Flask, people: dict[str, User]) -> None:
    run(app, "deactivate", "stranger")
    lines = run(app, "list").output.splitlines()
    assert "boss\tsupervisor\tactive\t41;42\tBoss" in lines
    assert "stranger\tsupervisor\tinactive\t65\tStranger" in lines
    assert len(lines) == 5


def test_without_a_schema_it_says_what_to_do(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("DROP TABLE user_account" + (" CASCADE" if db.engine.name == "postgresql" else "")))
        db.session.commit()
    result = run(app, "list")
    assert result.exit_code != 0
    assert "flask db upgrade" in result.output
