"""What the demo company sells and at which price: products, price rows, rebates.

List prices are whole yuan per tonne here; rows leave as text with two decimals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from fieldapp.desk.demo.places import Places

Row = dict[str, str]

LINES = ("pig", "poultry", "aqua", "ruminant")
TIERS = ("S", "A", "B", "C")
FEWEST_PRODUCTS = 8

# Each line begins with the feed that everybody buys.
# code | name | stage | bag kg | standard tonnes per tonne | list price, yuan per tonne
_FEEDS = {
    "pig": """
        Z551 | 小猪配合料 551 | 小猪 | 40 | 1 | 3980
        Z911 | 乳猪教槽料 911 | 教槽料 | 20 | 1 | 9200
        Z912 | 仔猪保育料 912 | 保育料 | 25 | 1 | 5280
        Z552 | 中猪配合料 552 | 中猪 | 40 | 1 | 3480
        Z553 | 大猪配合料 553 | 大猪 | 40 | 1 | 3260
        Z566 | 怀孕母猪料 566 | 怀孕母猪 | 40 | 1 | 3180
        Z567 | 哺乳母猪料 567 | 哺乳母猪 | 40 | 1 | 3680
        Z911S | 乳猪教槽料 911 加强型 | 教槽料 | 20 | 1 | 9800
        Z913 | 断奶过渡料 913 | 保育料 | 25 | 1 | 6280
        Z551F | 小猪粉料 551 | 小猪 | 40 | 1 | 3860
        Z552S | 中猪配合料 552 加强型 | 中猪 | 40 | 1 | 3620
        Z553E | 大猪配合料 553 经济型 | 大猪 | 40 | 1 | 3120
        Z565 | 后备母猪料 565 | 后备母猪 | 40 | 1 | 3380
        Z568 | 种公猪料 568 | 种公猪 | 40 | 1 | 3760
        Z251 | 25% 小猪浓缩料 | 浓缩料 | 40 | 4 | 5980
        Z201 | 20% 中大猪浓缩料 | 浓缩料 | 40 | 5 | 5480
        Z257 | 25% 哺乳母猪浓缩料 | 浓缩料 | 40 | 4 | 5780
        Z401 | 4% 小猪预混料 | 预混料 | 20 | 25 | 7200
        Z402 | 4% 中大猪预混料 | 预混料 | 20 | 25 | 6480
        Z407 | 4% 母猪预混料 | 预混料 | 20 | 25 | 7060""",
    "poultry": """
        Q510 | 肉小鸡配合料 510 | 肉鸡 | 40 | 1 | 3980
        Q511 | 肉中鸡配合料 511 | 肉鸡 | 40 | 1 | 3820
        Q513 | 肉大鸡配合料 513 | 肉鸡 | 40 | 1 | 3680
        Q520 | 蛋雏鸡料 520 | 蛋鸡 | 40 | 1 | 3560
        Q524 | 蛋鸡高峰料 524 | 蛋鸡 | 40 | 1 | 3240
        Q540 | 肉小鸭配合料 540 | 肉鸭 | 40 | 1 | 3520
        Q541 | 肉中大鸭配合料 541 | 肉鸭 | 40 | 1 | 3180
        Q521 | 育成鸡料 521 | 蛋鸡 | 40 | 1 | 3020
        Q523 | 预产蛋鸡料 523 | 蛋鸡 | 40 | 1 | 3160
        Q525 | 蛋鸡后期料 525 | 蛋鸡 | 40 | 1 | 3080
        Q544 | 蛋鸭料 544 | 蛋鸭 | 40 | 1 | 3140
        Q530 | 黄羽鸡小料 530 | 黄羽肉鸡 | 40 | 1 | 3720
        Q532 | 黄羽鸡中大料 532 | 黄羽肉鸡 | 40 | 1 | 3460
        Q560 | 鹅料 560 | 鹅 | 40 | 1 | 2980
        Q331 | 30% 蛋鸡浓缩料 | 浓缩料 | 40 | 3.333 | 4380
        Q505 | 5% 蛋鸡预混料 | 预混料 | 25 | 20 | 4860
        Q506 | 5% 肉鸡预混料 | 预混料 | 25 | 20 | 5680""",
    "aqua": """
        S101 | 草鱼配合料 101 | 草鱼 | 40 | 1 | 4180
        S102 | 鲤鱼配合料 102 | 鲤鱼 | 40 | 1 | 4380
        S103 | 罗非鱼配合料 103 | 罗非鱼 | 40 | 1 | 4680
        S201 | 南美白对虾 1 号料 | 对虾 | 20 | 1 | 8600
        S106 | 鲫鱼配合料 106 | 鲫鱼 | 40 | 1 | 4880
        S111 | 草鱼膨化料 111 | 草鱼 | 20 | 1 | 4780
        S100 | 草鱼苗种料 100 | 草鱼 | 20 | 1 | 5280
        S202 | 南美白对虾 2 号料 | 对虾 | 20 | 1 | 8260
        S210 | 小龙虾料 210 | 小龙虾 | 20 | 1 | 5180
        S120 | 黄颡鱼膨化料 120 | 黄颡鱼 | 20 | 1 | 7600
        S130 | 加州鲈膨化料 130 | 加州鲈 | 20 | 1 | 9560
        S140 | 泥鳅料 140 | 泥鳅 | 20 | 1 | 6380""",
    "ruminant": """
        F720 | 肉牛育肥精补料 720 | 肉牛 | 40 | 1 | 2860
        F730 | 肉羊育肥精补料 730 | 肉羊 | 40 | 1 | 3060
        F710 | 奶牛泌乳精补料 710 | 奶牛 | 40 | 1 | 3080
        F711 | 高产奶牛精补料 711 | 奶牛 | 40 | 1 | 3380
        F712 | 干奶期奶牛精补料 712 | 奶牛 | 40 | 1 | 2740
        F701 | 犊牛开食料 701 | 犊牛 | 25 | 1 | 4280
        F721 | 架子牛精补料 721 | 肉牛 | 40 | 1 | 2640
        F731 | 羔羊料 731 | 羔羊 | 25 | 1 | 4160
        F733 | 母羊精补料 733 | 母羊 | 40 | 1 | 2920
        F741 | 40% 肉羊浓缩料 | 浓缩料 | 40 | 2.5 | 3960
        F751 | 5% 牛羊预混料 | 预混料 | 25 | 20 | 4580""",
}
# Beyond these sixty the catalogue goes on with variants, as a real one does.
_VARIANTS = ("颗粒", "粉料", "小包装", "定制", "经济型", "加强型")

# First month counted from this one, price level against today's. The last one is announced, not yet in force.
_PERIODS = ((-26, Decimal("1.06")), (-17, Decimal("1.04")), (-10, Decimal("1.015")), (-3, Decimal(1)))
_ANNOUNCED = (1, Decimal("1.012"))
# What a tier pays less than everybody (`*`), share of the list price; B and C have no rows of their own.
_TIER_DISCOUNTS = {"S": Decimal("0.015"), "A": Decimal("0.008")}


class Product(NamedTuple):
    """One product; `list_price` in yuan per tonne, `margin` the share of it above cost."""

    code: str
    name: str
    line: str
    stage: str
    pack_kg: int
    standard_factor: str
    list_price: int
    margin: Decimal
    floor_gap: Decimal | None  # share by which the floor lies under the list price; None: no floor is set
    retail: bool
    priced: bool  # a new product has no price yet


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The products and the months in which their prices hold."""

    products: tuple[Product, ...]
    periods: tuple[tuple[date, Decimal], ...]
    announced: tuple[date, Decimal]

    def of_line(self, line: str) -> list[Product]:
        """The products of a line that can be sold: those with a price."""
        return [product for product in self.products if product.line == line and product.priced]

    def list_price(self, product: Product, province: str, level: Decimal) -> int:
        """Yuan per tonne in a province at a price level, in steps of ten."""
        return int(product.list_price * level * _freight(province) / 10) * 10


