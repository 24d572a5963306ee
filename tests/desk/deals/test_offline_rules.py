"""The rule of the phone against the rules of the server: thousands of random deals, in a real Chromium."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from playwright.sync_api import Browser, Page

from fieldapp.core.findings import Finding, Level
from fieldapp.core.money import MAX_FEN
from fieldapp.desk.checks.presentation import Seeing, present
from fieldapp.desk.checks.queries import Owner
from fieldapp.desk.checks.rules import (
    CASH_LEVELS,
    LEVELS,
    CheckResult,
    DealFacts,
    DealInput,
    DealPolicy,
    LineFacts,
    LineInput,
    Terms,
    check,
)
from fieldapp.desk.deals.offline_views import words
from fieldapp.desk.deals.rules import lowest_per_bag, per_bag, per_tonne
from fieldapp.desk.deals.snapshot_rules import MOST_PRICE, Customer, Goods, Known, pack
from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.territory.rules import AreaRow, owners
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts
from fieldapp.trade.pricing.rules import ANY, PriceRow, RebateRow, applying, best_price, lowest_price

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[3] / "static" / "offline-deal.js"
DAYS = (date(2026, 11, 23), date(2026, 11, 24))
WORLDS, DEALS = 40, 150
PLACES = ("410102001", "410102", "410103", "4101", "41", "420201", "42")
TIERS = ("s", "a", ANY, None)
LINES = ("pig", "aqua", "duck")


class Maker:
    """Random facts, small enough that their edges meet."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def dates(self) -> tuple[date, date | None]:
        start = DAYS[0] + timedelta(self.one(-90, -30, -1, 0, 0, 1, 2))
        return start, self.one(None, None, start, DAYS[0], DAYS[1], DAYS[1] + timedelta(9))

    def world(self) -> Known:
        goods = [
            Goods(f"p{n}", f"P{n}", f"料 {n}", LINES[n % 3], LINES[n % 3], self.one(40_000, 20_500, None))
            for n in range(5)
        ]
        customers = [self.customer(n) for n in range(8)]
        keys = [c.key for c in customers]
        outside = ["x1", "x2", "y1"]
        return Known(
            days=DAYS,
            policies=[(1, self.policy())] * 2 if self.one(0, 1) else [(1, self.policy()), (2, self.policy())],
            customers=customers,
            goods=goods,
            prices={p.key: [self.price(p.key) for _n in range(self.one(0, 1, 4, 9))] for p in goods},
            rebates=self.rebates(keys),
            areas=[
                AreaRow(self.one(*keys, *outside), self.one(*PLACES[:5]), self.one(ANY, *LINES), *self.ordered())
                for _n in range(self.one(0, 6, 16))
            ],
            owners={c.key: c.name for c in customers} | {"y1": "渔业 <&>"},
            places=PLACES,
            names={code: f"区 {code}" for code in PLACES},
            floors=self.one(True, False),
        )

    def ordered(self) -> tuple[date, date | None]:
        start, end = self.dates()
        return start, end if end is None or end >= start else start

    def policy(self) -> DealPolicy:
        if self.one(0, 0, 1):
            return DealPolicy()
        any_level = list(Level)
        return DealPolicy(
            tolerance_percent=Decimal(self.one("0", "2", "2.5", "0.0001", "100")),
            overdue_stop_days=30,
            overdue_frozen_days=self.one(7, 30),
            overdue_days=self.one(1, 3),
            over_limit_percent=Decimal(self.one("10", "0", "0.3333", "120.5")),
            levels={code: self.one(*any_level) for code in self.random.sample(sorted(LEVELS), 5)},
            cash_levels={code: self.one(*any_level) for code in self.random.sample(sorted(CASH_LEVELS), 2)},
        )

    def customer(self, number: int) -> Customer:
        credit = CreditFacts(
            self.one("A", "B", "C", "D", None),
            self.one(0, None, 1, 100_000, 333_333, 10_000_000, 10**13),
            self.one(None, DAYS[0], DAYS[1], DAYS[0] - timedelta(1)),
            self.one(False, False, False, True),
        )
        if credit.limit and self.one(0, 1):
            credit = replace(credit, limit=credit.limit + 500, temporary=500, temporary_until=DAYS[1])
        days = self.one(0, 0, 1, 2, 6, 7, 8, 29, 30, 31)
        owed = self.random.randrange(1, 900_000) if days else 0
        ledger = LedgerFacts(self.random.randrange(-50_000, 400_000), owed, days)
        return Customer(
            key=f"d{number}",
            code=f"D{number}",
            name=f"兴旺 {number}",
            spoken="xing wang",
            region=self.one(*PLACES),
            tier=self.one(*TIERS),
            status=self.one(*Status, Status.ACTIVE, Status.ACTIVE),
            credit=[credit, credit if self.one(0, 1) else replace(credit, frozen=not credit.frozen)],
            ledger=[ledger, replace(ledger, overdue_days=days + 1) if days else ledger],
        )

    def price(self, product: str) -> PriceRow:
        base = self.random.randrange(1, 400_000)
        start, end = self.ordered()
        return PriceRow(
            product,
            self.one(*PLACES),
            self.one("s", "a", ANY, ANY, "other"),
            start,
            end,
            self.one(None, base, 0),
            self.one(None, base, base - 1, 0, 300_000, 300_000),
            self.one(None, base, base + 1, 0),
        )

    def rebates(self, keys: list[str]) -> dict[str, list[RebateRow]]:
        found: dict[str, list[RebateRow]] = {}
        for number in range(self.one(0, 2, 10, 25)):
            whose = self.one(ANY, *keys)
            start, end = self.ordered()
            percent = self.one(None, "1", "2.5", "0.125", "3.333333", "50", "99.9") if self.one(0, 0, 1) else None
            if whose != ANY and self.one(0, 0, 0, 1):
                percent = self.one("60", "100", "40")
            found.setdefault(whose, []).append(
                RebateRow(
                    f"R{number}",
                    whose,
                    self.one("s", "a", ANY, ANY),
                    self.one(ANY, ANY, *LINES),
                    self.one(ANY, ANY, "p0", "p1"),
                    self.one(None, 0, 1, 3_333, 4_000),
                    Decimal(percent) if percent else None,
                    start,
                    end,
                )
            )
        return found


