"""The snapshot of a rep's distributors for a deal check without a signal: read in a few statements, packed, signed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.pinyin import syllables
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.queries import credit_of
from fieldapp.desk.checks.reference import Policy, Reference, Regions
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Area, Region
from fieldapp.network.territory.rules import AreaRow, chain
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.standing.merged import exposure
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import CHUNK, read_open_items, rows_of
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance, position

from .snapshot_rules import Customer, Goods, Known, pack

HOLDS = timedelta(hours=24)
MOST = 500
MOST_PLACES = 600
COUNTY, CITY = 6, 4


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose distributors are in a snapshot: `own` (those he looks after) or `patch`; `more`: not all had room."""

    kind: str
    more: bool


def snapshot(viewer: Viewer, today: date, now: datetime) -> bytes:
    """The bytes to be signed: JSON, as static/offline-deal.js reads it. At most seven statements.

    It holds what the viewer may see online: no floors for roles that may not see them, owners outside his patch as a
    count, nothing of persons.
    """
    known_reference, regions = reference.read()
    days = (today, today + timedelta(days=1))
    rows, whose = _distributors(viewer)
    ledgers = _ledgers(rows, days)
    policies = [known_reference.policy_on(day) for day in days]
    customers = [_customer(row, ledger, days, policies) for row, ledger in zip(rows, ledgers, strict=True)]
    places = _places(rows, regions)
    areas, owners = _areas(viewer, places)
    body = pack(
        Known(
            days=days,
            policies=[(policy.version, policy.deal) for policy in policies],
            customers=customers,
            goods=known_reference.once(_goods),
            prices=known_reference.prices,
            rebates=known_reference.rebates,
            areas=areas,
            owners=owners,
            places=places,
            names=regions.names,
            floors=all(viewer.role in policy.floor_roles for policy in policies),
        )
    )
    made = int(now.timestamp() * 1000)
    head = {
        "user": str(viewer.id),
        "made": made,
        "expires": made + int(HOLDS.total_seconds() * 1000),
        "whose": whose.kind,
        "more": whose.more,
    }
    return json.dumps(head | body, ensure_ascii=False, separators=(",", ":")).encode()


_COLUMNS = (
    Distributor.id,
    Distributor.code,
    Distributor.code_key,
    Distributor.name,
    Distributor.region_code,
    Distributor.tier,
    Distributor.status,
    CreditRecord.grade,
    CreditRecord.limit,
    CreditRecord.valid_until,
    CreditRecord.frozen,
    CreditRecord.extra_limit,
    CreditRecord.extra_from,
    CreditRecord.extra_until,
    Balance.outstanding,
    Balance.as_of,
    Balance.open_items,
    exposure.others().label("others"),
)


def _distributors(viewer: Viewer) -> tuple[Sequence[Any], Whose]:
    """Those the viewer looks after; where there are none, those of his patch."""
    own = _read(viewer, Distributor.rep_id == viewer.id)
    if own:
        return own[:MOST], Whose("own", len(own) > MOST)
    patch = _read(viewer, sa.true())
    return patch[:MOST], Whose("patch", len(patch) > MOST)


def _read(viewer: Viewer, condition: Any) -> Sequence[Any]:
    return db.session.execute(
        sa.select(*_COLUMNS)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(condition, viewer.scope(Distributor.region_code))
        .order_by(Distributor.pinyin, Distributor.id)
        .limit(MOST + 1)
    ).all()


def _customer(row: Any, ledger: Sequence[LedgerFacts], days: Sequence[date], policies: Sequence[Policy]) -> Customer:
    group = exposure.read(row.others)
    counted = [
        exposure.counted(credit_of(tuple(row[7:14]), day), owed, group, day, policy.settings)
        for day, owed, policy in zip(days, ledger, policies, strict=True)
    ]
    return Customer(
        key=row.code_key,
        code=row.code,
        name=row.name,
        spoken=" ".join(syllables(row.name)),
        region=row.region_code,
        tier=row.tier.casefold() if row.tier else None,
        status=row.status,
        credit=[credit for credit, _owed in counted],
        ledger=[owed for _credit, owed in counted],
    )


def _ledgers(rows: Sequence[Any], days: Sequence[date]) -> list[list[LedgerFacts]]:
    """What each owes on each day. Where the ledger has rows of a day to come, the rows themselves say it."""
    early = [row.id for row in rows if row.as_of is not None and row.as_of > days[0]]
    entries: dict[UUID, Any] = {}
    for start in range(0, len(early), CHUNK):
        entries |= rows_of(early[start : start + CHUNK])
    return [[_ledger(row, day, entries.get(row.id)) for day in days] for row in rows]


def _ledger(row: Any, day: date, entries: Any) -> LedgerFacts:
    if row.as_of is None:
        return LedgerFacts()
    if day >= row.as_of:
        return from_balance(row.outstanding, read_open_items(row.open_items), day)
    invoices, payments = entries
    return position(invoices, payments, day)


def _goods(known: Reference) -> list[Goods]:
    return [
        Goods(key, p.code, p.name, p.line, p.line_key, p.pack_grams) for key, p in known.products.items() if p.active
    ]


def _places(rows: Iterable[Any], regions: Regions) -> list[str]:
    """Where goods may be sent without a signal: the own regions, and the counties of the distributors' areas."""
    keys = [row.id for row in rows]
    own = {row.region_code for row in rows if row.region_code in regions.names}
    held = set(db.session.scalars(sa.select(Area.region_code).distinct().where(Area.distributor_id.in_(keys))))
    cities = sorted({code for code in held if len(code) == CITY})
    counties: list[str] = []
    if cities:
        within = [Region.code.between(f"{city}00", f"{city}99") for city in cities]
        counties = [
            code for code in db.session.scalars(sa.select(Region.code).where(sa.or_(*within))) if len(code) == COUNTY
        ]
    more = sorted({code for code in held if len(code) != CITY} | {*counties, *cities})
    return sorted({*own, *more[: max(0, MOST_PLACES - len(own))]})


def _areas(viewer: Viewer, places: Sequence[str]) -> tuple[list[AreaRow], Mapping[str, str]]:
    """The areas in which these places lie, and the names of those owners whom the viewer may see."""
    regions = sorted({part for place in places for part in chain(place)})
    rows = db.session.execute(
        sa.select(
            Distributor.code_key,
            Distributor.name,
            Distributor.region_code,
            Area.region_code,
            Area.line_key,
            Area.valid_from,
            Area.valid_to,
        )
        .join(Distributor, Distributor.id == Area.distributor_id)
        .where(Area.region_code.in_(regions))
    ).all()
    return (
        [AreaRow(key, *cells) for key, _name, _home, *cells in rows],
        {key: name for key, name, home, *_rest in rows if viewer.covers(home)},
    )
