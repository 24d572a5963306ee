"""Home: the way to a verdict, what waits, who is overdue."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.desk.today.rules import DayPart, day_part
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.portfolio.conftest import make_balance
from tests.desk.portfolio.test_show import check
from tests.visitor import Visitor


@pytest.mark.parametrize(
    ("hour_utc", "part"),
    [(20, "evening"), (21, "morning"), (3, "morning"), (4, "afternoon"), (9, "afternoon"), (10, "evening")],
)
def test_the_greeting_follows_the_clock_of_shanghai(hour_utc: int, part: str) -> None:
    assert day_part(datetime(2026, 11, 23, hour_utc, 0, tzinfo=UTC)) is DayPart(part)


def test_recent_distributors_lead_straight_to_the_check(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        mine, moved = cast.make_distributor("D001", "410102"), cast.make_distributor("D002", "420106")
        others = cast.make_distributor("D003", "410102")
        for row, maker in ((mine, "rep"), (mine, "rep"), (moved, "rep"), (others, "boss")):
            check(row, people[maker], Verdict.GO, cast.NOW)
        db.session.commit()
    text = Visitor(app, "rep").get("/").get_data(as_text=True)
    assert text.count('href="/deals/new?distributor=D001"') == 1
    assert "distributor=D002" not in text, "it has left the patch"
    assert "distributor=D003" not in text, "somebody else checked it"
    assert 'action="/deals/new"' in text


def test_the_longest_overdue_of_the_patch_come_first(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        for number in range(1, 8):
            make_balance(cast.make_distributor(f"D00{number}", "410102"), 1000, cast.TODAY - timedelta(days=number))
        make_balance(cast.make_distributor("F1", "420106"), 1000, cast.TODAY - timedelta(days=99))
        make_balance(cast.make_distributor("P1", "410102"), 1000, cast.TODAY)
        db.session.commit()
    text = Visitor(app, "rep").get("/").get_data(as_text=True)
    places = [text.index(f"{days} days overdue") for days in (7, 6, 5, 4, 3)]
    assert places == sorted(places)
    assert "2 days overdue" not in text
    assert "99 days" not in text


def test_nobody_overdue_and_nobody_at_all(app: Flask, people: dict[str, User]) -> None:
    assert "No distributor lies in your patch yet" in Visitor(app, "rep").get("/").get_data(as_text=True)
    with app.app_context():
        cast.make_distributor("D001", "410102")
        db.session.commit()
    assert "Nobody is overdue" in Visitor(app, "rep").get("/").get_data(as_text=True)
