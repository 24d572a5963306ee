"""The weekly mail: each rep gets his own log, each supervisor his team's week, with the visits as a workbook.

A row of `weekly_mail` says who has had his: a run takes a row before it sends and says afterwards what came of it, so
two runs at once, or one after the other, send each mail once. A failed one is taken up by the next run. One that was
taken and not finished (the machine went down) may or may not have gone out: it is named, and sent again when asked.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from uuid import UUID

import sqlalchemy as sa
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from fieldapp.config import MailServer
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import begin_reading, db, insert_into, uuid7
from fieldapp.core.logs import log
from fieldapp.core.mail import MailError, mailing
from fieldapp.core.money import format_tonnes, show_yuan
from fieldapp.core.sheets import XLSX_TYPE
from fieldapp.desk.exports import queries as visits
from fieldapp.desk.exports import sheets
from fieldapp.desk.exports.queries import Asked
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

from . import queries, words
from .models import WeeklyMail
from .rules import LogState, MailState

BROKEN_OFF_AFTER = timedelta(hours=1)
MOST_ATTACHED = 20_000  # visits; a larger team gets the sums and fetches the file in the app


@dataclass
class Outcome:
    """How many mails went out, had gone out before, failed now; who is left unsure (usernames)."""

    sent: int = 0
    before: int = 0
    failed: int = 0
    unsure: list[str] = field(default_factory=list)


def send(to: MailServer, monday: date, today: date, now: datetime, *, unsure_too: bool = False) -> Outcome:
    """Send the mails of a week to all who have an address and have not had theirs. One fault stops nobody else's."""
    outcome = Outcome()
    people = sa.select(User).where(User.active, User.email.is_not(None), User.role != Role.ADMIN)
    begin_reading()
    users = list(db.session.scalars(people.order_by(User.username_key)))
    db.session.expunge_all()  # plain values from here on
    with mailing(to) as mailer:
        for user in users:
            if not _take(monday, user.id, now, unsure_too, outcome, user.username):
                continue
            try:
                with force_locale(user.locale):
                    message = compose(viewer_of(user), user.email or "", monday, today, now)
                message["From"] = to.sender
                mailer.send(message)
            except MailError as error:
                outcome.failed += 1
                _store(monday, user.id, MailState.FAILED, error.problem)
                log.warning("weekly_mail_failed", user=user.username, problem=error.problem)
            except Exception:
                outcome.failed += 1
                _store(monday, user.id, MailState.FAILED, "app")
                log.exception("weekly_mail_crashed", user=user.username)
            else:
                outcome.sent += 1
                _store(monday, user.id, MailState.SENT, "")
    return outcome


def _take(monday: date, user_id: UUID, now: datetime, unsure_too: bool, outcome: Outcome, username: str) -> bool:
    """Claim somebody's mail, in a transaction of its own; False when it has gone out or another run is at it."""
    fresh = {"week": monday, "user_id": user_id, "state": MailState.SENDING, "tried_at": now, "problem": ""}
    retry = WeeklyMail.state == MailState.FAILED
    broken_off = sa.and_(WeeklyMail.state == MailState.SENDING, WeeklyMail.tried_at < now - BROKEN_OFF_AFTER)
    mine = sa.and_(WeeklyMail.week == monday, WeeklyMail.user_id == user_id)
    with db.engine.begin() as connection:
        insert = insert_into(WeeklyMail).values(id=uuid7(), tries=1, **fresh)
        insert = insert.on_conflict_do_nothing(index_elements=["week", "user_id"])
        made = connection.execute(insert.returning(WeeklyMail.id)).first()
        if made is not None:
            return True
        again = sa.or_(retry, broken_off) if unsure_too else retry
        taken = connection.execute(
            sa.update(WeeklyMail)
            .where(mine, again)
            .values(state=MailState.SENDING, tried_at=now, tries=WeeklyMail.tries + 1)
            .returning(WeeklyMail.id)
        ).first()
        if taken is not None:
            return True
        if connection.scalar(sa.select(sa.func.count()).select_from(WeeklyMail).where(mine, broken_off)):
            outcome.unsure.append(username)
        else:
            outcome.before += 1
        return False


def _store(monday: date, user_id: UUID, state: MailState, problem: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(WeeklyMail)
            .where(WeeklyMail.week == monday, WeeklyMail.user_id == user_id, WeeklyMail.state == MailState.SENDING)
            .values(state=state, problem=problem)
        )


