"""The command by which the page tries a draft in a process of its own."""

import os
from uuid import UUID

import click
from flask import Flask

from .tryouts import perform


@click.command("policy-tryout", hidden=True)
@click.argument("tryout_id", type=click.UUID)
def try_draft(tryout_id: UUID) -> None:
    """Try a draft of the policy on the past; the page starts this, at a lower priority."""
    os.nice(10)
    perform(tryout_id)


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(try_draft)
