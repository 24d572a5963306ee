"""A stored check as the rule's input again: the deal and the facts, exactly as they were."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from fieldapp.network.distributors.rules import DistributorFacts, Status
from fieldapp.network.territory.rules import TerritoryFacts
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts, OpenItem
from fieldapp.trade.pricing.rules import PriceRow, RebateRow

from .models import DealCheck
from .rules import DealFacts, DealInput, LineFacts, LineInput


class NotReplayableError(ValueError):
    """The stored check lacks a fact that the rule asks for, or holds one that it does not know."""


def restore(check: DealCheck) -> tuple[DealInput, DealFacts]:
    """The deal and the facts of a stored check. Raises NotReplayableError."""
    try:
        facts = _facts(check.facts)
        lines = tuple(_line(line) for line in check.inputs["lines"])
        if not lines or len(lines) != len(facts.lines):
            raise NotReplayableError(str(check.id))
        return DealInput(facts.distributor.code, check.on, check.ship_to, check.terms, lines), facts
    except (KeyError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        raise NotReplayableError(str(check.id)) from error


def _line(stored: Mapping[str, Any]) -> LineInput:
    return LineInput(stored["product"].casefold(), stored["grams"], stored["price"])


def _facts(stored: Mapping[str, Any]) -> DealFacts:
    distributor, credit, ledger = stored["distributor"], stored["credit"], stored["ledger"]
    items = tuple(OpenItem(**{**item, "due": _day(item["due"])}) for item in ledger["open_items"])
    return DealFacts(
        distributor=DistributorFacts(distributor["code"], Status(distributor["status"])),
        lines=tuple(_line_facts(line) for line in stored["lines"]),
        credit=CreditFacts(
            **{**credit, "valid_until": _day(credit["valid_until"]), "together": tuple(credit.get("together", ()))}
        ),
        ledger=LedgerFacts(**{**ledger, "open_items": items}),
    )


def _line_facts(stored: Mapping[str, Any]) -> LineFacts:
    territory, price = stored["territory"], stored["price"]
    return LineFacts(
        territory=TerritoryFacts(tuple(territory["owners"]), territory["region"]),
        price=None if price is None else PriceRow(**{**price, **_window(price)}),
        rebates=tuple(_rebate(rebate) for rebate in stored["rebates"]),
    )


def _rebate(stored: Mapping[str, Any]) -> RebateRow:
    percent = None if stored["percent"] is None else Decimal(stored["percent"])
    return RebateRow(**{**stored, **_window(stored), "percent": percent})


def _window(stored: Mapping[str, Any]) -> dict[str, date | None]:
    return {"valid_from": date.fromisoformat(stored["valid_from"]), "valid_to": _day(stored["valid_to"])}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
