"""What a phone wrote without a signal and sends later: its key, and when it was written (design/frontend.md, offline).

A form that waited in the phone comes with `Idempotency-Key` (a UUID made on the phone, the key of the row to be made),
`X-Client-Created` and `X-Client-Now` (milliseconds since 1970 by the phone's clock). The same form sent by a browser
without JavaScript has none of them.
"""

from datetime import datetime, timedelta
from uuid import UUID

from flask import request

LONGEST_WAIT = timedelta(days=90)


def key() -> UUID | None:
    """The key of the record that is being sent; None for a form that did not come through an outbox."""
    try:
        return UUID(request.headers["Idempotency-Key"])
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
