"""Accounts of which some are one business and some only look so: what finding merged accounts is measured with.

The answer (which pairs are one) is returned beside the rows and never stored with them: the detection knows no more
than it would of a company's own files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import ContactRole, Status
from fieldapp.network.dossier.alike import code_key, phone_key
from fieldapp.network.dossier.models import Dossier
from fieldapp.network.territory.models import Area
from fieldapp.trade.ledger.models import Invoice, InvoiceLine, Payment
from fieldapp.trade.ledger.rules import payer_key
from fieldapp.trade.products.models import Product

MONTHS = 24
MARKS = "丰禾大江金谷绿源正兴宏达瑞康华牧天邦恒发永盛福泰安顺祥和东方红星朝阳长青春雨田园万利仁信义德"
TRADES = ("饲料经营部", "农牧有限公司", "畜牧服务部", "饲料行", "农资店", "养殖服务中心")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英建国文华志红玉兰海燕春梅新宇浩然子轩"
STREETS = ("人民路", "建设路", "解放路", "中山路", "文化路", "迎宾大道", "工业路", "和平街", "胜利路", "光明街")
# What is one, and what is not, however it looks.
TRUE = ("phone", "payer", "address", "moved", "bank", "text", "code", "near")
FALSE = ("relatives", "accountant", "sold", "chain", "season", "neighbours", "namesakes", "rival", "cash", "market")


@dataclass(slots=True)
class Account:
    """One account as its file and the ledger say it. `months`: kilograms a month, the oldest first; `away`: a region
    and the percent that goes there; `late`: orders at the end of the month."""

    number: int
    name: str
    region: str
    place: tuple[float, float] | None
    address: str | None
    person: str | None
    credit: str | None
    bank: str | None
    phones: list[tuple[str, ContactRole | None]]
    payer: str | None
    months: list[int]
    away: tuple[str, int] | None = None
    late: bool = False

    @property
    def id(self) -> UUID:
        """Its key."""
        return UUID(int=(0x7 << 76) | (0x2 << 62) | (self.number + 1))


@dataclass(frozen=True, slots=True)
class Answer:
    """Two accounts, and whether they are one business; `kind` says how they hide, or why it only looks so."""

    kind: str
    one: UUID
    other: UUID
    same: bool


class Counties:
    """Townships by county; counties of fewer than three are left out."""

    def __init__(self, townships: Iterable[str]) -> None:
        by_county: dict[str, list[str]] = {}
        for code in townships:
            by_county.setdefault(code[:6], []).append(code)
        self._townships = {county: found for county, found in by_county.items() if len(found) > 2}
        self._every = [code for found in self._townships.values() for code in found]

    def any(self, number: int) -> str:
        """The township of an account, so that all have about as many."""
        return self._every[number * 7 % len(self._every)]

    def beside(self, township: str, random: Random) -> str:
        """Another one of its county."""
        return random.choice([code for code in self._townships[township[:6]] if code != township])


@dataclass(slots=True)
class Company:
    """All accounts, and the answer."""

    accounts: list[Account] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


def make(seed: int, count: int, each: int, townships: Iterable[str]) -> Company:
    """`count` accounts that have nothing to do with each other, and `each` pairs of every kind among them; each account
    is at home in a township, which is its area."""
    random = Random(seed)
    company, counties = Company(), Counties(townships)
    for number in range(count):
        company.accounts.append(_account(random, number, counties.any(number), counties))
    _commonplace(random, company.accounts)
    makers: dict[str, Callable[[Random, Account, Account], None]] = {
        "phone": _phone, "payer": _payer, "address": _address, "moved": _moved, "bank": _bank, "text": _text,
        "code": _code, "near": _near, "sold": _sold, "chain": _chain, "season": _season, "neighbours": _neighbours,
        "namesakes": _namesakes, "rival": _rival, "cash": _cash,
    }  # fmt: skip
    for kind, maker in makers.items():
        for _number in range(each):
            one, other = _two(random, company, counties)
            if kind == "moved":
                other.region = counties.beside(one.region, random)
            maker(random, one, other)
            company.answers.append(Answer(kind, *sorted((one.id, other.id)), kind in TRUE))
    for _number in range(max(1, each // 4)):
        for kind, crowd in (("relatives", _hall), ("accountant", _books), ("market", _market)):
            together = crowd(random, company, counties)
            pairs = [(a.id, b.id) for n, a in enumerate(together) for b in together[n + 1 :]]
            company.answers += [Answer(kind, *sorted(pair), False) for pair in pairs]
    return company


# Believable accounts --------------------------------------------------------------------------------------------------


def _account(random: Random, number: int, home: str, counties: Counties) -> Account:
    middle = _middle(home)
    place = (middle[0] + random.uniform(-0.02, 0.02), middle[1] + random.uniform(-0.02, 0.02))
    name = "".join(random.choice(MARKS) for _ in range(4)) + random.choice(TRADES)
    person = _person(random)
    return Account(
        number=number,
        name=name,
        region=home,
        place=place if random.random() < 0.8 else None,
        address=f"{random.choice(STREETS)}{random.randint(1, 3000)}号" if random.random() < 0.9 else None,
        person=person if random.random() < 0.9 else None,
        credit=f"92{random.randrange(10**16):016}" if random.random() < 0.7 else None,
        bank=f"62{random.randrange(10**17):017}" if random.random() < 0.7 else None,
        phones=[(f"1{random.choice('3578')}{random.randrange(10**9):09}", None)],
        payer=random.choices((name, person, None), (60, 15, 25))[0],
        months=_months(random),
        away=(counties.beside(home, random), random.randint(5, 30)) if random.random() < 0.05 else None,
        late=random.random() < 0.03,
    )


def _middle(home: str) -> tuple[float, float]:
    """Where a township lies: about its county."""
    county, spread = Random(home[:6]), Random(home)
    north, east = 24 + int(home[:4]) % 97 / 6 + county.uniform(0, 1.5), 100 + int(home[:2]) / 3 + county.uniform(0, 2.5)
    return north + spread.uniform(-0.15, 0.15), east + spread.uniform(-0.15, 0.15)


def _person(random: Random) -> str:
    # Some names are borne by many, as they are.
    surname = SURNAMES[min(int(random.expovariate(0.08)), len(SURNAMES) - 1)]
    return surname + "".join(random.choice(GIVEN) for _ in range(1 if random.random() < 0.15 else 2))


def _months(random: Random, level: float | None = None, season: float | None = None) -> list[int]:
    """Two years: a level, a season of its own, chance, and for some a real rise or fall."""
    level = level or min(max(random.lognormvariate(9.6, 0.7), 2_000), 120_000)
    season = random.uniform(0, 0.3) if season is None else season
    peak = random.randrange(12)
    found = []
    step = random.uniform(0.5, 1.8) if random.random() < 0.1 else 1.0
    at = random.randrange(12, MONTHS)
    for month in range(MONTHS):
        wave = 1 + season * (1 - abs((month - peak) % 12 - 6) / 3)
        found.append(int(level * wave * random.uniform(0.85, 1.15) * (step if month >= at else 1)))
    return found


def _commonplace(random: Random, accounts: Sequence[Account]) -> None:
    """What stands in many files and says nothing: the number that is typed when there is none, "none", the bank's
    collecting account."""
    for account in accounts:
        chance = random.random()
        if chance < 0.02:
            account.phones = [("13800000000", None)]
        elif chance < 0.04:
            account.bank = "无"
        elif chance < 0.06:
            account.bank = "62220000000000000"
        elif chance < 0.08:
            account.person = "无"


def _two(random: Random, company: Company, counties: Counties) -> tuple[Account, Account]:
    home = counties.any(random.randrange(1_000_000))
    pair = tuple(_plain(random, len(company.accounts) + number, home, counties) for number in range(2))
    company.accounts += pair
    return pair[0], pair[1]


def _plain(random: Random, number: int, home: str, counties: Counties) -> Account:
    """An account of which everything is known, and that does nothing of its own."""
    account = _account(random, number, home, counties)
    middle = _middle(home)
    return replace(
        account,
        place=(middle[0] + random.uniform(-0.02, 0.02), middle[1] + random.uniform(-0.02, 0.02)),
        address=f"{random.choice(STREETS)}{3000 + number}号",
        person=_person(random) + random.choice(GIVEN),
        months=[int(20_000 * random.uniform(0.9, 1.1)) for _ in range(MONTHS)],
        payer=account.name,
        away=None,
        late=False,
    )


# One business ---------------------------------------------------------------------------------------------------------


def _phone(random: Random, one: Account, other: Account) -> None:
    other.phones.append((one.phones[0][0], ContactRole.BUYER))
    if random.random() < 0.5:
        other.late = True


def _payer(_random: Random, one: Account, other: Account) -> None:
    other.payer = one.payer


def _address(random: Random, one: Account, other: Account) -> None:
    assert one.place
    other.place = (one.place[0] + random.uniform(-0.0006, 0.0006), one.place[1] + random.uniform(-0.0004, 0.0004))
    other.person = one.person


def _moved(random: Random, one: Account, other: Account) -> None:
    """What one loses the other, in the next township, gains, and sends it where the first one is at home."""
    _shift(random, one, other)
    assert one.place
    other.place = (one.place[0] + random.uniform(-0.05, 0.05), one.place[1] + random.uniform(-0.05, 0.05))
    other.away = (one.region, random.randint(30, 60))


def _shift(random: Random, one: Account, other: Account) -> None:
    at = random.randint(MONTHS - 8, MONTHS - 4)
    gone = int(random.uniform(0.6, 0.9) * 20_000)
    for month in range(at, MONTHS):
        one.months[month] -= gone
        other.months[month] += int(gone * random.uniform(0.9, 1.1))


def _bank(_random: Random, one: Account, other: Account) -> None:
    one.bank = one.bank or "6217000011112222333"[: 15 + one.number % 4] + f"{one.number:07}"
    other.bank = f"{one.bank[:4]} {one.bank[4:]}"


def _text(_random: Random, one: Account, other: Account) -> None:
    other.place, other.address = None, one.address
    other.phones.append((one.phones[0][0], None))


def _code(_random: Random, one: Account, other: Account) -> None:
    one.credit = one.credit or f"92{one.number:016}"
    other.credit = one.credit.lower()


def _near(random: Random, one: Account, other: Account) -> None:
    assert one.place
    other.place = (one.place[0] + random.uniform(-0.0006, 0.0006), one.place[1] + random.uniform(-0.0004, 0.0004))
    _shift(random, one, other)


# Only looks so --------------------------------------------------------------------------------------------------------


def _sold(random: Random, one: Account, other: Account) -> None:
    """A business that was sold: the shop, its phone and its sales go on under another owner."""
    at = random.randint(MONTHS - 12, MONTHS - 5)
    one.months = [kg if month < at else 0 for month, kg in enumerate(one.months)]
    other.months = [0 if month < at else kg for month, kg in enumerate(other.months)]
    other.place, other.address, other.phones = one.place, one.address, list(one.phones)


def _chain(random: Random, one: Account, other: Account) -> None:
    """Two shops of a chain that trade under one name, with one number to call."""
    head = one.name[:3]
    one.name = one.payer = f"{head}一分店饲料行"
    other.name = other.payer = f"{head}二分店饲料行"
    other.phones = list(one.phones)
    if random.random() < 0.5:
        other.person = one.person


def _season(random: Random, one: Account, other: Account) -> None:
    """One sells fish feed in summer, the other pig feed in winter, every year."""
    low = random.randint(4, 8)
    for month in range(MONTHS):
        warm = low <= month % 12 < low + 6
        one.months[month] = int((35_000 if warm else 6_000) * random.uniform(0.9, 1.1))
        other.months[month] = int((6_000 if warm else 35_000) * random.uniform(0.9, 1.1))


def _neighbours(random: Random, one: Account, other: Account) -> None:
    assert one.place
    other.place = (one.place[0] + random.uniform(-0.0005, 0.0005), one.place[1])


def _namesakes(_random: Random, one: Account, other: Account) -> None:
    other.person = one.person


def _rival(random: Random, one: Account, other: Account) -> None:
    """One loses to another who is better: fair, and nothing else speaks for it."""
    _shift(random, one, other)


def _cash(random: Random, one: Account, other: Account) -> None:
    one.payer = other.payer = random.choice(("现金", "微信支付", "个人"))


def _hall(random: Random, company: Company, counties: Counties) -> list[Account]:
    """Relatives and others of a market hall: one surname, one address, a few metres apart."""
    people = _crowd(random, company, counties, random.randint(10, 14))
    place, surname = people[0].place, random.choice(SURNAMES)
    assert place
    for number, one in enumerate(people):
        one.place = (place[0] + random.uniform(-0.0003, 0.0003), place[1] + random.uniform(-0.0003, 0.0003))
        one.address = people[0].address
        one.person = surname + GIVEN[number] + GIVEN[-number - 1]
    return people


def _books(random: Random, company: Company, counties: Counties) -> list[Account]:
    """Those whose books one accountant keeps: the number stands in each file, in some without saying whose it is."""
    people = _crowd(random, company, counties, random.randint(4, 6))
    number, known = f"139{random.randrange(10**8):08}", random.random() < 0.5
    for one in people:
        one.phones.append((number, ContactRole.ACCOUNTANT if known else None))
    return people


def _market(random: Random, company: Company, counties: Counties) -> list[Account]:
    """A market's office, whose phone stands in thirty files."""
    people = _crowd(random, company, counties, 30)
    for one in people:
        one.phones = [(people[0].phones[0][0], None)]
    return people


