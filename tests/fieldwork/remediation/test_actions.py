"""A ticket on its way through the database: clocks, approvals, escalation, the warning, the thread that only grows."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.remediation import actions, alarms, queries
from fieldapp.fieldwork.remediation.actions import Proposal, RefusedError
from fieldapp.fieldwork.remediation.models import Lesson, Remedy, Ticket, TicketEntry
from fieldapp.fieldwork.remediation.rules import (
    Refusal,
    RemedyKind,
    RootCause,
    Severity,
    TicketKind,
    TicketState,
    TicketVerb,
)
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.models import Notice
from tests import cast

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)  # Monday 09:00 in Shanghai


@pytest.fixture
def known(app: Flask) -> Iterator[dict[str, Any]]:
    """The cast with a deputy, a distributor in the rep's patch, a product; inside an app context that writes."""
    with app.app_context():
        begin_writing()
        users: dict[str, Any] = dict(cast.make_cast())
        users["deputy"] = cast.make_user("deputy", Role.SUPERVISOR, ["4101"])
        users["store"] = cast.make_distributor()
        users["far"] = cast.make_distributor("D065", "650102")
        users["product"] = cast.make_product()
        db.session.commit()
        yield users


def viewer(known: dict[str, Any], who: str) -> Any:
    return viewer_of(known[who])


def opened(known: dict[str, Any], **values: Any) -> Ticket:
    return cast.make_ticket(known["store"], known["rep"], **values)


def proposed(known: dict[str, Any], amount: int = 40_000, who: str = "rep", **values: Any) -> Ticket:
    ticket = opened(known, **values)
    proposal = Proposal(RemedyKind.CREDIT_NOTE, amount, cast.TODAY, "Five bags")
    actions.propose(viewer(known, who), ticket, proposal, WHEN)
    return ticket


def told(kind: str) -> set[str]:
    rows = db.session.scalars(
        sa.select(User.username).join(Notice, Notice.user_id == User.id).where(Notice.kind == f"remediation.{kind}")
    )
    return set(rows)


def unread(who: str) -> set[str]:
    mine = sa.select(Notice.kind).join(User, User.id == Notice.user_id).where(User.username == who)
    return {kind.removeprefix("remediation.") for kind in db.session.scalars(mine.where(Notice.read_at.is_(None)))}


def remedy_of(ticket: Ticket) -> Remedy:
    found = actions.latest_remedy(ticket)
    assert found is not None
    return found


def seen(ticket: Ticket) -> UUID:
    return remedy_of(ticket).id


def thread(ticket: Ticket) -> list[str | None]:
    rows = db.session.scalars(
        sa.select(TicketEntry.verb).where(TicketEntry.ticket_id == ticket.id).order_by(TicketEntry.id)
    )
    return [verb.value if verb else None for verb in rows]


def test_clocks_run_in_working_hours_from_the_arrival(known: dict[str, Any]) -> None:
    made = datetime(2026, 11, 21, 2, tzinfo=UTC)
    when = When(made, cast.NOW, cast.TODAY)
    complaint = actions.Complaint(TicketKind.DELIVERY, Severity.SEVERE, "Late again")
    ticket = actions.open_ticket(
        viewer(known, "rep"), key=uuid7(), distributor=known["store"], complaint=complaint, when=when
    )
    assert (ticket.made_at, ticket.recorded_at) == (made, cast.NOW)
    assert ticket.first_due_at == cast.NOW + timedelta(hours=4)
    # 24 working hours of 8 to 18: nine on Monday, ten on Tuesday, five on Wednesday.
    assert ticket.solve_due_at == datetime(2026, 11, 25, 5, tzinfo=UTC)
    assert ticket.shown_number == "T-000001"


def test_the_same_key_is_the_same_ticket_and_nobody_elses(known: dict[str, Any]) -> None:
    complaint = actions.Complaint(TicketKind.DELIVERY, Severity.NORMAL, "Late")
    key = uuid7()
    for _tap in range(2):
        ticket = actions.open_ticket(
            viewer(known, "rep"), key=key, distributor=known["store"], complaint=complaint, when=WHEN
        )
    assert thread(ticket) == [None]
    with pytest.raises(actions.GoneError):
        actions.open_ticket(viewer(known, "boss"), key=key, distributor=known["store"], complaint=complaint, when=WHEN)


def test_instalments_are_approved_as_high_as_one_remedy(known: dict[str, Any]) -> None:
    ticket = proposed(known, 45_000)
    actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    actions.advance(viewer(known, "rep"), ticket, TicketVerb.CARRY_OUT, "Booked", WHEN)
    actions.hear(viewer(known, "rep"), ticket, "no", 1, WHEN)
    actions.propose(viewer(known, "rep"), ticket, Proposal(RemedyKind.CREDIT_NOTE, 45_000, cast.TODAY, "More"), WHEN)
    actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    assert ticket.state is TicketState.SECOND, "900 yuan in all need two"
    assert [one.id for one in queries.waiting(viewer(known, "boss"), cast.TODAY)] == [ticket.id]


