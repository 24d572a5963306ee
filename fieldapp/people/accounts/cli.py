"""`flask users …`: the first user of an installation, tokens for the interface, and shutting somebody out."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from fieldapp.core.clock import now
from fieldapp.core.db import db

from . import actions, passwords, rules
from .actions import ChangeRefusedError, UserValues
from .models import Role, User
from .queries import user_by_username
from .regions import book

users = AppGroup("users", help="Users: create, list, deactivate, and tokens for the interface.")

_WEAK = {
    "short": f"shorter than {passwords.SHORTEST} characters: give a longer one",
    "long": f"longer than {passwords.LONGEST} characters: give a shorter one",
    "personal": "holds the username, the name or the app's name: leave them out",
    "common": "guessed quickly: put three or four unusual words together",
}


def _with_database(command: Callable[..., None]) -> Callable[..., None]:
    """Say what to do when the database is not there or not migrated, instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            raise click.ClickException(
                f"database: {str(error.orig).strip()} — check FIELDAPP_DATABASE_URL and run `flask db upgrade`"
            ) from None

    return run


@users.command("create")
@click.argument("username")
@click.option("--name", required=True, help="The name that others read.")
@click.option("--role", required=True, help="rep, supervisor or admin.")
@click.option("--regions", default="", help="The patch: region codes, joined by , or ;.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--url", default=None, help="Where users reach the app; default http://HOST:PORT.")
@_with_database
def create(username: str, name: str, role: str, regions: str, password_stdin: bool, url: str | None) -> None:
    """Make a user; without a password, print a one-time link with which he sets it."""
    values = _values(username, name, role, regions)
    hashed = _read_password(username, name) if password_stdin else None
    try:
        user = actions.create_user(username, values, None, now(), password_hash=hashed)
    except ChangeRefusedError:
        raise _wrong("username", username, "taken: choose another one") from None
    link = None if password_stdin else actions.make_password_link(user, None, now())
    db.session.commit()
    click.echo(f"Created {user.username} ({user.role}).")
    if link is not None:
        click.echo("Set the password here, once, within 72 hours:")
        click.echo(f"{_base(url)}/password/{link}")


@users.command("token")
@click.argument("username")
@_with_database
def token(username: str) -> None:
    """Print a bearer token that acts as the user; it is shown once and stored hashed."""
    user = _user(username)
    if not user.active:
        raise _wrong("username", username, "deactivated: activate the user first")
    made = actions.make_token(user, None, now())
    db.session.commit()
    click.echo(made)


@users.command("list")
@_with_database
def list_users() -> None:
    """All users: username, role, active or not, patch, name."""
    for user in db.session.scalars(sa.select(User).order_by(User.username_key)):
        state = "active" if user.active else "inactive"
        click.echo("\t".join([user.username, user.role, state, ";".join(user.patch) or "-", user.name]))


@users.command("deactivate")
@click.argument("username")
@_with_database
def deactivate(username: str) -> None:
    """Shut a user out: sessions, tokens and password links end at once."""
    user = _user(username)
    try:
        actions.deactivate(None, user.id, now())
    except ChangeRefusedError:
        raise _wrong("username", username, "the last active administrator: make another one first") from None
    db.session.commit()
    click.echo(f"Deactivated {user.username}.")


def _wrong(field: str, value: str, remedy: str) -> click.ClickException:
    return click.ClickException(f"{field}: {value!r} — {remedy}")


def _user(username: str) -> User:
    user = user_by_username(username)
    if user is None:
        raise _wrong("username", username, "no such user: see `flask users list`")
    return user


def _values(username: str, name: str, role: str, regions: str) -> UserValues:
    if not rules.is_username(username.strip()):
        raise _wrong("username", username, "use 2 to 64 letters, digits or . _ - @ +, without spaces")
    if not name.strip() or len(name.strip()) > 80:
        raise _wrong("name", name, "give 1 to 80 characters")
    if role not in set(Role):
        raise _wrong("role", role, "use rep, supervisor or admin")
    codes = rules.region_codes(regions)
    known = book().names(codes)
    for code in codes:
        if code not in known:
            raise _wrong("regions", code, "no such region: use codes of 2, 4, 6 or 9 digits (GB/T 2260)")
    return UserValues(name.strip(), Role(role), codes)


def _read_password(username: str, name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        passwords.refuse_weak(password, username, name)
    except passwords.WeakPasswordError as error:
        raise click.ClickException(f"password: {_WEAK[error.reason]}") from None
    return passwords.hash_password(password)


def _base(url: str | None) -> str:
    if url:
        return url.rstrip("/")
    root = current_app.config.get("APPLICATION_ROOT", "/").rstrip("/")
    return f"http://{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}{root}"
