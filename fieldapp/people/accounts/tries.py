"""Tries of strangers at what needs no account: counted like failed sign-ins, in their table, beside them."""

from datetime import datetime, timedelta

from fieldapp.core.db import begin_writing, db

from . import rules
from .models import SignInFailure
from .queries import failures_of_address

_ACCOUNT = "/"  # no username holds this sign


def wait(who: str, at: datetime) -> timedelta:
    """How long `who` (an address, a link) waits until he may try again; usually not at all."""
    return rules.address_wait(failures_of_address(_mark(who), at - rules.ADDRESS_WINDOW), at)


def count(who: str, at: datetime) -> None:
    """One more. In a transaction of its own, ended here: it has to outlive the refusal, which is rolled back."""
    db.session.rollback()
    begin_writing()
    db.session.add(SignInFailure(account=_ACCOUNT, address=_mark(who), at=at))
    db.session.commit()


def _mark(who: str) -> str:
    return f"/ {who}"[:64]  # apart from the addresses of sign-ins
