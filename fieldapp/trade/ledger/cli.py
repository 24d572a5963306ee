"""`flask invoices`: look at what was invoiced before the rules were there, or anew."""

from datetime import date, datetime

import click
from flask import Flask

from fieldapp.core import clock
from fieldapp.core.db import begin_writing, db

from . import fresh


@click.group("invoices")
def invoices() -> None:
    """Look at invoices."""


@invoices.command("review")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day, by the invoice's date.")
def review(since: datetime) -> None:
    """Look at all invoices from a day on again: floors, areas, whatever looks at new ones."""
    day: date = since.date()
    begin_writing()
    count = fresh.queue_since(day)
    db.session.commit()
    looked = fresh.work(clock.now(), clock.today())
    click.echo(f"{count} invoices since {day.isoformat()}; {looked} looked at.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(invoices)