def _crowd(random: Random, company: Company, counties: Counties, size: int) -> list[Account]:
    home = counties.any(random.randrange(1_000_000))
    people = [_plain(random, len(company.accounts) + number, home, counties) for number in range(size)]
    company.accounts += people
    return people


# Into a database ------------------------------------------------------------------------------------------------------

_AT = datetime(2026, 11, 1, tzinfo=UTC)


def load(company: Company, product: Product, today: date, lines: int) -> int:
    """Write the accounts with their files, areas, invoices and payments; `lines`: invoice lines of each month that has
    any. The keys of look-alikes are kept as `dossier.upkeep` keeps them. How many lines there are."""
    tables: dict[Any, list[dict[str, Any]]] = {}
    written = 0

    def put(model: Any, row: dict[str, Any]) -> None:
        tables.setdefault(model, []).append(row)

    for account in company.accounts:
        _put_file(account, put)
        written += _put_trade(account, product.id, today, lines, put)
        if len(tables.get(InvoiceLine, ())) > 20_000:
            _write(tables)
    _write(tables)
    return written


_ORDER = (Distributor, Dossier, Contact, Area, Invoice, InvoiceLine, Payment)


def _write(tables: dict[Any, list[dict[str, Any]]]) -> None:
    for model in _ORDER:
        if rows := tables.pop(model, []):
            db.session.connection().execute(sa.insert(model.__table__), rows)


