"""The whole way of a ticket through its page, and what comes late, twice, or by the customer himself."""

import io
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import outbox
from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.models import Lesson, Ticket, TicketEntry, TicketPhoto
from fieldapp.fieldwork.remediation.rules import Severity, TicketState
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.desk.tickets.conftest import Counter, jpeg
from tests.desk.visits.conftest import waited


def carried_out(counter: Counter, yuan: str = "300") -> UUID:
    key = counter.proposed(yuan, product="P10")
    counter.decide(key)
    assert counter.post(key, "completion", words="Five new bags").status_code == 303
    return key


def test_from_a_complaint_to_a_lesson(counter: Counter) -> None:
    key = counter.proposed("800", product="P10")
    assert counter.post(key, "answer", words="We look into it by Friday").status_code == 303
    assert counter.decide(key, "less", amount="400").status_code == 303
    assert counter.post(key, "steps", words="Warehouse told").status_code == 303
    assert counter.ticket(key).state is TicketState.UNDER_WAY
    assert counter.post(key, "steps", words="Loaded", file=jpeg()).status_code == 303
    assert counter.post(key, "completion", words="Delivered", file=jpeg("blue")).status_code == 303
    assert counter.ticket(key).state is TicketState.CARRIED_OUT
    assert counter.post(key, "question").status_code == 303
    assert counter.post(key, "verdict", solved="partly", satisfaction="2", words="Two are wet").status_code == 303
    assert counter.ticket(key).state is TicketState.REPORTED
    page = counter.page(key)
    assert "opened again once" in page
    assert "Two are wet" in page
    assert counter.propose(key, "", kind="apology").status_code == 303
    counter.decide(key)
    assert counter.post(key, "completion", words="I was there").status_code == 303
    assert counter.post(key, "verdict", solved="yes", satisfaction="5").status_code == 303
    assert counter.ticket(key).state is TicketState.SOLVED
    assert counter.post(key, "lesson", cause="storage", words="Cover the pallets", standing="y").status_code == 303
    assert counter.ticket(key).state is TicketState.CLOSED
    assert counter.verbs(key) == [
        *("propose", "answer", "approve_less", "start", "step", "carry_out", "ask_again", "dissatisfied"),
        *("propose", "approve", "carry_out", "satisfied", "close"),
    ]
    assert counter.desk.count(TicketPhoto) == 2
    # The lesson stands on the next ticket of the kind and product, and on no other.
    assert "Cover the pallets" in counter.page(counter.opened(product="P10"))
    assert "Cover the pallets" not in counter.page(counter.opened(product="P30"))
    # The audit says what was done and never what was told.
    with counter.desk.app.app_context():
        kept = " ".join(str(one) for one in db.session.scalars(sa.select(AuditEntry.changes)))
    for told in ("Two are wet", "Cover the pallets", "Five wet bags"):
        assert told not in kept


def test_who_has_his_remedy_has_his_answer(counter: Counter) -> None:
    key = carried_out(counter)
    assert counter.ticket(key).answered_at is not None
    with counter.desk.app.app_context():
        assert remediation.escalate(counter.ticket(key).first_due_at, cast.TODAY) == 0


def test_a_record_of_a_phone_that_comes_twice_counts_once(counter: Counter) -> None:
    key, record = counter.opened(), str(uuid7())
    rep = counter.desk.as_("rep")
    headers = {"X-Outbox": "1", "Idempotency-Key": record, "X-CSRFToken": rep.csrf(), **waited(minutes=20)}
    form = {"id": record, "words": "I come tomorrow"}
    counter.desk.change(sa.update(Ticket).where(Ticket.id == key).values(recorded_at=Ticket.made_at))
    for _time in range(2):
        answer = rep.post(f"/tickets/{key}/answer", form, headers=headers)
        assert answer.status_code == 201
        assert answer.headers["X-Receipt"] == record
    assert counter.verbs(key) == ["answer"]
    assert "without a signal" in counter.page(key)


def test_a_form_that_is_sent_twice_without_javascript_counts_once(counter: Counter) -> None:
    key = counter.opened()
    for resource in ("answer", "comments"):
        record = str(uuid7())
        for _time in range(2):
            assert counter.post(key, resource, words="I come tomorrow", id=record).status_code == 303
    assert counter.verbs(key) == ["answer", "comment"]


def test_the_phone_keeps_the_open_tickets_of_its_rep(counter: Counter) -> None:
    key, over = counter.opened(), counter.opened()
    counter.post(over, "withdrawal", words="A mistake")
    with counter.desk.app.test_request_context():
        kept = outbox.pages(counter.desk.viewer("rep"), cast.TODAY)
        assert f"/tickets/{key}" in kept
        assert f"/tickets/{over}" not in kept
        assert f"/tickets/{key}" not in outbox.pages(counter.desk.viewer("mate"), cast.TODAY)


def test_a_move_that_comes_too_late_says_where_the_ticket_stands(counter: Counter) -> None:
    key = counter.opened()
    counter.post(key, "withdrawal", words="It was another company's feed")
    late = counter.post(key, "answer", words="I come tomorrow")
    assert late.status_code == 409
    assert "stands at “Withdrawn” now" in late.text
    assert counter.post(key, "comments", words="They thanked us").status_code == 303


