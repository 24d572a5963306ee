"""Flask-Migrate, loaded when a command or a probe asks for it: Alembic weighs 10 MB, and no worker serves with it."""

from typing import Any

import click
from flask import Flask, current_app

from .db import db

_PLACE = "migrate"  # where Flask-Migrate looks for its settings


class _Commands(click.Command):
    """`flask db …`: the name, and Flask-Migrate's own commands once it is called."""

    def make_context(self, *given: Any, **options: Any) -> click.Context:
        from flask_migrate.cli import db as commands

        context: click.Context = commands.make_context(*given, **options)
        return context


class _Settings:
    """Stands where Flask-Migrate's settings will stand, until something of them is asked for."""

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate

        app = current_app._get_current_object()  # type: ignore[attr-defined]
        folder = str(app.config["MIGRATIONS"])
        Migrate().init_app(app, db, directory=folder, render_as_batch=True, compare_type=True)
        return getattr(app.extensions[_PLACE], name)


def init_app(app: Flask) -> None:
    """Offer `flask db …` and the functions of flask_migrate."""
    app.extensions[_PLACE] = _Settings()
    app.cli.add_command(_Commands("db", help="Perform database migrations."))
