"""Fixtures of the whole suite: an app on a fresh migrated database, the cast, and clients who are signed in."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.passwords import hash_password
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.visitor import Visitor

# How fast this machine is today is nothing that a test asserts.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

pytest_plugins = ["tests.databases", "tests.browser"]

# Thousands of apps are made and dropped in a run. What Python and the libraries hold lives to its end: looking through
# it again and again for garbage took a third of the time.
gc.set_threshold(50_000, 10, 20)


@cache
def _keep_what_is_loaded() -> None:
    """Once, after the first app has loaded everything."""
    gc.collect()
    gc.freeze()


def _without_waiting(connection: Any, _record: Any) -> None:
    """A test's database survives no power cut; to wait for the disk took half of the time of a small test."""
    connection.execute("PRAGMA synchronous=OFF")


def settings_for(folder: Path, **environ: str) -> Settings:
    """Settings of a test installation in its own folder, on a fixed business date."""
    return Settings.read({"FIELDAPP_INSTANCE": str(folder), "FIELDAPP_TODAY": cast.TODAY.isoformat(), **environ})


@contextmanager
def app_on(folder: Path, database_url: str) -> Iterator[Flask]:
    """The app with its instance in `folder`, its connections closed at the end."""
    from tests.databases import share_static_files  # a plugin: pytest rewrites it when it loads it

    share_static_files(folder)
    app = create_app(settings_for(folder, FIELDAPP_DATABASE_URL=database_url), TESTING=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sa.event.listen(db.engine, "connect", _without_waiting)
    _keep_what_is_loaded()
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The app on a fresh database, once on SQLite and once on PostgreSQL; a request's session is its own."""
    with app_on(tmp_path, database_url) as app:
        yield app


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """The cast, committed."""
    with app.app_context():
        users = cast.make_cast()
        db.session.commit()
        db.session.expunge_all()
    return users


@pytest.fixture
def visit(app: Flask, people: dict[str, User]) -> Callable[[str | None], Visitor]:
    """`visit("rep")` → a browser signed in as one of the cast; `visit(None)` → one that is not."""
    return lambda username=None: Visitor(app, username)


@pytest.fixture
def with_passwords(app: Flask, people: dict[str, User]) -> dict[str, User]:
    """The cast, each with cast.PASSWORD."""
    with app.app_context():
        db.session.execute(sa.update(User).values(password_hash=_hashed()))
        db.session.commit()
    return people


@cache
def _hashed() -> str:
    return hash_password(cast.PASSWORD)


@pytest.fixture
def audit(app: Flask) -> Callable[[], list[AuditEntry]]:
    """`audit()` → every audit entry so far, the oldest first."""

    def entries() -> list[AuditEntry]:
        with app.app_context():
            return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))

    return entries
