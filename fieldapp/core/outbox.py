"""What a phone wrote without a signal and sends later: received once, however often it arrives (docs/adr/0012).

A form that waited in the phone comes with `X-Outbox`, `Idempotency-Key` (a UUID made on the phone, the key of the row
to be made), `X-Client-Created` and `X-Client-Now` (milliseconds since 1970 by the phone's clock). The same form sent by
a browser without JavaScript has none of them; its key is the field `id` that the page was made with.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, request, session
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Mapped, mapped_column

from .clock import now
from .db import Base, insert_into, moment
from .db import session as db_session

LONGEST_WAIT = timedelta(days=90)
KEPT = timedelta(days=100)  # longer than a record may wait, so that its last repetition still meets its receipt
EXPIRED = 419  # the CSRF token is of another session: get a new one and send again
IN_FLIGHT_MS = 3_000
_PAGES = "fieldapp.outbox_pages"
_INSTEAD = "fieldapp.outbox_instead"
_ENDED = "fieldapp.outbox_ended"

Read = Callable[[Any, date], Iterable[str]]


class Receipt(Base):
    """That a record was received: written in the transaction that made its rows, so it is there exactly if they are."""

    __tablename__ = "outbox_receipt"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int] = mapped_column(default=0)
    next: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[moment] = mapped_column(index=True)


class PhoneKey(Base):
    """With what a user's records are encrypted in his phones: 32 random bytes, the same for all of them."""

    __tablename__ = "phone_key"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    made_at: Mapped[moment]


# What a view asks ------------------------------------------------------------------------------------------------


def key() -> UUID | None:
    """The key of the record that is being sent: of the header, else of the form's `id`; None where neither is one."""
    try:
        return UUID(request.headers.get("Idempotency-Key") or request.form["id"])
    except (KeyError, ValueError):
        return None


def made_at(now: datetime) -> datetime:
    """When the form was filled in, by the server's clock; `now` for a form that did not wait.

    How long it waited is the difference of two readings of the phone's clock, so a wrong clock does no harm. Never
    later than now, and never longer ago than a record may wait.
    """
    try:
        waited = int(request.headers["X-Client-Now"]) - int(request.headers["X-Client-Created"])
    except (KeyError, ValueError):
        return now
    return now - min(max(timedelta(milliseconds=min(waited, 10**12)), timedelta(0)), LONGEST_WAIT)


# Receiving -------------------------------------------------------------------------------------------------------


def sent() -> bool:
    """Does this request come from an outbox?"""
    return "HTTP_X_OUTBOX" in request.environ


def token_expired() -> Response:
    """The answer to a record whose CSRF token does not fit: the phone asks for another and sends it again."""
    return _refusal(EXPIRED, _("Your session has changed. It is sent again by itself."))


def receive(view: Callable[..., Any], arguments: Mapping[str, Any]) -> Response:
    """Run a view once for a key of a user; a repetition gets the stored answer and changes nothing.

    The receipt goes in first: a second request with the same key waits there for the first. Both are in one
    transaction with the view's rows; an answer of 400 or more rolls back all of it, so a correction keeps its key.
    """
    given = _given_key()
    if given is None:
        return _refusal(400, _("This record came without a key. Open the page again and send it from there."))
    user, body = current_user.id, _body_hash()
    if not _begin(user, given, body):
        return _repeat(user, given, body)
    answer: Response = current_app.make_response(view(**arguments))
    if answer.status_code >= 400:
        return answer
    going_to = answer.headers.get("Location", "") if answer.status_code in (302, 303) else ""
    status = 201 if going_to else answer.status_code
    kept = {"body_hash": body, "status": status, "next": going_to, "at": now()}
    # A view may have rolled back what was begun, so this is not an update alone.
    db_session().execute(
        insert_into(Receipt)
        .values(user_id=user, key=given, **kept)
        .on_conflict_do_update(index_elements=["user_id", "key"], set_=kept)
    )
    if "HTTP_X_OUTBOX_WATCHED" not in request.environ:
        session.pop("_flashes", None)  # nobody waits for this answer: "Saved." would meet him on some other page
    return _received(given, status, going_to)


def _begin(user: UUID, given: UUID, body: str) -> bool:
    """Write the receipt; False when there is one. Another request under way with this key is waited for."""
    current = db_session()
    postgres = current.get_bind().dialect.name == "postgresql"
    if postgres:
        current.execute(sa.text(f"SET LOCAL lock_timeout = {IN_FLIGHT_MS}"))
    made = current.execute(
        insert_into(Receipt)
        .values(user_id=user, key=given, body_hash=body, status=0, next="", at=now())
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .returning(Receipt.status)
    ).first()
    if postgres:
        current.execute(sa.text("SET LOCAL lock_timeout = DEFAULT"))
    return made is not None