def test_a_photo_is_seen_by_whoever_sees_the_ticket(counter: Counter) -> None:
    key = counter.opened()
    assert counter.post(key, "photos", file=jpeg(), caption="Wet bags").status_code == 303
    photo = counter.desk.one(TicketPhoto, TicketPhoto.ticket_id == key)
    assert f"/tickets/photos/{photo.id}" in counter.page(key, "boss")
    answer = counter.desk.as_("boss").get(f"/tickets/photos/{photo.id}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert counter.desk.as_("stranger").get(f"/tickets/photos/{photo.id}").status_code == 404
    none = counter.post(key, "photos", caption="Wet bags")
    assert none.status_code == 422
    assert "Take or choose a photo" in none.text
    text = counter.post(key, "photos", file=(io.BytesIO(b"text"), "p.jpg"))
    assert text.status_code == 422


def test_a_proof_that_is_no_photo_leaves_the_ticket_where_it_was(counter: Counter) -> None:
    key = counter.proposed("300")
    counter.decide(key)
    answer = counter.post(key, "completion", words="Five new bags", file=(io.BytesIO(b"text"), "p.jpg"))
    assert answer.status_code == 422
    assert "Five new bags" in answer.text
    assert counter.ticket(key).state is TicketState.APPROVED
    assert counter.verbs(key) == ["propose", "approve"]


# The customer's own answer ---------------------------------------------------------------------------------------


def asked(counter: Counter) -> tuple[UUID, str]:
    """A ticket whose customer was asked by a link; its token."""
    key = carried_out(counter)
    assert counter.post(key, "question").status_code == 303
    survey = counter.desk.one(Survey)
    assert survey.subject_id == key
    with counter.desk.app.app_context():
        token = surveys.open_link(counter.desk.viewer("rep"), db.session.get_one(Survey, survey.id), now())
        db.session.commit()
    return key, token


def answer_by_link(counter: Counter, token: str, solved: str, satisfaction: int) -> None:
    with counter.desk.app.app_context():
        surveys.answer_by_link(token, {"solved": solved, "satisfaction": satisfaction}, now())
        db.session.commit()


def test_the_customers_own_answer_solves_the_ticket(counter: Counter) -> None:
    key, token = asked(counter)
    answer_by_link(counter, token, "yes", 4)
    assert counter.ticket(key).state is TicketState.SOLVED
    page = counter.page(key)
    assert "The customer himself" in page
    assert "satisfaction 4 of 5" in page


def test_the_customers_own_answer_opens_it_again(counter: Counter) -> None:
    key, token = asked(counter)
    answer_by_link(counter, token, "yes", 2)
    assert counter.ticket(key).state is TicketState.REPORTED
    assert counter.ticket(key).round == 2
    assert counter.ticket(key).solve_due_at > now()


def test_a_ticket_that_moved_on_is_no_trouble_to_the_customer(counter: Counter) -> None:
    key, token = asked(counter)
    counter.post(key, "verdict", solved="yes", satisfaction="5")
    counter.post(key, "lesson", cause="unknown", words="Nothing")
    answer_by_link(counter, token, "no", 1)
    assert counter.ticket(key).state is TicketState.CLOSED
    assert counter.desk.one(Survey).state == "answered"


def test_what_he_says_of_an_earlier_remedy_decides_about_no_later_one(counter: Counter) -> None:
    key, token = asked(counter)
    counter.post(key, "verdict", solved="no", satisfaction="1")
    counter.propose(key, "100")
    counter.decide(key, "approve", who="boss")
    counter.post(key, "completion", words="The rest")
    assert counter.ticket(key).state is TicketState.CARRIED_OUT
    answer_by_link(counter, token, "yes", 5)
    assert counter.ticket(key).state is TicketState.CARRIED_OUT, "nobody has asked about the second remedy"


def test_the_audit_does_not_say_what_the_customer_said(counter: Counter) -> None:
    _key, token = asked(counter)
    answer_by_link(counter, token, "yes", 4)
    [entry] = counter.desk.audited("remediation.satisfied")
    assert set(entry.changes) & {"solved", "satisfaction"} == set()


def test_asked_again_twice_is_one_survey(counter: Counter) -> None:
    key = carried_out(counter)
    leads_to = {counter.post(key, "question").headers["Location"] for _time in range(2)}
    survey = counter.desk.one(Survey)
    assert leads_to == {f"/surveys/{survey.id}"}
    assert counter.desk.as_("rep").get(f"/surveys/{survey.id}").status_code == 200
    assert counter.verbs(key).count("ask_again") == 1


def test_what_the_customer_said_needs_both_answers(counter: Counter) -> None:
    key = carried_out(counter)
    answer = counter.post(key, "verdict", solved="", satisfaction="9", words="He laughed")
    assert answer.status_code == 422
    for said in ("Choose what he said", "Choose a number from 1 to 5", "He laughed"):
        assert said in answer.text


def test_a_declined_ticket_teaches_too(counter: Counter) -> None:
    key = counter.proposed()
    counter.decide(key, "decline", words="Not ours")
    assert counter.post(key, "lesson", cause="", words="").status_code == 422
    assert counter.post(key, "lesson", cause="customer", words="He stored it in the rain").status_code == 303
    assert counter.desk.one(Lesson).standing is False
    assert "He stored it in the rain" in counter.page(key)


def test_a_late_ticket_shows_who_was_told(counter: Counter) -> None:
    key = counter.opened(severity=Severity.SEVERE)
    with counter.desk.app.app_context():
        assert remediation.escalate(counter.ticket(key).first_due_at, cast.TODAY) == 1
        db.session.commit()
    page = counter.page(key)
    assert "Escalated" in page
    assert "the first answer is late" in page
    assert counter.desk.count(TicketEntry, TicketEntry.ticket_id == key) == 2
