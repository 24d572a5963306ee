"""The deal check: one function of facts, with no clock and no database in it (contract `deal-check.md`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from fieldapp.core import money
from fieldapp.core.findings import Finding, Level, Verdict, verdict
from fieldapp.network.distributors import rules as distributors
from fieldapp.network.distributors.rules import DistributorFacts
from fieldapp.network.territory import rules as territory
from fieldapp.network.territory.rules import TerritoryFacts
from fieldapp.standing.grading import rules as grading
from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.trade.ledger.rules import LedgerFacts
from fieldapp.trade.pricing import rules as pricing
from fieldapp.trade.pricing.rules import PriceRow, RebateRow

LEVELS: Mapping[str, Level] = MappingProxyType(
    {**territory.LEVELS, **pricing.LEVELS, **grading.LEVELS, **distributors.LEVELS}
)
CASH_LEVELS: Mapping[str, Level] = MappingProxyType(dict(grading.CASH_LEVELS))


def N_(message: str) -> str:  # noqa: N802 — the name by which catalogues find a message that is translated later
    return message


class Terms(StrEnum):
    """How the distributor pays for the deal."""

    CREDIT = "credit"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line of a deal: product code, grams, fen per tonne."""

    product: str
    grams: int
    price: int


@dataclass(frozen=True, slots=True)
class DealInput:
    """What the rep asks. Codes are normalised; `on` is the business date."""

    distributor: str
    on: date
    ship_to: str
    terms: Terms
    lines: tuple[LineInput, ...]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of a line: owners of `ship_to`, the best price row, the rebates that apply."""

    territory: TerritoryFacts
    price: PriceRow | None
    rebates: tuple[RebateRow, ...] = ()


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What is known of a deal; `lines` stand in the order of the deal's lines."""

    distributor: DistributorFacts
    lines: tuple[LineFacts, ...]
    credit: CreditFacts
    ledger: LedgerFacts


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer: verdict, amounts in fen, and the findings in the order in which they are shown."""

    verdict: Verdict
    amount: int
    line_amounts: tuple[int, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One setting that cannot be: `remedy` is a msgid, `params` its placeholders."""

    field: str
    value: object
    remedy: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} — {self.remedy % self.params}"


