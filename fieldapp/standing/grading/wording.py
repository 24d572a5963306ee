"""What the seven indicators, their answers, sources and caps read like; and who may read which answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from .models import Assessment, ConsentHow
from .scoring import (
    SENSITIVE,
    Answer,
    Cap,
    GradingPolicy,
    Indicator,
    Option,
    from_stored,
    kept_of,
)

Text = Callable[[], str]

_TITLES: Mapping[Indicator, Text] = {
    Indicator.RESIDENCE: lambda: _("Local base"),
    Indicator.YEARS: lambda: _("Years in business"),
    Indicator.GROWTH: lambda: _("Sales growth, last 3 years"),
    Indicator.ARREARS: lambda: _("Arrears to other companies"),
    Indicator.FOCUS: lambda: _("Share of its largest supplier"),
    Indicator.HABITS: lambda: _("Bad habits"),
    Indicator.CROSS_AREA: lambda: _("Cross-area selling"),
}
_QUESTIONS: Mapping[Indicator, Text] = {
    Indicator.RESIDENCE: lambda: _("Is the owner registered as a local resident?"),
    Indicator.YEARS: lambda: _("How long has the business been running?"),
    Indicator.GROWTH: lambda: _("How fast did its purchases from us grow, a year?"),
    Indicator.ARREARS: lambda: _("Does it owe other companies overdue money?"),
    Indicator.FOCUS: lambda: _("How much of its sales comes from one company's products?"),
    Indicator.HABITS: lambda: _("Are there bad habits?"),
    Indicator.CROSS_AREA: lambda: _("Has it sold into other areas in the last 12 months?"),
}
_FIXED: Mapping[tuple[Indicator, Option], Text] = {
    (Indicator.RESIDENCE, Option.BEST): lambda: _("Local, or moved here 3 or more years ago"),
    (Indicator.RESIDENCE, Option.MIDDLE): lambda: _("Moved here less than 3 years ago"),
    (Indicator.RESIDENCE, Option.WORST): lambda: _("Here for the time being"),
    (Indicator.ARREARS, Option.BEST): lambda: _("Never in arrears"),
    (Indicator.ARREARS, Option.MIDDLE): lambda: _("Now and then, in good faith"),
    (Indicator.ARREARS, Option.WORST): lambda: _("Serious, in bad faith"),
    (Indicator.HABITS, Option.BEST): lambda: _("No bad habits"),
    (Indicator.HABITS, Option.MIDDLE): lambda: _("Some bad habits"),
    (Indicator.HABITS, Option.WORST): lambda: _("Serious bad habits"),
    (Indicator.CROSS_AREA, Option.BEST): lambda: _("No, none"),
    (Indicator.CROSS_AREA, Option.MIDDLE): lambda: _("Yes, in good faith only"),
    (Indicator.CROSS_AREA, Option.WORST): lambda: _("Yes, with malice"),
}
_CAPS: Mapping[Cap, tuple[Text, Text]] = {
    Cap.ARREARS: (
        lambda: _("Serious arrears to other companies"),
        lambda: _("Serious arrears in bad faith: whatever else is good, the grade is at most %(grade)s."),
    ),
    Cap.CROSS_AREA: (
        lambda: _("Malicious cross-area selling"),
        lambda: _("Malicious cross-area selling within 12 months: the grade is at most %(grade)s."),
    ),
    Cap.NEW_CUSTOMER: (
        lambda: _("New customer"),
        lambda: _("Our customer for less than %(months)s months: the grade is at most %(grade)s."),
    ),
    Cap.PROVISIONAL: (
        lambda: _("Too little is known"),
        lambda: _("Less than %(percent)s %% of the weight is answered: provisional, and at most %(grade)s."),
    ),
}
_GAPS: Mapping[str, Text] = {
    "no_dates": lambda: _("The file does not say since when; ask."),
    "no_sales": lambda: _("Not filled in: nothing was invoiced yet."),
    "few_sales": lambda: _("Not filled in: the ledger holds less than two whole years of sales."),
    "odd_sales": lambda: _("Not filled in: the first year had no sales to compare with."),
    "no_cases": lambda: _("Not filled in: no cross-area cases are recorded here yet."),
}


def title(indicator: Indicator) -> str:
    """The indicator in a few words."""
    return _TITLES[indicator]()


def question(indicator: Indicator) -> str:
    """What one asks to learn it."""
    return _QUESTIONS[indicator]()


def option(indicator: Indicator, answer: Option, policy: GradingPolicy) -> str:
    """An answer, with the ranges of the policy."""
    fixed = _FIXED.get((indicator, answer))
    if fixed is not None:
        return fixed()
    high, low = number(policy.range(f"{indicator}_best")), number(policy.range(f"{indicator}_middle"))
    texts: Mapping[tuple[Indicator, Option], Text] = {
        (Indicator.YEARS, Option.BEST): lambda: _("%(high)s years or more", high=high),
        (Indicator.YEARS, Option.MIDDLE): lambda: _("%(low)s up to %(high)s years", low=low, high=high),
        (Indicator.YEARS, Option.WORST): lambda: _("Under %(low)s year", low=low),
        (Indicator.GROWTH, Option.BEST): lambda: _("Over %(high)s %%", high=high),
        (Indicator.GROWTH, Option.MIDDLE): lambda: _("%(low)s to %(high)s %%", low=low, high=high),
        (Indicator.GROWTH, Option.WORST): lambda: _("Under %(low)s %%", low=low),
        (Indicator.FOCUS, Option.BEST): lambda: _("%(high)s %% or more", high=high),
        (Indicator.FOCUS, Option.MIDDLE): lambda: _("%(low)s %% up to %(high)s %%", low=low, high=high),
        (Indicator.FOCUS, Option.WORST): lambda: _("Under %(low)s %%", low=low),
    }
    return texts[indicator, answer]()


def number(value: Decimal) -> str:
    """A number without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def value(indicator: Indicator, answer: Answer) -> str:
    """The number behind an answer, with one decimal; empty where there is none."""
    if answer.value is None:
        return ""
    shown = number(round(answer.value, 1))
    if indicator is Indicator.YEARS:
        return _("%(number)s years", number=shown)
    return _("%(number)s %% a year", number=shown) if indicator is Indicator.GROWTH else f"{shown} %"


