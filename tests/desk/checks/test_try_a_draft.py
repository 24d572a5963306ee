"""An administrator tries a draft on the checks of the past: GET and POST /policy/drafts/ID/tryout."""

import re
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core import processes
from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db, uuid7
from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.policy import tryouts
from fieldapp.people.policy.models import Tryout, TryoutState
from fieldapp.people.policy.queries import find_tryout
from tests.cast import TODAY
from tests.desk.conftest import Desk, stored
from tests.people.policy.conftest import texts

PATIENCE_S = 120  # a process of its own starts on a busy machine


def begin(desk: Desk, **values: str) -> str:
    """A draft with these values of the deal check; its address."""
    admin = desk.as_("admin")
    address = str(admin.post("/policy/drafts").location)
    save(desk, address, **values)
    return address


def save(desk: Desk, address: str, seen: str = "1", **values: str) -> None:
    sent = {"seen": seen, **{f"deal_check.{name}": value for name, value in values.items()}}
    assert desk.as_("admin").post(f"{address}/sections/deal_check", sent).status_code == 303


def tried(desk: Desk, address: str) -> Tryout | None:
    with desk.app.app_context():
        begin_reading()
        found = find_tryout(UUID(address.rsplit("/", 1)[1]))
        db.session.expunge_all()
        return found


def publish(desk: Desk, address: str, seen: str, **changes: Any) -> None:
    values = {"valid_from": TODAY.isoformat(), "note": "stricter", "seen": seen, **changes}
    assert desk.as_("admin").post(f"{address}/publication", values).status_code == 303


def test_the_numbers_and_what_changes_for_which_check(desk: Desk) -> None:
    goes, approved, stopped = (desk.record(price) for price in ("3190.00", "3150.00", "3000.00"))
    address = begin(desk, tolerance_percent="1")
    response = desk.as_("admin").post(f"{address}/tryout")
    assert (response.status_code, response.location) == (303, f"{address}/tryout")
    page = desk.as_("admin").get(f"{address}/tryout").text
    assert "Of the last 3 checks, 1 would get another answer." in page
    words = texts(page)
    assert "Needs approval Stop 1" in words
    assert "Price too low → Price far too low: Net ¥3,110.00/t cannot be approved." in words
    assert f'href="/deals/{approved}"' in page
    assert f"/deals/{goes}" not in page
    assert f"/deals/{stopped}" not in page
    assert "1 would get another answer" in desk.as_("admin").get(address).text
    [entry] = desk.audited("policy.try")
    assert entry.changes["deal_checks"] == [3, 1]


def test_nothing_but_the_result_is_written(desk: Desk) -> None:
    before = stored(desk, desk.record())
    address = begin(desk, tolerance_percent="0")
    desk.as_("admin").post(f"{address}/tryout")
    after = stored(desk, before.id)
    for name in ("verdict", "findings", "facts", "policy_version"):
        assert getattr(after, name) == getattr(before, name)


def test_stored_checks_keep_their_version_and_answer_after_publishing(desk: Desk) -> None:
    old = desk.record()
    publish(desk, begin(desk, tolerance_percent="1"), "2")
    new = desk.record()
    checks = [stored(desk, one) for one in (old, new)]
    assert [(one.policy_version, one.verdict) for one in checks] == [(1, "approval"), (2, "stop")]


def test_both_sides_are_replayed_and_the_stored_answer_is_not_asked(desk: Desk) -> None:
    """After a stricter policy, a draft that is like it changes nothing, and one like the old one eases again."""
    desk.record()
    publish(desk, begin(desk, tolerance_percent="1"), "2")
    same, easier = begin(desk, approval_hours="12"), begin(desk, tolerance_percent="2")
    for address, count in ((same, 0), (easier, 1)):
        desk.as_("admin").post(f"{address}/tryout")
        found = tried(desk, address)
        assert found is not None
        assert (found.results[0]["changed"], found.compared_with) == (count, 2)


def test_a_result_of_other_values_says_so(desk: Desk) -> None:
    desk.record()
    address, outdated = begin(desk, tolerance_percent="1"), "these numbers are of other values"
    admin = desk.as_("admin")
    admin.post(f"{address}/tryout")
    assert outdated not in admin.get(f"{address}/tryout").text
    admin.post(address, {"seen": "2", "note": "Winter", "valid_from": ""})  # the reason is no value
    assert outdated not in admin.get(f"{address}/tryout").text
    save(desk, address, "3", tolerance_percent="0")
    assert outdated in admin.get(f"{address}/tryout").text
    assert "try again" in admin.get(address).text
    save(desk, address, "4", tolerance_percent="1")
    assert outdated not in admin.get(f"{address}/tryout").text
    publish(desk, begin(desk, over_limit_percent="5"), "2")
    assert outdated in admin.get(f"{address}/tryout").text


def test_a_result_kept_by_an_older_release_is_to_be_found_out_again(desk: Desk) -> None:
    address, admin = begin(desk, tolerance_percent="1"), desk.as_("admin")
    admin.post(f"{address}/tryout")
    desk.change(sa.update(Tryout).values(results=[{"name": "deal_checks", "unheard_of": 1}, {"name": "gone"}]))
    assert "these numbers are of other values" in admin.get(f"{address}/tryout").text
    assert "try again" in admin.get(address).text
    assert admin.get("/policy").status_code == 200