class PolicyError(ValueError):
    """Settings that make no policy; `problems` holds every one of them."""

    def __init__(self, problems: tuple[PolicyProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


# Field → lowest and highest value.
_WHOLE_NUMBERS = {
    "overdue_stop_days": (0, 3650),
    "overdue_frozen_days": (0, 3650),
    "overdue_days": (1, 3650),
    "approval_hours": (1, 2160),
}
_PERCENTS = {"tolerance_percent": (0, 100), "over_limit_percent": (0, 1000)}
_LEVEL_TABLES = {"levels": LEVELS, "cash_levels": CASH_LEVELS}


@dataclass(frozen=True, slots=True)
class DealPolicy:
    """The numbers and levels of the check; the defaults are the contract's.

    `levels` and `cash_levels` (the overdue block of a cash deal) may name some codes only: the others keep
    the default. Raises PolicyError with every value that cannot be.
    """

    tolerance_percent: Decimal = Decimal(2)
    overdue_stop_days: int = 30
    overdue_frozen_days: int = 7
    overdue_days: int = 1
    over_limit_percent: Decimal = Decimal(10)
    approval_hours: int = 24
    levels: Mapping[str, Level] = field(default_factory=dict, hash=False)
    cash_levels: Mapping[str, Level] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        problems: list[PolicyProblem] = []
        for name in (*_WHOLE_NUMBERS, *_PERCENTS, *_LEVEL_TABLES):
            try:
                object.__setattr__(self, name, _setting(name, getattr(self, name)))
            except PolicyError as error:
                problems += error.problems
        problems += [] if problems else self._contradictions()
        if problems:
            raise PolicyError(tuple(problems))

    def _contradictions(self) -> list[PolicyProblem]:
        problems = []
        if self.overdue_frozen_days > self.overdue_stop_days:
            problems.append(
                PolicyProblem(
                    "overdue_frozen_days",
                    self.overdue_frozen_days,
                    N_("Give at most the %(days)s days after which everything stops."),
                    {"days": self.overdue_stop_days},
                )
            )
        if self.overdue_days > self.overdue_frozen_days + 1:
            problems.append(
                PolicyProblem(
                    "overdue_days",
                    self.overdue_days,
                    N_("Give at most %(days)s, the first day on which credit is frozen."),
                    {"days": self.overdue_frozen_days + 1},
                )
            )
        return problems

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The policy of a stored or typed set of settings (JSON values); what is absent keeps its default.

        Raises PolicyError with every setting that cannot be.
        """
        known = {setting.name for setting in fields(cls)}
        problems = [
            PolicyProblem(name, value, N_("There is no such setting: leave it out."), {})
            for name, value in settings.items()
            if name not in known
        ]
        try:
            policy = cls(**{name: value for name, value in settings.items() if name in known})
        except PolicyError as error:
            raise PolicyError((*problems, *error.problems)) from None
        if problems:
            raise PolicyError(tuple(problems))
        return policy

    def to_settings(self) -> dict[str, Any]:
        """All settings as JSON values; `from_settings` gives the same policy back."""
        numbers: dict[str, Any] = {name: getattr(self, name) for name in _WHOLE_NUMBERS}
        percents = {name: format(getattr(self, name), "f") for name in _PERCENTS}
        tables = {name: {code: str(level) for code, level in getattr(self, name).items()} for name in _LEVEL_TABLES}
        return numbers | percents | tables


def _setting(name: str, value: object) -> object:
    """The value of a setting in its own type; PolicyError when it cannot be."""
    if name in _WHOLE_NUMBERS:
        return _whole_number(name, value, *_WHOLE_NUMBERS[name])
    if name in _PERCENTS:
        return _percent(name, value, *_PERCENTS[name])
    return _levels(name, value, _LEVEL_TABLES[name])


def _whole_number(name: str, value: object, low: int, high: int) -> int:
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
        number = int(value)
    if number is None or not low <= number <= high:
        remedy = N_("Give a whole number from %(low)s to %(high)s.")
        raise PolicyError((PolicyProblem(name, value, remedy, {"low": low, "high": high}),))
    return number


def _percent(name: str, value: object, low: int, high: int) -> Decimal:
    number: Decimal | None = None
    if isinstance(value, Decimal | int | float | str) and not isinstance(value, bool):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = None
    # More than four decimals would not be exact any more in the products with large amounts.
    if number is None or not number.is_finite() or not low <= number <= high or number != round(number, 4):
        remedy = N_("Give a percentage from %(low)s to %(high)s with at most four decimals.")
        raise PolicyError((PolicyProblem(name, value, remedy, {"low": low, "high": high}),))
    return number


def _levels(name: str, value: object, defaults: Mapping[str, Level]) -> Mapping[str, Level]:
    if not isinstance(value, Mapping):
        raise PolicyError((PolicyProblem(name, value, N_("Give a level for each finding code."), {}),))
    problems = []
    for code, level in value.items():
        if code not in defaults:
            remedy = N_("There is no such finding: leave it out.")
            problems.append(PolicyProblem(f"{name}.{code}", level, remedy, {}))
        elif not isinstance(level, str) or level not in set(Level):
            remedy = N_("Give one of %(levels)s.")
            problems.append(PolicyProblem(f"{name}.{code}", level, remedy, {"levels": ", ".join(Level)}))
    if problems:
        raise PolicyError(tuple(problems))
    given = {code: Level(level) for code, level in value.items()}
    return MappingProxyType({**defaults, **given})


def check(deal: DealInput, facts: DealFacts, policy: DealPolicy) -> CheckResult:
    """May this deal go?

    Findings stand in this order: per line territory, price, `price.above_retail`; then the overdue block, the
    limit block and the distributor's status. Raises ValueError when the deal has no line, a negative weight
    or price, or other lines than the facts: such input is refused before it comes here.
    """
    if not deal.lines:
        raise ValueError("a deal needs at least one line")
    if any(line.grams < 0 or line.price < 0 for line in deal.lines):
        raise ValueError("a line's weight and price cannot be negative")

    found: list[Finding] = []
    for number, (line, known) in enumerate(zip(deal.lines, facts.lines, strict=True), start=1):
        found += _line_findings(number, line, known, facts.distributor.code, policy)

    line_amounts = tuple(money.amount(line.grams, line.price) for line in deal.lines)
    amount = sum(line_amounts)
    cash = deal.terms == Terms.CASH
    found.append(
        grading.overdue_finding(
            facts.credit,
            facts.ledger,
            policy.cash_levels if cash else policy.levels,
            stop_days=policy.overdue_stop_days,
            frozen_days=policy.overdue_frozen_days,
            days=policy.overdue_days,
        )
    )
    found.append(
        grading.limit_finding(
            facts.credit,
            facts.ledger,
            amount,
            deal.on,
            policy.levels,
            cash=cash,
            over_limit_percent=policy.over_limit_percent,
        )
    )
    status = distributors.finding(facts.distributor, policy.levels)
    if status is not None:
        found.append(status)
    return CheckResult(verdict(found), amount, line_amounts, tuple(found))


def _line_findings(
    number: int, line: LineInput, known: LineFacts, distributor: str, policy: DealPolicy
) -> list[Finding]:
    quote = pricing.quote(line.price, known.price, known.rebates, policy.tolerance_percent)
    owned = territory.finding(
        known.territory,
        distributor,
        quote.floor_kept,
        policy.levels,
        line=number,
        lowest_ok_price=quote.lowest_ok_price,
    )
    return [owned, *pricing.findings(quote, policy.tolerance_percent, policy.levels, line=number)]
