"""Fixtures of the whole suite: an app on a fresh migrated database, the cast, and clients who are signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from tests import cast

pytest_plugins = ["tests.databases", "tests.browser"]


def settings_for(folder: Path, **environ: str) -> Settings:
    """Settings of a test installation in its own folder, on a fixed business date."""
    return Settings.read({"FIELDAPP_INSTANCE": str(folder), "FIELDAPP_TODAY": cast.TODAY.isoformat(), **environ})


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The app on a fresh database, once on SQLite and once on PostgreSQL; a request's session is its own."""
    app = create_app(settings_for(tmp_path, FIELDAPP_DATABASE_URL=database_url), TESTING=True)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """The cast, committed."""
    with app.app_context():
        users = cast.make_cast()
        db.session.commit()
        db.session.expunge_all()
    return users