def test_what_is_done_with_need_not_be_read(known: dict[str, Any]) -> None:
    ticket = proposed(known, 100_000)
    assert unread("deputy") == {"reported", "proposed"}
    actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    assert (unread("deputy"), unread("boss")) == ({"reported"}, {"proposed"})
    actions.turn_down(viewer(known, "boss"), ticket, TicketVerb.RETURN, "Which bags?", WHEN, seen=seen(ticket))
    assert (unread("boss"), unread("rep")) == (set(), {"returned"})
    actions.propose(viewer(known, "rep"), ticket, Proposal(RemedyKind.APOLOGY, 0, cast.TODAY, "None of ours"), WHEN)
    assert (unread("deputy"), unread("rep")) == ({"reported", "proposed"}, set())
    actions.advance(viewer(known, "rep"), ticket, TicketVerb.WITHDRAW, "It was another's feed", WHEN)
    assert (unread("deputy"), unread("rep")) == (set(), set())


def test_up_to_the_first_limit_one_supervisor_decides(known: dict[str, Any]) -> None:
    ticket = proposed(known, 50_000)
    assert told("proposed") == {"deputy"}  # the smallest patch that holds it
    actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    assert ticket.state is TicketState.APPROVED
    assert (remedy_of(ticket).approved, remedy_of(ticket).amount) == (True, 50_000)
    assert told("decided") == {"rep"}


def test_above_it_a_second_one_decides_too_and_not_the_first_again(known: dict[str, Any]) -> None:
    ticket = proposed(known, 50_001)
    actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    assert ticket.state is TicketState.SECOND
    assert not remedy_of(ticket).approved
    with pytest.raises(RefusedError) as refused:
        actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    assert refused.value.reason is Refusal.TWICE
    actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    assert ticket.state is TicketState.APPROVED
    assert remedy_of(ticket).second_by_id == known["deputy"].id


def test_above_the_second_limit_an_administrator_decides_too(known: dict[str, Any]) -> None:
    ticket = proposed(known, 500_001)
    with pytest.raises(RefusedError) as refused:
        actions.approve(viewer(known, "admin"), ticket, "", WHEN, seen=seen(ticket))
    assert refused.value.reason is Refusal.ROLE
    actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    with pytest.raises(RefusedError) as refused:
        actions.approve(viewer(known, "deputy"), ticket, "", WHEN, seen=seen(ticket))
    assert refused.value.reason is Refusal.ADMIN_NEEDED
    assert "admin" in told("proposed")
    actions.approve(viewer(known, "admin"), ticket, "", WHEN, seen=seen(ticket))
    assert ticket.state is TicketState.APPROVED


def test_nobody_approves_his_own(known: dict[str, Any]) -> None:
    ticket = proposed(known, who="boss")
    with pytest.raises(RefusedError) as refused:
        actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    assert refused.value.reason is Refusal.OWN
    with pytest.raises(RefusedError) as refused:
        actions.approve(viewer(known, "stranger"), ticket, "", WHEN, seen=seen(ticket))
    assert refused.value.reason is Refusal.PATCH


def test_less_than_asked_is_approved_by_the_lower_amount(known: dict[str, Any]) -> None:
    ticket = proposed(known, 80_000)
    with pytest.raises(actions.TooMuchError):
        actions.approve(viewer(known, "boss"), ticket, "Too much", WHEN, seen=seen(ticket), less=80_000)
    db.session.rollback()


def test_less_needs_no_second_one_below_the_limit(known: dict[str, Any]) -> None:
    ticket = proposed(known, 80_000)
    actions.approve(viewer(known, "boss"), ticket, "Three bags", WHEN, seen=seen(ticket), less=30_000)
    assert ticket.state is TicketState.APPROVED
    assert (remedy_of(ticket).amount, remedy_of(ticket).asked) == (30_000, 80_000)


def test_who_saw_an_earlier_remedy_looks_again(known: dict[str, Any]) -> None:
    ticket, boss = proposed(known), viewer(known, "boss")
    shown = seen(ticket)
    actions.turn_down(boss, ticket, TicketVerb.RETURN, "Which batch?", WHEN, seen=shown)
    actions.propose(viewer(known, "rep"), ticket, Proposal(RemedyKind.CREDIT_NOTE, 45_000, cast.TODAY, "B7"), WHEN)
    for decide in (
        lambda: actions.approve(boss, ticket, "", WHEN, seen=shown),
        lambda: actions.turn_down(boss, ticket, TicketVerb.DECLINE, "No", WHEN, seen=shown),
    ):
        with pytest.raises(RefusedError) as refused:
            decide()
        assert refused.value.reason is Refusal.ANEW
    assert ticket.state is TicketState.PROPOSED
    actions.approve(boss, ticket, "", WHEN, seen=seen(ticket))
    assert remedy_of(ticket).amount == 45_000


