"""How a distributor is graded: indicators → score → grade → limit and term (contract `scores.md`, Credit grade).

Amounts are fen, scores are tenths of a point, percents and years Decimal. What is not answered does not count at all:
it is never worst. Nothing here knows today's date or the policy in force: both come in.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple, Self
from uuid import UUID

GRADES = ("A", "B", "C", "D")
PREPAID = "D"
LIMIT_STEP = 10_000  # fen: a limit is whole ¥100
WINDOWS = 3  # of twelve months, for the growth
_PLACES = Decimal("0.0001")
_PERCENT = re.compile(r"\d{1,3}([.,]\d{1,2})?")


def N_(message: str) -> str:  # noqa: N802 — the name by which catalogues find a message that is translated later
    return message


class Indicator(StrEnum):
    """The seven, in the order of the deck."""

    RESIDENCE = "residence"
    YEARS = "years"
    GROWTH = "growth"
    ARREARS = "arrears"
    FOCUS = "focus"
    HABITS = "habits"
    CROSS_AREA = "cross_area"


class Option(StrEnum):
    """The three answers to each."""

    BEST = "best"
    MIDDLE = "middle"
    WORST = "worst"


class Cap(StrEnum):
    """Why a grade is worse than its score."""

    ARREARS = "arrears"
    CROSS_AREA = "cross_area"
    NEW_CUSTOMER = "new_customer"
    PROVISIONAL = "provisional"


# What is personal: not everybody sees how it was answered, and no address may carry it.
SENSITIVE = frozenset({Indicator.RESIDENCE, Indicator.HABITS})
# Off until an administrator turns it on with a purpose: not asked, no weight.
OFF = frozenset({Indicator.HABITS})
ASKED = tuple(indicator for indicator in Indicator if indicator not in OFF)
# Answered by a number that picks the option.
MEASURED = (Indicator.YEARS, Indicator.GROWTH, Indicator.FOCUS)


# Policy ---------------------------------------------------------------------------------------------------------


class Bounds(NamedTuple):
    """The numbers that a setting may be; `places` decimals at most."""

    low: int
    high: int
    places: int = 0


_NO_CAP = "off"
# table → setting → what it may be, or the words that it may be
_SETTINGS: Mapping[str, Mapping[str, Bounds | tuple[str, ...]]] = {
    "points": {option: Bounds(0, 100) for option in Option},
    "weights": {indicator: Bounds(0, 100) for indicator in Indicator},
    "cuts": {grade: Bounds(0, 100, 1) for grade in "ABC"},
    "ranges": {
        "years_best": Bounds(0, 100, 1),
        "years_middle": Bounds(0, 100, 1),
        "growth_best": Bounds(-100, 1000, 1),
        "growth_middle": Bounds(-100, 1000, 1),
        "focus_best": Bounds(0, 100, 1),
        "focus_middle": Bounds(0, 100, 1),
    },
    "caps": {
        Cap.ARREARS: ("B", "C", "D", _NO_CAP),
        Cap.CROSS_AREA: ("B", "C", "D", _NO_CAP),
        Cap.NEW_CUSTOMER: ("B", "C", "D", _NO_CAP),
        Cap.PROVISIONAL: ("B", "C", "D", _NO_CAP),
    },
    "thresholds": {"provisional_percent": Bounds(0, 100), "new_customer_months": Bounds(0, 120)},
    "terms": {grade: Bounds(0, 365) for grade in "ABC"},
    "coefficients": {grade: Bounds(0, 10, 2) for grade in "ABC"},
    "limits": {"most_yuan": Bounds(0, 1_000_000_000)},
    "rhythm": {"months": Bounds(1, 60)},
}
_DEFAULTS: Mapping[str, Mapping[str, str | int]] = {
    "points": {"best": 100, "middle": 60, "worst": 0},
    "weights": {"residence": 10, "years": 15, "growth": 15, "arrears": 25, "focus": 15, "habits": 0, "cross_area": 20},
    "cuts": {"A": "85", "B": "70", "C": "55"},
    "ranges": {
        "years_best": "3",
        "years_middle": "1",
        "growth_best": "35",
        "growth_middle": "20",
        "focus_best": "50",
        "focus_middle": "30",
    },
    "caps": {"arrears": "D", "cross_area": "C", "new_customer": "B", "provisional": "C"},
    "thresholds": {"provisional_percent": 70, "new_customer_months": 12},
    "terms": {"A": 30, "B": 15, "C": 7},
    "coefficients": {"A": "1.0", "B": "0.8", "C": "0.6"},
    "limits": {"most_yuan": 2_000_000},
    "rhythm": {"months": 6},
}


class GradingPolicyError(ValueError):
    """Settings that make no policy; `problems`: {"table.setting": (remedy as msgid, its placeholders)}."""

    def __init__(self, problems: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__("; ".join(f"{key}: {remedy % params}" for key, (remedy, params) in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class GradingPolicy:
    """The numbers of a grade. `tables`: {table: {setting: value}}, complete and checked; made by `from_settings`.

    `habits`: whether they may be asked at all (the policy of privacy says so); without it they have no weight.
    """

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _checked({}), hash=False)
    habits: bool = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], *, habits: bool = False) -> Self:
        """The policy of a stored or typed set of settings (JSON values); what is absent keeps its default.

        Raises GradingPolicyError with every setting that cannot be.
        """
        return cls(_checked(settings), habits)

    def to_settings(self) -> dict[str, Any]:
        """All settings as JSON values; `from_settings` gives the same policy back."""
        return {
            table: {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in values.items()}
            for table, values in self.tables.items()
        }

    @property
    def months(self) -> int:
        """Months until the next rating."""
        return int(self.tables["rhythm"]["months"])

    @property
    def most(self) -> int:
        """The highest limit, fen."""
        return int(self.tables["limits"]["most_yuan"]) * 100

    @property
    def new_customer_months(self) -> int:
        """So many months after its first day a distributor is no longer new."""
        return int(self.tables["thresholds"]["new_customer_months"])

    @property
    def provisional_percent(self) -> int:
        """Answered weight below which a grade is provisional."""
        return int(self.tables["thresholds"]["provisional_percent"])

    def weight(self, indicator: Indicator) -> int:
        """Its weight; 0 for one that is off."""
        return 0 if indicator in OFF and not self.habits else int(self.tables["weights"][indicator])

    @property
    def asked(self) -> tuple[Indicator, ...]:
        """What a rating asks, in the order of the deck. What is off is asked only where it is on and has weight."""
        return tuple(one for one in Indicator if one not in OFF or self.weight(one))

    def points(self, option: Option) -> int:
        """Points of an answer."""
        return int(self.tables["points"][option])

    def cut(self, grade: str) -> Decimal:
        """The lowest score of A, B or C."""
        return Decimal(self.tables["cuts"][grade])

    def range(self, name: str) -> Decimal:
        """An edge between two options, `years_best`: years, or percent."""
        return Decimal(self.tables["ranges"][name])

    def cap(self, cap: Cap) -> str | None:
        """The best grade under a cap; None when it is switched off."""
        level = self.tables["caps"][cap]
        return None if level == _NO_CAP else str(level)

    def term(self, grade: str | None) -> int:
        """Days to pay; 0 is prepaid."""
        return int(self.tables["terms"].get(grade, 0)) if grade else 0

    def coefficient(self, grade: str | None) -> Decimal:
        """By what a month's sales are multiplied; 0 for D."""
        return Decimal(self.tables["coefficients"].get(grade, 0)) if grade else Decimal(0)