def _put_file(account: Account, put: Callable[[Any, dict[str, Any]], None]) -> None:
    code = f"M{account.number:07}"
    place = account.place or (None, None)
    put(
        Distributor,
        {
            "id": account.id, "code": code, "code_key": code.lower(), "name": account.name,
            "pinyin": f"m{account.number:07}",
            "region_code": account.region, "tier": "A", "status": Status.ACTIVE, "updated_at": _AT,
            "address": account.address, "lat": place[0], "lng": place[1], "credit_code": account.credit,
            "bank_account": account.bank, "legal_person": account.person,
        },
    )  # fmt: skip
    address = f"{account.region}:{account.address}" if account.address else None
    put(
        Dossier,
        {
            "distributor_id": account.id, "percent": 0, "missing": [], "checked": {},
            "name_key": f"{account.region[:4]}:{account.name[:2]}", "address_key": address,
            "credit_key": code_key(account.credit), "bank_key": code_key(account.bank),
        },
    )  # fmt: skip
    for number, (phone, role) in enumerate(account.phones):
        put(
            Contact,
            {
                "id": UUID(int=account.id.int + ((number + 1) << 96)), "distributor_id": account.id, "main": not number,
                "name": "—", "phone": phone, "role": role, "phone_key": phone_key(phone),
            },
        )  # fmt: skip
    put(
        Area,
        {
            "id": UUID(int=account.id.int + (9 << 96)), "distributor_id": account.id, "region_code": account.region,
            "line": "*", "line_key": "*", "valid_from": date(2024, 1, 1), "valid_to": None, "shared": True,
        },
    )  # fmt: skip


