"""Facts of a deal, gathered in one statement, and the check made of them; stored checks as the viewer may see them.

The facts' statement also reads the stamp of the reference snapshot (reference.py), so that what is cached is as fresh
as what is read. A date before the ledger's last row needs the rows themselves: two statements more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import JsonType, db
from fieldapp.core.hotread import HotRead
from fieldapp.core.i18n import gettext as _
from fieldapp.core.money import MAX_FEN
from fieldapp.core.stamp import Stamp
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.playbook.models import ContactType, present_of_contact
from fieldapp.network.playbook.rules import CustomerType
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.rules import REGION_LENGTHS, AreaRow, owners
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.credit_rules import limit_on
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.standing.merged import exposure
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance
from fieldapp.trade.pricing.rules import PriceRow, applying, best_price

from . import reference
from .models import DealCheck
from .reference import Policy, ProductRow, Reference, Regions
from .rules import CheckResult, DealFacts, DealInput, LineFacts, LineInput, Terms, check

# What a line may hold, so that the amount of a deal with the most lines stays within the database's integers.
MOST_LINES = 100
MOST_GRAMS = 10**12  # a million tonnes
MOST_PRICE = 10**10  # ¥100,000,000.00 a tonne


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A line as asked: product code as typed, 0 < grams ≤ MOST_GRAMS, 0 ≤ price ≤ MOST_PRICE fen per tonne."""

    product: str
    grams: int
    price: int


@dataclass(frozen=True, slots=True)
class DealRequest:
    """A deal as asked: codes as typed, `ship_to` None for the distributor's own region."""

    distributor: str
    on: date
    ship_to: str | None
    terms: Terms
    lines: tuple[LineRequest, ...]


class UnknownDistributorError(LookupError):
    """There is no such distributor, or it lies outside the viewer's patch: the same answer for both."""


class InvalidDealError(ValueError):
    """What cannot be checked; `problems` are (field, message) in the viewer's language."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DistributorRow:
    """The distributor of a deal."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    tier: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner of a place, or an account counted as one with the deal's: shown to a viewer whose patch covers it."""

    code: str
    name: str
    region_code: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a distributor on a day, whatever it buys; what a deal adds is in the snapshot.

    `main_contact`: which of the eight customer types its main contact was taken for.
    """

    distributor: DistributorRow
    ship_to: str
    credit: CreditFacts
    ledger: LedgerFacts
    areas: tuple[AreaRow, ...]
    owners: Mapping[str, Owner]
    policy: Policy
    reference: Reference
    regions: Regions
    main_contact: CustomerType | None = None

    def price_row(self, product: ProductRow, on: date) -> PriceRow | None:
        """The price row that counts for a product at this ship_to."""
        rows = self.reference.prices.get(product.code.casefold(), ())
        return best_price(rows, self.ship_to, _key(self.distributor.tier), on)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A deal, its facts and its result, under a policy; nothing of it is stored yet."""

    deal: DealInput
    facts: DealFacts
    result: CheckResult
    known: Known
    products: tuple[ProductRow, ...]

    @property
    def policy_version(self) -> int:
        """The version of the policy it was made under."""
        return self.known.policy.version


def _key(text: str | None) -> str | None:
    return text.casefold() if text else None


def _facts_statement(dialect: str) -> sa.Select[Any]:
    wanted = sa.bindparam("ship_to", type_=sa.String(9))
    place = sa.func.coalesce(wanted, Distributor.region_code)
    owner = sa.orm.aliased(Distributor)
    cells = (
        owner.code_key,
        owner.code,
        owner.name,
        owner.region_code,
        Area.region_code,
        Area.line_key,
        Area.valid_from,
        Area.valid_to,
    )
    if dialect == "sqlite":
        rows = sa.func.json_group_array(sa.func.json_array(*cells))
    else:
        rows = sa.func.json_agg(sa.func.json_build_array(*cells))
    areas = (
        sa.select(sa.type_coerce(rows, JsonType))
        .select_from(Area)
        .join(owner, owner.id == Area.distributor_id)
        .where(Area.region_code.in_([sa.func.substr(place, 1, length) for length in REGION_LENGTHS]))
        .correlate(Distributor)
        .scalar_subquery()
    )
    main_contact = (
        sa.select(ContactType.type)
        .select_from(Contact)
        .join(ContactType, present_of_contact())
        .where(Contact.distributor_id == Distributor.id, Contact.main)
        .correlate(Distributor)
        .scalar_subquery()
    )
    return (
        sa.select(
            Stamp.reference,
            Stamp.regions,
            Distributor.id,
            Distributor.code,
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
            areas,
            main_contact,
            exposure.others(),
        )
        .select_from(Distributor)
        .join(Stamp, Stamp.id == 1)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
        .where(Distributor.code_key == sa.bindparam("code", type_=sa.String(64)))
    )


_FACTS = HotRead(_facts_statement)


