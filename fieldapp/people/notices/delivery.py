"""Notices on their way out: a mail for each user, one message into the group chat.

A run first puts what waits into messages (a row each, what it tells beneath it, unique by channel and event), then
takes one after the other: a row is taken in a transaction of its own before its message goes, and says afterwards what
came of it. So two runs at once send each once. One that was taken and never finished, or handed over without an
answer, may have arrived: it is named to the administrator and sent again only by him.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from fieldapp.config import MailServer, Robot
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import begin_reading, begin_writing, db, insert_into, uuid7
from fieldapp.core.i18n import LOCALES
from fieldapp.core.logs import log
from fieldapp.core.mail import Mailer, MailError, mailing, server
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import policy, robot
from .models import Delivery, DeliveryItem, Notice
from .queries import words
from .robot import RobotError
from .rules import BROKEN_OFF_AFTER, FRESH, Channel, DeliveryState, after_failure

MOST_AT_ONCE = 500  # notices that one run puts into messages; the next run has the rest
MOST_LINES = 20
GROUP_LANGUAGE = next(iter(LOCALES))  # the company's own


def deliver(now: datetime, today: date) -> int:
    """Send what waits; how many messages went out. Outside quiet hours all of it, within them what is urgent."""
    quiet = policy.on(today).hold(now)
    db.session.commit()
    begin_reading()  # messages are slow: no lock is held while one is on its way
    to, group = server(), robot.configured()
    if to is not None:
        _gather(Channel.MAIL, now, quiet)
    if group is not None:
        _gather(Channel.ROBOT, now, quiet)
    channels = [channel for channel, there in ((Channel.MAIL, to), (Channel.ROBOT, group)) if there is not None]
    sent = 0
    if to is None:
        return _send_each(channels, None, group, now, quiet)
    with mailing(to) as mailer:
        sent += _send_each(channels, (mailer, to), group, now, quiet)
    return sent


# Putting into messages --------------------------------------------------------------------------------------------


def _gather(channel: Channel, now: datetime, quiet: bool) -> None:
    """One transaction: of two runs at once, the second waits at the unique events and then finds them taken."""
    event = sa.cast(Notice.id, sa.String) if channel is Channel.MAIL else Notice.kind + ":" + Notice.about
    waiting = (
        sa.select(Notice.id, Notice.user_id, Notice.kind, Notice.about, Notice.urgent)
        .join(User, User.id == Notice.user_id)
        .outerjoin(
            DeliveryItem,
            sa.and_(
                DeliveryItem.channel == channel,
                DeliveryItem.notice_id == Notice.id if channel is Channel.MAIL else DeliveryItem.event == event,
            ),
        )
        .where(Notice.made_at > now - FRESH, Notice.made_at <= now, Notice.read_at.is_(None), DeliveryItem.id.is_(None))
        .order_by(Notice.made_at, Notice.id)
        .limit(MOST_AT_ONCE)
    )
    if channel is Channel.MAIL:
        waiting = waiting.where(User.active, User.email.is_not(None), User.mail_notices)
    if quiet:
        waiting = waiting.where(Notice.urgent)
    with db.engine.begin() as connection:
        by_receiver: dict[UUID | None, list[Any]] = {}
        for row in connection.execute(waiting):
            by_receiver.setdefault(row.user_id if channel is Channel.MAIL else None, []).append(row)
        for receiver, rows in sorted(by_receiver.items(), key=lambda pair: str(pair[0])):
            _put(connection, channel, receiver, rows, now)


def _put(
    connection: sa.Connection, channel: Channel, receiver: UUID | None, rows: Iterable[Any], now: datetime
) -> None:
    rows = list(rows)
    key = uuid7()
    urgent = any(row.urgent for row in rows)
    values = {"id": key, "channel": channel, "user_id": receiver, "state": DeliveryState.WAITING, "urgent": urgent}
    connection.execute(sa.insert(Delivery).values(**values, tries=0, made_at=now, due_at=now, problem=""))
    items: dict[str, dict[str, Any]] = {}
    for row in rows:
        event = str(row.id) if channel is Channel.MAIL else f"{row.kind}:{row.about}"
        items.setdefault(
            event, {"id": uuid7(), "delivery_id": key, "notice_id": row.id, "channel": channel, "event": event}
        )
    insert = insert_into(DeliveryItem).values([items[event] for event in sorted(items)])
    made = connection.execute(
        insert.on_conflict_do_nothing(index_elements=["channel", "event"]).returning(DeliveryItem.id)
    ).all()
    if not made:
        connection.execute(sa.delete(Delivery).where(Delivery.id == key))


# Sending ----------------------------------------------------------------------------------------------------------


def _send_each(
    channels: Sequence[Channel],
    mail: tuple[Mailer, MailServer] | None,
    group: Robot | None,
    now: datetime,
    quiet: bool,
) -> int:
    due = sa.select(Delivery.id, Delivery.channel, Delivery.user_id).where(
        _may_go(now, quiet), Delivery.channel.in_(channels)
    )
    with db.engine.connect() as connection:
        waiting = connection.execute(due.order_by(Delivery.urgent.desc(), Delivery.due_at, Delivery.id)).all()
    sent = 0
    for key, channel, user_id in waiting:
        tries = _take(key, now, quiet)
        if tries is None:
            continue
        try:
            if channel is Channel.MAIL and mail is not None:
                gone = _mail(mail, key, user_id, now)
            else:
                gone = group is not None and _post(group, key)
        except (MailError, RobotError) as error:
            if error.problem == "no-answer":
                _store(key, DeliveryState.UNSURE, now, error.problem)
            else:
                _store(key, *after_failure(tries, now), error.problem)
            log.warning("notice_delivery_failed", delivery=str(key), channel=channel.value, problem=error.problem)
        except Exception:
            _store(key, *after_failure(tries, now), "app")
            log.exception("notice_delivery_crashed", delivery=str(key), channel=channel.value)
        else:
            _store(key, DeliveryState.SENT, now, "" if gone else "nothing-left")
            sent += gone
    return sent


def _may_go(now: datetime, quiet: bool) -> sa.ColumnElement[bool]:
    waiting = Delivery.state.in_((DeliveryState.WAITING, DeliveryState.FAILED))
    return sa.and_(waiting, Delivery.due_at <= now, Delivery.urgent if quiet else sa.true())


def _take(key: UUID, now: datetime, quiet: bool) -> int | None:
    """The how manieth try this is; None when another run has it."""
    with db.engine.begin() as connection:
        return connection.scalar(
            sa.update(Delivery)
            .where(Delivery.id == key, _may_go(now, quiet))
            .values(state=DeliveryState.SENDING, tried_at=now, tries=Delivery.tries + 1)
            .returning(Delivery.tries)
        )


def _store(key: UUID, state: DeliveryState, due_at: datetime, problem: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Delivery)
            .where(Delivery.id == key, Delivery.state == DeliveryState.SENDING)
            .values(state=state, due_at=due_at, problem=problem)
        )


def _told(key: UUID) -> list[Notice]:
    """What a message tells that nobody has read or settled meanwhile."""
    return list(
        db.session.scalars(
            sa.select(Notice)
            .join(DeliveryItem, DeliveryItem.notice_id == Notice.id)
            .where(DeliveryItem.delivery_id == key, Notice.read_at.is_(None))
            .order_by(Notice.urgent.desc(), Notice.made_at, Notice.id)
            .execution_options(populate_existing=True)
        )
    )


def _mail(by: tuple[Mailer, MailServer], key: UUID, user_id: UUID, now: datetime) -> bool:
    mailer, to = by
    user = db.session.get_one(User, user_id, populate_existing=True)
    notices = _told(key)
    if not notices or not user.active or not user.email:
        return False
    with force_locale(user.locale):
        message = compose(user, notices, now)
    message["From"] = to.sender
    # The same for every attempt: a mail server that gets one twice can tell.
    message["Message-ID"] = f"<notices.{key.hex}@fieldapp>"
    mailer.send(message)
    return True


def compose(user: User, notices: Sequence[Notice], now: datetime) -> EmailMessage:
    """One mail with all of them, in the language in force; without a sender."""
    message = EmailMessage()
    message["To"] = user.email or ""
    first = words(notices[0])[0]
    others = len(notices) - 1
    message["Subject"] = (
        ngettext("%(title)s, and %(num)d more", "%(title)s, and %(num)d more", others, title=first) if others else first
    )
    message["Date"] = format_datetime(now.astimezone(SHANGHAI))
    lines = [_("Hello %(name)s,", name=user.name), ""]
    for notice in notices:
        title, text = words(notice)
        lines += [
            f"- {title}",
            *([f"  {text}"] if text else []),
            *([f"  {link}"] if (link := _link(notice)) else []),
            "",
        ]
    lines.append(_("You can switch these mails off in the app: Me, Notices."))
    message.set_content("\n".join([*lines, ""]))
    return message


def _post(group: Robot, key: UUID) -> bool:
    notices = _told(key)
    if not notices:
        return False
    with force_locale(GROUP_LANGUAGE):
        title = ngettext("%(num)d notice of the field app", "%(num)d notices of the field app", len(notices))
        lines = [f"**{title}**"]
        for number, notice in enumerate(notices):
            line = _group_line(notice)
            full = len("\n".join([*lines, line]).encode()) > robot.MOST_BYTES
            if number == MOST_LINES or full:
                left = len(notices) - number
                lines.append(ngettext("and %(num)d more", "and %(num)d more", left))
                break
            lines.append(line)
    robot.send(group, title, "\n\n".join(lines))
    return True


def _group_line(notice: Notice) -> str:
    """Title and link, nothing else: whoever is in the group reads it."""
    title = words(notice)[0].replace("[", "(").replace("]", ")")
    link = _link(notice)
    return f"- [{title}]({link})" if link else f"- {title}"


def _link(notice: Notice) -> str:
    base: str = current_app.config["PUBLIC_URL"]
    return f"{base}{notice.path}" if base else ""


# The administrator's hand -----------------------------------------------------------------------------------------


def send_again(viewer: Viewer, key: UUID, now: datetime) -> bool:
    """Have a message that failed, was given up, or may not have arrived tried again by the next run, from the first
    try on. False when there is no such message, or somebody is sending it just now."""
    begin_writing()
    stuck = sa.and_(Delivery.state == DeliveryState.SENDING, Delivery.tried_at < now - BROKEN_OFF_AFTER)
    ended = Delivery.state.in_((DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.UNSURE))
    again = db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id == key, sa.or_(stuck, ended))
        .values(state=DeliveryState.WAITING, due_at=now, tries=0)
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    ).first()
    if again is not None:
        record(viewer.id, "notices.send_again", "notice_delivery", key, now, {"state": [None, "waiting"]})
    return again is not None


def give_up(viewer: Viewer, key: UUID, now: datetime) -> bool:
    """Have a message that waits for its next try not tried any more. False when there is no such message."""
    begin_writing()
    ended = db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id == key, Delivery.state.in_((DeliveryState.WAITING, DeliveryState.FAILED)))
        .values(state=DeliveryState.GIVEN_UP)
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    ).first()
    if ended is not None:
        record(viewer.id, "notices.give_up", "notice_delivery", key, now, {"state": [None, "given-up"]})
    return ended is not None
