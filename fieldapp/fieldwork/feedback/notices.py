"""What people are told of remarks. Titles name no person and no customer: they go into group chats too."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.notices.kinds import Kind

from .policy import kind_name
from .rules import RemarkKind

ROUTED = "feedback.routed"
ANSWERED = "feedback.answered"
OVERDUE = "feedback.overdue"
ESCALATED = "feedback.escalated"


def _kind(values: Mapping[str, Any]) -> str:
    return kind_name(RemarkKind(values["kind"]))


def _text(values: Mapping[str, Any]) -> str:
    return f"{_kind(values)} · {values['distributor']}"


KINDS = (
    Kind(ROUTED, lambda v: _("A remark waits for your answer: %(kind)s", kind=_kind(v)), _text),
    Kind(ANSWERED, lambda v: _("Answered, now tell the customer: %(kind)s", kind=_kind(v)), _text),
    Kind(OVERDUE, lambda v: _("Feedback overdue: %(kind)s", kind=_kind(v)), _text),
    Kind(ESCALATED, lambda v: _("Feedback of your patch is overdue: %(kind)s", kind=_kind(v)), _text),
)
