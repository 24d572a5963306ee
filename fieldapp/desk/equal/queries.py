"""Net prices over the distributors of one tier, in the viewer's patch; and what explains a low one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.breaches.policy import window
from fieldapp.desk.checks.models import DealCheck
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing.bought import Bought, bought

from .policy import EqualPolicy
from .rules import Spread, spread

MOST_DAYS = 366
MOST_GROUPS = 50
MOST_EXPLAINED = 30
_CHECKS_READ = 400
_LEVELS = {0: 2, 2: 4, 4: 6}


@dataclass(frozen=True, slots=True)
class Asked:
    """An area by its code ("": all of the patch), a number of days; a product's code and a tier for one spread."""

    region: str = ""
    days: int = 90
    product: str = ""
    tier: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str], usual: int) -> Self:
        """From an address; what cannot be is left out."""
        text = {name: given.get(name, "").replace("\0", "").strip()[:64] for name in ("region", "product", "tier")}
        region = text["region"] if text["region"].isascii() and text["region"].isdecimal() else ""
        days = given.get("days", "")
        number = int(days) if days.isascii() and days.isdecimal() and len(days) <= 4 else usual
        return cls(region[:9], min(max(number, 1), MOST_DAYS), text["product"], text["tier"])

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {
            "region": self.region, "days": self.days, "product": self.product, "tier": self.tier, **changes,
        }  # fmt: skip
        return {name: value for name, value in held.items() if value}

    def period(self, today: date) -> tuple[date, date]:
        """First and last day."""
        return today - timedelta(days=self.days - 1), today


class Group(NamedTuple):
    """One product, area and tier."""

    product_id: UUID
    area: str
    tier: str
    spread: Spread[Bought]


def home(viewer: Viewer) -> str:
    """Where the overview begins: his own patch where it is one; an administrator's province with the most."""
    if not viewer.everywhere:
        return viewer.patch[0] if len(viewer.patch) == 1 else ""
    province = sa.func.substr(Distributor.region_code, 1, 2)
    select = (
        sa.select(province)
        .where(Distributor.region_code.is_not(None))
        .group_by(province)
        .order_by(sa.func.count().desc(), province)
        .limit(1)
    )
    return db.session.scalar(select) or ""


def provinces(viewer: Viewer) -> list[str]:
    """The provinces in which the viewer has distributors."""
    province = sa.func.substr(Distributor.region_code, 1, 2)
    select = sa.select(province).where(Distributor.region_code.is_not(None), viewer.scope(Distributor.region_code))
    return sorted(db.session.scalars(select.distinct()))


def overview(viewer: Viewer, asked: Asked, policy: EqualPolicy, today: date) -> list[Group]:
    """Products, areas one level below the one asked for, and tiers; the widest spread first.

    Of the whole country none: two million invoice lines take longer than a page may. A province is asked for.
    """
    if not asked.region and viewer.everywhere:
        return []
    rows = bought(viewer, *asked.period(today), region=asked.region, tier=asked.tier, window=window(today))
    length = _LEVELS.get(len(asked.region), len(asked.region))
    groups: dict[tuple[UUID, str, str], list[Bought]] = defaultdict(list)
    for row in rows:
        groups[row.product_id, (row.region or "")[:length], row.tier_key].append(row)
    found = [
        Group(product, area, rows[0].tier or "", spread(rows, policy.least_grams))
        for (product, area, _tier), rows in groups.items()
    ]
    found = [group for group in found if len(group.spread.counted) > 1]
    return sorted(found, key=lambda group: (-_size(group.spread), group.area, group.tier, str(group.product_id)))


def _size(one: Spread[Bought]) -> Decimal:
    if one.percent is not None:
        return one.percent
    return Decimal("Infinity") if one.beyond(Decimal(0)) else Decimal(0)


def of_product(viewer: Viewer, asked: Asked, product_id: UUID, policy: EqualPolicy, today: date) -> list[Group]:
    """One product in the area asked for, a spread for each tier."""
    rows = bought(
        viewer, *asked.period(today), products=[product_id], region=asked.region, tier=asked.tier, window=window(today)
    )
    groups: dict[str, list[Bought]] = defaultdict(list)
    for row in rows:
        groups[row.tier_key].append(row)
    return [
        Group(product_id, asked.region, rows[0].tier or "", spread(rows, policy.least_grams))
        for _tier, rows in sorted(groups.items())
    ]


def explanations(
    viewer: Viewer, distributors: Collection[UUID], product: str, first: date
) -> dict[UUID, list[tuple[UUID, date]]]:
    """{distributor: [(approval, day)]} of the approvals of deals with this product since a day, the latest first."""
    keys = list(distributors)[:MOST_EXPLAINED]
    if not keys:
        return {}
    select = (
        sa.select(DealCheck.distributor_id, Approval.id, DealCheck.on, DealCheck.inputs)
        .join(Approval, Approval.check_id == DealCheck.id)
        .where(
            DealCheck.distributor_id.in_(keys),
            DealCheck.on >= first,
            Approval.state == ApprovalState.APPROVED,
            viewer.scope(DealCheck.region_code),
        )
        .order_by(DealCheck.made_at.desc())
        .limit(_CHECKS_READ)
    )
    found: dict[UUID, list[tuple[UUID, date]]] = defaultdict(list)
    for distributor, approval, on, inputs in db.session.execute(select):
        if any(line["product"].casefold() == product.casefold() for line in inputs["lines"]):
            found[distributor].append((approval, on))
    return found
