"""Home: the shortest way to a verdict, what waits, who is overdue."""

from flask import Response, url_for
from flask_babel import format_date
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.desk.portfolio.queries import towns

from . import queries

concern = Concern("today", __name__, section="today")


@concern.route("/", allow=SIGNED_IN)
def show() -> Response:
    """The home page."""
    today = clock.today()
    home = queries.home(current_user, today, clock.now())
    return page(
        "desk/today/show.html",
        home=home,
        date=f"{today.isoformat()} {format_date(today, 'EEEE')}",
        recent=[(url_for("deals.new", distributor=row.code), row.name, False) for row in home.recent],
        town=towns(),
        panels=panels.shown("home", current_user, current_user.id, today),
    )
