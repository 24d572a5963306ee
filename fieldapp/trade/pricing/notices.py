"""What people are told of changes of the price book. Titles name no person, no product and no price."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.notices.kinds import Kind

from .models import PriceDraft

SUBMITTED = "prices.submitted"
DECIDED = "prices.decided"


def _title(values: Mapping[str, Any]) -> str:
    return str(values.get("title", ""))


def _answer(values: Mapping[str, Any]) -> str:
    return _("A price change was published") if values.get("approved") else _("A price change was returned")


KINDS = (
    Kind(SUBMITTED, lambda _values: _("A price change waits for a second person"), _title),
    Kind(DECIDED, _answer, _title),
)


def tell_submitted(draft: PriceDraft, approvers: Iterable[UUID], now: datetime) -> None:
    """Those who may approve hear of it."""
    tell(approvers, SUBMITTED, f"{draft.id}:{draft.revision}", {"title": draft.title}, path_of(draft), now)


def settle_submitted(draft: PriceDraft, now: datetime) -> None:
    """Nobody need decide any more."""
    settle((SUBMITTED,), path_of(draft), now)


def tell_decided(draft: PriceDraft, users: Iterable[UUID], *, approved: bool, now: datetime) -> None:
    """Those who had a hand in it hear the answer."""
    values = {"title": draft.title, "approved": approved}
    tell(users, DECIDED, f"{draft.id}:{draft.revision}:decided", values, path_of(draft), now)


def path_of(draft: PriceDraft) -> str:
    """The page of a draft."""
    return f"/prices/drafts/{draft.id}"