def build(count: int, today: date) -> Catalogue:
    """A catalogue of `count` products. ValueError when there would be too few to show anything."""
    if count < FEWEST_PRODUCTS:
        raise ValueError(f"products={count}: give at least {FEWEST_PRODUCTS}")
    feeds = _in_turn()
    products = []
    for number in range(count):
        round_, place = divmod(number, len(feeds))
        line, feed = feeds[place]
        products.append(_product(number, count, round_, line, [part.strip() for part in feed.split("|")]))
    starts = tuple((month_start(today, months), level) for months, level in _PERIODS)
    return Catalogue(tuple(products), starts, (month_start(today, _ANNOUNCED[0]), _ANNOUNCED[1]))


def month_start(day: date, months: int) -> date:
    """The first day of the month so many months after (negative: before) the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _in_turn() -> list[tuple[str, str]]:
    """All feeds, the lines taking turns: the first few of any catalogue show all four."""
    queues = {line: feeds.strip().splitlines() for line, feeds in _FEEDS.items()}
    longest = max(map(len, queues.values()))
    return [(line, queue[place]) for place in range(longest) for line, queue in queues.items() if place < len(queue)]


def _product(number: int, count: int, round_: int, line: str, feed: list[str]) -> Product:
    code, name, stage, pack_kg, factor, price = feed
    if round_:
        variant = _VARIANTS[(round_ - 1) % len(_VARIANTS)]
        code, name = f"{code}-{round_}", f"{name} {variant}{round_}"
    newest = number == count - 1
    return Product(
        code=code,
        name=name,
        line=line,
        stage=stage,
        pack_kg=int(pack_kg),
        standard_factor=factor,
        list_price=int(price) + 20 * round_,
        margin=Decimal(12 + number * 5 % 8) / 100,
        floor_gap=None if number % 13 == 6 else Decimal(2 + number * 3 % 4) / 100,
        retail=number % 5 != 3,
        priced=not newest,
    )


def _freight(province: str) -> Decimal:
    """How far a province's prices stand from the home province's: transport and competition, within 2 %."""
    return 1 + Decimal((int(province) - 41) * 7 % 9 - 4) / 200 if province != "41" else Decimal(1)


def product_rows(catalogue: Catalogue) -> Iterator[Row]:
    for product in catalogue.products:
        yield {
            "code": product.code,
            "name": product.name,
            "line": product.line,
            "stage": product.stage,
            "pack_kg": str(product.pack_kg),
            "standard_factor": product.standard_factor,
            "cost_per_tonne": _yuan(int(product.list_price * (1 - product.margin))),
            "active": "yes",
        }


def price_rows(catalogue: Catalogue, places: Places, patches: Sequence[str]) -> Iterator[Row]:
    """Price rows for the provinces of these patches, some cities and counties of their own, all tiers.

    An older row ends where the next begins, but for one that was left open and is simply superseded.
    """
    provinces = list(dict.fromkeys(patch[:2] for patch in patches))
    for product in catalogue.products:
        if product.priced:
            for province in provinces:
                yield from _province_rows(catalogue, product, province)
    now, level = catalogue.periods[-1]
    for region, every in _special_regions(places, patches):
        for product in catalogue.products[::every]:
            if product.priced:
                price = catalogue.list_price(product, region[:2], level) - 30
                yield _price_row(product, region, "*", now, None, price)


def _province_rows(catalogue: Catalogue, product: Product, province: str) -> Iterator[Row]:
    starts = [*catalogue.periods, catalogue.announced]
    for place, (start, level) in enumerate(starts):
        left_open = place in (1, len(starts) - 2, len(starts) - 1)
        end = None if left_open else starts[place + 1][0] - timedelta(days=1)
        price = catalogue.list_price(product, province, level)
        yield _price_row(product, province, "*", start, end, price)
    now, level = catalogue.periods[-1]
    for tier, discount in _TIER_DISCOUNTS.items():
        price = int(catalogue.list_price(product, province, level) * (1 - discount) / 10) * 10
        yield _price_row(product, province, tier, now, catalogue.announced[0] - timedelta(days=1), price)


def _special_regions(places: Places, patches: Sequence[str]) -> Iterator[tuple[str, int]]:
    """(region, every so many products): a city and a county with a market of their own among the first patches."""
    for patch in patches[2:24:3]:
        yield patch, 5
    for patch in patches[:12:2]:
        counties = places.below.get(patch, [])
        if counties:
            yield counties[-1], 7


def _price_row(product: Product, region: str, tier: str, start: date, end: date | None, price: int) -> Row:
    floor = None if product.floor_gap is None else int(price * (1 - product.floor_gap))
    return {
        "product": product.code,
        "region": region,
        "tier": tier,
        "valid_from": start.isoformat(),
        "valid_to": end.isoformat() if end else "",
        "list_price": _yuan(price),
        "floor_price": "" if floor is None else _yuan(floor),
        "retail_price": _yuan(int(price * Decimal("1.08") / 10) * 10) if product.retail else "",
    }


def rebate_rows(catalogue: Catalogue, special: str, exclusive: str, today: date) -> Iterator[Row]:
    """Rebates of all five kinds: in force, ended and announced. `special`, `exclusive`: distributor codes."""
    month, next_month = month_start(today, 0), month_start(today, 1)
    quarter = month_start(today, -((today.month - 1) % 3))
    year, last_year = date(today.year, 1, 1), date(today.year - 1, 1, 1)
    month_end = next_month - timedelta(days=1)
    quarter_end = month_start(quarter, 3) - timedelta(days=1)
    year_end = date(today.year, 12, 31)
    pig, poultry = catalogue.of_line("pig")[0].code, catalogue.of_line("poultry")[0].code
    # kind, distributor, tier, line, product, yuan per tonne, percent, from, to
    table = (
        ("month", "*", "S", "pig", "*", "15.00", "", month, month_end),
        ("month", "*", "A", "pig", "*", "10.00", "", month, month_end),
        ("month", "*", "*", "*", poultry, "20.00", "", month, month_end),
        ("month", "*", "*", "aqua", "*", "", "0.3", month_start(today, -1), month - timedelta(days=1)),
        ("month", "*", "*", "pig", "*", "12.00", "", next_month, month_start(today, 2) - timedelta(days=1)),
        ("quarter", "*", "S", "*", "*", "", "0.4", quarter, quarter_end),
        ("quarter", "*", "A", "poultry", "*", "", "0.3", quarter, quarter_end),
        ("quarter", "*", "*", "ruminant", "*", "8.00", "", quarter, quarter_end),
        ("year", "*", "S", "*", "*", "5.00", "0.2", year, year_end),
        ("year", "*", "*", "pig", "*", "4.00", "", last_year, year - timedelta(days=1)),
        ("year", "*", "A", "*", "*", "", "0.25", year, None),
        ("special", special, "*", "*", pig, "25.00", "", month, quarter_end),
        ("exclusive", exclusive, "*", "*", "*", "", "0.5", year, year_end),
    )
    for number, (kind, distributor, tier, line, product, per_tonne, percent, start, end) in enumerate(table, 1):
        yield {
            "code": f"R{today.year}-{number:02d}",
            "kind": kind,
            "distributor": distributor,
            "tier": tier,
            "line": line,
            "product": product,
            "per_tonne": per_tonne,
            "percent": percent,
            "valid_from": start.isoformat(),
            "valid_to": end.isoformat() if end else "",
        }


def _yuan(whole: int) -> str:
    return f"{whole}.00"
