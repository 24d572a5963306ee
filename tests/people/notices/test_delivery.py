"""Notices into a group chat, to a real server: once, titles only; what fails is tried again, what is unsure is not."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.config import Robot
from fieldapp.core.db import begin_writing, db
from fieldapp.people.accounts.models import User
from fieldapp.people.notices import kinds
from fieldapp.people.notices.actions import tell
from fieldapp.people.notices.delivery import deliver
from fieldapp.people.notices.models import Delivery
from fieldapp.people.notices.rules import MOST_TRIES, DeliveryState, after_failure
from tests import cast


class Group(ThreadingHTTPServer):
    """A robot's server; `status` and `said` are its next answers, `cut` hangs up without one."""

    status, said, cut = 200, b'{"errcode": 0}', False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Group

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body)["markdown"]["content"])
        if self.server.cut:
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.said)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def group(app: Flask) -> Iterator[Group]:
    server = Group()
    Thread(target=server.serve_forever, daemon=True).start()
    app.config["ROBOT"] = Robot("wecom", f"http://127.0.0.1:{server.server_port}/send?key=secret")
    kinds.declare(app, [kinds.Kind("test.it", lambda _v: "It waits", lambda v: f"for {v['who']}")])
    yield server
    server.shutdown()
    server.server_close()


def told(people: dict[str, User], about: str, now: datetime = cast.NOW, urgent: bool = False) -> None:
    begin_writing()
    tell([people["rep"].id, people["boss"].id], "test.it", about, {"who": "Wang"}, "/", now, urgent=urgent)
    db.session.commit()


def run(now: datetime = cast.NOW) -> int:
    begin_writing()
    return deliver(now, cast.TODAY)


def state() -> tuple[DeliveryState, int]:
    db.session.rollback()
    row = db.session.execute(sa.select(Delivery.state, Delivery.tries)).one()
    return row.state, row.tries


def test_an_event_goes_in_once_and_names_nobody(app: Flask, people: dict[str, User], group: Group) -> None:
    with app.app_context():
        told(people, "1")
        assert [run(), run()] == [1, 0]
        assert len(group.got) == 1
        assert "Wang" not in group.got[0]


def test_a_failed_one_is_tried_again_later(app: Flask, people: dict[str, User], group: Group) -> None:
    with app.app_context():
        told(people, "1")
        group.status = 503
        assert [run(), run(cast.NOW + timedelta(minutes=4))] == [0, 0]
        assert (state(), len(group.got)) == ((DeliveryState.FAILED, 1), 1)
        group.status = 200
        assert run(cast.NOW + timedelta(minutes=5)) == 1
        assert state() == (DeliveryState.SENT, 2)


def test_one_without_an_answer_is_not_repeated(app: Flask, people: dict[str, User], group: Group) -> None:
    with app.app_context():
        told(people, "1")
        group.cut = True
        assert [run(), run(cast.NOW + timedelta(hours=9))] == [0, 0]
        assert (state(), len(group.got)) == ((DeliveryState.UNSURE, 1), 1)


def test_quiet_hours_hold_all_but_what_is_urgent(app: Flask, people: dict[str, User], group: Group) -> None:
    night = cast.NOW + timedelta(hours=13)  # 22:00 in Shanghai
    with app.app_context():
        told(people, "1", night)
        assert run(night) == 0
        told(people, "2", night, urgent=True)
        assert run(night) == 1
        assert run(night + timedelta(hours=10)) == 1


def test_after_the_last_try_it_is_given_up() -> None:
    assert after_failure(MOST_TRIES, cast.NOW)[0] is DeliveryState.GIVEN_UP
    pauses = [after_failure(tries, cast.NOW)[1] for tries in range(1, MOST_TRIES)]
    assert pauses == sorted(pauses)
