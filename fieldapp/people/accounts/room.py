"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from . import cli, views


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    app.register_blueprint(views.concern)
    app.cli.add_command(cli.users)
