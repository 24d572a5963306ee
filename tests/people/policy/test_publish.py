"""Publishing a draft, and taking over what was published meanwhile: POST /policy/drafts/ID/publication and …/base."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.rules import DealPolicy
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.policy import queries
from fieldapp.people.policy.models import DraftState, PolicyVersion
from tests.cast import TODAY

from .conftest import Drafts, texts


def policy_on(app: Flask, day: date) -> DealPolicy:
    with app.app_context():
        return DealPolicy.from_settings(queries.on(day).settings["deal_check"])


def test_a_new_version_counts_from_its_day(
    app: Flask, drafts: Drafts, people: dict[str, User], audit: Callable[[], list[AuditEntry]]
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    response = drafts.published({"tolerance_percent": "1.5"}, valid_from=tomorrow.isoformat())
    assert (response.status_code, response.location) == (303, "/policy")
    assert str(policy_on(app, TODAY).tolerance_percent) == "2"
    assert str(policy_on(app, tomorrow).tolerance_percent) == "1.5"
    entry = audit()[-1]
    assert (entry.action, entry.actor_id, entry.subject_id) == ("policy.publish", people["admin"].id, "2")
    assert entry.changes["deal_check.tolerance_percent"][1] == "1.5"


def test_the_snapshot_of_the_deal_check_has_it_at_once(app: Flask, drafts: Drafts) -> None:
    with app.app_context():
        assert reference.read()[0].policy_on(TODAY).version == 1
    drafts.published({"tolerance_percent": "1.5"})
    with app.app_context():
        policy = reference.read()[0].policy_on(TODAY)
    assert (policy.version, str(policy.deal.tolerance_percent)) == (2, "1.5")


def test_the_next_draft_starts_from_it(app: Flask, drafts: Drafts) -> None:
    drafts.published({"approval_hours": "48", "levels.price.above_retail": "approval"})
    drafts.published({"overdue_stop_days": "60"})
    policy = policy_on(app, TODAY)
    assert (policy.approval_hours, policy.overdue_stop_days) == (48, 60)
    assert policy.levels["price.above_retail"] == "approval"


def test_a_published_version_never_changes(drafts: Drafts) -> None:
    before = drafts.versions()[0]
    drafts.published({"tolerance_percent": "3"})
    after = drafts.versions()
    assert [version.version for version in after] == [2, 1]
    assert (after[1].settings, after[1].valid_from, after[1].note) == (before.settings, before.valid_from, before.note)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"valid_from": (TODAY - timedelta(days=1)).isoformat()}, "today or a later day"),
        ({"valid_from": "23.11.2026"}, "Give a date such as"),
        ({"valid_from": "2026-W48-1"}, "Give a date such as"),
        ({"valid_from": ""}, "Fill this in."),
        ({"note": " "}, "Fill this in."),
        ({"note": "x" * 501}, "at most 500"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_published(drafts: Drafts, change: dict[str, Any], said: str) -> None:
    address = drafts.begin()
    given = {"note": "Because of winter", "valid_from": (TODAY + timedelta(days=9)).isoformat(), **change}
    response = drafts.publish(address, **given)
    assert response.status_code == 422
    assert said in response.text
    for name in given.keys() - change.keys():
        assert f'value="{given[name]}"' in response.text
    assert len(drafts.versions()) == 1
    assert drafts.stored(address).state is DraftState.OPEN


def test_a_double_tap_publishes_once_and_the_second_is_told(drafts: Drafts) -> None:
    address = drafts.begin()
    assert drafts.publish(address, seen="1").status_code == 303
    again = drafts.publish(address, seen="1")
    assert again.status_code == 409
    assert "Admin published it as version 2" in texts(again.text)
    assert len(drafts.versions()) == 2
    assert drafts.stored(address).state is DraftState.PUBLISHED
    assert drafts.save(address, {"tolerance_percent": "1"}).status_code == 409


@pytest.mark.parametrize("seen", ["0", "", "1", "3", "x", "9" * 30, "-1"])
def test_who_did_not_see_the_last_save_is_told(drafts: Drafts, seen: str) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "3.25"}, who="second")
    response = drafts.publish(address, seen=seen, note="Because of winter")
    assert response.status_code == 409
    assert "Second saved this draft while you were here" in texts(response.text)
    assert 'value="Because of winter"' in response.text
    assert 'name="seen" value="2"' in response.text
    assert len(drafts.versions()) == 1


def test_of_four_taps_at_once_one_publishes(app: Flask, drafts: Drafts) -> None:
    address = drafts.begin()
    visitors = [drafts.visit("admin") for _ in range(4)]
    for visitor in visitors:
        visitor.csrf()
    values = {"valid_from": TODAY.isoformat(), "note": "once", "seen": "1"}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda one: one.post(f"{address}/publication", values).status_code, visitors))
    assert sorted(answers) == [303, 409, 409, 409]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PolicyVersion)) == 2


def test_of_two_administrators_who_publish_two_drafts_at_once_one_does_and_one_is_told(drafts: Drafts) -> None:
    addresses = {who: drafts.begin(who) for who in ("admin", "second")}
    visitors = {who: drafts.visit(who) for who in addresses}
    for who, address in addresses.items():
        drafts.save(address, {"tolerance_percent": "1" if who == "admin" else "3"}, who=who)
        visitors[who].csrf()
    values = {"valid_from": TODAY.isoformat(), "note": "mine", "seen": "2"}
    with ThreadPoolExecutor(2) as threads:
        answers = dict(
            zip(
                addresses,
                threads.map(lambda who: visitors[who].post(f"{addresses[who]}/publication", values), addresses),
                strict=True,
            )
        )
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    [told] = [answer for answer in answers.values() if answer.status_code == 409]
    assert "Version 2 was published while you were here" in texts(told.text)
    assert 'value="mine"' in told.text
    assert [version.version for version in drafts.versions()] == [2, 1]


def test_a_newer_version_is_taken_over_and_what_both_changed_is_decided(
    drafts: Drafts, audit: Callable[[], list[AuditEntry]]
) -> None:
    address = drafts.begin("second")
    mine = {"tolerance_percent": "3", "over_limit_percent": "5", "approval_hours": "48"}
    drafts.save(address, mine, who="second")
    drafts.published({"tolerance_percent": "1", "over_limit_percent": "6", "overdue_stop_days": "60"})
    second = drafts.visit("second")
    page = texts(second.get(address).text)
    assert "Tolerance under the floor: both were changed The draft's: 3 % Version 2: 1 % It was 2 %." in page
    assert "Everything stops when overdue for more than 30 days 60 days" in page
    assert "An approval holds for: both" not in page
    assert drafts.publish(address, who="second").status_code == 409
    taken = {
        "onto": "2",
        "take.deal_check.tolerance_percent": "draft",
        "take.deal_check.over_limit_percent": "published",
    }
    assert second.post(f"{address}/base", taken).status_code == 303
    saved = drafts.deal_check(address)
    assert (saved["tolerance_percent"], saved["over_limit_percent"]) == ("3", "6")
    assert (saved["approval_hours"], saved["overdue_stop_days"]) == (48, 60)
    assert (audit()[-1].action, audit()[-1].changes["based_on"]) == ("policy.rebase", [1, 2])
    assert second.post(f"{address}/base", taken).status_code == 303  # tapped twice
    assert drafts.revision(address) == 3
    assert drafts.publish(address, who="second").status_code == 303
    assert drafts.versions()[0].settings["deal_check"] == saved


def test_a_version_that_was_not_shown_is_not_taken_over(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.published({"tolerance_percent": "1"})
    drafts.published({"tolerance_percent": "0"})
    response = drafts.visit("admin").post(f"{address}/base", {"onto": "2"})
    assert response.status_code == 409
    assert "Version 3" in response.text
    assert drafts.stored(address).based_on == 1


def test_values_that_do_not_go_together_after_it_are_named_and_not_published(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"overdue_frozen_days": "20"})
    drafts.published({"overdue_stop_days": "10"})
    admin = drafts.visit("admin")
    admin.post(f"{address}/base", {"onto": "2"})
    page = texts(admin.get(address).text)
    assert "Give at most the 10 days" in page
    assert drafts.publish(address).status_code == 422
    assert admin.post(f"{address}/tryout").status_code == 422
    assert len(drafts.versions()) == 2
    assert "Give at most the 10 days" in admin.get(f"{address}/sections/deal_check").text
    assert drafts.save(address, {"overdue_frozen_days": "9"}).status_code == 303
    assert drafts.publish(address).status_code == 303


def test_there_is_no_other_way_to_publish(drafts: Drafts) -> None:
    assert drafts.visit("admin").post("/policy", {"valid_from": TODAY.isoformat(), "note": "x"}).status_code == 405
    assert len(drafts.versions()) == 1


def test_the_page_tells_what_holds_what_each_version_changed_and_who_did(drafts: Drafts) -> None:
    drafts.published({"tolerance_percent": "1.5"})
    drafts.published({"tolerance_percent": "0.5"}, valid_from=(TODAY + timedelta(days=30)).isoformat())
    page = texts(drafts.visit("admin").get("/policy").text)
    assert "Tolerance under the floor 1.5 %" in page.split("Versions")[0]
    assert "Version 3 · from 2026-12-23" in page
    assert "Tolerance under the floor 1.5 % 0.5 %" in page
    assert "Admin" in page.split("Version 3 · from")[1]
    assert "to come" in page.split("Version 3 · from")[1].split("Version 2")[0]
