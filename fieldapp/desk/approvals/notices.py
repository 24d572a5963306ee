"""What people are told of approvals. Titles name no person and no customer: they go into group chats too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.accounts.queries import supervisors_of
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.notices.kinds import Kind

from .models import Approval, ApprovalState

ASKED = "approvals.asked"
DECIDED = "approvals.decided"


def _name(values: Mapping[str, Any]) -> str:
    return str(values.get("distributor", ""))


def _answer(values: Mapping[str, Any]) -> str:
    return _("Your deal was approved") if values.get("approved") else _("Your deal was declined")


# The badge of the approvals counts both.
KINDS = (
    Kind(ASKED, lambda _values: _("A deal waits for your approval"), _name, elsewhere=True),
    Kind(DECIDED, _answer, _name, elsewhere=True),
)


def tell_asked(approval: Approval, distributor: str, now: datetime) -> None:
    """All who may decide hear of a request: its badge counts for each of them."""
    bosses = [boss.id for boss in supervisors_of(approval.region_code) if boss.id != approval.asked_by_id]
    tell(bosses, ASKED, str(approval.id), {"distributor": distributor}, _path(approval), now)


def tell_decided(approval: Approval, distributor: str, now: datetime) -> None:
    """Whoever asked hears the answer, and nobody need decide any more."""
    settle((ASKED,), _path(approval), now)
    values = {"distributor": distributor, "approved": approval.state is ApprovalState.APPROVED}
    tell([approval.asked_by_id], DECIDED, str(approval.id), values, _path(approval), now)


def settle_asked(approval: Approval, now: datetime) -> None:
    """Withdrawn: nobody need decide any more."""
    settle((ASKED,), _path(approval), now)


def settle_decided(approval: Approval, now: datetime) -> None:
    """Whoever asked has seen the answer."""
    settle((DECIDED,), _path(approval), now)


def _path(approval: Approval) -> str:
    return f"/approvals/{approval.id}"
