"""The app with bare views beside it, on the same server: what Flask itself costs there, and a row on this database."""

import sqlite3
import threading

from flask import Flask

from fieldapp import create_app

real = create_app()
bare = Flask("bare", static_folder=None)


@bare.route("/bare")
def _bare() -> str:
    return "ok"


_here = threading.local()


@bare.post("/bare/row")
def _bare_row() -> str:
    """One row of the size of a small check, in a commit of its own, as safe as the app's."""
    if not hasattr(_here, "connection"):
        path = real.config["INSTANCE"] / "fieldapp.db"
        _here.connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        _here.connection.execute("PRAGMA synchronous=FULL")
    _here.connection.execute("BEGIN IMMEDIATE")
    _here.connection.execute("INSERT INTO bench_row (text) VALUES (?)", ("x" * 1000,))
    _here.connection.execute("COMMIT")
    return "ok"


def app(environ, start_response):  # type: ignore[no-untyped-def]
    """Bare Flask under /bare, fieldapp elsewhere."""
    return (bare if environ["PATH_INFO"].startswith("/bare") else real)(environ, start_response)
