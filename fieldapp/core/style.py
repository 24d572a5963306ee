"""The living style page: every component in every state. For those who build screens; production has no such route."""

from flask import Flask, Response

from .access import ANYONE
from .concern import Concern
from .page import page

concern = Concern("style", __name__)


@concern.route("/_style", allow=ANYONE)
def show() -> Response:
    """Every component of components/ui.html."""
    return page("style.html")


def init_app(app: Flask) -> None:
    """Register the page, except in production."""
    if not app.config["PRODUCTION"]:
        app.register_blueprint(concern)
