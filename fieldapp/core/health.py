"""Is the process alive, and can it work?"""

import re
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app

from .access import ANYONE
from .concern import Concern
from .db import db

concern = Concern("health", __name__)


_REVISION = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)


def schema_state() -> tuple[set[str], set[str]]:
    """(revisions the database has, revisions the code wants). Raises SQLAlchemyError when the database is silent."""
    # Reading: otherwise it would wait for the write lock, and the app not be ready while a large file is written.
    with db.engine.connect().execution_options(reading=True) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return set(), _wanted(current_app.config["MIGRATIONS"])
        has = set(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))
    return has, _wanted(current_app.config["MIGRATIONS"])


@cache
def _wanted(migrations: Path) -> set[str]:
    """The revisions that no other one follows, from the files' text: Alembic would run them all."""
    named: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in (migrations / "versions").glob("*.py"):
        for what, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            named[what].add(revision)
    return named["revision"] - named["down_revision"]


@concern.route("/healthz", allow=ANYONE)
def healthz() -> tuple[str, int, dict[str, str]]:
    """200 while the process lives."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@concern.route("/readyz", allow=ANYONE)
def readyz() -> tuple[str, int, dict[str, str]]:
    """200 only when the database answers and its schema is the code's."""
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        has, wants = schema_state()
    except sa.exc.SQLAlchemyError:
        return "the database does not answer\n", 503, plain
    if has != wants:
        return "the schema is not current: run `flask db upgrade`\n", 503, plain
    return "ready\n", 200, plain


def init_app(app: Flask) -> None:
    """Register the two probes."""
    app.register_blueprint(concern)
