"""Two administrators on one draft: the second is told, and nothing of either is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from fieldapp.people.audit.models import AuditEntry

from .conftest import DAY, Drafts, texts


def test_changes_of_different_values_are_both_saved(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "1"}, seen=1)
    response = drafts.save(address, {"tolerance_percent": "2", "over_limit_percent": "5"}, seen=1, who="second")
    assert response.status_code == 303
    saved = drafts.deal_check(address)
    assert (saved["tolerance_percent"], saved["over_limit_percent"]) == ("1", "5")


def test_who_is_second_is_told_of_both_changes(drafts: Drafts) -> None:
    address, second = drafts.begin(), drafts.visit("second")
    drafts.save(address, {"tolerance_percent": "1"}, seen=1)
    second.post(f"{address}/sections/visibility", {"seen": "1", "visibility.floor_roles": ["", "rep"]})
    assert "both changes are in the draft" in second.get(address).text
    assert drafts.deal_check(address)["tolerance_percent"] == "1"
    assert drafts.stored(address).settings["visibility"]["floor_roles"] == ["rep"]


def test_of_the_same_value_the_second_sees_both_and_decides(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"tolerance_percent": "1", "approval_hours": "12"}, seen=1)
    typed = {"tolerance_percent": "3.25", "approval_hours": "24", "over_limit_percent": "5"}
    response = drafts.save(address, typed, seen=1, who="second")
    assert response.status_code == 409
    assert "Admin changed the same values" in texts(response.text)
    assert 'value="3.25"' in response.text
    assert "Saved meanwhile: 1 %" in texts(response.text)
    assert 'name="deal_check.approval_hours" type="text" value="12"' in response.text  # only the first changed it
    assert drafts.deal_check(address)["tolerance_percent"] == "1"
    assert 'name="seen" value="2"' in response.text
    again = {**typed, "approval_hours": "12"}
    assert drafts.save(address, again, seen=2, who="second").status_code == 303
    saved = drafts.deal_check(address)
    assert (saved["tolerance_percent"], saved["approval_hours"], saved["over_limit_percent"]) == ("3.25", 12, "5")


def test_the_same_change_by_both_is_no_conflict(drafts: Drafts) -> None:
    address = drafts.begin()
    for who in ("admin", "second"):
        assert drafts.save(address, {"tolerance_percent": "1"}, seen=1, who=who).status_code == 303
    assert drafts.revision(address) == 2


def test_changes_that_do_not_go_together_are_named(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"overdue_stop_days": "10"}, seen=1)
    response = drafts.save(address, {"overdue_frozen_days": "20"}, seen=1, who="second")
    assert response.status_code == 422
    assert "at most the 10 days" in response.text
    assert drafts.deal_check(address)["overdue_frozen_days"] == 7


@pytest.mark.parametrize("seen", [0, 9, 10**30, -1])
def test_who_names_no_revision_overwrites_nothing(drafts: Drafts, seen: int) -> None:
    address = drafts.begin()
    response = drafts.save(address, {"tolerance_percent": "3.25"}, seen=seen)
    assert response.status_code == 409
    assert 'value="3.25"' in response.text
    assert drafts.revision(address) == 1


def test_what_was_typed_into_a_draft_discarded_meanwhile_becomes_a_new_one(drafts: Drafts) -> None:
    address = drafts.begin()
    drafts.save(address, {"over_limit_percent": "5"})
    drafts.visit("admin").post(f"{address}/discarding")
    response = drafts.save(address, {"tolerance_percent": "3.25"}, seen=2, who="second")
    assert response.status_code == 409
    assert "Admin published or discarded this draft" in texts(response.text)
    assert 'value="3.25"' in response.text
    sent = {"copied": address.rsplit("/", 1)[1], "deal_check.tolerance_percent": "3.25"}
    made = drafts.visit("second").post("/policy/drafts", sent)
    saved = drafts.deal_check(str(made.location))
    assert (saved["tolerance_percent"], saved["over_limit_percent"]) == ("3.25", "5")
    wrong = drafts.visit("second").post("/policy/drafts", {**sent, "deal_check.tolerance_percent": "x"})
    assert (wrong.status_code, 'value="x"' in wrong.text) == (422, True)


def test_day_and_reason_of_both(drafts: Drafts) -> None:
    address = drafts.begin()
    admin, second = drafts.visit("admin"), drafts.visit("second")
    admin.post(address, {"note": "Winter", "valid_from": DAY, "seen": "1"})
    told = second.post(address, {"note": "Spring", "valid_from": DAY, "seen": "1"})
    assert told.status_code == 409
    assert 'value="Spring"' in told.text
    assert drafts.stored(address).note == "Winter"


def test_many_at_once_lose_nothing(drafts: Drafts, audit: Callable[[], list[AuditEntry]]) -> None:
    address = drafts.begin()
    names = ("price.none", "price.no_floor", "price.ok", "credit.ok", "credit.cash", "credit.expired")
    visitors = [drafts.visit("admin" if number % 2 else "second") for number, _ in enumerate(names)]
    for visitor in visitors:
        visitor.csrf()
    with ThreadPoolExecutor(len(names)) as threads:
        sent = [{"seen": "1", f"deal_check.levels.{name}": "info"} for name in names]
        answers = list(
            threads.map(
                lambda pair: pair[0].post(f"{address}/sections/deal_check", pair[1]).status_code,
                zip(visitors, sent, strict=True),
            )
        )
    assert answers == [303] * len(names)
    levels = drafts.deal_check(address)["levels"]
    assert [levels[name] for name in names] == ["info"] * len(names)
    assert drafts.revision(address) == 1 + len(names)
    assert len(audit()) == 1 + len(names)
