"""Prices, rebates, products, policy and region names as this process knows them, swapped when the stamp moves.

Each worker keeps one snapshot per database. It is labelled with the stamp read *before* its rows, so that an edit
during the load makes it old, never wrong (fieldapp/core/stamp.py). Validity windows stay in the rows; the date chooses.
"""

import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.hotread import HotRead
from fieldapp.core.stamp import Stamp
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Region
from fieldapp.network.territory.rules import REGION_LENGTHS, chain
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.pricing.models import Price, Rebate
from fieldapp.trade.pricing.rules import ANY, PriceRow, RebateRow
from fieldapp.trade.products.models import Product

from .rules import DealPolicy

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as the check needs it; `pack_grams` None when its bag is not known."""

    id: UUID
    code: str
    name: str
    line: str
    line_key: str
    pack_grams: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """One published policy: the numbers of the check, the roles that may see floors, and the settings as they stand."""

    version: int
    valid_from: date
    deal: DealPolicy
    floor_roles: frozenset[str]
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """The snapshot. Products by code_key; prices by product code_key; rebates by distributor code_key or `*`."""

    version: int
    products: Mapping[str, ProductRow]
    prices: Mapping[str, tuple[PriceRow, ...]]
    rebates: Mapping[str, tuple[RebateRow, ...]]
    policies: tuple[Policy, ...]
    _made: dict[Callable[["Reference"], Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, make: Callable[["Reference"], Made]) -> Made:
        """What a function of the module makes of this snapshot; made at the first asking, gone with the snapshot."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Made = self._made[make]
        return made

    def policy_on(self, day: date) -> Policy:
        """The policy that holds on a day: the latest valid_from not after it; before the first one, the first."""
        held = [policy for policy in self.policies if policy.valid_from <= day]
        return max(held, key=lambda p: (p.valid_from, p.version)) if held else self.policies[0]

    def rebates_for(self, distributor_key: str) -> tuple[RebateRow, ...]:
        """Rebates that name this distributor or any."""
        return self.rebates.get(ANY, ()) + self.rebates.get(distributor_key, ())


class Names(Mapping[str, str]):
    """Names of regions by code, 44,000 of them in 1 MB; as a dict they take 9 MB of every worker.

    `rows` are (code, name) in any order. A code is digits; it is kept as a number, with a 1 before it so that a leading
    0 counts.
    """

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._codes, self._ends, texts = array("I"), array("I"), bytearray()
        for code, name in sorted((int(f"1{code}"), name) for code, name in rows):
            texts += name.encode()
            self._codes.append(code)
            self._ends.append(len(texts))
        self._texts = bytes(texts)

    def __getitem__(self, code: str) -> str:
        number = int(f"1{code}") if code.isascii() and code.isdigit() and len(code) in REGION_LENGTHS else 0
        place = bisect_left(self._codes, number)
        if place == len(self._codes) or self._codes[place] != number:
            raise KeyError(code)
        return self._texts[self._ends[place - 1] if place else 0 : self._ends[place]].decode()

    def __iter__(self) -> Iterator[str]:
        return (str(number)[1:] for number in self._codes)

    def below(self, code: str, digits: int) -> list[str]:
        """The codes of so many digits inside a region ("" is the country), in their order."""
        first, past = self._span(code, digits)
        return [str(number)[1:] for number in self._codes[first:past]]

    def count_below(self, code: str, digits: int) -> int:
        """How many those are."""
        first, past = self._span(code, digits)
        return past - first

    def _span(self, code: str, digits: int) -> tuple[int, int]:
        rest = digits - len(code)
        low, high = int(f"1{code}" + "0" * rest), int(f"1{code}" + "9" * rest)
        return bisect_left(self._codes, low), bisect_left(self._codes, high + 1)

    def __len__(self) -> int:
        return len(self._codes)


@dataclass(frozen=True, slots=True)
class Regions:
    """Names of all regions, by code."""

    version: int
    names: Names

    def path(self, code: str | None) -> str:
        """Province to township, `河南省 郑州市 中原区`; the code itself where a name is missing, '' for None."""
        return " ".join(self.names.get(part, part) for part in reversed(chain(code))) if code else ""


_held: dict[str, tuple[Reference, Regions]] = {}
_loading = threading.Lock()


