"""A supervisor decides: with a reason, within his patch, never his own request, and only on the facts of now."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.policy.models import PolicyVersion
from tests import cast
from tests.desk.conftest import Desk

MOMENT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_approved_until_the_policys_hours_are_over(desk: Desk) -> None:
    with time_machine.travel(MOMENT, tick=False):
        approval_id = desk.ask()
        assert desk.decide(approval_id).status_code == 303
    approval = desk.one(Approval, Approval.id == approval_id)
    assert (approval.state, approval.decision_reason) == (ApprovalState.APPROVED, "Only this once.")
    assert (approval.decided_at, approval.expires_at) == (MOMENT, MOMENT + timedelta(hours=24))
    [entry] = desk.audited("approvals.approve")
    assert entry.changes["state"] == ["open", "approved"]


def test_the_hours_are_those_of_todays_policy(desk: Desk) -> None:
    with desk.app.app_context():
        cast.add(
            PolicyVersion(
                version=2, valid_from=cast.TODAY, settings={"deal_check": {"approval_hours": 6}}, published_at=cast.NOW
            )
        )
        db.session.commit()
    with time_machine.travel(MOMENT, tick=False):
        approval_id = desk.ask()
        desk.decide(approval_id)
    assert desk.one(Approval, Approval.id == approval_id).expires_at == MOMENT + timedelta(hours=6)


def test_declined_has_no_end(desk: Desk) -> None:
    approval_id = desk.ask()
    assert desk.decide(approval_id, "decline").status_code == 303
    approval = desk.one(Approval, Approval.id == approval_id)
    assert (approval.state, approval.expires_at) == (ApprovalState.DECLINED, None)
    assert len(desk.audited("approvals.decline")) == 1


@pytest.mark.parametrize(
    "form", [{"decision": "approve"}, {"decision": "approve", "reason": " "}, {"reason": "Why not"}]
)
def test_decision_and_reason_are_both_needed(desk: Desk, form: dict[str, str]) -> None:
    approval_id = desk.ask()
    response = desk.as_("boss").post(f"/approvals/{approval_id}/decision", form)
    assert response.status_code == 422
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.OPEN


@pytest.mark.parametrize(
    ("who", "status"), [("rep", 403), ("mate", 403), ("admin", 403), ("stranger", 404), ("colleague", 403)]
)
def test_only_a_supervisor_whose_patch_covers_the_distributor(desk: Desk, who: str, status: int) -> None:
    approval_id = desk.ask()
    assert desk.decide(approval_id, who=who).status_code == status
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.OPEN


def test_never_ones_own_request(desk: Desk) -> None:
    approval_id = desk.ask(who="boss")
    assert desk.decide(approval_id, who="boss").status_code == 403
    assert 'value="approve"' not in desk.as_("boss").get(f"/approvals/{approval_id}").get_data(as_text=True)
    assert desk.decide(approval_id, who="deputy").status_code == 303


def test_a_distributor_that_has_moved_away_is_not_decided_by_its_old_supervisor(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.change(sa.update(Distributor).where(Distributor.code == "D001").values(region_code="650102"))
    for decision in ("approve", "decline"):
        assert desk.decide(approval_id, decision).status_code == 403


def test_a_stop_of_now_cannot_be_approved(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.freeze()
    assert "Cannot be approved any more" in desk.as_("boss").get(f"/approvals/{approval_id}").get_data(as_text=True)
    response = desk.decide(approval_id)
    assert response.status_code == 409
    assert "Credit frozen" in response.get_data(as_text=True)
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.OPEN
    assert desk.decide(approval_id, "decline").status_code == 303


def test_a_finding_that_was_not_asked_for_cannot_be_approved(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.put_on_expired_grade()
    assert desk.decide(approval_id).status_code == 409
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.OPEN
    assert desk.audited("approvals.approve") == []


def test_the_second_one_is_told_who_decided(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.decide(approval_id, "decline", who="boss")
    response = desk.decide(approval_id, "approve", who="deputy")
    assert response.status_code == 409
    assert "Boss was first" in response.get_data(as_text=True)
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.DECLINED


def test_everything_to_decide_by_stands_on_one_page(desk: Desk) -> None:
    earlier = desk.ask(desk.record(kg="1000"))
    desk.decide(earlier, "decline")
    page = desk.as_("boss").get(f"/approvals/{desk.ask()}").get_data(as_text=True)
    for fact in (
        "郑州金禾饲料有限公司",
        "They order 20 t more this month.",
        "¥3,110.00",  # net
        "Floor ¥3,150.00",
        "¥40.00 under the floor",
        "¥100,000.00",  # limit
        "¥40,000.00",  # available
        "¥15,750.00",
        "Asked before for this distributor",
    ):
        assert fact in page, fact


def test_a_rep_is_not_shown_what_others_asked_for_the_same_distributor(desk: Desk) -> None:
    of_mate = desk.ask(desk.record(who="mate", kg="1000"), who="mate")
    own = desk.ask()
    page = desk.as_("rep").get(f"/approvals/{own}").get_data(as_text=True)
    assert "Asked before" not in page
    assert "Mate" not in page
    assert "Mate" in desk.as_("boss").get(f"/approvals/{own}").get_data(as_text=True)
    assert desk.as_("rep").get(f"/approvals/{of_mate}").status_code == 404


def test_the_floor_is_shown_only_to_who_may_see_it(desk: Desk) -> None:
    check_id = desk.record("3160.00")
    urls = (f"/deals/{check_id}", f"/approvals/{desk.ask(check_id)}")
    for url in urls:
        page = desk.as_("rep").get(url).get_data(as_text=True)
        assert "¥3,190.00" in page, "the lowest price that goes for him"
        assert "3,150.00" not in page
    assert all("¥3,150.00" in desk.as_("boss").get(url).get_data(as_text=True) for url in urls)
