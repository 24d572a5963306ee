"""The weekly mail, handed to a real mail server: who gets what, once, and that one fault stops nobody else's."""

import email
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from tempfile import gettempdir
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from fieldapp.config import MailServer, Settings, SettingsError
from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db
from fieldapp.desk.weeklog.models import WeeklyMail
from fieldapp.desk.weeklog.rules import MailState
from fieldapp.people.accounts.models import User
from tests.browser import free_port
from tests.desk.weeklog.conftest import MONDAY, Office

SENDER = "field@feed.example"
PASSWORD = "p@ss/word:9"


@dataclass
class Server:
    """A mail server on a free port; `refused` addresses it does not take."""

    port: int = field(default_factory=free_port)
    refused: set[str] = field(default_factory=set)
    messages: dict[str, EmailMessage] = field(default_factory=dict)
    count: int = 0
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.count += 1
        [to] = envelope.rcpt_tos
        self.messages[to] = email.message_from_bytes(envelope.content, policy=default)  # type: ignore[assignment]
        return "250 OK"

    def check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        self.signed_in.append(given.login.decode())
        return AuthResult(success=given.password.decode() == PASSWORD, handled=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def running(self, **options: Any) -> Controller:
        return Controller(self, hostname="127.0.0.1", port=self.port, **options)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    controller = made.running()
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


@pytest.fixture
def mailed(busy: Office, server: Server) -> Office:
    """Rep and boss have addresses, the colleague has none; the rep has submitted."""
    busy.app.config["MAIL"] = settings_of(server.url).mail
    with busy.app.app_context():
        for who in ("rep", "boss", "stranger", "admin"):
            db.session.get_one(User, busy.people[who].id).email = f"{who}@feed.example"
        db.session.commit()
    busy.submit()
    return busy


def settings_of(url: str, sender: str = SENDER) -> Settings:
    return Settings.read({"FIELDAPP_SMTP_URL": url, "FIELDAPP_MAIL_FROM": sender, "FIELDAPP_INSTANCE": gettempdir()})


def run(office: Office, *options: str) -> Any:
    return office.app.test_cli_runner().invoke(args=["mail", "weekly", "--week", MONDAY.isoformat(), *options])


def rows(office: Office) -> dict[str, tuple[MailState, str, int]]:
    with office.app.app_context():
        begin_reading()
        found = sa.select(User.username, WeeklyMail.state, WeeklyMail.problem, WeeklyMail.tries).join(
            User, User.id == WeeklyMail.user_id
        )
        return {name: (state, problem, tries) for name, state, problem, tries in db.session.execute(found)}


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_each_gets_his_own_once(mailed: Office, server: Server) -> None:
    first = run(mailed)
    assert (first.exit_code, first.output) == (0, "Week of 2026-11-23: 3 sent, 0 had been sent, 0 failed\n")
    assert set(server.messages) == {"rep@feed.example", "boss@feed.example", "stranger@feed.example"}
    rep = server.messages["rep@feed.example"]
    assert (rep["From"], rep["Subject"]) == (SENDER, "Your week, 2026-11-23 – 2026-11-29")
    told = text_of(rep)
    assert "Your log is submitted and waits for your supervisor." in told
    assert "Visits: 2, of 2 planned ones 1 kept" in told
    assert "Month 2026-11: 12 t, 30 % of the target" in told
    [sheet] = rep.iter_attachments()
    assert sheet.get_filename() == "visits-2026-11-23.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(sheet.get_content())).sheetnames == ["Summary", "Rep"]

    boss = server.messages["boss@feed.example"]
    assert boss["Subject"] == "Week of your team, 2026-11-23 – 2026-11-29"
    assert "1 of 2 logs are submitted." in text_of(boss)
    assert "Colleague (colleague): not submitted · 1 visit · 15 min · 1 t" in text_of(boss)
    [sheet] = boss.iter_attachments()
    assert openpyxl.load_workbook(io.BytesIO(sheet.get_content())).sheetnames == ["Summary", "Colleague", "Rep"]
    stranger = server.messages["stranger@feed.example"]
    assert list(stranger.iter_attachments()) == []
    for foreign in ("Golden Grain", "Colleague", "River"):
        assert foreign not in stranger.as_string()

    again = run(mailed)
    assert again.output == "Week of 2026-11-23: 0 sent, 3 had been sent, 0 failed\n"
    assert server.count == 3


def test_a_refused_address_stops_nobody_and_is_tried_again(mailed: Office, server: Server) -> None:
    server.refused.add("boss@feed.example")
    first = run(mailed)
    assert first.exit_code == 1
    assert "2 sent, 0 had been sent, 1 failed" in first.output
    assert rows(mailed)["boss"] == (MailState.FAILED, "refused", 1)
    server.refused.clear()
    second = run(mailed)
    assert second.exit_code == 0
    assert "1 sent, 2 had been sent, 0 failed" in second.output
    assert rows(mailed)["boss"] == (MailState.SENT, "", 2)
    assert server.count == 3


def test_without_a_server_all_wait_for_the_next_run(mailed: Office, server: Server) -> None:
    mailed.app.config["MAIL"] = settings_of(f"smtp://127.0.0.1:{free_port()}").mail
    assert "0 sent, 0 had been sent, 3 failed" in run(mailed).output
    assert {row[1] for row in rows(mailed).values()} == {"connection"}
    mailed.app.config["MAIL"] = settings_of(server.url).mail
    assert "3 sent" in run(mailed).output


def test_one_that_was_broken_off_is_named_and_not_repeated_unless_asked(mailed: Office, server: Server) -> None:
    with mailed.app.app_context():
        long_ago = now() - timedelta(hours=2)
        mail = {"week": MONDAY, "user_id": mailed.people["rep"].id, "state": MailState.SENDING, "tried_at": long_ago}
        db.session.add(WeeklyMail(**mail))
        db.session.commit()
    first = run(mailed)
    assert first.exit_code == 1
    assert "perhaps sent: rep." in first.output
    assert "rep@feed.example" not in server.messages
    assert run(mailed, "--unsure-too").exit_code == 0
    assert "rep@feed.example" in server.messages


def test_another_run_at_work_is_left_alone(mailed: Office, server: Server) -> None:
    with mailed.app.app_context():
        mail = {"week": MONDAY, "user_id": mailed.people["rep"].id, "state": MailState.SENDING, "tried_at": now()}
        db.session.add(WeeklyMail(**mail))
        db.session.commit()
    assert "2 sent, 1 had been sent, 0 failed" in run(mailed, "--unsure-too").output
    assert "rep@feed.example" not in server.messages


def test_who_is_shut_out_or_has_no_address_gets_none(mailed: Office, server: Server) -> None:
    with mailed.app.app_context():
        db.session.get_one(User, mailed.people["rep"].id).active = False
        db.session.commit()
    run(mailed)
    assert set(server.messages) == {"boss@feed.example", "stranger@feed.example"}


def test_the_mail_is_in_the_readers_language(mailed: Office, server: Server) -> None:
    with mailed.app.app_context():
        db.session.get_one(User, mailed.people["rep"].id).locale = "zh"
        db.session.commit()
    run(mailed)
    assert "2026-11-23" in server.messages["rep@feed.example"]["Subject"]
    assert "Your week" not in server.messages["rep@feed.example"]["Subject"]
    assert "Week of your team" in server.messages["boss@feed.example"]["Subject"]


def test_the_week_that_ended_and_odd_weeks(mailed: Office, server: Server) -> None:
    answer = mailed.app.test_cli_runner().invoke(args=["mail", "weekly"])
    assert answer.output.startswith("Week of 2026-11-16: ")
    for week in ("x", "2026-11-30"):
        answer = mailed.app.test_cli_runner().invoke(args=["mail", "weekly", "--week", week])
        assert answer.exit_code == 1
        assert week in answer.output


def test_mail_is_off_without_settings(busy: Office) -> None:
    answer = run(busy)
    assert (answer.exit_code, answer.output) == (0, "Mail is off: FIELDAPP_SMTP_URL is not set.\n")
    assert rows(busy) == {}


def test_it_signs_in_and_the_password_is_nowhere_told(mailed: Office, capfd: pytest.CaptureFixture[str]) -> None:
    server = Server()
    controller = server.running(authenticator=server.check, auth_require_tls=False)
    controller.start()
    try:
        mailed.app.config["MAIL"] = settings_of(f"smtp://mailer:p%40ss%2Fword%3A9@127.0.0.1:{server.port}").mail
        assert "3 sent" in run(mailed).output
        assert server.signed_in == ["mailer"], "one connection for all"
        wrong = settings_of(f"smtp://mailer:wrong-{PASSWORD[:4]}%3A9@127.0.0.1:{server.port}").mail
        mailed.app.config["MAIL"] = wrong
        with mailed.app.app_context():
            db.session.execute(sa.update(WeeklyMail).values(state=MailState.FAILED))
            db.session.commit()
        failed = run(mailed)
        assert "3 failed" in failed.output
    finally:
        controller.stop()
    assert {row[1] for row in rows(mailed).values()} == {"sign-in"}
    told = failed.output + capfd.readouterr().err + repr(wrong) + str(rows(mailed))
    assert "wrong-p@ss" not in told
    assert "wrong-p%40ss" not in told


def test_the_settings() -> None:
    assert settings_of("smtps://u:p@mail.example").mail == MailServer("mail.example", 465, True, SENDER, "u", "p")
    assert settings_of("smtp://mail.example").mail == MailServer("mail.example", 587, False, SENDER)
    assert Settings.read({"FIELDAPP_INSTANCE": gettempdir()}).mail is None
    for url, sender in (
        ("http://u:secret@mail.example", SENDER),
        ("smtp://u:secret@", SENDER),
        ("smtp://u:secret@mail.example:x", SENDER),
        ("smtp://u:secret@mail.example/path", SENDER),
        ("smtp://u:secret@mail.example", ""),
        ("smtp://u:secret@mail.example", "a@b\nBcc: x@y"),
    ):
        with pytest.raises(SettingsError) as raised:
            settings_of(url, sender)
        assert "secret" not in str(raised.value)
        assert raised.value.__cause__ is None