def current(stamp: tuple[int, int]) -> tuple[Reference, Regions]:
    """The snapshot that belongs to a stamp (reference, regions) just read, loaded again where the stamp has moved."""
    key = str(db.engine.url)
    held = _held.get(key)
    if held is not None and (held[0].version, held[1].version) == stamp:
        return held
    with _loading:
        held = _held.get(key)
        if held is not None and (held[0].version, held[1].version) == stamp:
            return held
        reference = held[0] if held and held[0].version == stamp[0] else None
        regions = held[1] if held and held[1].version == stamp[1] else None
        fresh = reference or _load_reference(stamp[0]), regions or _load_regions(stamp[1])
        # A request that read an older stamp before another one loaded must not put the past back in place.
        if held is None or (held[0].version, held[1].version) <= stamp:
            _held[key] = fresh
        return fresh


def read() -> tuple[Reference, Regions]:
    """The snapshot of now, for pages that have no facts to read it with."""
    row = _STAMP.one()
    if row is None:
        raise LookupError("the database has no stamp: it was not made by the migrations")
    return current((row[0], row[1]))


_STAMP = HotRead(sa.select(Stamp.reference, Stamp.regions))


def _load_reference(version: int) -> Reference:
    products = {
        row.code_key: ProductRow(
            row.id, row.code, row.name, row.line, row.line.casefold(), row.pack_grams or None, row.active
        )
        for row in db.session.execute(
            sa.select(
                Product.id,
                Product.code,
                Product.code_key,
                Product.name,
                Product.line,
                Product.pack_grams,
                Product.active,
            ).order_by(Product.code_key)
        )
    }
    key_of = {product.id: key for key, product in products.items()}
    prices: dict[str, list[PriceRow]] = {}
    for row in db.session.execute(
        sa.select(
            Price.product_id,
            Price.region_code,
            Price.tier_key,
            Price.valid_from,
            Price.valid_to,
            Price.list_price,
            Price.floor_price,
            Price.retail_price,
        )
    ):
        prices.setdefault(key_of[row[0]], []).append(PriceRow(key_of[row[0]], *row[1:]))
    rebates: dict[str, list[RebateRow]] = {}
    for given in db.session.execute(
        sa.select(
            Rebate.code,
            Distributor.code_key,
            Rebate.tier,
            Rebate.line,
            Rebate.product_id,
            Rebate.per_tonne,
            Rebate.percent,
            Rebate.valid_from,
            Rebate.valid_to,
        ).outerjoin(Distributor, Distributor.id == Rebate.distributor_id)
    ):
        code, distributor, tier, line, product_id, per_tonne, percent, valid_from, valid_to = given
        rebates.setdefault(distributor or ANY, []).append(
            RebateRow(
                code=code,
                distributor=distributor or ANY,
                tier=tier.casefold() if tier else ANY,
                line=line.casefold() if line else ANY,
                product=key_of[product_id] if product_id else ANY,
                per_tonne=per_tonne,
                percent=percent,
                valid_from=valid_from,
                valid_to=valid_to,
            )
        )
    policies = tuple(
        Policy(
            row.version,
            row.valid_from,
            DealPolicy.from_settings(row.settings.get("deal_check", {})),
            frozenset(row.settings.get("visibility", {}).get("floor_roles", ())),
            row.settings,
        )
        for row in db.session.execute(
            sa.select(PolicyVersion.version, PolicyVersion.valid_from, PolicyVersion.settings).order_by(
                PolicyVersion.version
            )
        )
    )
    return Reference(
        version,
        products,
        {key: tuple(rows) for key, rows in prices.items()},
        {key: tuple(rows) for key, rows in rebates.items()},
        policies,
    )


def _load_regions(version: int) -> Regions:
    return Regions(version, Names(_region_rows()))


def _region_rows(chunk: int = 2000) -> Iterator[tuple[str, str]]:
    """In pieces: 44,000 rows at once would leave the process larger for good."""
    last = ""
    statement = sa.select(Region.code, Region.name).order_by(Region.code).limit(chunk)
    while rows := db.session.execute(statement.where(Region.code > last)).all():
        yield from ((code, name) for code, name in rows)
        last = rows[-1][0]
