"""A remark's way on its page: answered, told back, opened again, handed over, merged; refused where it may not be."""

import re
from uuid import UUID

from fieldapp.core.db import db
from fieldapp.fieldwork.feedback.rules import RemarkState
from fieldapp.people.accounts.models import User
from tests.desk.feedback.conftest import Ear


def owner_of(ear: Ear, key: UUID) -> str:
    remark = ear.remark(key)
    with ear.desk.app.app_context():
        return db.session.get_one(User, remark.owner_id).username


def test_it_is_closed_only_when_the_customer_was_told(ear: Ear) -> None:
    key = ear.note()
    owner = owner_of(ear, key)
    assert ear.do(key, "telling", "rep", how="phone").status_code == 409
    assert ear.do(key, "answer", owner).status_code == 422
    assert ear.do(key, "answer", owner, answer="New bags from Monday on").status_code == 303
    assert ear.remark(key).state is RemarkState.ANSWERED
    assert "Answered, now tell the customer: Complaint" in ear.page("/notices")
    page = ear.page(f"/feedback/{key}")
    assert "New bags from Monday on" in page
    back = ear.do(key, "telling", "rep", how="letter", told="He nodded")
    assert back.status_code == 422
    assert "He nodded" in back.text
    assert ear.do(key, "telling", "rep", how="visit", told="He nodded").status_code == 303
    assert ear.remark(key).state is RemarkState.CLOSED
    page = ear.page(f"/feedback/{key}")
    assert re.search(r"At a visit, .*: He nodded", page)
    assert "took it down" in page
    assert "told the customer" in page
    assert "Answered, now tell" not in ear.page("/notices"), "what is done is not told any more"


def test_two_who_act_at_once_the_second_sees_it_as_it_is_now(ear: Ear) -> None:
    key = ear.note()
    owner = owner_of(ear, key)
    ear.do(key, "answer", owner, answer="First")
    ear.do(key, "telling", "rep", how="phone")
    late = ear.do(key, "answer", owner, answer="Second")
    assert late.status_code == 409
    assert "The customer was told meanwhile" in late.text
    assert ear.remark(key).answer == "First"


def test_a_customer_who_is_not_content_opens_it_again(ear: Ear) -> None:
    key = ear.note()
    owner = owner_of(ear, key)
    ear.do(key, "answer", owner, answer="First")
    ear.do(key, "telling", "rep", how="phone")
    assert ear.do(key, "reopening", "rep").status_code == 422
    assert ear.do(key, "reopening", "rep", reason="Torn again").status_code == 303
    assert ear.remark(key).state is RemarkState.OPEN
    assert "Torn again" in ear.page(f"/feedback/{key}")


def test_who_only_reads_is_shown_no_verbs_and_refused(ear: Ear) -> None:
    key = ear.note(who="boss", kind="praise")  # the rep answers praise
    assert owner_of(ear, key) == "rep"
    other = ear.note()
    assert owner_of(ear, other) != "rep"
    page = ear.page(f"/feedback/{other}")
    for verb in ("answer", "handover", "merging"):
        assert f"/feedback/{other}/{verb}" not in page
    refused = ear.do(other, "answer", "rep", answer="I say so")
    assert refused.status_code == 409
    assert "or a supervisor of its patch, does this" in refused.text


def test_handed_over_it_waits_for_somebody_else(ear: Ear) -> None:
    key = ear.note()
    owner = owner_of(ear, key)
    page = ear.page(f"/feedback/{key}", owner)
    options = dict(re.findall(r'<option value="([0-9a-f-]{36})">([^<]+)</option>', page))
    [rep] = [value for value, name in options.items() if name == "Rep"]
    assert "Stranger" not in options.values()
    assert ear.do(key, "handover", owner, to=str(key)).status_code == 422
    assert ear.do(key, "handover", owner, to=rep, words="You know them").status_code == 303
    assert owner_of(ear, key) == "rep"
    assert "You know them" in ear.page(f"/feedback/{key}")


def test_look_alikes_are_merged_answered_once_and_told_one_by_one(ear: Ear) -> None:
    first = ear.note(text="The bags are torn again")
    second = ear.note(text="The bags are torn")
    owner = owner_of(ear, first)
    page = ear.page(f"/feedback/{second}", owner)
    assert f'name="into" value="{first}"' in page
    assert ear.do(second, "merging", owner, into="nothing").status_code == 422
    assert ear.do(second, "merging", owner, into=str(second)).status_code == 409
    assert ear.do(second, "merging", owner, into=str(first)).status_code == 303
    assert "answered there" in ear.page(f"/feedback/{second}")
    assert "Merged with it" in ear.page(f"/feedback/{first}")
    ear.do(first, "answer", owner, answer="New bags")
    assert ear.remark(second).state is RemarkState.ANSWERED
    ear.do(first, "telling", "rep", how="phone")
    assert ear.remark(second).state is RemarkState.ANSWERED, "its customer is told on his own"
    assert ear.do(second, "separation", owner).status_code == 303
    assert ear.remark(second).state is RemarkState.OPEN
