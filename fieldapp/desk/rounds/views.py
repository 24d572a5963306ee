"""The rep's day and week: today's round, the plan of a week by tapping, what the phone keeps of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import format_date
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from fieldapp.core import clock, outbox
from fieldapp.core.access import FIELD, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import uuid7
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.visits import plans
from fieldapp.fieldwork.visits.words import way
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import reps_of
from fieldapp.people.accounts.viewer import Viewer

from . import forms, queries
from .forms import AskedWeek, Tap

concern = Concern("rounds", __name__, section="today")


@concern.route("/visits", allow=SIGNED_IN)
def day() -> Response:
    """Today's round: the visit in progress, what is planned, what was promised, who is due, what was done."""
    today, asked = clock.today(), forms.read_day(request.args)
    viewer = current_user._get_current_object()
    held_policy, path = queries.held(today)
    found = queries.day(viewer, asked, held_policy, today)
    return page(
        "desk/rounds/day.html",
        asked=asked,
        day=found,
        date=f"{today.isoformat()} {format_date(today, 'EEEE')}",
        today=today,
        town=queries.towns(path),
        visit=visit_url,
        distance=distance,
        chips=_chips(viewer, asked, found),
        count=ngettext("%(num)d distributor is due", "%(num)d distributors are due", found.count),
    )


def _chips(viewer: Viewer, asked: forms.AskedDay, found: queries.Day) -> list[tuple[str, str, bool]]:
    if viewer.role is not Role.REP:
        return []
    return [
        (url_for(".day"), _("Looked after by me"), found.own),
        (url_for(".day") + asked.args(all="1"), _("All in my patch"), not found.own),
    ]


def visit_url(distributor_id: UUID) -> str:
    """The page of a visit to a distributor."""
    return f"{request.script_root}/distributors/{distributor_id}/visit"


def distance(km: float) -> str:
    """How far away, in words: to ten metres, from ten kilometres on to whole ones, as a phone knows no better."""
    if km < 1:
        return way(round(km * 100) * 10)
    return way(round(km * 1000)) if km < 10 else _("%(number)s km", number=round(km))


# A week -----------------------------------------------------------------------------------------------------------


@concern.route("/visits/week", allow=SIGNED_IN)
def week() -> Response:
    """The plan of a week, one's own or a rep's of one's patch."""
    return _week(forms.read_week(request.args, clock.today()))


@concern.route("/visits/plans", allow=FIELD, methods=("POST",), outbox=True)
def plan() -> Response:
    """Put a visit on a day."""
    return _tapped(_plan)


@concern.route("/visits/plans/removal", allow=FIELD, methods=("POST",), outbox=True)
def unplan() -> Response:
    """Take a visit off a day."""
    return _tapped(lambda place, _tap: plans.unplan(current_user, place, clock.now()))


@concern.route("/visits/plans/transfer", allow=FIELD, methods=("POST",), outbox=True)
def move() -> Response:
    """Put a visit on another day."""
    return _tapped(_move)


@concern.route("/visits/plans/copies", allow=FIELD, methods=("POST",), outbox=True)
def copy() -> Response:
    """Plan what the week before held."""
    tap = forms.read_tap(request.form, clock.today())
    if tap.day is None:
        return _refused(tap, _("Choose a day within a year of today."))
    rep, asked = _rep(tap.rep), _asked(tap)
    made = plans.copy(current_user, rep.id, asked.monday, clock.now(), _written())
    flash(
        ngettext("%(num)d visit planned.", "%(num)d visits planned.", made)
        if made
        else _("Nothing new: all of the week before is planned already, or its days are past."),
        "ok" if made else "info",
    )
    return see_other(_week_url(asked))


def _tapped(change: Callable[[plans.Place, Tap], object]) -> Response:
    """Do what a tap on the plan asks, then show the week; 422 with the reason when it cannot be."""
    tap = forms.read_tap(request.form, clock.today())
    if tap.distributor_id is None:
        return _refused(tap, _("Choose a distributor."))
    distributor = queries.distributor(current_user, tap.distributor_id) or abort(404)
    rep = _rep(tap.rep)
    if tap.day is None:
        return _refused(tap, _("Choose a day within a year of today."))
    if not rep.covers(distributor.region_code):
        return _refused(tap, _("%(name)s lies outside the patch of %(rep)s.", name=distributor.name, rep=rep.name))
    try:
        change(plans.Place(rep.id, distributor.id, tap.day), tap)
    except plans.PastError:
        return _refused(tap, _("That day is past. Choose today or a later day, at most a year ahead."))
    except plans.FullError:
        most = plans.MOST_OF_A_WEEK
        return _refused(tap, _("A week holds at most %(most)s visits. Take one off first.", most=most))
    except plans.GoneError:
        abort(404)
    return see_other(_week_url(_asked(tap)))


