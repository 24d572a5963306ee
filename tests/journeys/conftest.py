"""Journeys see the desk's world. What a browser does is no matter of the database: they run on SQLite.

The few that walk through all layers ask for both: `@on_both_databases`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import DIALECTS, fresh
from tests.desk.conftest import desk

__all__ = ["desk"]

on_both_databases = pytest.mark.parametrize("database_url", DIALECTS, indirect=True)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database."""
    with fresh(request.param, tmp_path) as url:
        yield url
