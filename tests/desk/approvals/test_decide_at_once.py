"""Two supervisors decide at the same moment: one decides, the other is told. Real threads, both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from werkzeug.test import TestResponse

from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks.models import DealCheck
from tests.desk.conftest import Desk


def at_once(*actions: object) -> list[TestResponse]:
    """Run them all from the same moment on, each in its own thread."""
    gate = threading.Barrier(len(actions))

    def run(action: object) -> TestResponse:
        gate.wait()
        return action()  # type: ignore[operator]

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def decision(desk: Desk, approval_id: UUID, who: str, answer: str) -> object:
    visitor = desk.as_(who)
    form = {"decision": answer, "reason": f"{who} says so", "csrf_token": visitor.csrf()}
    return lambda: visitor.client.post(f"/approvals/{approval_id}/decision", data=form)


def test_one_decides_and_the_other_is_told(desk: Desk) -> None:
    for _round in range(5):
        approval_id = desk.ask()
        answers = at_once(
            decision(desk, approval_id, "boss", "approve"), decision(desk, approval_id, "deputy", "decline")
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        approval = desk.one(Approval, Approval.id == approval_id)
        winner = "boss" if answers[0].status_code == 303 else "deputy"
        assert approval.decision_reason == f"{winner} says so"
        assert approval.state == (ApprovalState.APPROVED if winner == "boss" else ApprovalState.DECLINED)
        loser = answers[0 if winner == "deputy" else 1].get_data(as_text=True)
        assert f"{winner.title()} was first" in loser
        decided = desk.audited("approvals.approve") + desk.audited("approvals.decline")
        assert [entry.subject_id for entry in decided].count(str(approval_id)) == 1
        if approval.state == ApprovalState.APPROVED:
            desk.change(Approval.__table__.delete())  # so that the same deal can be asked for once more


def test_a_withdrawal_and_a_decision_at_once_leave_one_of_them(desk: Desk) -> None:
    approval_id = desk.ask()
    rep = desk.as_("rep")
    token = {"csrf_token": rep.csrf()}
    answers = at_once(
        decision(desk, approval_id, "boss", "decline"),
        lambda: rep.client.post(f"/approvals/{approval_id}/withdrawal", data=token),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    state = desk.one(Approval, Approval.id == approval_id).state
    assert state == (ApprovalState.DECLINED if answers[0].status_code == 303 else ApprovalState.WITHDRAWN)


def test_four_taps_at_once_record_and_ask_once(desk: Desk) -> None:
    rep = desk.as_("rep")
    form = desk.deal(
        id="01930000-0000-7000-8000-00000000000a",
        ask="1",
        reason="Please",
        seen="price.below_floor:1",
        csrf_token=rep.csrf(),
    )
    clients = [desk.app.test_client() for _tap in range(4)]
    for client in clients:
        with client.session_transaction() as session, rep.client.session_transaction() as known:
            session.update(known)
    answers = at_once(*(lambda client=client: client.post("/deals", data=form) for client in clients))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert (desk.count(DealCheck), desk.count(Approval)) == (1, 1)
    assert (len(desk.audited("checks.record")), len(desk.audited("approvals.ask"))) == (1, 1)
