"""Feedback's part of the policy page: who answers a kind of remark, in how many working hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .rules import RemarkKind

NAME = "feedback"
MOST_HOURS = 1_000


class Owner(StrEnum):
    """Who answers: the distributor's own rep, the nearest supervisor of its patch, or somebody named."""

    REP = "rep"
    SUPERVISOR = "supervisor"
    NAMED = "named"


_OWNERS = {
    RemarkKind.PRAISE: Owner.REP,
    RemarkKind.SUGGESTION: Owner.SUPERVISOR,
    RemarkKind.COMPLAINT: Owner.SUPERVISOR,
    RemarkKind.EFFECT: Owner.REP,
}
_HOURS = {RemarkKind.PRAISE: 50, RemarkKind.SUGGESTION: 30, RemarkKind.COMPLAINT: 10, RemarkKind.EFFECT: 30}
_TELL_HOURS = 20
_ESCALATE_HOURS = 10


@dataclass(frozen=True, slots=True)
class FeedbackPolicy:
    """`owner`, `named` (a username, where the owner is named) and `hours` by kind; within how many working hours after
    the answer the customer is told; after how many more the supervisors hear of what is overdue."""

    owner: Mapping[RemarkKind, Owner]
    named: Mapping[RemarkKind, str]
    hours: Mapping[RemarkKind, int]
    tell_hours: int
    escalate_hours: int


def on(day: date) -> FeedbackPolicy:
    """What holds on a day."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> FeedbackPolicy:
    """The same, of the whole settings of a version."""
    held = _complete(settings.get(NAME, {}))
    return FeedbackPolicy(
        {kind: Owner(held["owner"][kind.value]) for kind in RemarkKind},
        {kind: held["named"][kind.value] for kind in RemarkKind},
        {kind: held["hours"][kind.value] for kind in RemarkKind},
        held["tell_hours"],
        held["escalate_hours"],
    )


def _whole(value: Any) -> int | None:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if 1 <= int(text) <= MOST_HOURS else None


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}

    def table(name: str) -> Mapping[str, Any]:
        given = settings.get(name, {})
        return given if isinstance(given, Mapping) else {}

    def number(value: Any, key: str) -> int:
        whole = _whole(value)
        if whole is None:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=1, most=MOST_HOURS)
        return whole or 0

    owner = {kind.value: str(table("owner").get(kind, _OWNERS[kind])) for kind in RemarkKind}
    named = {kind.value: str(table("named").get(kind, "")).strip()[:64] for kind in RemarkKind}
    for kind, who in owner.items():
        if who not in set(Owner):
            problems[f"owner.{kind}"] = _("Choose one of the three.")
        elif who == Owner.NAMED and not named[kind]:
            problems[f"named.{kind}"] = _("Give the username of whoever answers.")
    hours = {kind.value: number(table("hours").get(kind, _HOURS[kind]), f"hours.{kind}") for kind in RemarkKind}
    tell = number(settings.get("tell_hours", _TELL_HOURS), "tell_hours")
    escalate = number(settings.get("escalate_hours", _ESCALATE_HOURS), "escalate_hours")
    if problems:
        raise SettingsRefusedError(problems)
    return {"owner": owner, "named": named, "hours": hours, "tell_hours": tell, "escalate_hours": escalate}


def kind_name(kind: RemarkKind) -> str:
    """A kind, as people say it."""
    return {
        RemarkKind.PRAISE: _("Praise"),
        RemarkKind.SUGGESTION: _("Suggestion"),
        RemarkKind.COMPLAINT: _("Complaint"),
        RemarkKind.EFFECT: _("Product effect"),
    }[kind]


_WHO = (
    (Owner.REP.value, lambda: _("The rep who looks after it")),
    (Owner.SUPERVISOR.value, lambda: _("The supervisor of its patch")),
    (Owner.NAMED.value, lambda: _("Somebody named")),
)

SECTIONS = (
    Section(
        NAME,
        lambda: _("Feedback"),
        (
            *(
                Setting(
                    ("owner", kind.value),
                    partial(kind_name, kind),
                    options=_WHO,
                    group=lambda: _("Who answers"),
                )
                for kind in RemarkKind
            ),
            *(
                Setting(
                    ("named", kind.value),
                    partial(kind_name, kind),
                    text=True,
                    group=lambda: _("Username of whoever is named"),
                )
                for kind in RemarkKind
            ),
            *(
                Setting(
                    ("hours", kind.value),
                    partial(kind_name, kind),
                    unit=lambda: _("working hours"),
                    group=lambda: _("Answered within"),
                )
                for kind in RemarkKind
            ),
            Setting(
                ("tell_hours",),
                lambda: _("After the answer, the customer is told within"),
                unit=lambda: _("working hours"),
            ),
            Setting(
                ("escalate_hours",),
                lambda: _("What is overdue goes to the supervisors after"),
                unit=lambda: _("working hours"),
            ),
        ),
        _complete,
    ),
)
