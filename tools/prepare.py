"""Bring the database of this instance up to date before serving; tools/serve.py runs this.

Migrates; loads the demo company into a database without users, except in production and where
FIELDAPP_DEMO=0. Writes the demo accounts to standard output, everything else to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

import sqlalchemy as sa
from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> int:
    from fieldapp import create_app
    from fieldapp.config import SettingsError
    from fieldapp.core.db import db
    from fieldapp.desk.demo.actions import describe_accounts, is_demo
    from fieldapp.people.accounts.models import User

    try:
        app = create_app()
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 1
    unfinished = app.config["INSTANCE"] / ".demo-unfinished"
    if unfinished.exists() and not set_aside(app.config["SQLALCHEMY_DATABASE_URI"]):
        print(f"Loading the demo was cut off: empty the database, delete {unfinished}, start again", file=sys.stderr)
        return 1
    unfinished.unlink(missing_ok=True)
    with app.app_context(), redirect_stdout(sys.stderr):
        upgrade()
        wanted = os.environ.get("FIELDAPP_DEMO", "1") != "0" and not app.config["PRODUCTION"]
        if wanted and not db.session.scalar(sa.select(sa.exists(sa.select(User.id)))):
            print("A new database: loading the demo company", file=sys.stderr)
            unfinished.touch()
            with redirect_stdout(io.StringIO()):  # the accounts are named below, at every start
                app.cli.commands["demo"].main(args=[], prog_name="flask demo", standalone_mode=False)
            unfinished.unlink()
        accounts = describe_accounts() if is_demo() else ""
    print(accounts, end="")
    return 0


def set_aside(database_url: str) -> bool:
    """Rename a SQLite database in which half a demo lies, so that a new one is made. False for other databases."""
    url = sa.make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    print(f"Loading the demo was cut off last time: {url.database} is set aside as *.unfinished", file=sys.stderr)
    for ending in ("", "-wal", "-shm"):
        part = Path(url.database + ending)
        if part.exists():
            part.rename(f"{url.database}.unfinished{ending}")
    return True


if __name__ == "__main__":
    sys.exit(main())
