"""A remedy on its way to approval: limits, nobody his own, two at once, what the approver sees on his screen."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketState
from tests.desk.tickets.conftest import Counter
from tests.visitor import Visitor


def test_a_supervisor_approves_up_to_the_first_limit(counter: Counter) -> None:
    key = counter.proposed("500")
    assert counter.decide(key).status_code == 303
    assert counter.ticket(key).state is TicketState.APPROVED
    assert (counter.remedy(key).approved, counter.remedy(key).amount) == (True, 50_000)
    assert "¥500.00" in counter.page(key)


def test_above_it_a_second_one_approves(counter: Counter) -> None:
    key = counter.proposed("800")
    assert "two approve" in counter.page(key, "boss")
    counter.decide(key)
    assert counter.ticket(key).state is TicketState.SECOND
    again = counter.decide(key)
    assert again.status_code == 403
    assert "You gave the first approval" in again.text
    assert "Boss has approved" in counter.page(key, "deputy")
    assert counter.decide(key, who="deputy").status_code == 303
    assert counter.ticket(key).state is TicketState.APPROVED


def test_above_the_second_limit_an_administrator_approves(counter: Counter) -> None:
    key = counter.proposed("5000.01")
    early = counter.decide(key, who="admin")
    assert early.status_code == 403
    assert "Your role does not do this" in early.text
    counter.decide(key)
    refused = counter.decide(key, who="deputy")
    assert refused.status_code == 403
    assert "an administrator gives the second approval" in refused.text
    assert counter.decide(key, who="admin").status_code == 303
    assert counter.ticket(key).state is TicketState.APPROVED


def test_less_is_approved_and_both_amounts_are_shown(counter: Counter) -> None:
    key = counter.proposed("800")
    too_much = counter.decide(key, "less", amount="800")
    assert too_much.status_code == 422
    assert "¥800.00 was asked: give less than that" in too_much.text
    assert counter.decide(key, "less", amount="").status_code == 422
    assert counter.decide(key, "less", amount="300").status_code == 303
    page = counter.page(key)
    assert "¥800.00" in page
    assert "¥300.00" in page
    assert counter.ticket(key).state is TicketState.APPROVED


def test_a_returned_proposal_shows_the_question_and_starts_from_what_was_proposed(counter: Counter) -> None:
    key = counter.proposed("812.50")
    counter.decide(key, "return", words="Which bags were wet?")
    page = counter.page(key)
    card = page[page.index("Five wet bags") : page.index("What can be done now")]
    assert "Which bags were wet?" in card
    form = page[page.index('id="s-proposal"') :]
    assert form[:60].split(">")[0].endswith(" open")
    for held in ('value="credit_note" selected', 'value="812.50"', ">Five wet bags</textarea>"):
        assert held in form, held


def test_the_rep_reads_on_the_remedy_why_he_got_less(counter: Counter) -> None:
    key = counter.proposed("400")
    counter.decide(key, "less", amount="300", words="Nine bags were ours")
    page = counter.page(key)
    assert "Nine bags were ours" in page[: page.index("What was done")]


@pytest.mark.parametrize(("decision", "state"), [("return", TicketState.RETURNED), ("decline", TicketState.DECLINED)])
def test_returning_and_declining_need_words(counter: Counter, decision: str, state: TicketState) -> None:
    key = counter.proposed()
    silent = counter.decide(key, decision, words=" ")
    assert silent.status_code == 422
    assert counter.ticket(key).state is TicketState.PROPOSED
    assert counter.decide(key, decision, words="Which batch was it?").status_code == 303
    assert counter.ticket(key).state is state
    assert "Which batch was it?" in counter.page(key)
    assert counter.propose(key, "400").status_code == 303


def test_nobody_decides_his_own_and_is_told_why(counter: Counter) -> None:
    key = counter.opened("boss")
    assert counter.propose(key, who="boss").status_code == 303
    page = counter.page(key, "boss")
    assert "You proposed this remedy yourself" in page
    assert 'value="approve"' not in page
    refused = counter.decide(key, who="boss")
    assert refused.status_code == 403
    assert "You proposed this remedy yourself" in refused.text
    assert counter.verbs(key) == ["propose"]


def test_a_decision_about_an_earlier_remedy_is_no_decision(counter: Counter) -> None:
    key = counter.proposed("400")
    shown = str(counter.remedy(key).id)
    counter.decide(key, "return", who="deputy", words="Which batch?")
    counter.propose(key, "450")
    late = counter.decide(key, seen=shown)
    assert late.status_code == 409
    assert "A new remedy was proposed meanwhile" in late.text
    assert "¥450.00" in late.text
    assert counter.decide(key).status_code == 303


@pytest.mark.parametrize("second", ["approve", "decline"])
def test_of_two_supervisors_at_once_one_decides_and_the_other_reads_it(counter: Counter, second: str) -> None:
    key = counter.proposed("400")
    seen = str(counter.remedy(key).id)
    gate = threading.Barrier(2)
    visitors = [(Visitor(counter.desk.app, "boss"), "approve"), (Visitor(counter.desk.app, "deputy"), second)]

    def press(one: tuple[Visitor, str]) -> int:
        visitor, decision = one
        form = {"seen": seen, "decision": decision, "words": "As we talked", "csrf_token": visitor.csrf()}
        gate.wait()
        answer = visitor.client.post(f"/tickets/{key}/decision", data=form)
        if answer.status_code == 409:
            assert "Not done" in answer.text
        return answer.status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, visitors)) == [303, 409]
    assert len(counter.verbs(key)) == 2
    assert counter.ticket(key).state in (TicketState.APPROVED, TicketState.DECLINED)


def test_the_approver_sees_what_he_decides_by(counter: Counter) -> None:
    earlier = counter.proposed("300", product="P10")
    counter.decide(earlier)
    key = counter.proposed("450", product="P10", wish="Take them back")
    page = counter.page(key, "deputy")
    for said in ("Five bags were wet.", "Take them back", "¥450.00", "Sales, 12 months", "Remedies, 12 months", "¥300"):
        assert said in page
    assert "Similar cases" in page
    assert "Sales, 12 months" not in counter.page(key, "rep")
    assert "Similar cases" not in counter.page(counter.proposed(product="P30"), "deputy")


def test_a_severe_ticket_is_approved_one_level_higher(counter: Counter) -> None:
    key = counter.proposed("100", severity=Severity.SEVERE)
    counter.decide(key)
    assert counter.ticket(key).state is TicketState.SECOND


def test_bad_input_comes_back_with_what_was_typed(counter: Counter) -> None:
    key = counter.opened()
    for changes, said in (
        ({"amount": "12.345"}, "at most two decimals"),
        ({"amount": ""}, "this remedy is nothing without one"),
        ({"kind": "gold"}, "Choose one of those shown"),
        ({"by_day": "2026-01-01"}, "That day is over"),
        ({"by_day": "soon"}, "Give a date such as"),
        ({"words": ""}, "Fill this in"),
    ):
        answer = counter.propose(key, **{"words": "Wet through", **changes})  # type: ignore[arg-type]
        assert answer.status_code == 422, changes
        assert said in answer.text
        assert changes.get("words", "Wet through") in answer.text
    assert counter.verbs(key) == []


def test_an_apology_costs_nothing(counter: Counter) -> None:
    key = counter.opened()
    assert counter.propose(key, "", kind="apology").status_code == 303
    assert "without money" in counter.page(key, "boss")
    assert counter.decide(key).status_code == 303


def test_nobody_outside_the_patch_sees_it(counter: Counter) -> None:
    key = counter.proposed()
    for who in ("stranger", "colleague"):
        assert counter.desk.as_(who).get(f"/tickets/{key}").status_code == 404
    assert counter.decide(key, who="stranger").status_code == 404
    counter.desk.change(sa.update(Ticket).where(Ticket.id == key).values(state=TicketState.CLOSED))
    late = counter.decide(key)
    assert late.status_code == 409
    assert "stands at “Closed” now" in late.text
