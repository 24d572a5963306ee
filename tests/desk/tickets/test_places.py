"""Where tickets show: at the distributor, on a visit, on the home page, among the approvals, in the weekly log."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldapp.core.clock import now
from fieldapp.desk.approvals.queries import badges
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketState
from tests import cast
from tests.desk.conftest import Desk
from tests.desk.tickets.conftest import Counter
from tests.desk.visits.conftest import Road, road

__all__ = ["road"]


def badge(desk: Desk, who: str) -> int:
    with desk.app.app_context():
        return badges(desk.viewer(who), cast.TODAY)[0]


def test_at_the_distributor(desk: Desk, road: Road, counter: Counter) -> None:
    at = f"/distributors/{road.store()}"
    empty = desk.as_("rep").get(at).text
    assert "No open ticket" in empty
    assert "/tickets/new?distributor=D001" in empty
    counter.opened()
    done = counter.opened()
    desk.change(sa.update(Ticket).where(Ticket.id == done).values(state=TicketState.SOLVED, solved_at=now()))
    page = desk.as_("boss").get(at).text
    assert "T-000001" in page
    assert "T-000002" not in page
    assert "1 solved" in page
    assert "/tickets/new" not in desk.as_("admin").get(at).text


def test_on_a_visit_the_form_is_there_before_there_is_a_signal(desk: Desk, road: Road, counter: Counter) -> None:
    counter.opened()
    at = f"/distributors/{road.store()}/visit"
    before = desk.as_("rep").get(at).text
    assert "T-000001" in before
    form = before.partition('data-outbox="Problem')[2].partition("</form>")[0]
    assert 'name="distributor" value="D001"' in form
    assert 'name="visit" value="" data-late' in form, "the phone puts the visit's key there (static/visit.js)"
    road.arrive()
    during = desk.as_("rep").get(at).text
    assert f'name="visit" value="{road.visit().id}"' in during
    elsewhere = desk.as_("rep").get(f"/distributors/{road.store('D002')}/visit").text
    assert 'name="visit" value="" data-late' in elsewhere
    assert 'data-outbox="Problem' not in desk.as_("admin").get(at).text


def test_at_home_stands_what_waits_for_him(desk: Desk, counter: Counter) -> None:
    assert "Tickets that wait for you" not in desk.as_("rep").get("/").text
    keys = [counter.opened() for _ in range(7)]
    counter.propose(keys[0])  # waits for the supervisor
    desk.change(sa.update(Ticket).where(Ticket.id == keys[6]).values(first_due_at=now() - timedelta(days=3)))
    home = desk.as_("rep").get("/").text.partition("Tickets that wait for you")[2]
    numbers = [f"T-{piece[:6]}" for piece in home.split('"row-sub">T-')[1:]]
    assert numbers == ["T-000007", "T-000002", "T-000003", "T-000004", "T-000005"]
    boss = desk.as_("boss").get("/").text
    assert "T-000001" in boss
    assert "T-000002" not in boss
    assert "Tickets that wait for you" not in desk.as_("mate").get("/").text


@pytest.mark.parametrize(
    ("yuan", "severity", "first", "second"),
    [
        ("500", Severity.NORMAL, {"boss", "deputy"}, set()),
        ("501", Severity.NORMAL, {"boss", "deputy"}, {"deputy", "admin"}),
        ("500", Severity.SEVERE, {"boss", "deputy"}, {"deputy", "admin"}),
        ("501", Severity.SEVERE, {"boss", "deputy"}, {"admin"}),
        ("5001", Severity.NORMAL, {"boss", "deputy"}, {"admin"}),
    ],
)
def test_approvals_and_the_badge_agree_on_whom_a_remedy_waits_for(
    desk: Desk, counter: Counter, yuan: str, severity: Severity, first: set[str], second: set[str]
) -> None:
    everybody = ("rep", "mate", "colleague", "boss", "deputy", "stranger", "admin")
    key = counter.proposed(yuan, severity=severity)

    def listed() -> set[str]:
        pages = {who: desk.as_(who).get("/approvals").text for who in everybody}
        return {who for who, page in pages.items() if "T-000001" in page}

    assert {who for who in everybody if badge(desk, who)} == listed() == first
    counter.decide(key)
    assert {who for who in everybody if badge(desk, who)} == listed() == second


def test_ones_own_proposal_does_not_wait_for_oneself(desk: Desk, counter: Counter) -> None:
    counter.propose(counter.opened(), who="boss")
    assert (badge(desk, "boss"), badge(desk, "deputy")) == (0, 1)


def test_in_the_weekly_log(desk: Desk, counter: Counter) -> None:
    assert "opened," not in desk.as_("rep").get("/week").text
    old, new, done = counter.opened(), counter.opened(), counter.opened()
    at = cast.NOW + timedelta(hours=1)
    desk.change(sa.update(Ticket).where(Ticket.id.in_((new, done))).values(recorded_at=at))
    desk.change(sa.update(Ticket).where(Ticket.id == old).values(recorded_at=at - timedelta(days=20)))
    desk.change(sa.update(Ticket).where(Ticket.id == done).values(state=TicketState.SOLVED, solved_at=at))
    page = desk.as_("rep").get("/week").text
    assert "2 opened, 1 solved, 2 open" in page
    assert "T-000003" in page
