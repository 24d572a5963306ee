"""The policy page: GET and POST /policy."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.checks.rules import CASH_LEVELS, LEVELS, DealPolicy
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.policy import queries
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.people.policy.sections import declared
from tests.cast import TODAY
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
VALUES = {"valid_from": TODAY.isoformat(), "note": "stricter", "seen": "1"}


def versions(app: Flask) -> list[PolicyVersion]:
    with app.app_context():
        return queries.versions()


def policy_on(app: Flask, day: date) -> DealPolicy:
    with app.app_context():
        return DealPolicy.from_settings(queries.on(day).settings["deal_check"])


def test_the_page_shows_every_number_and_level(visit: Visit) -> None:
    page = visit("admin").get("/policy").text
    names = set(re.findall(r'name="deal_check\.([\w.]+)"', page))
    levels = {f"levels.{code}" for code in LEVELS} | {f"cash_levels.{code}" for code in CASH_LEVELS}
    numbers = {
        "tolerance_percent",
        "overdue_stop_days",
        "overdue_frozen_days",
        "overdue_days",
        "over_limit_percent",
        "approval_hours",
    }
    assert names == levels | numbers


def test_a_new_version_counts_from_its_day(
    app: Flask, visit: Visit, people: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    values = {**VALUES, "valid_from": tomorrow.isoformat(), "deal_check.tolerance_percent": "1.5"}
    assert visit("admin").post("/policy", values).status_code == 303
    assert str(policy_on(app, TODAY).tolerance_percent) == "2"
    assert str(policy_on(app, tomorrow).tolerance_percent) == "1.5"
    [entry] = audit()
    assert (entry.action, entry.actor_id, entry.subject_id) == ("policy.publish", people["admin"].id, "2")
    assert entry.changes["deal_check.tolerance_percent"][1] == "1.5"


def test_what_is_not_sent_stays_as_it_was(app: Flask, visit: Visit) -> None:
    admin = visit("admin")
    admin.post(
        "/policy", {**VALUES, "deal_check.approval_hours": "48", "deal_check.levels.price.above_retail": "approval"}
    )
    admin.post("/policy", {**VALUES, "seen": "2", "deal_check.overdue_stop_days": "60"})
    policy = policy_on(app, TODAY)
    assert (policy.approval_hours, policy.overdue_stop_days) == (48, 60)
    assert policy.levels["price.above_retail"] == "approval"


def test_a_published_version_never_changes(app: Flask, visit: Visit) -> None:
    before = versions(app)[0]
    visit("admin").post("/policy", {**VALUES, "deal_check.tolerance_percent": "3"})
    after = versions(app)
    assert [version.version for version in after] == [2, 1]
    assert (after[1].settings, after[1].valid_from, after[1].note) == (before.settings, before.valid_from, before.note)


def test_who_may_see_the_floor(app: Flask, visit: Visit) -> None:
    admin = visit("admin")
    admin.post("/policy", {**VALUES, "visibility.floor_roles": ["", "rep", "admin"]})
    assert versions(app)[0].settings["visibility"]["floor_roles"] == ["rep", "admin"]
    admin.post("/policy", {**VALUES, "seen": "2", "visibility.floor_roles": [""]})
    assert versions(app)[0].settings["visibility"]["floor_roles"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deal_check.tolerance_percent": "101"}, "percentage from 0 to 100"),
        ({"deal_check.tolerance_percent": "two"}, "percentage from 0 to 100"),
        ({"deal_check.tolerance_percent": "NaN"}, "percentage from 0 to 100"),
        ({"deal_check.tolerance_percent": ""}, "percentage from 0 to 100"),
        ({"deal_check.overdue_frozen_days": "31"}, "at most the 30 days"),
        ({"deal_check.approval_hours": "0"}, "whole number from 1"),
        ({"deal_check.approval_hours": "9" * 400}, "whole number from 1"),
        ({"deal_check.levels.price.ok": "maybe"}, "Give one of"),
        ({"visibility.floor_roles": ["king"]}, "Choose from the roles"),
        ({"valid_from": (TODAY - timedelta(days=1)).isoformat()}, "today or a later day"),
        ({"valid_from": "23.11.2026"}, "Give a date such as"),
        ({"valid_from": "2026-W48-1"}, "Give a date such as"),
        ({"note": " "}, "Fill this in."),
        ({"note": "x" * 501}, "at most 500"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_published(
    app: Flask, visit: Visit, change: dict[str, Any], said: str
) -> None:
    response = visit("admin").post("/policy", {**VALUES, "deal_check.over_limit_percent": "7.5", **change})
    assert response.status_code == 422
    assert said in response.text
    assert 'value="7.5"' in response.text
    assert len(versions(app)) == 1


def test_settings_that_do_not_exist_are_ignored(app: Flask, visit: Visit) -> None:
    extra = {
        "deal_check.levels.no.such": "stop",
        "deal_check.new": "1",
        "other.thing": "1",
        "version": "9",
        "published_by_id": "x",
    }
    assert visit("admin").post("/policy", {**VALUES, **extra}).status_code == 303
    made = versions(app)[0]
    assert made.version == 2
    assert "no.such" not in made.settings["deal_check"]["levels"]
    with app.app_context():
        assert set(made.settings) == {section.name for section in declared()} >= {"deal_check", "visibility"}


@pytest.mark.parametrize("seen", ["0", "", "2", "x", "9" * 30, "-1"])
def test_who_did_not_see_the_newest_version_is_told(app: Flask, visit: Visit, seen: str) -> None:
    response = visit("admin").post("/policy", {**VALUES, "seen": seen, "deal_check.tolerance_percent": "3.25"})
    assert response.status_code == 409
    assert 'value="3.25"' in response.text
    assert 'name="seen" value="1"' in response.text
    assert len(versions(app)) == 1


def test_of_two_at_once_one_publishes(app: Flask, visit: Visit) -> None:
    visitors = [visit("admin") for _ in range(4)]
    for visitor in visitors:
        visitor.csrf()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda one: one.post("/policy", VALUES).status_code, visitors))
    assert sorted(answers) == [303, 409, 409, 409]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PolicyVersion)) == 2


def test_the_page_tells_what_each_version_changed_and_who_did(visit: Visit) -> None:
    admin = visit("admin")
    admin.post("/policy", {**VALUES, "deal_check.tolerance_percent": "1.5"})
    page = admin.get("/policy").text
    assert "Version 2 · from 2026-11-23" in page
    assert "<td>2 %</td><td>1.5 %</td>" in page
    assert "Admin" in page.split("Version 2 · from")[1]
