"""Notices by mail, to a real mail server: once for each, however often and wherever the runs happen."""

import email
import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask

from fieldapp.config import MailServer
from fieldapp.core.db import begin_writing, db
from fieldapp.people.accounts.models import User
from fieldapp.people.notices import delivery, kinds
from fieldapp.people.notices.actions import read_all, tell
from fieldapp.people.notices.models import Delivery
from fieldapp.people.notices.rules import BROKEN_OFF_AFTER, DeliveryState
from tests import cast
from tests.browser import free_port

NIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # midnight in Shanghai


class Post:
    """A mail server; it waits for `goes` before it takes a message, and says so with `has`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.got: list[EmailMessage] = []
        self.has, self.goes = Event(), Event()
        self.goes.set()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.has.set()
        self.goes.wait(20)
        return "250 OK"


@pytest.fixture
def post(app: Flask, people: dict[str, User]) -> Iterator[Post]:
    made = Post()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    app.config["MAIL"] = MailServer("127.0.0.1", made.port, False, "field@feed.example")
    app.config["PUBLIC_URL"] = "https://field.example"
    kinds.declare(app, [kinds.Kind("test.it", lambda _v: "It waits", lambda v: f"for {v['who']}")])
    with app.app_context():
        for who in ("rep", "boss"):
            db.session.get_one(User, people[who].id).email = f"{who}@feed.example"
        db.session.commit()
    yield made
    made.goes.set()
    controller.stop()


def told(app: Flask, people: dict[str, User], *abouts: str, at: datetime = cast.NOW, urgent: bool = False) -> None:
    with app.app_context():
        begin_writing()
        for about in abouts:
            users = [people["rep"].id, people["colleague"].id]
            tell(users, "test.it", about, {"who": about}, f"/feedback/{about}", at, urgent=urgent)
        db.session.commit()


def run(app: Flask, at: datetime = cast.NOW) -> int:
    with app.app_context():
        begin_writing()
        return delivery.deliver(at, cast.TODAY)


def states(app: Flask) -> list[DeliveryState]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Delivery.state)))


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_each_is_told_once_in_one_mail(app: Flask, people: dict[str, User], post: Post) -> None:
    told(app, people, "Wang", "Li")
    assert run(app) == 1, "the colleague has no address"
    [mail] = post.got
    assert (mail["To"], mail["Subject"]) == ("rep@feed.example", "It waits, and 1 more")
    assert "https://field.example/feedback/Wang" in text_of(mail)
    assert run(app) == 0
    told(app, people, "Wang", "Li", "Zhao")
    assert run(app, cast.NOW + timedelta(minutes=5)) == 1
    assert "for Zhao" in text_of(post.got[1])
    assert "for Wang" not in text_of(post.got[1])


def test_quiet_hours_hold_all_but_what_is_urgent(app: Flask, people: dict[str, User], post: Post) -> None:
    told(app, people, "Wang", at=NIGHT)
    assert run(app, NIGHT) == 0
    told(app, people, "Li", at=NIGHT, urgent=True)
    assert run(app, NIGHT) == 1
    assert "for Wang" not in text_of(post.got[0])
    assert run(app, NIGHT + timedelta(hours=8)) == 1
    assert "for Wang" in text_of(post.got[1])


def test_what_he_has_read_or_does_not_want_is_not_mailed(app: Flask, people: dict[str, User], post: Post) -> None:
    told(app, people, "Wang")
    with app.app_context():
        begin_writing()
        read_all(people["rep"], cast.NOW, cast.NOW)  # type: ignore[arg-type]  # only its key is asked
        db.session.commit()
    assert run(app) == 0
    with app.app_context():
        begin_writing()
        db.session.get_one(User, people["rep"].id).mail_notices = False
        db.session.commit()
    told(app, people, "Li")
    assert run(app) == 0
    assert not post.got


def test_two_runs_at_once_send_it_once(app: Flask, people: dict[str, User], post: Post) -> None:
    told(app, people, "Wang")
    post.goes.clear()
    sent: list[int] = []
    runs = [Thread(target=lambda: sent.append(run(app))) for _ in range(2)]
    runs[0].start()
    assert post.has.wait(20)
    runs[1].start()  # while the first one's message is on its way
    runs[1].join(20)
    post.goes.set()
    runs[0].join(20)
    assert sorted(sent) == [0, 1]
    assert len(post.got) == 1


def _killed_after_sending(url: str, folder: str, port: int) -> None:
    """Another process: the message goes out, and it dies before it can say so."""
    from pathlib import Path

    from tests.conftest import app_on

    with app_on(Path(folder), url) as app:
        app.config["MAIL"] = MailServer("127.0.0.1", port, False, "field@feed.example")
        kinds.declare(app, [kinds.Kind("test.it", lambda _v: "It waits", lambda _v: "")])
        with app.app_context():
            begin_writing()
            delivery.deliver(cast.NOW, cast.TODAY)


def test_a_run_that_is_killed_while_it_sends_is_not_repeated_by_itself(
    app: Flask, people: dict[str, User], post: Post, database_url: str, tmp_path: Any
) -> None:
    """At most once: it may have arrived, so only the administrator sends it again."""
    told(app, people, "Wang")
    post.goes.clear()
    context = multiprocessing.get_context("spawn")
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    process = context.Process(target=_killed_after_sending, args=(url, str(tmp_path / "other"), post.port))
    (tmp_path / "other").mkdir()
    process.start()
    try:
        assert post.has.wait(60)
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(20)
    post.goes.set()
    assert states(app) == [DeliveryState.SENDING]
    later = cast.NOW + BROKEN_OFF_AFTER + timedelta(minutes=1)
    assert run(app, later) == 0
    assert len(post.got) == 1
    with app.app_context():
        admin = db.session.get_one(User, people["admin"].id)
        key = db.session.scalars(sa.select(Delivery.id)).one()
        assert delivery.send_again(admin, key, later)  # type: ignore[arg-type]  # only its key is asked
        db.session.commit()
    assert run(app, later) == 1
    assert post.got[0]["Message-ID"] == post.got[1]["Message-ID"], "a mail server can tell that it is the same"
