"""Every finding of the deal check has a deal in the demo company that shows it."""

from datetime import date
from decimal import Decimal

import pytest

from fieldapp.core.findings import Level, Verdict
from fieldapp.core.money import parse_kilograms, parse_yuan
from fieldapp.desk.checks import rules as checks
from fieldapp.desk.demo import company
from fieldapp.desk.demo.company import Company
from fieldapp.desk.demo.showcases import Showcase
from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.territory import rules as territory
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger import rules as ledger
from fieldapp.trade.pricing import rules as pricing

LEVEL_OF_VERDICT = {Verdict.STOP: Level.STOP, Verdict.APPROVAL: Level.APPROVAL}

Row = dict[str, str]


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def fen(text: str) -> int | None:
    return parse_yuan(text) if text else None


class Records:
    """What an import of the company's files would know, and the deal check upon it."""

    def __init__(self, made: Company) -> None:
        self.today = made.today
        files = {kind: list(made.rows(kind)) for kind in company.KINDS}
        self.users = {row["username"]: row for row in files["users"]}
        self.products = {row["code"]: row for row in files["products"]}
        self.distributors = {row["code"]: row for row in files["distributors"]}
        self.credit = {row["distributor"]: row for row in files["credit"]}
        self.invoices, self.payments = files["invoices"], files["payments"]
        self.areas = [
            territory.AreaRow(
                row["distributor"],
                row["region"],
                row["line"],
                date.fromisoformat(row["valid_from"]),
                day(row["valid_to"]),
            )
            for row in files["areas"]
        ]
        self.prices = [
            pricing.PriceRow(
                row["product"],
                row["region"],
                row["tier"],
                date.fromisoformat(row["valid_from"]),
                day(row["valid_to"]),
                fen(row["list_price"]),
                fen(row["floor_price"]),
                fen(row["retail_price"]),
            )
            for row in files["prices"]
        ]
        self.rebates = [
            pricing.RebateRow(
                row["code"],
                row["distributor"],
                row["tier"],
                row["line"],
                row["product"],
                fen(row["per_tonne"]),
                Decimal(row["percent"]) if row["percent"] else None,
                date.fromisoformat(row["valid_from"]),
                day(row["valid_to"]),
            )
            for row in files["rebates"]
        ]

    def check(self, showcase: Showcase) -> checks.CheckResult:
        deal = showcase.deal
        lines = tuple(
            checks.LineInput(line["product"], parse_kilograms(line["kg"]), parse_yuan(line["price"]))
            for line in deal["lines"]
        )
        asked = checks.DealInput(deal["distributor"], self.today, deal["ship_to"], checks.Terms(deal["terms"]), lines)
        distributor = self.distributors[asked.distributor]
        facts = checks.DealFacts(
            DistributorFacts(asked.distributor, Status(distributor["status"])),
            tuple(self._line(asked, line, distributor["tier"]) for line in lines),
            self._credit(asked.distributor),
            self._ledger(asked.distributor),
        )
        return checks.check(asked, facts, checks.DealPolicy())

    def _line(self, deal: checks.DealInput, line: checks.LineInput, tier: str) -> checks.LineFacts:
        of_line = self.products[line.product]["line"]
        candidates = [row for row in self.prices if row.product == line.product]
        return checks.LineFacts(
            territory.owners(self.areas, deal.ship_to, of_line, deal.on),
            pricing.best_price(candidates, deal.ship_to, tier, deal.on),
            pricing.applying(self.rebates, deal.distributor, tier, of_line, line.product, deal.on),
        )

    def _credit(self, code: str) -> CreditFacts:
        row = self.credit.get(code)
        if row is None:
            return CreditFacts()
        return CreditFacts(row["grade"] or None, fen(row["limit"]), day(row["valid_until"]), row["frozen"] == "yes")

    def _ledger(self, code: str) -> ledger.LedgerFacts:
        invoices = [
            ledger.InvoiceFacts(
                row["number"], date.fromisoformat(row["date"]), day(row["due"]), parse_yuan(row["amount"])
            )
            for row in self.invoices
            if row["distributor"] == code
        ]
        payments = [
            ledger.PaymentFacts(
                row["number"],
                date.fromisoformat(row["date"]),
                parse_yuan(row["amount"]),
                row["invoice"] or None,
            )
            for row in self.payments
            if row["distributor"] == code
        ]
        return ledger.position(invoices, payments, self.today)


SIZES = {
    "default": {"distributors": 300, "products": 60, "seed": 1, "today": date(2026, 11, 23), "sales": 60},
    "smallest": {"distributors": 26, "products": 8, "seed": 2, "today": date(2026, 11, 23), "sales": 30},
    "no trade": {"distributors": 60, "products": 20, "seed": 3, "today": date(2027, 1, 1), "sales": 0},
    "leap day": {"distributors": 60, "products": 60, "seed": 4, "today": date(2028, 2, 29), "sales": 30},
    "quarter end": {"distributors": 60, "products": 61, "seed": 5, "today": date(2027, 3, 31), "sales": 30},
    "busy": {"distributors": 30, "products": 60, "seed": 6, "today": date(2026, 12, 31), "sales": 2500},
    "whole country": {"distributors": 8500, "products": 9, "seed": 7, "today": date(2027, 6, 15), "sales": 0},
}


@pytest.fixture(scope="module", params=SIZES)
def made(request: pytest.FixtureRequest) -> Company:
    return company.build(**SIZES[request.param])


@pytest.fixture(scope="module")
def records(made: Company) -> Records:
    return Records(made)


def test_every_finding_has_its_deal(made: Company, records: Records) -> None:
    assert {showcase.code for showcase in made.showcases} == set(checks.LEVELS)
    for showcase in made.showcases:
        found = records.check(showcase).findings
        assert showcase.code in [finding.code for finding in found], (showcase, found)


def test_nothing_in_a_deal_is_worse_than_what_it_shows(made: Company, records: Records) -> None:
    for showcase in made.showcases:
        result = records.check(showcase)
        (shown,) = [finding for finding in result.findings if finding.code == showcase.code]
        worst = LEVEL_OF_VERDICT.get(result.verdict)
        assert worst is None or shown.level == worst, (showcase, result)


def test_cash_terms_are_shown_where_they_change_the_level(made: Company) -> None:
    shown = {(showcase.code, showcase.deal["terms"]) for showcase in made.showcases}
    for code in ("credit.overdue", "credit.overdue_frozen", "credit.overdue_stop"):
        assert {(code, "credit"), (code, "cash")} <= shown


def test_the_rep_of_the_demo_can_enter_every_deal(made: Company, records: Records) -> None:
    patch = records.users["rep"]["regions"]
    for showcase in made.showcases:
        row = records.distributors[showcase.deal["distributor"]]
        assert row["rep"] == "rep"
        assert row["region"].startswith(patch)


def test_a_foreign_area_belongs_to_somebody_of_the_other_rep(made: Company, records: Records) -> None:
    other = records.users["rep2"]["regions"]
    foreign = [showcase for showcase in made.showcases if showcase.code.startswith("territory.foreign")]
    assert len(foreign) == 2
    for showcase in foreign:
        assert showcase.deal["ship_to"].startswith(other)
        (finding,) = [found for found in records.check(showcase).findings if found.code == showcase.code]
        assert finding.facts["owners"]
        assert {records.distributors[code]["rep"] for code in finding.facts["owners"]} == {"rep2"}
