"""Whose grade has run out or will, who never had one, and what waits: within one's patch, page by page."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.grading import queries
from fieldapp.standing.grading.models import AssessmentState
from fieldapp.standing.grading.queries import Asked, Due
from tests import cast
from tests.visitor import Visitor

DAYS = {"OLD": -40, "YESTERDAY": -1, "TODAY": 0, "MONTH": 30, "LATER": 31}


@pytest.fixture
def company(app: Flask, people: dict[str, User]) -> dict[str, User]:
    """In the rep's patch one distributor for each of DAYS, one never graded, one without a record; others elsewhere."""
    with app.app_context():
        for code, days in DAYS.items():
            row = cast.make_distributor(code, name=f"Shop {code}", pinyin=code.lower())
            cast.make_credit(row, valid_until=cast.TODAY + timedelta(days=days))
        cast.make_credit(cast.make_distributor("NOGRADE", pinyin="b"), None, None)
        cast.make_distributor("NORECORD", pinyin="a")
        cast.make_credit(cast.make_distributor("ENDLESS"), valid_until=None)
        gone = cast.make_distributor("GONE", status="ended")
        cast.make_credit(gone, valid_until=date(2020, 1, 1))
        away = cast.make_distributor("AWAY", "420106")
        cast.make_credit(away, valid_until=cast.TODAY - timedelta(days=99))
        db.session.commit()
    return people


def codes(visitor: Visitor, part: str) -> list[str]:
    text = visitor.get(f"/ratings?part={part}").text
    return re.findall(r'row-sub">([A-Z]+)[^<]*</span>', text.partition("Due for rating</h2>")[2])


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("due", ["OLD", "YESTERDAY", "TODAY", "MONTH"]),
        ("overdue", ["OLD", "YESTERDAY"]),
        ("soon", ["TODAY", "MONTH"]),
        ("never", ["NORECORD", "NOGRADE"]),
        ("nonsense", ["OLD", "YESTERDAY", "TODAY", "MONTH"]),
    ],
)
def test_each_part_in_its_order(app: Flask, company: dict[str, User], part: str, found: list[str]) -> None:
    assert codes(Visitor(app, "rep"), part) == found


def test_the_patch_bounds_it(app: Flask, company: dict[str, User]) -> None:
    assert codes(Visitor(app, "boss"), "overdue") == ["AWAY", "OLD", "YESTERDAY"]
    assert codes(Visitor(app, "admin"), "overdue") == ["AWAY", "OLD", "YESTERDAY"]
    assert codes(Visitor(app, "colleague"), "overdue") == ["AWAY"]
    assert "Nobody here" in Visitor(app, "stranger").get("/ratings").text


def test_it_says_how_long(app: Flask, company: dict[str, User]) -> None:
    text = Visitor(app, "rep").get("/ratings").text
    for said in ("40 days overdue", "1 day overdue", "runs out today", "30 days left", "4 distributors"):
        assert said in text


@pytest.mark.parametrize("part", Due)
def test_pages_hold_everybody_once_in_one_order(app: Flask, people: dict[str, User], part: Due) -> None:
    with app.app_context():
        for number in range(47):
            row = cast.make_distributor(f"N{number}", pinyin=f"same{number % 3}")
            if part is not Due.NEVER:
                days = number % 4 - (5 if part is Due.OVERDUE else 0)
                cast.make_credit(row, valid_until=cast.TODAY + timedelta(days=days))
        db.session.commit()
        viewer = viewer_of(people["boss"])
        whole = [row.id for row in queries.every(viewer, part, cast.TODAY)]
        paged, after = [], None
        for _page in range(3):
            page = queries.listed(viewer, Asked(part, after), cast.TODAY)
            assert page.count == 47
            paged += [row.id for row in page.rows]
            after = queries.cursor(page.next) if page.next else None
        assert after is None
        assert paged == whole == [row.id for row in queries.every(viewer, part, cast.TODAY, chunk=5)]
        assert len(set(paged)) == 47


@pytest.mark.parametrize("after", ["", "x", "~", "2026-13-99~01930000000070008000000000000000", "%00~1", "a~b~c"])
def test_a_place_that_is_none_is_the_beginning(app: Flask, company: dict[str, User], after: str) -> None:
    response = Visitor(app, "rep").get(f"/ratings?after={after}")
    assert response.status_code == 200
    assert "Shop OLD" in response.text


def test_proposals_wait_for_the_supervisor_and_are_counted_where_he_looks(app: Flask, company: dict[str, User]) -> None:
    with app.app_context():
        near, away = cast.make_distributor("P1", name="Near shop"), cast.make_distributor("P2", "650102", name="Away")
        cast.make_rating(near, company["rep"])
        cast.make_rating(away, company["rep"])
        cast.make_rating(cast.make_distributor("P3", name="Own"), company["boss"])
        cast.make_rating(cast.make_distributor("P4"), company["rep"], state=AssessmentState.WITHDRAWN)
        db.session.commit()
    boss = Visitor(app, "boss")
    text = boss.get("/ratings").text
    waiting = text.partition("Waiting for a decision</h2>")[2].partition("<h2>")[0]
    assert "Near shop" in waiting
    assert "Away" not in waiting
    assert "Own" not in waiting
    assert "Own" in text.partition("Your proposals</h2>")[2].partition("<h2>")[0]
    for url in ("/", "/approvals"):
        page = boss.get(url).text
        assert "1 rating waits for your decision" in page
        assert re.search(r'class="waiting">.*?</span>1<', page)
        assert 'href="/ratings"' in page
    rep = Visitor(app, "rep").get("/").text
    assert "waits for your decision" not in rep
    assert "4 ratings due" in rep
    assert "distributors never graded" in rep


def test_who_has_nothing_to_do_is_told_nothing(app: Flask, people: dict[str, User]) -> None:
    assert "never graded" not in Visitor(app, "rep").get("/").text
    assert "No proposal waits in your patch." in Visitor(app, "boss").get("/ratings").text