def test_a_move_sent_twice_is_made_once(known: dict[str, Any]) -> None:
    ticket, rep, key = opened(known), viewer(known, "rep"), uuid7()
    for _tap in range(2):
        actions.advance(rep, ticket, TicketVerb.ANSWER, "On my way", WHEN, key=key)
    assert thread(ticket) == [None, "answer"]
    with pytest.raises(actions.GoneError):
        actions.advance(rep, opened(known), TicketVerb.ANSWER, "On my way", WHEN, key=key)


def test_an_answer_given_without_a_signal_counts_when_it_was_given(known: dict[str, Any]) -> None:
    ticket = opened(known)
    given, heard = cast.NOW + timedelta(hours=1), cast.NOW + timedelta(hours=6)
    when = When(given, heard, cast.TODAY)
    actions.advance(viewer(known, "rep"), ticket, TicketVerb.ANSWER, "We come tomorrow", when)
    assert ticket.answered_at == given
    values = db.session.scalar(sa.select(TicketEntry.values).where(TicketEntry.verb == TicketVerb.ANSWER))
    assert values is not None
    assert values["written"] == given.isoformat()


def test_a_store_that_moved_is_its_new_supervisors(known: dict[str, Any]) -> None:
    ticket = opened(known)
    known["store"].region_code = "650102"
    db.session.flush()
    actions.escalate(ticket.first_due_at, cast.TODAY)
    assert told("late") == {"stranger"}
    seeing = {who for who in cast.CAST if queries.find(viewer(known, who), ticket.id)}
    assert seeing == {"rep", "stranger", "admin"}  # the rep: it is his own ticket


def test_from_a_complaint_to_a_lesson_with_a_customer_who_is_not_content(known: dict[str, Any]) -> None:
    ticket, rep = proposed(known), viewer(known, "rep")
    actions.advance(rep, ticket, TicketVerb.ANSWER, "We look into it", WHEN)
    assert ticket.answered_at == cast.NOW
    with pytest.raises(RefusedError) as refused:
        actions.advance(rep, ticket, TicketVerb.ANSWER, "Again", WHEN)
    assert refused.value.reason is Refusal.ANSWERED
    actions.turn_down(viewer(known, "boss"), ticket, TicketVerb.RETURN, "Which batch?", WHEN, seen=seen(ticket))
    assert told("returned") == {"rep"}
    actions.propose(rep, ticket, Proposal(RemedyKind.REPLACEMENT, 20_000, cast.TODAY, "Batch 7"), WHEN)
    actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    actions.advance(rep, ticket, TicketVerb.START, "", WHEN)
    actions.advance(rep, ticket, TicketVerb.STEP, "Loaded", WHEN)
    actions.advance(rep, ticket, TicketVerb.CARRY_OUT, "Delivered", WHEN)
    later = cast.NOW + timedelta(days=1)
    assert actions.hear(None, ticket, "partly", 4, When(later, later, cast.TODAY)) is TicketState.REPORTED
    assert ticket.round == 2
    assert ticket.solve_due_at > later
    assert actions.latest_remedy(ticket) is None  # a new round asks for a new remedy
    actions.propose(rep, ticket, Proposal(RemedyKind.APOLOGY, 0, cast.TODAY, "Sorry"), WHEN)
    actions.approve(viewer(known, "boss"), ticket, "", WHEN, seen=seen(ticket))
    actions.advance(rep, ticket, TicketVerb.CARRY_OUT, "Said", WHEN)
    assert actions.hear(rep, ticket, "yes", 5, WHEN) is TicketState.SOLVED
    actions.close(rep, ticket, RootCause.STORAGE, "Cover the pallets", True, WHEN)
    assert ticket.state is TicketState.CLOSED
    assert db.session.scalar(sa.select(Lesson.words)) == "Cover the pallets"
    assert thread(ticket) == [
        *(None, "propose", "answer", "return", "propose", "approve", "start", "step", "carry_out", "dissatisfied"),
        *("propose", "approve", "carry_out", "satisfied", "close"),
    ]


