"""`flask privacy`: upkeep of sensitive answers."""

import click
from flask import Flask
from flask.cli import AppGroup

from fieldapp.core import clock
from fieldapp.core.db import begin_writing, db

from . import consents

privacy = AppGroup("privacy", help="Upkeep of sensitive answers.")


@privacy.command()
def sweep() -> None:
    """Delete the sensitive answers whose consent has run out; they no longer counted."""
    begin_writing()
    gone = consents.sweep(clock.today())
    db.session.commit()
    click.echo(f"{gone} sensitive answers were deleted")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(privacy)
