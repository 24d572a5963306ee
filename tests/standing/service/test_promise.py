"""A supervisor promises a service, and everybody sees whether it was kept."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.service.actions import ChangedError, promise
from fieldapp.standing.service.models import ServicePromise
from fieldapp.standing.service.rules import (
    EVERY_DAY,
    TEMPLATES,
    Delivery,
    Fault,
    Template,
    Terms,
    Version,
    deliveries_kept,
    rate,
    visits_kept,
    working_days,
)
from fieldapp.trade.ledger.models import Invoice
from tests import cast
from tests.visitor import Visitor

MONDAY = date(2026, 11, 16)
WEEK = [MONDAY + timedelta(days=number) for number in range(14)]
FORM: dict[str, Any] = {
    "version": "0", "lead_days": "3", "weekdays": ["0", "2"], "payment_days": "15", "visit_days": "14",
    "needs": ["fast"],
}  # fmt: skip


def works_on(day: date) -> bool:
    return day.weekday() < 6


def version(lead: int = 2, days: frozenset[int] = EVERY_DAY, rhythm: int = 14, begun: date = MONDAY) -> Version:
    return Version(1, begun, Terms(lead, days, 0, rhythm))


@pytest.mark.parametrize(
    ("ordered", "came", "fault"),
    [(0, 2, None), (0, 3, Fault.LATE), (5, 8, None), (5, 9, Fault.LATE), (0, 0, None)],
)
def test_a_delivery_is_late_after_so_many_working_days(ordered: int, came: int, fault: Fault | None) -> None:
    # Day 6 is a Sunday, on which nobody works.
    (found,) = deliveries_kept([version()], [Delivery("I1", WEEK[ordered], WEEK[came])], works_on)
    assert found.fault is fault


def test_a_delivery_on_another_day_than_promised_is_broken_and_one_ordered_before_any_promise_is_none() -> None:
    tuesdays = version(days=frozenset({1}))
    came = [Delivery("I1", WEEK[0], WEEK[1]), Delivery("I2", WEEK[1], WEEK[2])]
    came.append(Delivery("I0", MONDAY - timedelta(days=1), WEEK[1]))
    found = deliveries_kept([tuesdays], came, works_on)
    assert [(one.number, one.fault) for one in found] == [("I1", None), ("I2", Fault.OFF_DAY)]
    assert rate(found).percent == 50


def test_an_order_is_held_against_the_promise_of_its_day() -> None:
    later = Version(2, WEEK[3], Terms(1, EVERY_DAY, 0, 14))
    came = [Delivery("I1", WEEK[2], WEEK[4]), Delivery("I2", WEEK[3], WEEK[5])]
    assert [one.fault for one in deliveries_kept([version(), later], came, works_on)] == [None, Fault.LATE]


def test_a_visit_within_the_rhythm_is_kept_and_a_stretch_that_runs_counts_once_it_is_broken() -> None:
    rhythm = version(rhythm=5)
    assert [one.fault for one in visits_kept([rhythm], [WEEK[5], WEEK[11]], WEEK[13])] == [None, Fault.NO_VISIT]
    assert visits_kept([rhythm], [], WEEK[5]) == []
    (broken,) = visits_kept([rhythm], [], WEEK[6])
    assert (broken.fault, broken.day) == (Fault.NO_VISIT, WEEK[6])


@given(st.dates(date(2025, 1, 1), date(2026, 12, 1)), st.integers(0, 60), st.integers(0, 60))
def test_working_days_add_up(ordered: date, first: int, second: int) -> None:
    middle = ordered + timedelta(days=first)
    end = middle + timedelta(days=second)
    assert working_days(ordered, end, works_on) == working_days(ordered, middle, works_on) + working_days(
        middle, end, works_on
    )


@pytest.fixture
def address(app: Flask, people: dict[str, User]) -> str:
    with app.app_context():
        distributor = cast.make_distributor("D001")
        for number, (ordered, came) in enumerate([(cast.TODAY, cast.TODAY), (None, cast.TODAY)]):
            cast.add(
                Invoice(
                    number=f"I{number}", number_key=f"i{number}", distributor_id=distributor.id, date=came,
                    ordered_on=ordered, amount=100,
                )
            )  # fmt: skip
        key = distributor.id
        db.session.commit()
    return f"/distributors/{key}/service"


def test_a_supervisor_promises_and_the_rep_sees_what_was_kept(app: Flask, address: str) -> None:
    boss, rep = Visitor(app, "boss"), Visitor(app, "rep")
    assert "Nothing is promised yet" in rep.get(address).get_data(as_text=True)
    assert boss.post(address, FORM).status_code == 303
    text = rep.get(address).get_data(as_text=True)
    assert "kept 1 of 1 in 90 days" in text
    assert "3 working days" in text
    assert "Fast delivery" in text
    overview = rep.get(address.removesuffix("/service")).get_data(as_text=True)
    assert "kept 1 of 1 in 90 days" in overview
    assert rep.post(address, FORM).status_code == 403


def test_a_template_by_one_tap_and_the_history_stays(app: Flask, address: str) -> None:
    boss = Visitor(app, "boss")
    boss.post(address, FORM)
    assert boss.post(address, {"version": "1", "template": "large"}).status_code == 303
    with app.app_context():
        rows = list(db.session.scalars(sa.select(ServicePromise).order_by(ServicePromise.version)))
        assert [(row.version, row.template, row.lead_days) for row in rows] == [
            (1, Template.OWN, 3),
            (2, Template.LARGE, TEMPLATES[Template.LARGE].lead_days),
        ]
        assert rows[1].needs == ["fast"]
    assert "Earlier promises" in boss.get(address).get_data(as_text=True)


def test_the_second_of_two_editors_is_told_and_a_second_tap_changes_nothing(app: Flask, address: str) -> None:
    boss = Visitor(app, "boss")
    assert boss.post(address, FORM).status_code == 303
    assert boss.post(address, FORM).status_code == 303
    answer = boss.post(address, {**FORM, "lead_days": "4"})
    assert answer.status_code == 409
    assert "Somebody else has changed this promise" in answer.get_data(as_text=True)
    with app.app_context():
        assert [row.lead_days for row in db.session.scalars(sa.select(ServicePromise))] == [3]


def test_a_version_that_is_there_already_is_never_written_over(
    app: Flask, address: str, people: dict[str, User]
) -> None:
    Visitor(app, "boss").post(address, FORM)
    with app.app_context():
        held = db.session.scalars(sa.select(ServicePromise)).one()
        boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == "boss")).one())
        with pytest.raises(ChangedError):
            promise(boss, held.distributor_id, 0, TEMPLATES[Template.SMALL], [], cast.NOW, cast.TODAY)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"lead_days": "31"}, "from 0 to 30"),
        ({"visit_days": "0"}, "from 1 to 365"),
        ({"payment_days": "x"}, "from 0 to 180"),
        ({"weekdays": []}, "Choose at least one day."),
    ],
)
def test_bad_values_are_named_and_kept(app: Flask, address: str, wrong: dict[str, Any], told: str) -> None:
    answer = Visitor(app, "boss").post(address, {**FORM, **wrong})
    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)