def know(viewer: Viewer, distributor: str, on: date, ship_to: str | None) -> Known:
    """What is known of a distributor (code as typed) for a day and a place. One statement.

    Raises UnknownDistributorError when it does not exist or lies outside the viewer's patch, InvalidDealError when
    there is no such region, or none is given and the distributor has none.
    """
    place = (ship_to or "").strip() or None
    row = _FACTS.one(code=distributor.strip().casefold(), ship_to=place)
    if row is None or not viewer.covers(row[5]):
        raise UnknownDistributorError(distributor)
    stamp, found, credit, ledger, (areas, main_contact, others) = (
        row[:2],
        DistributorRow(*row[2:8]),
        row[8:15],
        row[15:18],
        row[18:],
    )
    snapshot, regions = reference.current((stamp[0], stamp[1]))
    place = place or found.region_code
    if place is None:
        raise InvalidDealError([("ship_to", _("The distributor has no region: say where the goods go."))])
    if place not in regions.names:
        raise InvalidDealError(
            [("ship_to", _("There is no region %(code)s: use a code of 2, 4, 6 or 9 digits.", code=place[:20]))]
        )
    outstanding, as_of, open_items = ledger
    if as_of is None:
        position = LedgerFacts()
    elif on >= as_of:
        position = from_balance(outstanding, read_open_items(open_items), on)
    else:
        position = position_on(found.id, on)
    policy, group = snapshot.policy_on(on), exposure.read(others)
    counted, position = exposure.counted(credit_of(credit, on), position, group, on, policy.settings)
    return Known(
        distributor=found,
        ship_to=place,
        credit=counted,
        ledger=position,
        areas=tuple(
            AreaRow(key, region, line, date.fromisoformat(start), date.fromisoformat(end) if end else None)
            for key, _code, _name, _at, region, line, start, end in areas or ()
        ),
        owners={key: Owner(code, name, at) for key, code, name, at, *_rest in areas or ()}
        | {one.key: Owner(one.code, one.name, one.region_code) for one in group},
        policy=policy,
        reference=snapshot,
        regions=regions,
        main_contact=main_contact,
    )


def credit_of(cells: tuple[Any, ...], on: date) -> CreditFacts:
    """The cells of the credit record as facts of a day: the limit holds what is temporary in it."""
    grade, limit, valid_until, frozen, *extra = cells
    whole, temporary = limit_on(on, limit, *extra)
    return CreditFacts(grade, whole, valid_until, bool(frozen), temporary, extra[2] if temporary else None)


def evaluate(viewer: Viewer, request: DealRequest) -> Evaluation:
    """Check a deal; nothing is written. Raises as `know` does, and InvalidDealError for an unknown product."""
    return judge(know(viewer, request.distributor, request.on, request.ship_to), request)


def judge(known: Known, request: DealRequest) -> Evaluation:
    """Check a deal of which everything is known already (for the same distributor, day and ship_to).

    Raises InvalidDealError for an unknown product, and for an amount that no column holds.
    """
    found = [known.reference.products.get(line.product.strip().casefold()) for line in request.lines]
    problems = [
        (f"lines.{index}.product", _("There is no product %(code)s.", code=line.product.strip()[:64]))
        for index, (line, product) in enumerate(zip(request.lines, found, strict=True))
        if product is None
    ]
    if problems:
        raise InvalidDealError(problems)
    products = tuple(product for product in found if product is not None)
    key, tier, on = known.distributor.code.casefold(), _key(known.distributor.tier), request.on
    rebates = known.reference.rebates_for(key)
    facts = DealFacts(
        distributor=DistributorFacts(key, known.distributor.status),
        lines=tuple(
            LineFacts(
                territory=owners(known.areas, known.ship_to, product.line_key, on),
                price=known.price_row(product, on),
                rebates=applying(rebates, key, tier, product.line_key, product.code.casefold(), on),
            )
            for product in products
        ),
        credit=known.credit,
        ledger=known.ledger,
    )
    deal = DealInput(
        distributor=key,
        on=on,
        ship_to=known.ship_to,
        terms=request.terms,
        lines=tuple(
            LineInput(product.code.casefold(), line.grams, line.price)
            for product, line in zip(products, request.lines, strict=True)
        ),
    )
    result = check(deal, facts, known.policy.deal)
    if result.amount > MAX_FEN:
        largest = max(range(len(result.line_amounts)), key=result.line_amounts.__getitem__)
        raise InvalidDealError([(f"lines.{largest}.kg", _("The deal is too large: check the weight and the price."))])
    return Evaluation(deal, facts, result, known, products)


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Stored checks a viewer may see: his own, and those of distributors within his patch."""
    return sa.or_(DealCheck.made_by_id == viewer.id, viewer.scope(DealCheck.region_code))


def find_check(viewer: Viewer, check_id: UUID) -> DealCheck | None:
    """A stored check, or None when there is none that he may see."""
    return db.session.scalar(sa.select(DealCheck).where(DealCheck.id == check_id, visible(viewer)))
