"""Home: the shortest way to a verdict, what waits, who is overdue."""

from flask import Response, url_for
from flask_babel import format_date
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.desk.rounds.queries import held, towns
from fieldapp.desk.rounds.views import visit_url

from . import queries

concern = Concern("today", __name__, section="today")


@concern.route("/", allow=SIGNED_IN)
def show() -> Response:
    """The home page."""
    today = clock.today()
    visits, path = held(today)
    viewer, now = current_user._get_current_object(), clock.now()
    show, rare = panels.ask("home", viewer, viewer.id, today, *queries.rare(viewer, now))
    home = queries.home(viewer, visits, today, now, queries.Rare(*rare))
    return page(
        "desk/today/show.html",
        home=home,
        today=today,
        date=f"{today.isoformat()} {format_date(today, 'EEEE')}",
        recent=[(url_for("deals.new", distributor=row.code), row.name, False) for row in home.recent],
        town=towns(path),
        visit=visit_url,
        panels=show(),
    )
