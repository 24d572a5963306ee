"""`flask files`: upkeep of the distributors' files."""

from datetime import timedelta

import click
from flask import Flask
from flask.cli import AppGroup

from fieldapp.core import clock, storage
from fieldapp.core.db import begin_writing, db

from . import policy, upkeep

_OLD_ENOUGH = timedelta(days=1)  # what is younger may belong to an upload under way


files = AppGroup("files", help="Upkeep of the distributors' files.")


@files.command()
def refresh() -> None:
    """Compute completeness and look-alike keys of all distributors again: after a change of the policy's points."""
    begin_writing()
    done = upkeep.refresh_all(policy.on(clock.today()).weights)
    db.session.commit()
    click.echo(f"{done} files are up to date")


@files.command()
def sweep() -> None:
    """Remove contents that no document or photo stands behind, of an upload cut off more than a day ago."""
    gone = storage.sweep(clock.now() - _OLD_ENOUGH)
    click.echo(f"{gone} contents without a document were removed")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(files)
