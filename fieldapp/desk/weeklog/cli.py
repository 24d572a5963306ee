"""`flask mail weekly`: the mails of the week that has ended; from cron or a timer (docs/production.md)."""

import sys
from datetime import timedelta

import click
from flask import Flask
from flask.cli import AppGroup

from fieldapp.core import clock
from fieldapp.core.clock import parse_day

from .rules import monday_of

mail = AppGroup("mail", help="Mail that the app sends by itself.")


@mail.command("weekly")
@click.option("--week", default=None, help="A day of the week to tell of; default: the week that has ended.")
@click.option("--unsure-too", is_flag=True, help="Send those again of which nobody knows whether they went out.")
def weekly(week: str | None, unsure_too: bool) -> None:
    """Each rep gets his log, each supervisor his team's week; whoever has had his gets none. Exit 1: some are left."""
    # Only now: what speaks with a mail server is of no use to a worker.
    from fieldapp.core import mail as core_mail

    from . import mail as weekly_mail

    to = core_mail.server()
    if to is None:
        click.echo("Mail is off: FIELDAPP_SMTP_URL is not set.")
        return
    today = clock.today()
    try:
        monday = monday_of(parse_day(week)) if week else monday_of(today) - timedelta(days=7)
    except ValueError:
        raise click.ClickException(f"week: {week!r} — give a day, such as 2026-11-23") from None
    if monday > today:
        raise click.ClickException(f"week: {week!r} — this week has not begun")
    outcome = weekly_mail.send(to, monday, today, clock.now(), unsure_too=unsure_too)
    click.echo(
        f"Week of {monday.isoformat()}: {outcome.sent} sent, {outcome.before} had been sent, {outcome.failed} failed"
    )
    if outcome.unsure:
        names = ", ".join(outcome.unsure)
        click.echo(f"Broken off while being sent, perhaps sent: {names}. Again: --unsure-too", err=True)
    sys.exit(1 if outcome.failed or outcome.unsure else 0)


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(mail)
