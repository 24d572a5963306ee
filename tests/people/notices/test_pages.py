"""The pages of notices: what a user reads, the bell, the switch for mail, and the administrator's hand."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from fieldapp.config import MailServer, Robot
from fieldapp.core.clock import now
from fieldapp.core.db import begin_writing, db
from fieldapp.people.accounts.models import User
from fieldapp.people.notices import kinds
from fieldapp.people.notices.actions import tell
from fieldapp.people.notices.models import Delivery, Notice
from fieldapp.people.notices.rules import Channel, DeliveryState
from tests import cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def told(app: Flask, people: dict[str, User], *abouts: str, path: str = "/approvals") -> None:
    """The rep is told of these events, the last one latest."""
    kinds.declare(app, [kinds.Kind("test.page", lambda v: f"It waits: {v['what']}", lambda _v: "Huang & Co")])
    with app.app_context():
        begin_writing()
        for number, about in enumerate(abouts):
            at = now() - timedelta(minutes=len(abouts) - number)
            tell([people["rep"].id], "test.page", about, {"what": about}, path, at)
        db.session.commit()


def bell(visitor: Visitor) -> list[str]:
    return re.findall(r"unread notices: </span>([0-9+]+)<", visitor.get("/").text)


def test_the_bell_counts_what_is_unread_and_opening_one_reads_it(app: Flask, people: dict, visit: Visit) -> None:
    told(app, people, "first", "second")
    rep = visit("rep")
    assert bell(rep) == ["2"]
    page = rep.get("/notices").text
    assert page.index("It waits: second") < page.index("It waits: first")
    assert "Huang &amp; Co" in page
    assert bell(rep) == ["2"], "looking at the list reads nothing"
    [second, _first] = re.findall(r'action="(/notices/[^"]+/reading)"', page)
    answer = rep.post(second)
    assert (answer.status_code, answer.location) == (303, "/approvals")
    assert bell(rep) == ["1"]
    assert "It waits: second" not in rep.get("/notices").text
    assert "It waits: second" in rep.get("/notices?all=1").text


def test_what_came_meanwhile_stays_unread(app: Flask, people: dict, visit: Visit) -> None:
    told(app, people, "seen")
    rep = visit("rep")
    [until] = re.findall(r'name="until" value="([0-9]+)"', rep.get("/notices").text)
    with app.app_context():
        begin_writing()
        tell([people["rep"].id], "test.page", "later", {"what": "later"}, "/", now() + timedelta(seconds=5))
        db.session.commit()
    assert rep.post("/notices/reading", {"until": until}).status_code == 303
    page = rep.get("/notices").text
    assert "It waits: later" in page
    assert "It waits: seen" not in page
    assert rep.post("/notices/reading", {"until": "soon"}).status_code == 422


def test_nobody_reads_or_opens_the_notices_of_another(app: Flask, people: dict, visit: Visit) -> None:
    told(app, people, "mine")
    with app.app_context():
        key = db.session.scalars(sa.select(Notice.id)).one()
    for who in ("boss", "admin", "colleague"):
        assert "It waits" not in visit(who).get("/notices?all=1").text
        assert visit(who).post(f"/notices/{key}/reading").status_code == 404
    assert bell(visit("rep")) == ["1"]


def test_what_another_badge_counts_is_listed_and_not_counted_twice(app: Flask, people: dict, visit: Visit) -> None:
    with app.app_context():
        begin_writing()
        tell([people["rep"].id], "approvals.decided", "one", {"distributor": "Wang", "approved": True}, "/", now())
        db.session.commit()
    rep = visit("rep")
    assert bell(rep) == []
    assert "Your deal was approved" in rep.get("/notices").text


def test_a_long_list_goes_on_where_it_ended(app: Flask, people: dict, visit: Visit) -> None:
    told(app, people, *(f"n{number:02}" for number in range(35)))
    rep = visit("rep")
    first = rep.get("/notices").text
    [more] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = rep.get(more.replace("&amp;", "&")).text
    seen = re.findall(r"It waits: (n\d\d)", first) + re.findall(r"It waits: (n\d\d)", second)
    assert seen == [f"n{number:02}" for number in reversed(range(35))]
    assert bell(rep) == ["35"]


def test_a_path_outside_the_app_leads_to_the_list(app: Flask, people: dict, visit: Visit) -> None:
    told(app, people, "odd", path="//evil.example/x")
    with app.app_context():
        key = db.session.scalars(sa.select(Notice.id)).one()
    assert visit("rep").post(f"/notices/{key}/reading").location == "/notices"


def test_mail_is_switched_off_and_on(app: Flask, people: dict, visit: Visit) -> None:
    rep = visit("rep")
    assert "/notices/preferences" not in rep.get("/me").text, "there is no mail server"
    app.config["MAIL"] = MailServer("mail.example", 587, False, "field@feed.example", "us", "never-shown")
    assert "once an administrator has put in your address" in rep.get("/me").text
    with app.app_context():
        begin_writing()
        db.session.get_one(User, people["rep"].id).email = "rep@feed.example"
        db.session.commit()
    assert re.search(r'name="mail" value="y" checked', rep.get("/me").text)
    assert rep.post("/notices/preferences", {}).status_code == 303
    assert not re.search(r'name="mail" value="y" checked', rep.get("/me").text)
    assert rep.post("/notices/preferences", {"mail": "y"}).status_code == 303
    assert re.search(r'name="mail" value="y" checked', rep.get("/me").text)


def message(app: Flask, state: DeliveryState, problem: str = "", minutes_ago: int = 5) -> UUID:
    with app.app_context():
        begin_writing()
        at = now() - timedelta(minutes=minutes_ago)
        row = Delivery(channel=Channel.ROBOT, state=state, tries=3, made_at=at, due_at=at, tried_at=at, problem=problem)
        key: UUID = cast.add(row).id
        db.session.commit()
    return key


def stored(app: Flask, key: UUID) -> tuple[DeliveryState, int]:
    with app.app_context():
        row = db.session.get_one(Delivery, key)
        return row.state, row.tries


def test_the_administrator_sees_what_failed_and_sends_it_again(app: Flask, people: dict, visit: Visit) -> None:
    app.config["ROBOT"] = Robot("wecom", "https://qyapi.weixin.qq.com/x?key=secret-key", "secret-sign")
    failed = message(app, DeliveryState.FAILED, "connection")
    message(app, DeliveryState.SENT)
    admin = visit("admin")
    page = admin.get("/notices/deliveries").text
    assert "The server could not be reached." in page
    assert "secret" not in page
    assert page.count("Group chat") == 1
    assert admin.get("/notices/deliveries?all=1").text.count("Group chat") == 2
    assert admin.post(f"/notices/deliveries/{failed}/repetition").status_code == 303
    assert stored(app, failed) == (DeliveryState.WAITING, 0)
    assert admin.post(f"/notices/deliveries/{failed}/end").status_code == 303
    assert stored(app, failed)[0] is DeliveryState.GIVEN_UP
    assert admin.post(f"/notices/deliveries/{failed}/end").status_code == 409
    assert visit("boss").get("/notices/deliveries").status_code == 403


def test_one_that_is_being_sent_is_left_alone_until_it_must_be_lost(app: Flask, people: dict, visit: Visit) -> None:
    fresh = message(app, DeliveryState.SENDING)
    lost = message(app, DeliveryState.SENDING, minutes_ago=120)
    admin = visit("admin")
    page = admin.get("/notices/deliveries").text
    assert f"/notices/deliveries/{fresh}/repetition" not in page
    assert f"/notices/deliveries/{lost}/repetition" in page
    assert admin.post(f"/notices/deliveries/{fresh}/repetition").status_code == 409
    assert admin.post(f"/notices/deliveries/{lost}/repetition").status_code == 303
    assert admin.post("/notices/deliveries/01930000-0000-7000-8000-000000000000/repetition").status_code == 404