def options_of(table: str, name: str) -> tuple[str, ...]:
    """The words that a setting may be; empty for a number."""
    kind = _SETTINGS[table][name]
    return () if isinstance(kind, Bounds) else kind


def _checked(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    problems: dict[str, tuple[str, Mapping[str, object]]] = {}
    tables: dict[str, dict[str, Any]] = {}
    for unknown in settings.keys() - _SETTINGS.keys():
        problems[unknown] = N_("There is no such setting: leave it out."), {}
    for table, kinds in _SETTINGS.items():
        given = settings.get(table, {})
        if not isinstance(given, Mapping):
            problems[table] = N_("There is no such setting: leave it out."), {}
            continue
        for unknown in given.keys() - kinds.keys():
            problems[f"{table}.{unknown}"] = N_("There is no such setting: leave it out."), {}
        tables[table] = {}
        for name, kind in kinds.items():
            value = given.get(name, _DEFAULTS[table][name])
            read = _number(value, kind) if isinstance(kind, Bounds) else _word(value, kind)
            if read is not None:
                tables[table][str(name)] = read
            elif not isinstance(kind, Bounds):
                problems[f"{table}.{name}"] = N_("Choose from what is shown."), {}
            elif kind.places:
                problems[f"{table}.{name}"] = (
                    N_("Give a number from %(low)s to %(high)s with at most %(places)s decimals."),
                    kind._asdict(),
                )
            else:
                problems[f"{table}.{name}"] = (
                    N_("Give a whole number from %(low)s to %(high)s."),
                    {"low": kind.low, "high": kind.high},
                )
    if not problems:
        problems = dict(_contradictions(tables))
    if problems:
        raise GradingPolicyError(problems)
    return tables


def _contradictions(
    tables: Mapping[str, Mapping[str, Any]],
) -> Iterable[tuple[str, tuple[str, Mapping[str, object]]]]:
    points, cuts, ranges = tables["points"], tables["cuts"], tables["ranges"]
    for better, worse in (("best", "middle"), ("middle", "worst")):
        if points[better] < points[worse]:
            yield (
                f"points.{worse}",
                (N_("Give at most %(most)s, the points of the better answer."), {"most": points[better]}),
            )
    for better, worse in (("A", "B"), ("B", "C")):
        if cuts[better] <= cuts[worse]:
            yield (
                f"cuts.{worse}",
                (N_("Give less than %(most)s, where the better grade begins."), {"most": cuts[better]}),
            )
    for name in ("years", "growth", "focus"):
        if ranges[f"{name}_best"] <= ranges[f"{name}_middle"]:
            yield (
                f"ranges.{name}_middle",
                (N_("Give less than %(most)s, where the best answer begins."), {"most": ranges[f"{name}_best"]}),
            )
    if not any(tables["weights"][indicator] for indicator in ASKED):
        yield f"weights.{ASKED[0]}", (N_("Give at least one indicator a weight."), {})


def _word(value: object, words: tuple[str, ...]) -> str | None:
    return value if isinstance(value, str) and value in words else None


def _number(value: object, bounds: Bounds) -> int | Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal) or len(str(value)) > 20:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or not bounds.low <= number <= bounds.high or number != round(number, bounds.places):
        return None
    return number if bounds.places else int(number)


# Answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `value`: the number behind a measured one (years, percent), None when only the option was said.

    `source`: {"kind": …} with what the reader wants to know of it; `as_of`: the day for which it holds.
    """

    option: Option
    value: Decimal | None = None
    source: Mapping[str, Any] = field(default_factory=dict, hash=False)
    as_of: date | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "option": self.option.value,
            "value": None if self.value is None else format(self.value, "f"),
            "source": dict(self.source),
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As it was stored."""
        value, as_of = stored.get("value"), stored.get("as_of")
        return cls(
            Option(stored["option"]),
            None if value is None else Decimal(value),
            dict(stored.get("source") or {}),
            date.fromisoformat(as_of) if as_of else None,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What counts beside the answers. `customer_since`: None when not known, which is never held against it.

    `invoiced`: fen over the twelve whole months before the assessment; `months`: by how many that is divided;
    `malicious`: confirmed malicious cross-area cases, whatever was answered.
    """

    on: date
    customer_since: date | None = None
    invoiced: int = 0
    months: int = 12
    malicious: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is stored beside the answers."""
        return {
            "customer_since": self.customer_since.isoformat() if self.customer_since else None,
            "invoiced": self.invoiced,
            "months": self.months,
            "malicious": self.malicious,
        }

    @classmethod
    def from_json(cls, on: date, stored: Mapping[str, Any]) -> Self:
        """As it was stored."""
        since = stored.get("customer_since")
        return cls(
            on,
            date.fromisoformat(since) if since else None,
            int(stored.get("invoiced", 0)),
            max(1, int(stored.get("months", 12))),
            int(stored.get("malicious", 0)),
        )


FACTS = "facts"  # beside the indicators in what is stored
KEPT = "kept"  # in place of a sensitive answer: the key of its row, which can be deleted without touching the rating


def to_stored(
    answers: Mapping[Indicator, Answer], facts: Facts, kept: Mapping[Indicator, UUID] | None = None
) -> dict[str, Any]:
    """Everything that a rating was made of, as JSON: `regrade` needs no more than that and the sensitive options.

    `kept`: the rows that hold the sensitive answers; one without a row is left out.
    """
    stored: dict[str, Any] = {}
    for indicator, answer in answers.items():
        if indicator not in SENSITIVE:
            stored[str(indicator)] = answer.to_json()
        elif kept and indicator in kept:
            told = answer.to_json()
            stored[str(indicator)] = {KEPT: str(kept[indicator]), "source": told["source"], "as_of": told["as_of"]}
    return stored | {FACTS: facts.to_json()}


def from_stored(
    stored: Mapping[str, Any], on: date, held: Mapping[UUID, Option] | None = None
) -> tuple[dict[Indicator, Answer], Facts]:
    """The answers and facts of a stored rating of that day. `held`: the sensitive options that still count, by key;
    any other is as if it had not been answered."""
    known = {str(indicator) for indicator in Indicator}
    answers: dict[Indicator, Answer] = {}
    for name, value in stored.items():
        if name not in known:
            continue
        if KEPT not in value:
            answers[Indicator(name)] = Answer.from_json(value)
        elif held and (option := held.get(UUID(value[KEPT]))) is not None:
            answers[Indicator(name)] = Answer.from_json({**value, "option": option})
    return answers, Facts.from_json(on, stored.get(FACTS, {}))


def kept_of(stored: Mapping[str, Any]) -> dict[Indicator, UUID]:
    """The rows in which a stored rating's sensitive answers are, or were."""
    return {one: UUID(stored[one][KEPT]) for one in Indicator if one in SENSITIVE and KEPT in stored.get(one, {})}


def option_of(indicator: Indicator, value: Decimal, policy: GradingPolicy) -> Option:
    """Which answer a number is: `value` years, or percent. KeyError for an indicator that has no number.

    Growth has to be over the edge of the best range, the others reach it.
    """
    best = policy.range(f"{indicator}_best")
    if value > best if indicator is Indicator.GROWTH else value >= best:
        return Option.BEST
    return Option.MIDDLE if value >= policy.range(f"{indicator}_middle") else Option.WORST


# What the ledger says -------------------------------------------------------------------------------------------


def month_of(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The first day of such a month."""
    return date(month // 12, month % 12 + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last day of a shorter month."""
    month = month_of(day) + months
    last = (first_day(month + 1) - first_day(month)).days
    return first_day(month).replace(day=min(day.day, last))


def window(on: date, number: int = 0) -> tuple[date, date]:
    """(first day, day after the last) of the twelve whole months before `on`; number 1: the twelve before those, …"""
    end = month_of(on) - 12 * number
    return first_day(end - 12), first_day(end)


def months_sold(first_invoice: date | None, on: date) -> int:
    """By how many months the sales of the last twelve are divided: since the first invoice, 1 to 12."""
    return 12 if first_invoice is None else max(1, min(12, month_of(on) - month_of(first_invoice)))


def whole_windows(first_invoice: date | None, on: date) -> int:
    """How many of the last three windows the distributor has bought in from their first month on."""
    return 0 if first_invoice is None else max(0, min(WINDOWS, (month_of(on) - month_of(first_invoice)) // 12))


def growth(sums: Sequence[int]) -> Decimal | None:
    """Compound growth a year in percent of invoice sums by window, the newest first; four decimals.

    None of fewer than two windows, or where the oldest sold nothing.
    """
    if len(sums) < 2 or sums[-1] <= 0:
        return None
    ratio = Decimal(max(sums[0], 0)) / Decimal(sums[-1])
    yearly = ratio if len(sums) == 2 else ratio ** (Decimal(1) / (len(sums) - 1))
    return ((yearly - 1) * 100).quantize(_PLACES, ROUND_HALF_UP)


def years_between(since: date, on: date) -> Decimal:
    """Whole months from one day to another, as years with four decimals; never below 0."""
    months = month_of(on) - month_of(since)
    if add_months(since, months) > on:
        months -= 1
    return (Decimal(max(months, 0)) / 12).quantize(_PLACES, ROUND_HALF_UP)


# The grade ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """A grade and how it came about. `score`: tenths; it and the grades are None when nothing counts.

    `by_score`: what the score alone would give; `caps`: those that made it worse than that, and only those.
    """

    score: int | None
    answered_percent: int
    provisional: bool
    by_score: str | None
    caps: tuple[Cap, ...]
    grade: str | None
    average_sales: int
    limit: int
    term_days: int


def assess(answers: Mapping[Indicator, Option], facts: Facts, policy: GradingPolicy) -> Result:
    """Score, grade, limit and term of the answers given."""
    total = sum(policy.weight(indicator) for indicator in Indicator)
    counted = {indicator: option for indicator, option in answers.items() if policy.weight(indicator)}
    weight = sum(policy.weight(indicator) for indicator in counted)
    provisional = weight * 100 < policy.provisional_percent * total
    score = by_score = grade = None
    caps: tuple[Cap, ...] = ()
    if weight:
        gained = sum(policy.weight(indicator) * policy.points(option) for indicator, option in counted.items())
        score = _half_up(Fraction(gained * 10, weight))
        by_score = grade = _grade(score, policy)
        held = [(cap, policy.cap(cap)) for cap in _caps(answers, facts, policy, provisional)]
        biting = [(cap, level) for cap, level in held if level is not None and level > by_score]
        caps = tuple(cap for cap, _level in biting)
        grade = max([grade, *(level for _cap, level in biting)])  # D stands after A
    average = Fraction(max(facts.invoiced, 0), facts.months)
    return Result(
        score=score,
        answered_percent=weight * 100 // total,
        provisional=provisional,
        by_score=by_score,
        caps=caps,
        grade=grade,
        average_sales=_half_up(average),
        limit=_limit(average, grade, policy),
        term_days=policy.term(grade),
    )


def regrade(
    stored: Mapping[str, Any], on: date, policy: GradingPolicy, held: Mapping[UUID, Option] | None = None
) -> Result:
    """What a stored rating (its `answers`, made on that day) would be under another policy.

    An answer that rests on a number takes the option which the number has under that policy. `held`: see from_stored.
    """
    answers, facts = from_stored(stored, on, held)
    return assess(
        {
            indicator: answer.option
            if answer.value is None or indicator not in MEASURED
            else option_of(indicator, answer.value, policy)
            for indicator, answer in answers.items()
        },
        facts,
        policy,
    )


def is_new(facts: Facts, policy: GradingPolicy) -> bool:
    """A customer for less than the months of the policy; not when nobody knows since when."""
    return facts.customer_since is not None and facts.on < add_months(facts.customer_since, policy.new_customer_months)


def _caps(answers: Mapping[Indicator, Option], facts: Facts, policy: GradingPolicy, provisional: bool) -> Iterable[Cap]:
    """The caps whose condition is met, whether they change anything or not."""
    if answers.get(Indicator.ARREARS) is Option.WORST:
        yield Cap.ARREARS
    if answers.get(Indicator.CROSS_AREA) is Option.WORST or facts.malicious:
        yield Cap.CROSS_AREA
    if is_new(facts, policy):
        yield Cap.NEW_CUSTOMER
    if provisional:
        yield Cap.PROVISIONAL


def _grade(score: int, policy: GradingPolicy) -> str:
    return next((grade for grade in "ABC" if Decimal(score) / 10 >= policy.cut(grade)), PREPAID)


def _limit(average: Fraction, grade: str | None, policy: GradingPolicy) -> int:
    whole = average * policy.term(grade) / 30 * Fraction(policy.coefficient(grade))
    return floor(min(whole, Fraction(policy.most))) // LIMIT_STEP * LIMIT_STEP


def _half_up(value: Fraction) -> int:
    """The nearest whole number of one that is not below 0; a half goes up."""
    return floor(value + Fraction(1, 2))


def percent_typed(text: str) -> Decimal | None:
    """A share as a person types it, `45`, `45.5 %`: 0 to 100, at most two decimals; None when empty.

    ValueError when it is anything else.
    """
    plain = text.strip().removesuffix("%").removesuffix("％").strip()
    if not plain:
        return None
    if not _PERCENT.fullmatch(plain) or Decimal(plain.replace(",", ".")) > 100:
        raise ValueError(text)
    return Decimal(plain.replace(",", "."))