def _put_trade(
    account: Account, product: UUID, today: date, lines: int, put: Callable[[Any, dict[str, Any]], None]
) -> int:
    written = 0
    for number, (first, kilograms) in enumerate(zip(_firsts(today), account.months, strict=True)):
        if not kilograms:
            continue
        key = UUID(int=account.id.int + ((100 + number) << 96))
        day = first + timedelta(days=27 if account.late else (account.number * 7 + number * 5) % 24)
        name = f"V{account.number}-{number}"
        put(
            Invoice,
            {
                "id": key, "number": name, "number_key": name.lower(), "distributor_id": account.id, "date": day,
                "amount": kilograms * 300,
            },
        )  # fmt: skip
        for line, (region, grams) in enumerate(_lines(account, kilograms * 1000, lines), 1):
            put(
                InvoiceLine,
                {
                    "invoice_id": key, "line_no": line, "ship_to": region, "product_id": product, "weight": grams,
                    "amount": grams * 3 // 10,
                },
            )  # fmt: skip
            written += 1
        if number % 3 == 0:
            put(
                Payment,
                {
                    "id": key, "number": name, "number_key": name.lower(), "distributor_id": account.id, "date": day,
                    "amount": kilograms * 300, "payer": account.payer, "payer_key": payer_key(account.payer),
                },
            )  # fmt: skip
    return written


def _lines(account: Account, grams: int, lines: int) -> Iterator[tuple[str, int]]:
    away = grams * account.away[1] // 100 if account.away else 0
    if account.away and away:
        yield account.away[0], away
    for number in range(lines):
        yield account.region, (grams - away) // lines + ((grams - away) % lines if number == 0 else 0)


def _firsts(today: date) -> Iterator[date]:
    this = today.year * 12 + today.month - 1
    for number in range(this - MONTHS, this):
        yield date(number // 12, number % 12 + 1, 1)


def judged(answers: Iterable[Answer], found: set[tuple[UUID, UUID]]) -> tuple[dict[str, tuple[int, int]], int, int]:
    """({kind: (found, of)}, true pairs found, pairs found that are none), held against the answer."""
    kinds: dict[str, tuple[int, int]] = {}
    true = {(one.one, one.other) for one in answers if one.same}
    for one in answers:
        hit, of = kinds.get(one.kind, (0, 0))
        kinds[one.kind] = hit + ((one.one, one.other) in found), of + 1
    return kinds, len(found & true), len(found - true)
