"""Whether an approval still holds: shown on the check and on the request, with the reason when it does not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine

from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.approvals.queries import review
from fieldapp.desk.approvals.rules import Standing
from fieldapp.network.distributors.models import Distributor
from fieldapp.trade.ledger.models import Balance
from tests import cast
from tests.desk.conftest import Desk

MOMENT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    """Time stands still at MOMENT until a test moves it."""
    with time_machine.travel(MOMENT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def approved(time: time_machine.Traveller, desk: Desk) -> UUID:
    """An approval given at MOMENT."""
    approval_id = desk.ask()
    desk.decide(approval_id)
    return approval_id


def standing(desk: Desk, approval_id: UUID, now: datetime = MOMENT) -> Standing | None:
    approval = desk.one(Approval, Approval.id == approval_id)
    with desk.app.test_request_context():
        holding = review(desk.viewer("boss"), approval, now, cast.TODAY).holding
    return holding.standing if holding else None


def pages(desk: Desk, approval_id: UUID) -> list[str]:
    check_id = desk.one(Approval, Approval.id == approval_id).check_id
    desk.visitors.clear()  # a session ends after a day too: sign in again
    return [
        desk.as_("rep").get(url).get_data(as_text=True) for url in (f"/deals/{check_id}", f"/approvals/{approval_id}")
    ]


def test_it_holds_up_to_its_last_moment(desk: Desk, approved: UUID, time: time_machine.Traveller) -> None:
    end = MOMENT + timedelta(hours=24)
    assert standing(desk, approved, end - timedelta(microseconds=1)) is Standing.HOLDS
    assert standing(desk, approved, end) is Standing.EXPIRED
    time.move_to(MOMENT + timedelta(hours=23))
    assert all("It holds until" in page for page in pages(desk, approved))
    time.move_to(end)
    assert all("It expired on" in page for page in pages(desk, approved))


def test_a_finding_that_it_does_not_cover_ends_it(desk: Desk, approved: UUID) -> None:
    desk.put_on_expired_grade()
    assert standing(desk, approved) is Standing.UNCOVERED
    assert all("Grade expired" in page and "No longer holds" in page for page in pages(desk, approved))


def test_a_stop_ends_it(desk: Desk, approved: UUID) -> None:
    desk.freeze()
    assert standing(desk, approved) is Standing.STOP
    assert all("Credit frozen" in page and "No longer holds" in page for page in pages(desk, approved))


def test_a_finding_that_goes_away_does_not(desk: Desk, approved: UUID) -> None:
    desk.change(sa.update(Balance).values(outstanding=0))
    assert standing(desk, approved) is Standing.HOLDS


@pytest.mark.parametrize(
    "change",
    [
        {"price": "3151.00"},
        {"kg": "5001"},
        {"ship_to": "410103"},
        {"terms": "cash"},
        {"product": ["P10", "P10"], "kg": ["5000", "1"], "price": ["3150.00", "3150.00"]},
    ],
)
def test_other_inputs_are_not_what_was_approved(desk: Desk, approved: UUID, change: dict[str, str]) -> None:
    same = desk.as_("rep").get("/deals/new", query_string=desk.deal()).get_data(as_text=True)
    assert "Boss approved exactly this deal" in same
    other = desk.as_("rep").get("/deals/new", query_string=desk.deal(**change)).get_data(as_text=True)
    assert "approved exactly this deal" not in other


def test_an_approval_that_no_longer_holds_is_not_offered_for_the_same_deal(desk: Desk, approved: UUID) -> None:
    """One finding more: the same inputs, but not what was approved. The rep may ask for all of it."""
    desk.put_on_expired_grade()
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal()).get_data(as_text=True)
    assert "approved exactly this deal" not in page
    assert 'name="ask"' in page
    check_id = desk.record()
    asked = desk.as_("rep").post(f"/deals/{check_id}/approval", {"reason": "The grade is being renewed"})
    assert asked.status_code == 303
    newest = desk.one(Approval, Approval.check_id == check_id)
    assert newest.covers == [["credit.expired", None], ["price.below_floor", 1]]


def test_a_distributor_out_of_reach_cannot_be_checked(desk: Desk, approved: UUID) -> None:
    desk.change(sa.update(Distributor).where(Distributor.code == "D001").values(region_code="650102"))
    assert standing(desk, approved) is None
    assert all("out of reach" in page for page in pages(desk, approved))
