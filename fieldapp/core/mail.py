"""Handing mail to the company's mail server, one message after the other over one connection.

Nothing here says what a server answered: it may repeat addresses and words of ours. A fault has a short name.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any

from flask import current_app

from fieldapp.config import MailServer

TIMEOUT_S = 30


class MailError(Exception):
    """The message did not go out. `problem`: `refused`, `sign-in`, `no-encryption`, `connection`, or `no-answer`: the
    server had all of it and said nothing, so it may have gone out. For people who run the app; no address and nothing
    secret is in it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def server() -> MailServer | None:
    """Where mail goes; None: mail is off."""
    found: MailServer | None = current_app.config["MAIL"]
    return found


class _KnowsWhatWentOut:
    """Remembers whether a message's text was on its way: from then on silence may mean that it was delivered."""

    handed_over = False

    def data(self, msg: Any) -> Any:
        self.handed_over = True
        return super().data(msg)  # type: ignore[misc]


class _Plain(_KnowsWhatWentOut, smtplib.SMTP):
    pass


class _Encrypted(_KnowsWhatWentOut, smtplib.SMTP_SSL):
    pass


class Mailer:
    """Sends messages; a connection that broke is made again for the next one."""

    def __init__(self, to: MailServer) -> None:
        self._to = to
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand a message over, from our address to its own `To`. Raises MailError; the next one may still go out."""
        connection: Any = None
        try:
            connection = self._connection or self._connect()
            self._connection = connection
            connection.handed_over = False
            connection.send_message(message, from_addr=self._to.sender)
        except smtplib.SMTPRecipientsRefused:
            raise MailError("refused") from None
        except smtplib.SMTPAuthenticationError:
            self.close()
            raise MailError("sign-in") from None
        except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError, UnicodeError):
            self.close()
            raise MailError("refused") from None
        except (OSError, smtplib.SMTPException):
            unsure = connection is not None and connection.handed_over
            self.close()
            raise MailError("no-answer" if unsure else "connection") from None

    def _connect(self) -> smtplib.SMTP:
        to = self._to
        context = ssl.create_default_context()
        kind: Any = _Encrypted if to.tls else _Plain
        options = {"context": context} if to.tls else {}
        connection: smtplib.SMTP = kind(to.host, to.port, timeout=TIMEOUT_S, **options)
        try:
            connection.ehlo()
            encrypted = to.tls
            if not encrypted and connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo()
                encrypted = True
            if to.username:
                if not encrypted and not _is_this_machine(to.host):
                    raise MailError("no-encryption")  # the password would go over the wire as it is
                connection.login(to.username, to.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def mailing(to: MailServer) -> Iterator[Mailer]:
    """A mailer whose connection is ended at the end."""
    mailer = Mailer(to)
    try:
        yield mailer
    finally:
        mailer.close()