def test_a_clock_that_runs_out_is_escalated_level_by_level_once(known: dict[str, Any]) -> None:
    ticket = opened(known)
    due = ticket.first_due_at
    assert actions.escalate(due - timedelta(minutes=1), cast.TODAY) == 0
    assert actions.escalate(due, cast.TODAY) == 1
    assert actions.escalate(due, cast.TODAY) == 0
    assert told("late") == {"deputy"}
    week = due + timedelta(days=4)  # 24 working hours on, before the clock for solving runs out twice
    assert actions.escalate(week, cast.TODAY) >= 1
    assert told("late") == {"deputy", "boss"}
    far = due + timedelta(days=60)
    for _run in range(6):
        actions.escalate(far, cast.TODAY)
    assert told("late") == {"deputy", "boss", "admin"}
    assert thread(ticket).count("escalate") == 6  # two clocks, three levels
    assert actions.escalate(far, cast.TODAY) == 0


def test_an_answer_stops_the_first_clock(known: dict[str, Any]) -> None:
    ticket = opened(known)
    actions.advance(viewer(known, "rep"), ticket, TicketVerb.ANSWER, "On my way", WHEN)
    assert actions.escalate(ticket.first_due_at, cast.TODAY) == 0
    assert actions.escalate(ticket.solve_due_at, cast.TODAY) == 1


def test_a_dangerous_product_warns_where_the_batch_went(app: Flask, known: dict[str, Any]) -> None:
    alarms.declare(app, lambda product, batch: ["650102"] if (product, batch) == (known["product"].id, "b7") else [])
    ticket = opened(
        known, kind=TicketKind.ANIMALS, severity=Severity.MINOR, product_id=known["product"].id, batch="B7 "
    )
    assert (ticket.severity, ticket.dangerous) == (Severity.SEVERE, True)
    assert told("dangerous") == {"deputy", "boss", "stranger", "admin"}
    assert set(db.session.scalars(sa.select(Notice.urgent))) == {True}


@pytest.mark.parametrize("statement", [sa.update(TicketEntry).values(words="else"), sa.delete(TicketEntry)])
def test_the_thread_only_grows(known: dict[str, Any], statement: Any) -> None:
    ticket = opened(known)
    db.session.commit()
    with pytest.raises(sa.exc.DBAPIError, match="only grows"):
        db.session.execute(statement)
    db.session.rollback()
    assert thread(ticket) == [None]


@pytest.mark.parametrize("verbs", [("approve", "decline"), ("approve", "less"), ("decline", "withdraw")])
def test_of_two_at_once_one_decides_and_the_other_is_told(
    app: Flask, known: dict[str, Any], verbs: tuple[str, ...]
) -> None:
    for _round in range(4):
        ticket = proposed(known)
        key, shown = ticket.id, seen(ticket)
        db.session.commit()
        gate = threading.Barrier(2)
        people = {"boss": viewer(known, "boss"), "deputy": viewer(known, "deputy")}

        def act(who: str, verb: str, key: Any = key, shown: Any = shown, gate: Any = gate, people: Any = people) -> str:
            with app.app_context():
                ticket = db.session.get(Ticket, key)
                assert ticket is not None
                db.session.commit()  # both have seen it as it was
                begin_writing()
                gate.wait()
                try:
                    if verb in ("approve", "less"):
                        actions.approve(
                            people[who], ticket, "", WHEN, seen=shown, less=10_000 if verb == "less" else None
                        )
                    elif verb == "decline":
                        actions.turn_down(people[who], ticket, TicketVerb.DECLINE, "No", WHEN, seen=shown)
                    else:
                        actions.advance(people[who], ticket, TicketVerb.WITHDRAW, "", WHEN)
                    db.session.commit()
                except RefusedError as error:
                    db.session.rollback()
                    return error.reason.value
                return "done"

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(act, ("boss", "deputy"), verbs))
        assert sorted(answers) == ["done", "moved"]
        ticket = db.session.get(Ticket, key, populate_existing=True)
        assert ticket is not None
        winner = verbs[answers.index("done")]
        wanted = {"approve": "approved", "less": "approved", "decline": "declined", "withdraw": "withdrawn"}[winner]
        assert ticket.state == wanted
        assert remedy_of(ticket).amount == (10_000 if winner == "less" else 40_000)
        assert len(thread(ticket)) == 3


def test_two_that_arrive_at_once_take_two_numbers(app: Flask, known: dict[str, Any]) -> None:
    gate, rep, store = threading.Barrier(4), viewer(known, "rep"), known["store"]

    def arrive(_one: int) -> int:
        with app.app_context():
            begin_writing()
            gate.wait()
            complaint = actions.Complaint(TicketKind.DELIVERY, Severity.NORMAL, "Late")
            made = actions.open_ticket(rep, key=uuid7(), distributor=store, complaint=complaint, when=WHEN)
            db.session.commit()
            return made.number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(arrive, range(4))) == [1, 2, 3, 4]