def test_the_latest_try_out_takes_the_place_of_the_one_before(desk: Desk) -> None:
    desk.record()
    address = begin(desk, tolerance_percent="1")
    for _ in range(3):
        desk.as_("admin").post(f"{address}/tryout")
    assert desk.count(Tryout) == 1


def test_without_any_check_there_is_nothing_to_try(desk: Desk) -> None:
    address = begin(desk, tolerance_percent="1")
    assert desk.as_("admin").get(f"{address}/tryout").location == address
    desk.as_("admin").post(f"{address}/tryout")
    assert "There is no recorded check yet" in desk.as_("admin").get(f"{address}/tryout").text


def test_what_cannot_be_replayed_is_counted(desk: Desk) -> None:
    kept, lost = desk.record(), desk.record()
    desk.change(sa.update(DealCheck).where(DealCheck.id == lost).values(facts={"owners": {}}))
    address = begin(desk, tolerance_percent="1")
    desk.as_("admin").post(f"{address}/tryout")
    page = desk.as_("admin").get(f"{address}/tryout").text
    assert "1 check was looked at: 1 would get another answer." in page
    assert "1 cannot be replayed" in page
    assert str(kept) in page


def test_the_last_five_hundred_are_tried_and_fifty_shown(desk: Desk) -> None:
    first = stored(desk, desk.record())
    columns = {column.key: getattr(first, column.key) for column in sa.inspect(DealCheck).column_attrs}
    later = [{**columns, "id": uuid7()} for _ in range(504)]
    desk.change(sa.insert(DealCheck).values(later[:250]))
    desk.change(sa.insert(DealCheck).values(later[250:]))
    address = begin(desk, tolerance_percent="1")
    desk.as_("admin").post(f"{address}/tryout")
    page = desk.as_("admin").get(f"{address}/tryout").text
    assert "Of the last 500 checks, 500 would get another answer." in page
    shown = re.findall(r'href="/deals/([0-9a-f-]+)"', page)
    newest = sorted((str(one["id"]) for one in later), reverse=True)
    assert shown == newest[:50]
    assert "the newest 50 of them" in page


def test_the_sentences_name_whom_the_reader_may_see_and_no_floor(desk: Desk) -> None:
    desk.record("3000.00", ship_to="410103")
    address = begin(desk, **{"levels.territory.foreign_undercut": "approval", "levels.price.far_below_floor": "ok"})
    desk.as_("admin").post(f"{address}/tryout")
    page = texts(desk.as_("admin").get(f"{address}/tryout").text)
    assert "Undercut in another's area (Stops the deal) → Undercut in another's area (Needs approval)" in page.replace(
        "&#39;", "'"
    )
    assert "Distributor D002" in page
    assert "¥3,150.00" not in page


def test_many_results_are_tried_by_a_process_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.record()
    monkeypatch.setattr(tryouts, "MOST_AT_ONCE", 0)
    address = begin(desk, tolerance_percent="1")
    admin = desk.as_("admin")
    assert admin.post(f"{address}/tryout").location == f"{address}/tryout"
    end = time.monotonic() + PATIENCE_S
    while (found := tried(desk, address)) is None or found.state is not TryoutState.DONE:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    assert found.results[0]["changed"] == 1
    page = admin.fragment(f"{address}/tryout").text
    assert "1 would get another answer" in page
    assert "hx-trigger" not in page


def test_progress_interruption_and_a_second_tap(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.record()
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(tryouts, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(processes, "start", lambda *command: started.append(command))
    address, admin = begin(desk, tolerance_percent="1"), desk.as_("admin")
    for _ in range(2):
        assert admin.post(f"{address}/tryout").status_code == 303
    assert len(started) == 1
    page = admin.fragment(f"{address}/tryout").text
    assert 'hx-trigger="every 1s"' in page
    assert "Waiting" in page
    desk.change(sa.update(Tryout).values(state=TryoutState.RUNNING, share=425))
    assert "42 %" in admin.get(f"{address}/tryout").text
    desk.change(sa.update(Tryout).values(beat_at=now() - timedelta(minutes=2)))
    assert "Trying was interrupted" in admin.get(f"{address}/tryout").text
    admin.post(f"{address}/tryout")
    assert len(started) == 2
    save(desk, address, "2", tolerance_percent="0")
    admin.post(f"{address}/tryout")  # other values: the one under way is of no use any more
    assert len(started) == 3
    with desk.app.app_context():
        tryouts.perform(UUID(started[1][1]))  # its place is taken: nothing happens
        db.session.remove()
        tryouts.perform(UUID(started[2][1]))
    assert tried(desk, address).state is TryoutState.DONE  # type: ignore[union-attr]


def test_a_fault_of_ours_is_told_with_its_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(tryouts, "MOST_AT_ONCE", -1)
    monkeypatch.setattr(processes, "start", lambda *command: started.append(command))
    address = begin(desk, tolerance_percent="1")
    desk.as_("admin").post(f"{address}/tryout")
    monkeypatch.setattr(tryouts, "replay", lambda *_arguments: 1 / 0)
    with desk.app.app_context(), pytest.raises(ZeroDivisionError):
        tryouts.perform(UUID(started[0][1]))
    page = desk.as_("admin").get(f"{address}/tryout").text
    assert started[0][1] in page
    assert "Something went wrong on our side" in page


def test_a_closed_draft_is_not_tried(desk: Desk) -> None:
    address = begin(desk, tolerance_percent="1")
    desk.as_("admin").post(f"{address}/discarding")
    assert desk.as_("admin").post(f"{address}/tryout").status_code == 409
