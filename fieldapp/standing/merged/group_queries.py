"""Groups of accounts that were confirmed as one business, as the viewer may see them: whoever covers one of them.

`members` is what counts a group as one elsewhere: incentives ask it whose tonnes go together.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.policy import queries as policies
from fieldapp.standing.grading.credit_rules import limit_on
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance

from . import exposure, queries
from .actions import Pair
from .models import MergedGroup, MergedMember


def members(distributor_id: UUID) -> list[UUID]:
    """All accounts that are counted as one with an account, itself among them; it alone where it is in no group.

    The seam for whoever counts a group as one: incentives take the tonnes of all of them together.
    """
    group = sa.select(MergedMember.group_id).where(MergedMember.distributor_id == distributor_id).scalar_subquery()
    found = db.session.scalars(
        sa.select(MergedMember.distributor_id)
        .where(MergedMember.group_id == group)
        .order_by(MergedMember.distributor_id)
    ).all()
    return list(found) or [distributor_id]


class GroupRow(NamedTuple):
    """A group as the list shows it: its members, and how many of them lie in the viewer's patch. `given`: its name,
    which may be that of any member: `name` is None for who does not cover them all."""

    id: UUID
    given: str
    made_at: Any
    members: int
    seen: int

    @property
    def name(self) -> str | None:
        """What the viewer may read."""
        return self.given if self.seen == self.members else None


def groups(viewer: Viewer, most: int = queries.PAGE, skip: int = 0) -> list[GroupRow]:
    """Groups of which the viewer covers a member, the newest first."""
    inside = sa.func.sum(sa.case((viewer.scope(Distributor.region_code), 1), else_=0))
    statement = (
        sa.select(MergedGroup.id, MergedGroup.name, MergedGroup.made_at, sa.func.count(), inside)
        .join(MergedMember, MergedMember.group_id == MergedGroup.id)
        .join(Distributor, Distributor.id == MergedMember.distributor_id)
        .group_by(MergedGroup.id, MergedGroup.name, MergedGroup.made_at)
        .having(inside > 0)
        .order_by(MergedGroup.id.desc())
        .limit(most)
        .offset(skip or None)
    )
    return [GroupRow(*row) for row in db.session.execute(statement)]


class Member(NamedTuple):
    """A member in the viewer's patch, with its own figures of today."""

    row: Distributor
    since: Any
    limit: int
    ledger: LedgerFacts
    frozen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group: the members whom the viewer covers, how many others, the sums of all, and the confirmed pairs whose two
    accounts he covers. `whole`: he covers all of them."""

    row: MergedGroup
    members: list[Member]
    others: int
    credit: CreditFacts
    ledger: LedgerFacts
    pairs: list[Pair]

    @property
    def whole(self) -> bool:
        """Does the viewer cover every member?"""
        return not self.others

    @property
    def name(self) -> str | None:
        """Its name; None where it may be that of a member whom the viewer does not cover."""
        return self.row.name if self.whole else None

    @property
    def available(self) -> int:
        """Fen that the limit leaves beside what is owed."""
        return (self.credit.limit or 0) - self.ledger.outstanding


def find_group(viewer: Viewer, group_id: UUID, today: date) -> Group | None:
    """A group of which the viewer covers a member, or None; five statements."""
    group = db.session.get(MergedGroup, group_id)
    rows = db.session.execute(
        sa.select(Distributor, MergedMember.since, CreditRecord, Balance)
        .join(MergedMember, MergedMember.distributor_id == Distributor.id)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(MergedMember.group_id == group_id)
        .order_by(Distributor.code_key)
    ).all()
    seen = [row for row in rows if viewer.covers(row[0].region_code)]
    if group is None or not seen:
        return None
    first = seen[0][0].id
    found = sum_of(first, today)
    return Group(
        row=group,
        members=[_member(row, today) for row in seen],
        others=len(rows) - len(seen),
        credit=found.credit,
        ledger=found.ledger,
        pairs=queries.confirmed(viewer, [row[0].id for row in rows]),
    )


def _member(found: Any, today: date) -> Member:
    row, since, record, balance = found
    return Member(row, since, _limit(record, today).limit or 0, _owed(balance, today), bool(record and record.frozen))


def _limit(record: CreditRecord | None, today: date) -> CreditFacts:
    if record is None:
        return CreditFacts()
    whole = limit_on(today, record.limit, record.extra_limit, record.extra_from, record.extra_until).whole
    return CreditFacts(record.grade, whole, record.valid_until, record.frozen)


def _owed(balance: Balance | None, today: date) -> LedgerFacts:
    if balance is None:
        return LedgerFacts()
    if balance.as_of > today:
        return position_on(balance.distributor_id, today)
    return from_balance(balance.outstanding, read_open_items(balance.open_items), today)


@dataclass(frozen=True, slots=True)
class Sum:
    """An account's credit with its whole group counted as one, and the other members."""

    credit: CreditFacts
    ledger: LedgerFacts
    others: list[exposure.Other]


def sum_of(distributor_id: UUID, today: date) -> Sum:
    """As a deal check counts it today; the distributor has been found through the viewer. Two statements."""
    record, balance, cells = db.session.execute(
        sa.select(CreditRecord, Balance, exposure.others())
        .select_from(Distributor)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(Distributor.id == distributor_id)
    ).one()
    others = exposure.read(cells)
    credit, ledger = exposure.counted(
        _limit(record, today), _owed(balance, today), others, today, policies.on(today).settings
    )
    return Sum(credit, ledger, others)


def group_of(distributor_id: UUID) -> UUID | None:
    """The group that an account is in."""
    return db.session.scalar(sa.select(MergedMember.group_id).where(MergedMember.distributor_id == distributor_id))
