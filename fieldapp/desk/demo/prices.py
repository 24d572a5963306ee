"""The demo's price office: a change that waits for the administrator, one being drafted, and prices seen in shops."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing import actions, policy, queries
from fieldapp.trade.pricing.bought import Bought, bought
from fieldapp.trade.pricing.change_rules import Raise
from fieldapp.trade.pricing.models import PriceDraft, Rebate, RebateKind
from fieldapp.trade.products.models import Product
from fieldapp.trade.retail import actions as retail
from fieldapp.trade.retail.actions import Seen
from fieldapp.trade.retail.rules import Unit, per_bag

from .network import PER_REP, draw

CLERK = "pricing"  # draws up price changes; nobody signs in as him
SEEN = 90
DAYS = 170
RIVALS = ("双胞胎 教槽料", "海大 育肥猪料")  # data of the demo, in the language of its people


def write(seed: int, supervisor: str, now: datetime, today: date) -> None:
    """Two drafts of a clerk for the supervisor's home province, and what reps saw in shops over half a year."""
    boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == supervisor)).one())
    clerk = _clerk(now)
    province = boss.patch[0][:2] if boss.patch else ""
    may, held = policy.rights(clerk, today), policy.on(today)
    before = now - timedelta(hours=20)

    def draft(title: str, reason: str, starts: date, at: datetime) -> PriceDraft:
        key = actions.begin(clerk, uuid7(), title, starts, at)
        found = db.session.get_one(PriceDraft, key)
        actions.describe(clerk, may, found, title, reason, starts, at)
        return found

    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    waits = draft("猪料底价每吨上调 20 元", "玉米涨价，成本每吨增加 22 元。", today + timedelta(days=7), before)
    asked = queries.Asked(waits.starts, line="pig", region=province)
    actions.raise_prices(clerk, may, waits, asked, Raise("floor_price", fen=2_000), before)
    if queries.count_lines(waits.id):
        actions.submit(clerk, may, waits, held, today, before)
    drawn = draft("水产料调价（草拟中）", "", next_month, before)
    asked = queries.Asked(drawn.starts, line="aqua", region=province)
    by = Raise("list_price", percent=Decimal("1.5"), whole_yuan=True)
    actions.raise_prices(clerk, may, drawn, asked, by, before)
    _favour(boss, province, today)
    _shops(draw(seed, "retail", 0), now, today)


def _clerk(now: datetime) -> Viewer:
    user = User(
        username=CLERK,
        username_key=CLERK,
        name="价格专员",
        role=Role.ADMIN,
        patch=[],
        locale="zh",
        created_at=now - timedelta(days=400),
    )
    db.session.add(user)
    db.session.flush()
    return viewer_of(user)


def _favour(boss: Viewer, province: str, today: date) -> None:
    """One distributor of a tier got more back for a while than the others: what equal treatment points at."""
    of_group: dict[tuple[Any, str, str], list[Bought]] = {}
    for row in bought(boss, today - timedelta(days=89), today, region=province):
        if row.grams >= 2 * 1_000_000 and row.tier and row.region:
            of_group.setdefault((row.product_id, row.region[:4], row.tier), []).append(row)
    groups = [rows for rows in of_group.values() if len(rows) > 2]
    if not groups:
        return
    rows = min(groups, key=lambda rows: (-len(rows), min(row.code for row in rows)))
    one = min(rows, key=lambda row: (-row.grams, row.code))
    db.session.add(
        Rebate(
            code="SP-2601",
            code_key="sp-2601",
            kind=RebateKind.SPECIAL,
            distributor_id=one.distributor_id,
            product_id=one.product_id,
            per_tonne=15_000,
            valid_from=today - timedelta(days=85),
            valid_to=today - timedelta(days=8),
        )
    )
    db.session.flush()


def _shops(random: Random, now: datetime, today: date) -> None:
    """Around the suggested price, a little dearer in winter; some of a rival's."""
    stores = db.session.execute(
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)
        .where(Distributor.rep_id.is_not(None), Distributor.status == Status.ACTIVE)
        .order_by(Distributor.code_key)
        .limit(2 * PER_REP)
    ).all()
    products = db.session.scalars(
        sa.select(Product).where(Product.active, Product.line == "pig").order_by(Product.code_key).limit(3)
    ).all()
    if not stores or not products:
        return
    reps = {user.id: viewer_of(user) for user in db.session.scalars(sa.select(User).where(User.role == Role.REP))}
    shops: dict[Any, list[Any]] = {}
    outlets = sa.select(Outlet.id, Outlet.region_code, Outlet.distributor_id).where(
        Outlet.distributor_id.in_([store.id for store in stores]), Outlet.active
    )
    for outlet in db.session.execute(outlets.order_by(Outlet.name, Outlet.id)):
        shops.setdefault(outlet.distributor_id, []).append(outlet)
    for number in range(SEEN):
        days = DAYS * (SEEN - number - 1) // SEEN
        store = random.choice(stores)
        _see(random, reps[store.rep_id], store, shops.get(store.id, []), products, today - timedelta(days=days), now)


def _see(
    random: Random,
    rep: Viewer,
    store: Any,
    outlets: Sequence[Any],
    products: Sequence[Product],
    day: date,
    now: datetime,
) -> None:
    product = products[random.randrange(len(products)) if random.random() < 0.5 else 0]
    bag = product.pack_grams or 40_000
    price = 360_000 + 200 * (day.toordinal() % 40) + random.randrange(-90, 90) * 100
    rival = random.random() < 0.2
    seen = Seen(
        per_bag(price, bag) // 50 * 50,
        Unit.BAG,
        day,
        product_id=None if rival else product.id,
        rival=random.choice(RIVALS) if rival else "",
        bag_grams=bag,
    )
    outlet = random.choice(outlets) if outlets and random.random() < 0.7 else None
    retail.note(rep, key=uuid7(), distributor=store, outlet=outlet, seen=seen, now=now)
