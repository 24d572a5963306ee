"""Is the process alive, and can it work?"""

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app

from .access import ANYONE
from .concern import Concern
from .db import db

concern = Concern("health", __name__)


def schema_state() -> tuple[set[str], set[str]]:
    """(revisions the database has, revisions the code wants). Raises SQLAlchemyError when the database is silent."""
    wanted = set(ScriptDirectory(str(current_app.config["MIGRATIONS"])).get_heads())
    # Reading: otherwise it would wait for the write lock, and the app not be ready while a large file is written.
    with db.engine.connect().execution_options(reading=True) as connection:
        return set(MigrationContext.configure(connection).get_current_heads()), wanted


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
