"""The grades that the demo company brings along."""

from collections.abc import Iterator
from datetime import timedelta

from fieldapp.core.money import format_yuan
from fieldapp.desk.demo.cases import RATED
from fieldapp.desk.demo.catalogue import Row
from fieldapp.desk.demo.network import Distributor, Network, draw
from fieldapp.desk.demo.sales import Market

_COEFFICIENTS = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.0}  # reading.md: grade → term and limit
_YUAN_A_TONNE = 3700  # of a mean mix of feeds
_LARGEST_LIMIT = 2_000_000
_MARGIN_OF_TRUST = 2.2  # demo limits are set before the season's peak


def credit_rows(network: Network, market: Market) -> Iterator[Row]:
    """One row for each distributor with a credit record; some of those records carry no grade."""
    for distributor in network.distributors():
        random = draw(network.seed, "credit", distributor.number)
        case = distributor.case
        if distributor.number in RATED or (not distributor.grade and (case is not None or random.random() < 0.7)):
            continue
        days_ago = random.randint(10, 340)
        expired = case.expired if case else random.random() < 0.04
        if expired:
            days_ago = 365 + random.randint(5, 60)
        assessed = network.today - timedelta(days=days_ago)
        yield {
            "distributor": distributor.code,
            "grade": distributor.grade,
            "limit": format_yuan(limit(distributor, market)),
            "term_days": str(distributor.term_days),
            "assessed_on": assessed.isoformat(),
            "valid_until": (assessed + timedelta(days=365)).isoformat(),
            "frozen": "yes" if (case.frozen if case else random.random() < 0.01) else "no",
        }


def limit(distributor: Distributor, market: Market) -> int:
    """Fen. A case's limit leaves what the case prescribes beside what it owes; the others' follow their sales."""
    if distributor.case is not None:
        history = market.history(distributor)
        owed = sum(invoice.amount for invoice in history.invoices)
        owed -= sum(payment.amount for payment in history.payments)
        return max(0, (owed + distributor.case.available * 100) // 10_000 * 10_000)
    monthly = distributor.tonnes_a_month * _YUAN_A_TONNE
    share = distributor.term_days / 30 * _COEFFICIENTS.get(distributor.grade, 0.0)
    return min(_LARGEST_LIMIT, int(monthly * share * _MARGIN_OF_TRUST) // 1000 * 1000) * 100
