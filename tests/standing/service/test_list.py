"""The list of promises: the lowest rate first, by area, and who has none."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.service import policy, queries
from fieldapp.standing.service.actions import promise
from fieldapp.standing.service.models import ServicePromise
from fieldapp.standing.service.queries import Asked
from fieldapp.standing.service.rules import TEMPLATES, Template, Terms, quarters_until
from fieldapp.trade.ledger.models import Invoice
from tests import cast
from tests.visitor import Visitor

TODAY = cast.TODAY
TERMS = Terms(2, frozenset(range(7)), 0, 365)


def promised(code: str, people: dict[str, User], late: int, of: int, region: str = "410102") -> None:
    """A distributor with so many deliveries, some of them late."""
    distributor = cast.make_distributor(code, region)
    begun = TODAY - timedelta(days=60)
    promise(viewer_of(people["boss"]), distributor.id, 0, TERMS, [], cast.NOW, begun)
    for number in range(of):
        came = TODAY - timedelta(days=number)
        cast.add(
            Invoice(
                number=f"{code}-{number}",
                number_key=f"{code}-{number}".casefold(),
                distributor_id=distributor.id,
                date=came,
                ordered_on=came - timedelta(days=10 if number < late else 0),
                amount=100,
            )
        )


@pytest.fixture
def company(app: Flask, people: dict[str, User]) -> None:
    """Kept 3 of 4, 0 of 2, 1 of 1 in Henan; 0 of 1 in Hubei; one of whom nothing fell due, one without a promise."""
    with app.app_context():
        promised("D003", people, 1, 4)
        promised("D002", people, 2, 2, "410103")
        promised("D001", people, 0, 1)
        promised("D004", people, 1, 1, "420102")
        promised("D005", people, 0, 0)
        cast.make_distributor("D006")
        db.session.commit()


def codes(app: Flask, who: str, query: str = "") -> list[tuple[str, str]]:
    """(code, rate) of the file, in its order."""
    data = Visitor(app, who).get(f"/service/export.csv?{query}").data
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    shown = [dict(zip(header, row, strict=True)) for row in rows]
    return [(one["Code"], one["Rate in percent"]) for one in shown]


@pytest.mark.usefixtures("company")
def test_the_lowest_rate_comes_first_and_nothing_due_last(app: Flask) -> None:
    assert codes(app, "boss") == [("D002", "0"), ("D004", "0"), ("D003", "75"), ("D001", "100"), ("D005", "")]
    text = Visitor(app, "boss").get("/service").get_data(as_text=True)
    assert "5 distributors · kept 4 of 8: 50 %" in text
    assert text.index("Distributor D002") < text.index("Distributor D003") < text.index("Distributor D001")


@pytest.mark.usefixtures("company")
def test_a_rep_sees_his_patch_and_filters_narrow_it(app: Flask) -> None:
    assert [code for code, _rate in codes(app, "rep")] == ["D002", "D003", "D001", "D005"]
    assert codes(app, "stranger") == []
    assert [code for code, _rate in codes(app, "boss", "region=42")] == ["D004"]
    assert [code for code, _rate in codes(app, "boss", "q=d003")] == ["D003"]
    assert codes(app, "boss", "template=none") == [("D006", "")]
    assert codes(app, "boss", "template=large") == []
    assert Visitor(app, "rep").get("/service?q=%00&page=-1&region=x&template=x").status_code == 200
    assert Visitor(app, "rep").get("/service?template=none").status_code == 200
    assert Visitor(app, "rep").get("/service/export.xlsx").status_code == 200


@pytest.mark.usefixtures("company")
def test_areas_the_lowest_first(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        found = queries.listed(viewer_of(people["boss"]), Asked(), TODAY)
        assert [(code, rate.kept, rate.of) for code, rate in found.areas] == [("42", 0, 1), ("41", 4, 7)]
        below = queries.listed(viewer_of(people["boss"]), Asked(region="4101"), TODAY)
        assert [code for code, _rate in below.areas] == ["410103", "410102"]


def test_first_answers_to_tickets_are_promises_too(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        distributor = cast.make_distributor()
        promise(viewer_of(people["boss"]), distributor.id, 0, TERMS, [], cast.NOW, TODAY - timedelta(days=30))
        for days, hours in ((20, 1), (15, 200), (10, None), (0, None)):
            at = cast.NOW - timedelta(days=days)
            ticket = cast.make_ticket(distributor, people["rep"], now=at)
            ticket.answered_at = at + timedelta(hours=hours) if hours else None
        db.session.commit()
        key = distributor.id
        found = queries.record_of(queries.versions(key), key, TODAY)
        # In time, too late, not at all; the one of today is not due yet.
        assert (found.rate.kept, found.rate.of) == (1, 3)
    text = Visitor(app, "boss").get(f"/distributors/{key}/service").get_data(as_text=True)
    assert "First answer to T-000001" in text
    assert text.count("No answer in time") == 2


def test_the_policy_says_what_large_and_small_ones_get(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        held = policy.on(TODAY)
        assert held.days == 90
        assert held.templates == TEMPLATES
    text = Visitor(app, "admin").get("/policy").get_data(as_text=True)
    assert "Kept and broken are counted over the last" in text
    with app.app_context():
        distributor = cast.make_distributor()
        db.session.commit()
        key = distributor.id
    assert (
        Visitor(app, "boss").post(f"/distributors/{key}/service", {"version": "0", "template": "small"}).status_code
        == 303
    )
    with app.app_context():
        assert db.session.query(ServicePromise).one().template is Template.SMALL


def test_quarters_go_over_the_turn_of_a_year() -> None:
    assert quarters_until(TODAY.replace(month=2), 3) == ["2025-Q3", "2025-Q4", "2026-Q1"]
