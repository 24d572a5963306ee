"""One's own notices; for administrators, the messages that went out of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import clock, mail
from fieldapp.core.access import ADMINS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.people.accounts.rules import local_path

from . import actions, delivery, policy, queries, robot
from .forms import PreferForm, ReadForm
from .models import Delivery
from .rules import BROKEN_OFF_AFTER, Channel, DeliveryState

concern = Concern("notices", __name__, section="notices", url_prefix="/notices")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """What he was told, the latest first; `all=1`: what he has read too."""
    return _index()


def _index(status: int = 200, form: ReadForm | None = None) -> Response:
    everything = request.args.get("all") == "1"
    edge = request.args.get("after", type=UUID)
    last = queries.find(current_user, edge) if edge else None
    after = (last.made_at, last.id) if last else None
    found = queries.listed(current_user, unread_only=not everything, after=after)
    rows = found[: queries.PAGE]
    now = clock.now()
    return page(
        "people/notices/index.html",
        status=status,
        rows=[(row, *queries.words(row)) for row in rows],
        any_unread=any(row.read_at is None for row in rows) or (everything and queries.any_unread(current_user)),
        everything=everything,
        until=int(now.timestamp() * 1000),
        errors=form.until.errors if form else [],
        first=url_for(".index", all="1" if everything else None) if after else None,
        more=url_for(".index", all="1" if everything else None, after=rows[-1].id)
        if len(found) > queries.PAGE
        else None,
    )


@concern.route("/<uuid:notice_id>/reading", allow=SIGNED_IN, methods=("POST",))
def read(notice_id: UUID) -> Response:
    """He opens it: it is read, and he comes to the page that it is about."""
    notice = queries.find(current_user, notice_id) or abort(404)
    actions.read(notice, clock.now())
    return see_other(local_path(notice.path) or url_for(".index"))


@concern.route("/reading", allow=SIGNED_IN, methods=("POST",))
def read_all() -> Response:
    """All that he was told until the page was made is read."""
    form = ReadForm()
    if not form.validate() or form.at is None:
        return _index(422, form)
    # The page's time is of milliseconds, the notices' of microseconds.
    count = actions.read_all(current_user, form.at + timedelta(milliseconds=1), clock.now())
    flash(ngettext("%(num)d notice read.", "%(num)d notices read.", count), "ok")
    return see_other(url_for(".index"))


@concern.route("/preferences", allow=SIGNED_IN, methods=("POST",), section="me")
def prefer() -> Response:
    """By mail too, or in the app alone."""
    form = PreferForm()
    wanted = form.validate() and bool(form.mail.data)
    actions.choose_mail(current_user, wanted, clock.now())
    flash(_("Notices come by mail too.") if wanted else _("Notices stay in the app."), "ok")
    return see_other(url_for("accounts.me"))


# Administration ---------------------------------------------------------------------------------------------------


@concern.route("/deliveries", allow=ADMINS, section="admin")
def deliveries() -> Response:
    """What went out, and what did not; `all=1`: what went well too."""
    return _deliveries()


def _deliveries(status: int = 200) -> Response:
    everything = request.args.get("all") == "1"
    edge = request.args.get("after", type=UUID)
    last = queries.delivery(edge) if edge else None
    after = (last.made_at, last.id) if last else None
    found = queries.deliveries(problems=not everything, after=after)
    rows = found[: queries.PAGE]
    now, given = clock.now(), {"all": "1"} if everything else {}
    counts = queries.delivery_counts()
    quiet = policy.on(clock.today())
    return page(
        "people/notices/deliveries.html",
        status=status,
        rows=rows,
        everything=everything,
        mail=mail.server(),
        robot=robot.configured(),
        problems=sum(counts.get(state, 0) for state in queries.PROBLEMS),
        waiting=counts.get(DeliveryState.WAITING, 0),
        quiet=quiet,
        held=quiet.hold(now),
        words=problem_text,
        again=lambda row: _may_again(row, now),
        ends=lambda row: row.state in (DeliveryState.WAITING, DeliveryState.FAILED),
        first=url_for(".deliveries", **given) if after else None,
        more=url_for(".deliveries", after=rows[-1].Delivery.id, **given) if len(found) > queries.PAGE else None,
    )


def _may_again(row: Delivery, now: datetime) -> bool:
    if row.state is DeliveryState.SENDING:
        return (row.tried_at or datetime.min.replace(tzinfo=UTC)) < now - BROKEN_OFF_AFTER
    return row.state in (DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.UNSURE)


@concern.route("/deliveries/<uuid:delivery_id>/repetition", allow=ADMINS, methods=("POST",), section="admin")
def repeat(delivery_id: UUID) -> Response:
    """Send it once more, with the next run."""
    return _after(
        delivery_id, delivery.send_again(current_user, delivery_id, clock.now()), _("It goes out again soon.")
    )


@concern.route("/deliveries/<uuid:delivery_id>/end", allow=ADMINS, methods=("POST",), section="admin")
def end(delivery_id: UUID) -> Response:
    """Try it no more."""
    return _after(delivery_id, delivery.give_up(current_user, delivery_id, clock.now()), _("It is tried no more."))


def _after(delivery_id: UUID, done: bool, words: str) -> Response:
    if queries.delivery(delivery_id) is None:
        abort(404)
    if not done:
        flash(_("It has moved on meanwhile: this is how it stands now."), "warn")
        return _deliveries(409)
    flash(words, "ok")
    return see_other(url_for(".deliveries"))


def problem_text(problem: str, channel: Channel) -> str:
    """The short name of a fault, in words with a remedy."""
    if problem == "refused":
        if channel is Channel.ROBOT:
            return _("The group's robot refused it. Is the address still that of the group, and its secret right?")
        return _("The mail server refused it. Is the address of the receiver right?")
    return {
        "": "",
        "sign-in": _("The mail server does not take our name and password. Look at FIELDAPP_SMTP_URL."),
        "no-encryption": _("The mail server offers no encryption, and a password is never sent without."),
        "connection": _("The server could not be reached."),
        "server": _("The server had a fault of its own."),
        "no-answer": _("It was handed over and nothing came back: it may have arrived."),
        "nothing-left": _("All of it was read or done before it went."),
        "app": _("A fault of the app; it is in the log."),
    }.get(problem, problem)
