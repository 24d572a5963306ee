"""What a change of the book would do: whom it reaches, who would buy too low, which deals would be answered otherwise.

Deals are replayed from their stored facts, as the policy's trials do; only the price row is another: the one that would
count once all of the change holds. Bounded: the latest checks and the requests that are open.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.approvals.rules import to_cover
from fieldapp.desk.breaches.policy import window
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.replay import NotReplayableError, restore
from fieldapp.desk.checks.rules import CheckResult, DealFacts, DealPolicy, check
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory.rules import chain
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing.bought import Bought, bought
from fieldapp.trade.pricing.change_rules import Held, Plan, holding
from fieldapp.trade.pricing.queries import Key
from fieldapp.trade.pricing.rules import ANY, PriceRow

CHECK_DAYS = 30
BUYER_DAYS = 90
MOST_CHECKS = 500
MOST_BELOW = 50
MOST_PRODUCTS = 200  # beyond that all purchases of the region are read


@dataclass(frozen=True, slots=True)
class Below:
    """A distributor whose net price of late lies under the new floor, and kept the old one; fen per tonne."""

    store: Bought
    product: str
    net: int
    floor: int


@dataclass(slots=True)
class Effect:
    """`reached`: distributors for whom another price row counts; `buyers`: of these, who bought such a product of late.

    `checks` were replayed, `groups` counts those with another verdict. `requests` that are open ask for a price that
    changes; of `uncovered` a finding would appear that they do not name, or a stop.
    """

    reached: int = 0
    buyers: int = 0
    below: list[Below] = field(default_factory=list)
    below_count: int = 0
    requests: int = 0
    uncovered: int = 0
    checks: int = 0
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[tuple[UUID, str, str, str]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many of the replayed checks would get another verdict."""
        return self.groups.total()


class _Books:
    """The rows of the products that change, as they are and as they will be."""

    def __init__(self, found: Mapping[Key, Plan], held: Mapping[Key, Sequence[Held]]) -> None:
        known = reference.read()[0]
        code_of = {product.id: key for key, product in known.products.items()}
        self.codes = {product_id: code_of[product_id] for product_id, _region, _tier in found if product_id in code_of}
        self.places: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.days: dict[str, date] = {}
        self.before: dict[str, dict[tuple[str, str], list[Any]]] = {}
        self.after: dict[str, dict[tuple[str, str], list[Any]]] = {}
        for code in self.codes.values():
            of_place: dict[tuple[str, str], list[Any]] = defaultdict(list)
            for row in known.prices.get(code, ()):
                of_place[row.region, row.tier].append(row)
            self.before[code], self.after[code] = of_place, dict(of_place)
        for (product_id, region, tier), plan in found.items():
            code = self.codes[product_id]
            self.places[code].add((region, tier))
            self.before[code][region, tier] = list(held[product_id, region, tier])
            self.after[code][region, tier] = list(plan.rows)
            self.days[code] = max(self.days.get(code, date.min), plan.shows)

    def rows(self, code: str, place: str, tier: str | None, day: date) -> tuple[Any, Any]:
        """The row that counts there (contract, Price), as the book is and as it will be."""
        return _counting(self.before[code], place, tier, day), _counting(self.after[code], place, tier, day)

    def touches(self, code: str, place: str, tier: str | None) -> bool:
        """Whether a line of the change could count there."""
        return any((region, one) in self.places[code] for region in chain(place) for one in (tier, ANY))


def _counting(of_place: Mapping[tuple[str, str], Sequence[Any]], place: str, tier: str | None, day: date) -> Any:
    for region in chain(place):
        for one in (tier, ANY) if tier else (ANY,):
            row = holding(of_place.get((region, one), ()), day)
            if row is not None:
                return row
    return None


def _prices(row: Any) -> tuple[int | None, ...] | None:
    return None if row is None else (row.list_price, row.floor_price, row.retail_price)


def effect(
    viewer: Viewer, found: Mapping[Key, Plan], held: Mapping[Key, Sequence[Held]], today: date, now: datetime
) -> Effect:
    """What these plans would do, as far as the viewer's patch goes."""
    if not found:
        return Effect()
    books, made = _Books(found, held), Effect()
    days = books.days
    _reach(viewer, books, days, made)
    _buyers(viewer, books, days, today, made)
    policy = reference.read()[0].policy_on(today).deal
    _replay_checks(viewer, books, days, policy, now, made)
    _replay_requests(viewer, books, days, policy, made)
    return made


def _reach(viewer: Viewer, books: _Books, days: Mapping[str, date], made: Effect) -> None:
    """Distributors by region and tier: what counts for one counts for all of them."""
    regions = {region for places in books.places.values() for region, _tier in places}
    tops = [one for one in regions if not any(other in regions for other in chain(one)[1:])]
    within = [sa.and_(Distributor.region_code >= top, Distributor.region_code < top + "9" * 10) for top in sorted(tops)]
    near = sa.or_(*within) if len(within) <= 100 else sa.true()  # SQLite bounds the depth of a condition
    select = (
        sa.select(Distributor.region_code, Distributor.tier, sa.func.count())
        .where(Distributor.status != Status.ENDED, viewer.scope(Distributor.region_code), near)
        .group_by(Distributor.region_code, Distributor.tier)
    )
    for place, tier, count in db.session.execute(select):
        key = tier.casefold() if tier else None
        if place and any(_differs(books, code, place, key, day) for code, day in days.items()):
            made.reached += count


