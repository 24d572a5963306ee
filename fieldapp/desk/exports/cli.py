"""The command by which the page has a long export written in a process of its own."""

import os
from uuid import UUID

import click
from flask import Flask

from .runs import perform


@click.command("export-run", hidden=True)
@click.argument("run_id", type=click.UUID)
def export_run(run_id: UUID) -> None:
    """Write an export that was asked for; the page starts this, at a lower priority."""
    os.nice(10)
    perform(run_id)


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(export_run)
