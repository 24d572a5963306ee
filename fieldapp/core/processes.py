"""A command of ours in a process of its own, for what takes too long within a request (docs/adr/0005)."""

import os
import subprocess
import sys

from flask import current_app

from fieldapp.config import ROOT

_children: list[subprocess.Popen[bytes]] = []  # what this worker started, until it has ended


def start(*command: str) -> None:
    """Run `flask COMMAND` with this app's settings; it outlives this worker."""
    settings = current_app.config
    today = settings["TODAY"]
    environment = {
        **os.environ,
        "FIELDAPP_ENV": settings["ENV_NAME"],
        "FIELDAPP_INSTANCE": str(settings["INSTANCE"]),
        "FIELDAPP_DATABASE_URL": settings["SQLALCHEMY_DATABASE_URI"],
        "FIELDAPP_SECRET_KEY": settings["SECRET_KEY"],
        "FIELDAPP_TODAY": today.isoformat() if today else "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    _children[:] = [child for child in _children if child.poll() is None]
    _children.append(
        subprocess.Popen(  # noqa: S603 — our own interpreter and command, no shell
            [sys.executable, "-m", "flask", "--app", "fieldapp", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    )