def source(answer: Answer) -> str:
    """Where an answer came from."""
    told: Mapping[str, Any] = answer.source
    texts: Mapping[str, Text] = {
        "ledger": lambda: _("ledger %(first)s…%(last)s", first=told["from"], last=told["to"]),
        "business": lambda: _("file, in business since %(day)s", day=told["since"]),
        "customer": lambda: _("file, customer since %(day)s: at least so long", day=told["since"]),
        "cases": lambda: _("confirmed cases since %(day)s", day=told["since"]),
        "asked": lambda: _("asked by %(who)s", who=told["by"]),
    }
    kind = texts.get(str(told.get("kind")))
    return kind() if kind else ""


def gap(code: str) -> str:
    """Why nothing is filled in."""
    return _GAPS[code]()


def cap(code: Cap, policy: GradingPolicy) -> tuple[str, str]:
    """(a few words, a sentence) about a cap."""
    words, sentence = _CAPS[code]
    params = {
        "grade": policy.cap(code) or "—",
        "months": policy.new_customer_months,
        "percent": policy.provisional_percent,
    }
    return words(), sentence() % params


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer as a page shows it. `masked`: a sensitive one that is recorded, and not shown; `gone`: one that was,
    and does not count any more; of both only `title` and `weight` say anything. `option` None: not answered."""

    indicator: Indicator
    title: str
    weight: int
    option: Option | None = None
    text: str = ""
    source: str = ""
    as_of: date | None = None
    points: int | None = None
    masked: bool = False
    gone: bool = False


def shown_answers(assessment: Assessment, policy: GradingPolicy, counting: Collection[UUID]) -> list[ShownAnswer]:
    """The only way in which stored answers reach a screen; a sensitive one never does so here, whoever looks.

    `policy`: the one under which it was made. `counting`: keys of the sensitive answers that are kept and count.
    """
    answers, _facts = from_stored(assessment.answers, assessment.on)
    kept = kept_of(assessment.answers)
    asked = [one for one in Indicator if one in answers or one in kept or one in policy.asked]
    return [_shown(one, answers.get(one), policy, kept.get(one), counting) for one in asked]


def _shown(
    indicator: Indicator,
    answer: Answer | None,
    policy: GradingPolicy,
    kept: UUID | None,
    counting: Collection[UUID],
) -> ShownAnswer:
    words, weight = title(indicator), policy.weight(indicator)
    if kept is not None or (answer is not None and indicator in SENSITIVE):
        there = kept in counting
        return ShownAnswer(indicator, words, weight, masked=there, gone=not there)
    if answer is None:
        return ShownAnswer(indicator, words, weight)
    said = option(indicator, answer.option, policy)
    behind = value(indicator, answer)
    return ShownAnswer(
        indicator,
        words,
        weight,
        option=answer.option,
        text=f"{said} ({behind})" if behind else said,
        source=source(answer),
        as_of=answer.as_of,
        points=policy.points(answer.option),
    )


def how(consent: ConsentHow) -> str:
    """How somebody agreed."""
    return _("agreed in writing") if consent is ConsentHow.WRITTEN else _("agreed when asked")
