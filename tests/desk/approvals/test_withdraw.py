"""The rep takes his open request back."""

from fieldapp.desk.approvals.models import Approval, ApprovalState
from tests.desk.conftest import Desk


def test_withdrawn_and_audited(desk: Desk) -> None:
    approval_id = desk.ask()
    assert desk.as_("rep").post(f"/approvals/{approval_id}/withdrawal").status_code == 303
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.WITHDRAWN
    [entry] = desk.audited("approvals.withdraw")
    assert entry.changes["state"] == ["open", "withdrawn"]
    assert desk.decide(approval_id).status_code == 409


def test_not_what_another_one_asked_for(desk: Desk) -> None:
    approval_id = desk.ask()
    assert desk.as_("boss").post(f"/approvals/{approval_id}/withdrawal").status_code == 403
    assert desk.as_("mate").post(f"/approvals/{approval_id}/withdrawal").status_code == 404
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.OPEN


def test_not_after_the_decision(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.decide(approval_id)
    response = desk.as_("rep").post(f"/approvals/{approval_id}/withdrawal")
    assert response.status_code == 409
    assert "Boss was first" in response.get_data(as_text=True)
    assert desk.one(Approval, Approval.id == approval_id).state == ApprovalState.APPROVED


def test_afterwards_the_same_deal_can_be_asked_for_again(desk: Desk) -> None:
    desk.as_("rep").post(f"/approvals/{desk.ask()}/withdrawal")
    desk.ask()
    assert desk.count(Approval, Approval.state == ApprovalState.OPEN) == 1