def compose(viewer: Viewer, address: str, monday: date, today: date, now: datetime) -> EmailMessage:
    """The mail of one user, in the language that is in force; without a sender."""
    sunday = monday + timedelta(days=6)
    team = viewer.role is Role.SUPERVISOR
    period = f"{monday.isoformat()} – {sunday.isoformat()}"
    message = EmailMessage()
    message["To"] = address
    message["Subject"] = (
        _("Week of your team, %(period)s", period=period) if team else _("Your week, %(period)s", period=period)
    )
    message["Date"] = format_datetime(now.astimezone(SHANGHAI))
    # The same for every attempt: a mail server that gets one twice can tell.
    message["Message-ID"] = f"<weekly.{monday.isoformat()}.{viewer.id.hex}@fieldapp>"
    lines = _of_team(viewer, monday) if team else _of_rep(viewer, monday, today, now)
    asked = Asked(monday, sunday, None if team else viewer.id)
    count = visits.count(viewer, asked, MOST_ATTACHED + 1)
    if count > MOST_ATTACHED:
        lines.append(_("There are too many visits for a mail. Fetch them in the app: Weekly log, Other periods."))
    message.set_content("\n".join([_("Hello %(name)s,", name=viewer.name), "", *lines, ""]))
    if 0 < count <= MOST_ATTACHED:
        book = BytesIO()
        sheets.xlsx(book, viewer, asked)
        main, _slash, sub = XLSX_TYPE.partition("/")
        name = f"visits-{monday.isoformat()}.xlsx"
        message.add_attachment(book.getvalue(), maintype=main, subtype=sub, filename=name)
    return message


def _of_rep(viewer: Viewer, monday: date, today: date, now: datetime) -> list[str]:
    rep = queries.find_rep(viewer, viewer.id)
    if rep is None:
        raise RuntimeError("nobody finds himself")
    week = queries.week(viewer, rep, monday, today, now)
    totals = week.figures["totals"]
    month = totals["month"]
    target = month["target"]
    share = words.percent(month["weight"], target)
    return [
        _state_line(week.state),
        "",
        _(
            "Visits: %(visits)s, of %(planned)s planned ones %(kept)s kept",
            **{k: totals[k] for k in ("visits", "planned", "kept")},
        ),
        _("With customers: %(time)s", time=words.duration(totals["minutes"])),
        _("Invoiced this week: %(tonnes)s t", tonnes=format_tonnes(totals["weight"])),
        _("Month %(period)s: %(tonnes)s t", period=month["period"], tonnes=format_tonnes(month["weight"]))
        + (_(", %(percent)s of the target", percent=share) if share else ""),
        _("Money in: %(money)s", money=show_yuan(totals["money"])),
        _("Overdue: %(money)s", money=show_yuan(totals["overdue"])),
        _("Promises: %(made)s made, %(done)s kept, %(late)s late", **{k: totals[k] for k in ("made", "done", "late")}),
    ]


def _state_line(state: LogState) -> str:
    return {
        LogState.DRAFT: _("Your log of this week is not submitted yet. Please do so in the app."),
        LogState.SUBMITTED: _("Your log is submitted and waits for your supervisor."),
        LogState.RETURNED: _("Your log was returned: read the comment in the app, correct it and submit it again."),
        LogState.ACCEPTED: _("Your log is accepted."),
    }[state]


def _of_team(viewer: Viewer, monday: date) -> list[str]:
    members = queries.team(viewer, monday)
    handed_in = sum(one.state in queries.KEPT for one in members)
    states = {
        LogState.DRAFT: _("not submitted"),
        LogState.SUBMITTED: _("waits for you"),
        LogState.RETURNED: _("returned"),
        LogState.ACCEPTED: _("accepted"),
    }
    rows = [
        f"{one.name} ({one.username}): {states[one.state]} · "
        + ngettext("%(num)d visit", "%(num)d visits", one.visits)
        + f" · {words.duration(one.minutes)} · {format_tonnes(one.weight)} t"
        for one in members
    ]
    head = _("%(count)s of %(all)s logs are submitted.", count=handed_in, all=len(members))
    return [head, "", *(rows or [_("Nobody works within your patch.")])]