def _plan(place: plans.Place, _tap: Tap) -> None:
    plans.plan(current_user, place, forms.sent_key(request.form), clock.now(), _written())


def _move(place: plans.Place, tap: Tap) -> None:
    if tap.to is None:
        raise plans.PastError
    plans.move(current_user, place, tap.to, clock.now(), _written())


def _written() -> date:
    now = clock.now()
    return forms.written_on(clock.today(), now, outbox.made_at(now))


def _rep(key: UUID | None) -> Viewer:
    """Whose plan it is: one's own, or a rep's of one's patch; 404 otherwise."""
    viewer: Viewer = current_user._get_current_object()
    if key is None or key == viewer.id:
        return viewer
    found: Viewer = next((rep for rep in reps_of(viewer) if rep.id == key), None) or abort(404)
    return found


def _asked(tap: Tap) -> AskedWeek:
    """The page that a tap came from: the day that is open there, which a move does not change."""
    given = request.form.get("open") or request.form.get("day", "")
    return replace(forms.read_week(MultiDict({"day": given}), clock.today()), rep=tap.rep)


def _week_url(asked: AskedWeek) -> str:
    return url_for(".week", **asked.args())


def _refused(tap: Tap, problem: str) -> Response:
    return _week(_asked(tap), status=422, problem=problem)


def _week(asked: AskedWeek, *, status: int = 200, problem: str | None = None) -> Response:
    today = clock.today()
    viewer: Viewer = current_user._get_current_object()
    reps = reps_of(viewer) if viewer.role is not Role.REP else []
    rep = viewer
    if asked.rep is not None and asked.rep != viewer.id:
        rep = next((one for one in reps if one.id == asked.rep), None) or abort(404)
    elif viewer.role is Role.ADMIN and reps:
        rep = reps[0]
    asked = replace(asked, rep=rep.id if rep.id != viewer.id else None)
    held_policy, path = queries.held(today)
    found = queries.week(viewer, rep, asked, held_policy, today)
    return page(
        "desk/rounds/week.html",
        status=status,
        asked=asked,
        week=found,
        rep=rep,
        reps=[(one.id, one.name) for one in reps],
        plans=viewer.role is not Role.ADMIN,
        problem=problem,
        today=today,
        town=queries.towns(path),
        others=[(day_, format_date(day_, "EEE d")) for day_, _planned in found.days],
        day_name=lambda day_: format_date(day_, "EEEE"),
        short_name=lambda day_: format_date(day_, "EEEEE"),
        before_day=asked.monday - timedelta(days=7),
        next_day=asked.monday + timedelta(days=7),
        this_week=asked.monday <= today <= asked.monday + timedelta(days=6),
        past_week=asked.monday + timedelta(days=6) < today,
        later=lambda day_: day_ + timedelta(days=7),
        counties=[
            (
                url_for(".week", **asked.args(county=None if county == asked.county else county)),
                queries.towns(path)(county) or _("Without a region"),
                county == asked.county,
                size,
            )
            for county, size in found.counties
        ],
        cut=queries.MOST_PROPOSED if not asked.county and found.due > queries.MOST_PROPOSED else 0,
        open_day=next(planned for day_, planned in found.days if day_ == asked.day),
        new_key=uuid7,
        link=lambda **changes: url_for(".week", **asked.args(**changes)),
        visit=visit_url,
        distance=distance,
    )


def round_pages(viewer: Viewer, today: date) -> list[str]:
    """The addresses that the phone keeps for the day: home, round, week, tasks, and the visits that may come."""
    held_policy, _path = queries.held(today)
    visits = map(visit_url, queries.kept(viewer, held_policy, today)) if viewer.role is not Role.ADMIN else ()
    return [url_for("today.show"), url_for("rounds.day"), url_for("rounds.week"), url_for("tasks.index"), *visits]
