"""A draft from its beginning: POST /policy/drafts, its pages, saving, resetting, keeping for later, discarding."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from fieldapp.core.db import uuid7
from fieldapp.desk.checks.rules import CASH_LEVELS, LEVELS
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.policy.models import DraftState
from fieldapp.people.policy.sections import declared

from .conftest import DAY, Drafts, texts

Audit = Callable[[], list[AuditEntry]]
NUMBERS = {
    "tolerance_percent",
    "overdue_stop_days",
    "overdue_frozen_days",
    "overdue_days",
    "over_limit_percent",
    "approval_hours",
}


def test_a_draft_holds_every_number_and_level_and_changes_nothing(drafts: Drafts, audit: Audit) -> None:
    address = drafts.begin()
    page = drafts.visit("admin").get(f"{address}/sections/deal_check").text
    names = set(re.findall(r'name="deal_check\.([\w.]+)"', page))
    assert names == NUMBERS | {f"levels.{code}" for code in LEVELS} | {f"cash_levels.{code}" for code in CASH_LEVELS}
    assert "floor_roles" in drafts.visit("admin").get(f"{address}/sections/visibility").text
    assert drafts.stored(address).settings == drafts.versions()[0].settings | drafts.stored(address).settings
    assert len(drafts.versions()) == 1
    assert [entry.action for entry in audit()] == ["policy.draft"]


def test_a_double_tap_begins_one_draft(drafts: Drafts, audit: Audit) -> None:
    admin, key = drafts.visit("admin"), str(uuid7())
    assert [admin.post("/policy/drafts", {"key": key}).location for _ in range(2)] == [f"/policy/drafts/{key}"] * 2
    assert admin.get("/policy").text.count('href="/policy/drafts/') == 1
    assert len(audit()) == 1


def test_what_is_saved_is_marked_beside_the_value_in_force(
    drafts: Drafts, audit: Audit, people: dict[str, User]
) -> None:
    address = drafts.begin()
    assert drafts.save(address, {"tolerance_percent": "0.5", "levels.price.none": "approval"}).status_code == 303
    page = texts(drafts.visit("admin").get(f"{address}/sections/deal_check").text)
    assert page.count("changed In force") == 2
    assert "changed In force: 2 % Reset" in page
    assert "changed In force: Stops the deal Reset" in page
    overview = texts(drafts.visit("admin").get(address).text)
    assert "Tolerance under the floor 2 % 0.5 %" in overview
    assert "What each finding means · No price Stops the deal Needs approval" in overview
    entry = audit()[-1]
    assert (entry.action, entry.actor_id) == ("policy.edit", people["admin"].id)
    assert entry.changes["deal_check.tolerance_percent"] == ["2", "0.5"]
    assert "2 values changed · Admin" in texts(drafts.visit("admin").get("/policy").text)


def test_one_value_is_reset_and_what_else_was_typed_is_saved(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "0.5", "over_limit_percent": "5"})
    typed = {"tolerance_percent": "1", "over_limit_percent": "6", "reset": "deal_check.tolerance_percent"}
    assert drafts.save(address, typed).status_code == 303
    assert drafts.deal_check(address)["tolerance_percent"] == "2"
    assert drafts.deal_check(address)["over_limit_percent"] == "6"


def test_enter_in_a_field_saves_and_resets_nothing(drafts: Drafts) -> None:
    """The browser presses the first button of the form."""
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "0.5"})
    form = drafts.visit("admin").get(f"{address}/sections/deal_check").text.split("/sections/deal_check", 1)[1]
    first = re.search(r"<button[^>]*>", form[form.index("<button") :])
    assert first is not None
    assert 'name="reset"' not in first.group()


def test_who_may_see_the_floor(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"floor_roles": ["", "rep", "admin"]}, part="visibility")
    assert drafts.stored(address).settings["visibility"]["floor_roles"] == ["rep", "admin"]
    drafts.save(address, {"floor_roles": [""]}, part="visibility")
    assert drafts.stored(address).settings["visibility"]["floor_roles"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tolerance_percent": "101"}, "percentage from 0 to 100"),
        ({"tolerance_percent": "two"}, "percentage from 0 to 100"),
        ({"tolerance_percent": "NaN"}, "percentage from 0 to 100"),
        ({"tolerance_percent": ""}, "percentage from 0 to 100"),
        ({"overdue_frozen_days": "31"}, "at most the 30 days"),
        ({"approval_hours": "0"}, "whole number from 1"),
        ({"approval_hours": "9" * 400}, "whole number from 1"),
        ({"levels.price.ok": "maybe"}, "Give one of"),
    ],
)
def test_what_cannot_be_is_named_at_its_field_and_nothing_is_saved(
    drafts: Drafts, change: dict[str, Any], said: str
) -> None:
    address = drafts.begin()
    response = drafts.save(address, {"over_limit_percent": "7.5", **change})
    assert response.status_code == 422
    assert said in response.text
    assert f'id="f-deal_check.{next(iter(change))}-error"' in response.text
    assert 'value="7.5"' in response.text
    assert drafts.revision(address) == 1


def test_every_problem_is_named(drafts: Drafts) -> None:
    address = drafts.begin()
    response = drafts.save(address, {"tolerance_percent": "x", "approval_hours": "y", "levels.price.ok": "z"})
    assert response.text.count('aria-invalid="true"') == 3
    roles = drafts.save(address, {"floor_roles": ["king"]}, part="visibility")
    assert (roles.status_code, "Choose from the roles" in roles.text) == (422, True)


def test_settings_that_do_not_exist_are_ignored(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"levels.no.such": "stop", "new": "1", "tolerance_percent": "1"})
    with drafts.app.app_context():
        assert set(drafts.stored(address).settings) == {section.name for section in declared()}
    assert "no.such" not in drafts.deal_check(address)["levels"]
    assert drafts.visit("admin").get(f"{address}/sections/other").status_code == 404
    assert drafts.visit("admin").post(f"{address}/sections/other").status_code == 404


def test_saving_the_same_again_is_no_change(drafts: Drafts, audit: Audit) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "1"})
    drafts.save(address, {"tolerance_percent": "1"})
    assert drafts.revision(address) == 2
    assert len(audit()) == 2


def test_day_and_reason_are_kept_for_later(drafts: Drafts) -> None:
    address = drafts.begin()
    admin = drafts.visit("admin")
    kept = admin.post(address, {"valid_from": "2026-12-01", "note": "Winter", "seen": "1"})
    assert kept.status_code == 303
    page = admin.get(address).text
    assert 'value="2026-12-01"' in page
    assert 'value="Winter"' in page
    assert "Winter" in admin.get("/policy").text
    for change, said in (({"valid_from": "2026-W48-1"}, "Give a date such as"), ({"note": "x" * 501}, "at most 500")):
        wrong = admin.post(address, {"valid_from": "2026-12-02", "note": "Spring", "seen": "2", **change})
        assert (wrong.status_code, said in wrong.text) == (422, True)
    assert drafts.stored(address).note == "Winter"
    assert admin.post(address, {"valid_from": "", "note": "", "seen": "2"}).status_code == 303
    assert drafts.stored(address).valid_from is None


def test_a_discarded_draft_is_gone_from_the_list_and_its_values_can_be_taken_along(
    drafts: Drafts, audit: Audit
) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "1"})
    admin = drafts.visit("admin")
    assert admin.post(f"{address}/discarding").location == "/policy"
    assert drafts.stored(address).state is DraftState.DISCARDED
    assert address not in admin.get("/policy").text
    assert admin.post(f"{address}/discarding").status_code == 409
    assert drafts.publish(address).status_code == 409
    assert admin.post(address, {"note": "x", "valid_from": DAY, "seen": "2"}).status_code == 409
    assert [entry.action for entry in audit()] == ["policy.draft", "policy.edit", "policy.discard"]
    again = admin.post("/policy/drafts", {"copied": address.rsplit("/", 1)[1]}).location
    assert again != address
    assert drafts.deal_check(str(again))["tolerance_percent"] == "1"


def test_there_is_no_such_draft(drafts: Drafts) -> None:
    admin, unknown = drafts.visit("admin"), UUID(int=7 << 76)
    for tail in ("", "/sections/deal_check", "/tryout"):
        assert admin.get(f"/policy/drafts/{unknown}{tail}").status_code == 404
    for tail in ("", "/sections/deal_check", "/tryout", "/base", "/discarding", "/publication"):
        assert admin.post(f"/policy/drafts/{unknown}{tail}").status_code == 404
