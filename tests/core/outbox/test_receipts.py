"""A route that takes what a phone wrote: once for each key of a user, whatever is lost on the way."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core import outbox
from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.core.outbox import PhoneKey, Receipt
from fieldapp.people.accounts.models import LoginSession, User
from tests.core.outbox.client import Record, send
from tests.core.outbox.conftest import noted, texts
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def receipts(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) or 0


def test_the_answer_says_what_was_received_and_where_to_go_on(app: Flask, visit: Visit) -> None:
    record = Record("Good stock")
    answer = send(visit("rep"), record)
    assert (answer.status_code, answer.headers["X-Receipt"]) == (201, str(record.key))
    assert answer.headers["X-Next"] == f"/demo?noted={record.key}"
    assert texts(app) == ["Good stock"]
    assert UUID(noted(app)[0].subject_id) == record.key


def test_a_repetition_gets_the_same_answer_and_changes_nothing(app: Flask, visit: Visit) -> None:
    rep, record = visit("rep"), Record("Once", photo=b"\xff\xd8 a photo")
    first, second = send(rep, record), send(rep, record)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    for name in ("X-Receipt", "X-Next"):
        assert first.headers[name] == second.headers[name]
    assert (first.status_code, texts(app), receipts(app)) == (second.status_code, ["Once"], 1)


@pytest.mark.parametrize("changed", [{"text": "Twice"}, {"photo": b"\xff\xd8 another"}])
def test_other_content_under_the_same_key_is_refused(app: Flask, visit: Visit, changed: dict[str, object]) -> None:
    rep, record = visit("rep"), Record("Once", photo=b"\xff\xd8 a photo")
    send(rep, record)
    answer = send(rep, Record(**{"text": record.text, "photo": record.photo, "key": record.key, **changed}))
    assert answer.status_code == 422
    assert "received already, with other content" in answer.text
    assert texts(app) == ["Once"]


def test_a_refusal_stores_nothing_so_that_a_correction_keeps_its_key(app: Flask, visit: Visit) -> None:
    rep, record = visit("rep"), Record("refuse this")
    assert send(rep, record).status_code == 422
    assert receipts(app) == 0
    record.text = "Corrected"
    assert send(rep, record).status_code == 201
    assert texts(app) == ["Corrected"]


@pytest.mark.parametrize(("text", "status"), [("break", 500), ("forbid", 403)])
def test_no_other_failure_stores_anything(app: Flask, visit: Visit, text: str, status: int) -> None:
    assert send(visit("rep"), Record(text)).status_code == status
    assert receipts(app) == 0


def test_a_key_belongs_to_its_user(app: Flask, visit: Visit) -> None:
    record = Record("Mine")
    assert send(visit("rep"), record).status_code == 201
    other = send(visit("colleague"), record)
    assert "Idempotent-Replayed" not in other.headers
    assert len(noted(app)) == 2


@pytest.mark.parametrize("key", ["", "not-a-key"])
def test_without_a_key_nothing_is_taken(app: Flask, visit: Visit, key: str) -> None:
    answer = send(visit("rep"), Record("No key"), **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "data-error" in answer.text
    assert texts(app) == []


def test_a_token_of_another_session_is_told_apart_from_a_bad_form(app: Flask, visit: Visit) -> None:
    assert send(visit("rep"), Record("Old token"), csrf="").status_code == 419
    assert send(visit("rep"), Record("Old token"), csrf="nonsense").status_code == 419
    assert texts(app) == []


def test_nobody_gets_401_and_never_a_redirect(app: Flask, visit: Visit) -> None:
    for answer in (send(visit(None), Record("Who")), visit(None).get("/outbox/token", headers={"X-Outbox": "1"})):
        assert answer.status_code == 401
        assert "Location" not in answer.headers
    assert texts(app) == []


def test_only_a_session_that_was_ended_locks_the_phone(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    """One that ran out does not: whoever has no signal to sign in again goes on writing."""
    rep = visit("rep")
    with app.app_context():
        db.session.execute(sa.update(LoginSession).values(expires_at=now() - timedelta(days=1)))
        db.session.commit()
    ran_out = rep.get("/outbox/token", headers={"X-Outbox": "1"})
    assert (ran_out.status_code, ran_out.headers.get("X-Lock")) == (401, None)
    assert "data-lock" not in rep.get("/sign-in").text

    other = visit("rep")
    visit("admin").post(f"/users/{people['rep'].id}/deactivation")
    shut_out = other.get("/outbox/token", headers={"X-Outbox": "1"})
    assert (shut_out.status_code, shut_out.headers.get("X-Lock")) == (401, "1")
    assert "data-lock" in other.get("/sign-in").text


def test_when_it_was_written_is_told_by_the_servers_clock(app: Flask, visit: Visit) -> None:
    record = Record("Old", created=datetime.now(UTC) - timedelta(days=5))
    send(visit("rep"), record)
    made = datetime.fromisoformat(noted(app)[0].changes["made_at"])
    assert abs(now() - timedelta(days=5) - made) < timedelta(minutes=1)


def test_what_nobody_waits_for_leaves_no_message_on_another_page(visit: Visit) -> None:
    rep = visit("rep")
    send(rep, Record("In the background"))
    assert "Noted." not in rep.get("/me").text
    send(rep, Record("Watched"), **{"X-Outbox-Watched": "1"})
    assert "Noted." in rep.get("/me").text


def test_a_plain_form_is_as_ever(app: Flask, visit: Visit) -> None:
    rep, key = visit("rep"), "01930000-0000-7000-8000-000000000009"
    answer = rep.post("/demo/notes", {"text": "Without JavaScript", "id": key})
    assert (answer.status_code, answer.location) == (303, f"/demo?noted={key}")
    assert (noted(app)[0].subject_id, receipts(app)) == (key, 0)


def send_at(begin: threading.Barrier, visitor: Visitor, record: Record, answers: list[TestResponse]) -> None:
    """Send when all others are ready to."""
    token = visitor.csrf()
    begin.wait()
    answers.append(send(visitor, record, token))


def test_eight_at_once_are_one(app: Flask, visit: Visit) -> None:
    for attempt in range(6):
        record, begin = Record(f"At once {attempt}"), threading.Barrier(8)
        answers: list[TestResponse] = []
        secret = visit("rep").secret
        phones = [Visitor(app) for _ in range(8)]
        for phone in phones:
            phone.take_session(str(secret))
        threads = [threading.Thread(target=send_at, args=(begin, phone, record, answers)) for phone in phones]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [201] * 8
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    assert sorted(texts(app)) == sorted(f"At once {attempt}" for attempt in range(6))


def test_receipts_are_swept_when_no_phone_can_ask_for_them(app: Flask, visit: Visit) -> None:
    rep = visit("rep")
    old, young = Record("Old"), Record("Young")
    send(rep, old)
    send(rep, young)
    with app.app_context():
        aged = now() - outbox.KEPT - timedelta(hours=1)
        db.session.execute(sa.update(Receipt).where(Receipt.key == old.key).values(at=aged))
        db.session.commit()
    done = app.test_cli_runner().invoke(args=["outbox", "sweep"])
    assert "1 receipts were deleted" in done.output
    assert receipts(app) == 1
    assert outbox.KEPT > outbox.LONGEST_WAIT


def test_the_phones_key_is_the_users_own_and_stays(app: Flask, visit: Visit, people: dict[str, User]) -> None:
    first = visit("rep").get("/outbox/token")
    again, other = visit("rep").get("/outbox/token"), visit("colleague").get("/outbox/token")
    assert first.headers["Cache-Control"] == "no-store"
    assert first.get_json()["user"] == str(people["rep"].id)
    assert first.get_json()["key"] == again.get_json()["key"] != other.get_json()["key"]
    with app.app_context():
        assert {len(secret) for secret in db.session.scalars(sa.select(PhoneKey.secret))} == {32}


def test_only_declared_pages_are_kept(visit: Visit) -> None:
    kept = visit("rep").get("/outbox/pages").get_json()["pages"]
    assert {"/demo", "/me", "/outbox"} <= set(kept)
    assert not {
        path for path in kept if path.startswith(("/approvals", "/ratings", "/sensitive", "/users", "/exports"))
    }


def test_the_service_worker_is_the_roots_and_names_the_assets(app: Flask) -> None:
    answer = app.test_client().get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert (answer.headers["Cache-Control"], answer.headers["Service-Worker-Allowed"]) == ("no-cache", "/")
    assert app.jinja_env.globals["static"]("outbox-forms.js") in answer.text
    assert '"/deals/new": "/demo"' in answer.text
    icons = app.test_client().get("/manifest.webmanifest").get_json()["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        assert app.test_client().get(icon["src"], buffered=True).mimetype == "image/png"