def _repeat(user: UUID, given: UUID, body: str) -> Response:
    kept = db_session().execute(
        sa.select(Receipt.body_hash, Receipt.status, Receipt.next).where(Receipt.user_id == user, Receipt.key == given)
    )
    stored, status, going_to = kept.one()
    if stored != body:
        return _refusal(
            422,
            _("This was received already, with other content. Look at what was stored; then delete this record."),
        )
    answer = _received(given, status, going_to)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _received(given: UUID, status: int, going_to: str) -> Response:
    answer = Response("", status)
    answer.headers["X-Receipt"] = str(given)
    if going_to:
        answer.headers["X-Next"] = going_to
    return answer


def in_flight() -> Response:
    """The answer while another request with this key is under way for longer than one waits for it."""
    answer = _refusal(409, _("This is being received just now. It is sent again by itself."))
    answer.headers["Retry-After"] = "5"
    return answer


def waited_too_long(error: sa.exc.OperationalError) -> bool:
    """Is it that a lock was waited for in vain: PostgreSQL's 55P03 (lock not available)?"""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def _refusal(status: int, words: str) -> Response:
    return Response(Markup("<p data-error>{}</p>").format(words), status)


def _given_key() -> UUID | None:
    try:
        return UUID(request.headers["Idempotency-Key"])
    except (KeyError, ValueError):
        return None


def _body_hash() -> str:
    """SHA-256 of address and fields, not of the bytes: the borders between the parts differ each time it is sent."""
    digest = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            given = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            digest.update(len(given).to_bytes(8, "big") + given)

    add(request.path)
    for name, value in request.form.items(multi=True):
        if name != "csrf_token":
            add("field", name, value)
    for name, file in request.files.items(multi=True):
        add("file", name, file.filename or "", _file_hash(file.stream))
    return digest.hexdigest()


def _file_hash(stream: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    while piece := stream.read(1 << 16):
        digest.update(piece)
    stream.seek(0)
    return digest.digest()


def sweep(before: datetime) -> int:
    """Delete the receipts older than `before`; how many."""
    gone = db_session().execute(sa.delete(Receipt).where(Receipt.at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


# The phone -------------------------------------------------------------------------------------------------------


def phone_key(user: UUID) -> str | None:
    """The key for a user's phones in base64; None when none was made yet."""
    secret = db_session().scalar(sa.select(PhoneKey.secret).where(PhoneKey.user_id == user))
    return None if secret is None else base64.b64encode(secret).decode()


def make_phone_key(user: UUID, at: datetime) -> str:
    """The same, made now unless another request just did."""
    db_session().execute(
        insert_into(PhoneKey)
        .values(user_id=user, secret=secrets.token_bytes(32), made_at=at)
        .on_conflict_do_nothing(index_elements=["user_id"])
    )
    return phone_key(user) or ""


def declare_pages(app: Flask, read: Read, instead: Mapping[str, str] | None = None) -> None:
    """Add a concern's pages to those that a phone keeps for the day. `read(viewer, today)` gives their addresses.

    `instead`: {path: path of a kept page} that stands in for a page when there is no signal, with the same query.
    Never name a page with sensitive answers, an export or a document here: nothing else is kept.
    """
    app.extensions.setdefault(_PAGES, []).append(read)
    app.extensions.setdefault(_INSTEAD, {}).update(instead or {})


def pages(viewer: Any, today: date) -> list[str]:
    """Every address that this viewer's phone keeps, each once, in the order in which they were declared."""
    declared: list[Read] = current_app.extensions.get(_PAGES, [])
    return list(dict.fromkeys(url for read in declared for url in read(viewer, today)))


def instead() -> dict[str, str]:
    """{path: path of the kept page that stands in for it}."""
    found: dict[str, str] = current_app.extensions.get(_INSTEAD, {})
    return found


def ended() -> bool:
    """Was the session that this request came with ended on purpose: signed out, deactivated, password changed?"""
    asked: Callable[[], bool] | None = current_app.extensions.get(_ENDED)
    return asked is not None and asked()


def init_app(app: Flask, session_ended: Callable[[], bool]) -> None:
    """Let the outbox know how a session came to its end; who signs in is no business of this room."""
    app.extensions[_ENDED] = session_ended
