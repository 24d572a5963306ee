"""Fixtures of the whole suite: an app on a fresh migrated database, the cast, and clients who are signed in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from tests import cast

pytest_plugins = ["tests.databases"]


def settings_for(folder: Path, **environ: str) -> Settings:
    """Settings of a test installation in its own folder, on a fixed business date."""
    return Settings.read({"FIELDAPP_INSTANCE": str(folder), "FIELDAPP_TODAY": cast.TODAY.isoformat(), **environ})


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the current schema, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(settings_for(folder))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    return folder / "fieldapp.db"


@pytest.fixture
def app(tmp_path: Path, migrated: Path) -> Iterator[Flask]:
    """The app on its own fresh database; a request's session is its own."""
    shutil.copy(migrated, tmp_path / "fieldapp.db")
    app = create_app(settings_for(tmp_path), TESTING=True)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """The cast, committed."""
    with app.app_context():
        users = cast.make_cast()
        db.session.commit()
        db.session.expunge_all()
    return users