def facts_of(known: Known, who: int, place: str, goods: list[Goods], day: int) -> DealFacts:
    """The facts as checks/queries.py gathers them."""
    customer, on = known.customers[who], known.days[day]
    rebates = (*known.rebates.get(ANY, ()), *known.rebates.get(customer.key, ()))
    return DealFacts(
        DistributorFacts(customer.key, customer.status),
        tuple(
            LineFacts(
                owners(known.areas, place, p.line_key, on),
                best_price(known.prices.get(p.key, ()), place, customer.tier, on),
                applying(rebates, customer.key, customer.tier, p.line_key, p.key, on),
            )
            for p in goods
        ),
        customer.credit[day],
        customer.ledger[day],
    )


def a_deal(maker: Maker, known: Known) -> tuple[dict[str, Any], int, CheckResult]:
    """A deal for the phone, its day, and the server's answer; prices and weights on the edges more often than not."""
    day, who, place = maker.one(0, 1), maker.random.randrange(len(known.customers)), maker.one(*PLACES)
    products = [maker.random.randrange(len(known.goods)) for _n in range(maker.one(1, 1, 2, 4))]
    facts = facts_of(known, who, place, [known.goods[p] for p in products], day)
    policy = known.policies[day][1]
    lines = []
    for line in facts.lines:
        around = [0, 1, MOST_PRICE, maker.random.randrange(400_000)]
        floor = line.price and line.price.floor_price
        if line.price is not None and floor is not None:
            for wanted in (floor, floor - floor * 2 // 100, int(floor * (100 - policy.tolerance_percent) / 100)):
                lowest = lowest_price(wanted, line.rebates)
                around += [max(0, lowest + step) for step in (-1, 0, 1)] if lowest is not None else []
        if line.price is not None and line.price.retail_price is not None:
            around += [line.price.retail_price, line.price.retail_price + 1]
        lines.append((maker.one(1, 40_000, 999, 5_000_000, 12_345_678, 10**12), min(maker.one(*around), MOST_PRICE)))
    cash = maker.one(True, False, False)
    deal = DealInput(
        known.customers[who].key,
        known.days[day],
        place,
        Terms.CASH if cash else Terms.CREDIT,
        tuple(LineInput(known.goods[p].key, *line) for p, line in zip(products, lines, strict=True)),
    )
    asked = {
        "who": who,
        "place": place,
        "cash": cash,
        "lines": [{"product": p, "grams": g, "price": price} for p, (g, price) in zip(products, lines, strict=True)],
    }
    return asked, day, check(deal, facts, policy)


FACTS = ("price", "list", "floor", "retail", "net", "rebates", "lowest_ok_price", "lowest_approvable_price", "limit",
         "outstanding", "available", "overdue", "overdue_days", "amount", "over", "to_pay_for_approval",
         "temporary")  # fmt: skip


def plain(finding: Finding, floors: bool) -> dict[str, Any]:
    """What both sides say of a finding."""
    facts = {name: finding.facts[name] for name in FACTS if name in finding.facts}
    if not floors or facts.get("floor") is None:
        facts.pop("floor", None)
    if finding.code.startswith("territory."):
        facts = {name: finding.facts[name] for name in ("floor_kept", "lowest_ok_price") if name in finding.facts}
    return {"code": finding.code, "level": finding.level.value, "line": finding.line, "facts": facts}


def theirs(finding: dict[str, Any]) -> dict[str, Any]:
    """The same of the phone's."""
    names = ("floor_kept", "lowest_ok_price") if finding["code"].startswith("territory.") else FACTS
    facts = {name: finding["facts"][name] for name in names if name in finding["facts"]}
    if facts.get("floor") is None:
        facts.pop("floor", None)
    return {"code": finding["code"], "level": finding["level"], "line": finding["line"], "facts": facts}


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(path=SCRIPT)
    yield page
    page.close()


ASK = """([s, deals]) => deals.map(([deal, day]) => offlineDeal.check(s, deal, day))"""


def test_the_phone_says_what_the_server_says(phone: Page) -> None:
    met: Counter[str] = Counter()
    for seed in range(WORLDS):
        maker = Maker(seed)
        known = maker.world()
        packed = pack(known)
        asked = [a_deal(maker, known) for _n in range(DEALS)]
        answers = phone.evaluate(ASK, [packed, [[deal, day] for deal, day, _result in asked]])
        for (deal, day, wanted), answer in zip(asked, answers, strict=True):
            if wanted.amount > MAX_FEN:
                assert answer is None
                continue
            assert answer is not None, (seed, deal, day)
            told = [theirs(finding) for finding in answer["findings"]]
            assert told == [plain(finding, known.floors) for finding in wanted.findings], (seed, deal, day)
            assert answer["verdict"] == wanted.verdict, (seed, deal, day)
            assert (answer["amount"], tuple(answer["line_amounts"])) == (wanted.amount, wanted.line_amounts)
            met.update(finding.code for finding in wanted.findings)
            met["answers"] += 1
    assert met["answers"] >= 5000
    assert set(met) >= set(LEVELS), set(LEVELS) - set(met)


PRESENT = """([s, words, deals]) => deals.map(([deal, day]) => {
  const answer = offlineDeal.check(s, deal, day);
  return answer && offlineDeal.present(s, words, answer.findings);
})"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_in_the_same_words(phone: Page, app: Flask, language: str) -> None:
    met: Counter[str] = Counter()
    with app.test_request_context(), force_locale(language):
        said = words()
        for seed in range(1000, 1012):
            maker = Maker(seed)
            known = replace(maker.world(), floors=False)
            viewer: Any = SimpleNamespace(covers=lambda region: region == "in")
            people = {
                **{key: Owner(key, name, "in") for key, name in known.owners.items()},
                **{key: Owner(key, key, "out") for key in ("x1", "x2")},
            }
            asked = [a_deal(maker, known) for _n in range(60)]
            shown = phone.evaluate(PRESENT, [pack(known), said, [[deal, day] for deal, day, _result in asked]])
            for (deal, day, wanted), told in zip(asked, shown, strict=True):
                if told is None:
                    continue
                found = present(wanted.findings, Seeing(viewer, False, people))
                for part, ours in (("wrong", found.wrong), ("fine", found.in_order)):
                    for mine, his in zip(ours, told[part], strict=True):
                        assert his["title"] == mine.title
                        assert his["message"] == mine.message, (seed, deal, day)
                        assert [tuple(pair) for pair in his["numbers"]] == mine.facts, (seed, deal, day)
                        met[mine.code] += 1
                assert told["because"] == found.because
    assert len(met) > 20


def test_a_price_per_bag_and_what_is_typed(phone: Page) -> None:
    maker = random.Random(7)
    pairs = [
        (maker.choice((0, 1, maker.randrange(10**6), MOST_PRICE)), maker.choice((1, 20_500, 40_000)))
        for _n in range(500)
    ]
    told = phone.evaluate(
        """(pairs) => pairs.map(([p, g]) =>
          [offlineDeal.bagToTonne(p, g), offlineDeal.tonneToBag(p, g), offlineDeal.lowestBag(p, g)])""",
        pairs,
    )
    assert [tuple(row) for row in told] == [(per_tonne(p, g), per_bag(p, g), lowest_per_bag(p, g)) for p, g in pairs]
    typed = [
        "3150",
        " 3,150.5 ",
        "¥3150.00",
        "３１５０",
        "-1",
        "0",
        "1e3",
        "31,50",
        "3150.001",
        "",
        "100000000.01",
        "+5",
    ]
    assert phone.evaluate("(texts) => texts.map(offlineDeal.readPrice)", typed) == [
        315_000, 315_050, 315_000, 315_000, None, 0, None, None, None, None, None, 500,
    ]  # fmt: skip
    weights = ["5000", "0.001", "0", "0.0001", "1000000000", "1000000001", "十"]
    assert phone.evaluate("(texts) => texts.map(offlineDeal.readWeight)", weights) == [
        5_000_000, 1, None, None, 10**12, None, None,
    ]  # fmt: skip
