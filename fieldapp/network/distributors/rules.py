"""What a distributor's status means for a deal (contract `deal-check.md`, Distributor)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fieldapp.core.findings import Finding, Level


class Status(StrEnum):
    """Where a distributor stands with us."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    WATCH = "watch"
    ENDED = "ended"


class ContactRole(StrEnum):
    """What somebody is at a distributor's."""

    OWNER = "owner"
    SPOUSE = "spouse"
    MANAGER = "manager"
    BUYER = "buyer"
    ACCOUNTANT = "accountant"
    WAREHOUSE = "warehouse"
    OTHER = "other"


class Channel(StrEnum):
    """How somebody likes to be reached."""

    PHONE = "phone"
    WECHAT = "wechat"
    MESSAGE = "message"
    VISIT = "visit"


LEVELS: Mapping[str, Level] = {
    "distributor.ended": Level.STOP,
    "distributor.prospect": Level.APPROVAL,
    "distributor.watch": Level.INFO,
}


@dataclass(frozen=True, slots=True)
class DistributorFacts:
    """The distributor as the deal check sees it."""

    code: str
    status: Status


def finding(distributor: DistributorFacts, levels: Mapping[str, Level]) -> Finding | None:
    """The finding about the distributor's status; None when it is active."""
    code = f"distributor.{distributor.status}"
    if code not in LEVELS:
        return None
    return Finding(code, levels[code], None, {"status": str(distributor.status)})
