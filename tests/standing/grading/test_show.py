"""A distributor's grade page: what holds, what waits, how it came about, and the history as a line and a table."""

from datetime import timedelta
from typing import Any

from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.standing.grading.chart import HEIGHT, WIDTH, chart
from fieldapp.standing.grading.models import AssessmentState
from tests import cast
from tests.visitor import Visitor


def rated(
    distributor: Distributor, people: dict[str, User], days_ago: int, grade: str, score: int, **more: Any
) -> None:
    """A rating that the boss confirmed."""
    values: dict[str, Any] = {"state": AssessmentState.CONFIRMED, "decided_by_id": people["boss"].id, **more}
    day = cast.TODAY - timedelta(days=days_ago)
    cast.make_rating(distributor, people["rep"], grade, on=day, score=score, decided_at=cast.NOW, **values)


def page(app: Flask, distributor: Distributor, who: str = "rep") -> str:
    response = Visitor(app, who).get(f"/distributors/{distributor.id}/grade")
    assert response.status_code == 200
    return response.text


def test_history_newest_first_as_a_line_and_a_table(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor()
        rated(row, people, 400, "C", 602)
        rated(row, people, 200, "B", 749, caps=["new_customer"])
        rated(row, people, 10, "A", 905)
        cast.make_credit(row, "A", 5_000_000, valid_until=cast.TODAY)
        db.session.commit()
    text = page(app, row)
    assert text.count("<circle") == 3
    table = text.partition("<tbody>")[2]
    assert [table.index(score) for score in ("90.5", "74.9", "60.2")] == sorted(
        table.index(score) for score in ("90.5", "74.9", "60.2")
    )
    assert "capped" in table
    assert "Proposed by Rep, confirmed by Boss" in text
    assert "policy version 1" in text
    assert "New rating" in text


def test_the_caps_of_the_last_grade_are_explained(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor()
        rated(row, people, 1, "C", 905, caps=["cross_area", "provisional"], answered_percent=60, provisional=True)
        db.session.commit()
    text = page(app, row)
    assert "Malicious cross-area selling within 12 months: the grade is at most C." in text
    assert "Less than 70 % of the weight is answered: provisional, and at most C." in text
    assert "<circle" not in text, "one rating makes no line"


def test_a_proposal_that_waits_stands_above(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor()
        made = cast.make_rating(row, people["rep"])
        db.session.commit()
    text = page(app, row, "boss")
    assert f'href="/ratings/{made.id}"' in text
    assert "New rating" not in text


def test_never_rated(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor()
        db.session.commit()
    assert "Not rated here yet" in page(app, row)
    assert "New rating" not in page(app, row, "admin")
    overview = Visitor(app, "rep").get(f"/distributors/{row.id}").text
    assert f'href="/distributors/{row.id}/grade"' in overview


def test_out_of_patch_is_not_there(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor(region="650102")
        made = cast.make_rating(row, people["rep"])
        db.session.commit()
    for url in (f"/distributors/{row.id}/grade", f"/ratings/{made.id}"):
        assert Visitor(app, "rep").get(url).status_code == 404


def test_the_line_stays_on_its_canvas() -> None:
    drawn = chart([(cast.TODAY, 1000, "A"), (cast.TODAY - timedelta(days=900), 0, "D")], [(85, "A"), (55, "C")])
    assert drawn is not None
    assert [point.grade for point in drawn.points] == ["D", "A"]
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in drawn.points)
    assert drawn.points[0].y > drawn.cuts[1].y > drawn.cuts[0].y > drawn.points[1].y
    same_day = chart([(cast.TODAY, 500, "D"), (cast.TODAY, 900, "A")], [])
    assert same_day is not None
    assert chart([(cast.TODAY, 1000, "A")], []) is None
