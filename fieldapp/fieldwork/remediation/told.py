"""Whom tickets concern, and the words in which they are told."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.notices.kinds import Kind

from .rules import TicketVerb

NAME = "remediation"
Words = Callable[[Mapping[str, Any]], str]


def supervisors(regions: Iterable[str], but: Iterable[UUID] = ()) -> list[list[UUID]]:
    """Active supervisors whose patch holds one of the regions, by levels, the smallest patch first, without `but`."""
    wanted, left_out = sorted(regions), set(but)
    levels: dict[int, list[UUID]] = {}
    rows = db.session.execute(
        sa.select(User.id, User.patch).where(User.role == Role.SUPERVISOR, User.active).order_by(User.username_key)
    )
    for key, patch in rows:
        # The longest code that holds it is the smallest patch.
        holds = [len(code) for code in patch if _any_within(wanted, code)]
        if holds and key not in left_out:
            levels.setdefault(max(holds), []).append(key)
    return [levels[depth] for depth in sorted(levels, reverse=True)]


def _any_within(regions: Sequence[str], code: str) -> bool:
    """Does one of the regions, which are sorted, lie within a code? A batch may have gone to thousands of them."""
    place = bisect_left(regions, code)
    return place < len(regions) and regions[place].startswith(code)


def administrators() -> list[UUID]:
    """The active administrators."""
    return list(
        db.session.scalars(sa.select(User.id).where(User.role == Role.ADMIN, User.active).order_by(User.username_key))
    )


def _text(values: Mapping[str, Any]) -> str:
    return f"{values.get('number', '')} {values.get('distributor', '')}".strip()


def _kind(name: str, title: Callable[[], str], *, elsewhere: bool = False) -> Kind:
    return Kind(f"{NAME}.{name}", lambda _values: title(), _text, elsewhere)


# What a move does away with: who was told of it need read it no more, and no message goes out.
SETTLED: Mapping[TicketVerb, tuple[str, ...]] = {
    TicketVerb.PROPOSE: ("returned", "reopened"),
    TicketVerb.APPROVE: ("proposed",),
    TicketVerb.APPROVE_LESS: ("proposed",),
    TicketVerb.RETURN: ("proposed",),
    TicketVerb.DECLINE: ("proposed",),
    TicketVerb.SATISFIED: ("reported", "late"),
    TicketVerb.CLOSE: ("reported", "decided", "late"),
    TicketVerb.WITHDRAW: ("reported", "proposed", "returned", "reopened", "late"),
}

KINDS = (
    _kind("reported", lambda: _("A new ticket in your patch")),
    _kind("proposed", lambda: _("A remedy waits for your approval"), elsewhere=True),
    _kind("decided", lambda: _("Your remedy was decided")),
    _kind("returned", lambda: _("Your remedy came back with a question")),
    _kind("reopened", lambda: _("The customer is not content: a ticket is open again")),
    _kind("late", lambda: _("A ticket is late")),
    _kind("dangerous", lambda: _("Dangerous product: animals ill or dead")),
)