def _differs(books: _Books, code: str, place: str, tier: str | None, day: date) -> bool:
    if not books.touches(code, place, tier):
        return False
    before, after = books.rows(code, place, tier, day)
    return _prices(before) != _prices(after)


def _buyers(viewer: Viewer, books: _Books, days: Mapping[str, date], today: date, made: Effect) -> None:
    products = list(books.codes)
    regions = {region[:2] for places in books.places.values() for region, _tier in places}
    rows = bought(
        viewer,
        today - timedelta(days=BUYER_DAYS),
        today,
        products=products if len(products) <= MOST_PRODUCTS else (),
        region=next(iter(regions)) if len(regions) == 1 else "",
        window=window(today),
    )
    buyers: set[UUID] = set()
    below: list[Below] = []
    for row in rows:
        code = books.codes.get(row.product_id)
        if code is None or row.region is None or row.net is None:
            continue
        tier = row.tier_key or None
        if not _differs(books, code, row.region, tier, days[code]):
            continue
        buyers.add(row.distributor_id)
        before, after = books.rows(code, row.region, tier, days[code])
        floor = after.floor_price if after else None
        kept = before is None or before.floor_price is None or row.net >= before.floor_price
        if floor is not None and row.net < floor and kept:
            below.append(Below(row, code, row.net, floor))
    made.buyers = len(buyers)
    made.below_count = len({one.store.distributor_id for one in below})
    made.below = sorted(below, key=lambda one: (one.net - one.floor, one.store.code, one.product))[:MOST_BELOW]


def _replay_checks(
    viewer: Viewer, books: _Books, days: Mapping[str, date], policy: DealPolicy, now: datetime, made: Effect
) -> None:
    select = (
        sa.select(DealCheck)
        .where(DealCheck.made_at >= now - timedelta(days=CHECK_DAYS), viewer.scope(DealCheck.region_code))
        .order_by(DealCheck.made_at.desc())
        .limit(MOST_CHECKS)
    )
    for stored in db.session.scalars(select):
        answers = _answers(stored, books, days, policy)
        if answers is None:
            continue
        made.checks += 1
        was, would_be = (one.verdict.value for one in answers)
        if was != would_be:
            made.groups[was, would_be] += 1
            if len(made.examples) < 10:
                made.examples.append((stored.id, stored.facts["name"], was, would_be))


def _replay_requests(viewer: Viewer, books: _Books, days: Mapping[str, date], policy: DealPolicy, made: Effect) -> None:
    select = (
        sa.select(Approval)
        .where(Approval.state == ApprovalState.OPEN, viewer.scope(Approval.region_code))
        .order_by(Approval.asked_at.desc())
        .limit(MOST_CHECKS)
    )
    for request in db.session.scalars(select):
        answers = _answers(request.check, books, days, policy)
        if answers is None:
            continue
        was, would_be = answers
        if was == would_be:
            continue
        made.requests += 1
        named = {(code, line) for code, line in request.covers}
        made.uncovered += would_be.verdict.value == "stop" or not to_cover(would_be.findings) <= named


def _answers(
    stored: DealCheck, books: _Books, days: Mapping[str, date], policy: DealPolicy
) -> tuple[CheckResult, CheckResult] | None:
    """A deal's answer by the book as it is and as it will be; None where it cannot be replayed."""
    try:
        deal, facts = restore(stored)
    except NotReplayableError:
        return None
    tier = _tier(stored)
    pairs = [_lines(books, days, line.product, deal.ship_to, tier) for line in deal.lines]
    if all(pair is None for pair in pairs):
        same = check(deal, facts, policy)
        return same, same
    was, would_be = (
        _with(
            facts, [known.price if pair is None else pair[side] for known, pair in zip(facts.lines, pairs, strict=True)]
        )
        for side in (0, 1)
    )
    return check(deal, was, policy), check(deal, would_be, policy)


def _tier(stored: DealCheck) -> str | None:
    tier = stored.facts.get("tier")
    return tier.casefold() if isinstance(tier, str) and tier else None


def _lines(
    books: _Books, days: Mapping[str, date], code: str, place: str, tier: str | None
) -> tuple[PriceRow | None, PriceRow | None] | None:
    """What counts for a line before and after; None where the change does not come near."""
    if code not in days or not books.touches(code, place, tier):
        return None
    before, after = books.rows(code, place, tier, days[code])
    return _as_row(code, before), _as_row(code, after)


def _as_row(code: str, row: Any) -> PriceRow | None:
    if row is None or isinstance(row, PriceRow):
        return row
    return PriceRow(code, "", ANY, row.valid_from, row.valid_to, row.list_price, row.floor_price, row.retail_price)


def _with(facts: DealFacts, prices: Iterable[PriceRow | None]) -> DealFacts:
    lines = tuple(replace(known, price=price) for known, price in zip(facts.lines, prices, strict=True))
    return replace(facts, lines=lines)


def names(keys: Collection[str]) -> dict[str, str]:
    """{product's code_key: its name}."""
    known = reference.read()[0].products
    return {key: known[key].name for key in keys if key in known}
