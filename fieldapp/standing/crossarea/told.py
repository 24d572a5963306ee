"""Whom cross-area cases concern, and the words in which they are told. No title names a distributor."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.people.accounts import queries as accounts
from fieldapp.people.notices.kinds import Kind

from .rules import CaseVerb

NAME = "crossarea"


def nearest(regions: Iterable[str | None], but: Iterable[UUID | None] = ()) -> list[UUID]:
    """For each of the regions the supervisors with the nearest patch; nobody twice."""
    left_out, found = set(but), dict[UUID, None]()
    for region in dict.fromkeys(regions):
        covering = [boss for boss in accounts.supervisors_of(region) if boss.id not in left_out]
        if not covering or region is None:
            continue
        depth = _depth(covering[0].patch, region)
        found.update(dict.fromkeys(boss.id for boss in covering if _depth(boss.patch, region) == depth))
    return list(found)


def deciders(regions: Iterable[str | None], but: Iterable[UUID | None] = ()) -> list[UUID]:
    """Who may decide: supervisors whose patch holds every region, and where there is none the administrators."""
    wanted, left_out = [region for region in dict.fromkeys(regions) if region], set(but)
    found = [boss.id for boss in accounts.supervisors_of(wanted[0]) if all(map(boss.covers, wanted))] if wanted else []
    found = [key for key in found if key not in left_out]
    return found or [admin.id for admin in accounts.administrators() if admin.id not in left_out]


def _depth(patch: Iterable[str], region: str) -> int:
    return max(len(code) for code in patch if region.startswith(code))


def _text(values: Mapping[str, Any]) -> str:
    """The number alone: who reads it may see the case, but not every name on it."""
    number = values.get("number")
    return _("C-%(number)s", number=f"{number:06d}") if isinstance(number, int) else ""


def _kind(name: str, title: Callable[[], str], *, elsewhere: bool = False) -> Kind:
    return Kind(f"{NAME}.{name}", lambda _values: title(), _text, elsewhere)


# What a move does away with: who was told of it need read it no more, and no message goes out.
SETTLED: Mapping[CaseVerb, tuple[str, ...]] = {
    CaseVerb.INVESTIGATE: ("reported", "late"),
    CaseVerb.HEAR_SELLER: ("late",),
    CaseVerb.HEAR_HARMED: ("late",),
    CaseVerb.DISMISS: ("reported", "named", "heard", "late"),
    CaseVerb.BENIGN: ("reported", "named", "heard", "late"),
    CaseVerb.MALICIOUS: ("reported", "named", "heard", "late"),
    CaseVerb.UPHOLD: ("appealed", "late"),
    CaseVerb.CHANGE: ("appealed", "late"),
    CaseVerb.OVERTURN: ("appealed", "rate", "late"),
}

KINDS = (
    _kind("reported", lambda: _("Goods from another area were reported in your patch")),
    _kind("suspected", lambda: _("Invoices say that goods went outside their buyer's area")),
    _kind("named", lambda: _("A distributor of your patch is to be heard about a cross-area sale")),
    _kind("heard", lambda: _("A cross-area case waits for your decision")),
    _kind("decided", lambda: _("A cross-area case was decided")),
    _kind("appealed", lambda: _("An appeal waits for your decision")),
    _kind("late", lambda: _("A cross-area case waits too long: nobody has moved it on")),
    _kind("rate", lambda: _("A cross-area case was confirmed: rate the distributor again")),
)
