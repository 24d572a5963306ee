"""The grades' part of the policy page: points, weights, cut points, ranges, caps, limits and terms."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from . import wording
from .scoring import OFF, Cap, GradingPolicy, GradingPolicyError, Indicator, Option, options_of

Text = Callable[[], str]


def _percent() -> str:
    return "%"


def _days() -> str:
    return _("days")


def _years() -> str:
    return _("years")


def _months() -> str:
    return _("months")


def _points() -> str:
    return _("points")


def _grade(grade: str) -> str:
    return _("Grade %(grade)s", grade=grade)


def _cap_options(cap: Cap) -> Sequence[tuple[str, Text]]:
    def words(option: str) -> str:
        return _("No cap") if option == "off" else _("At most %(grade)s", grade=option)

    return [(option, partial(words, option)) for option in options_of("caps", cap)]


def _cap_title(cap: Cap) -> str:
    return wording.cap(cap, GradingPolicy())[0]


def _numbers() -> tuple[Setting, ...]:
    return (
        Setting(("rhythm", "months"), lambda: _("Next rating due after"), unit=_months),
        Setting(("limits", "most_yuan"), lambda: _("Highest credit limit"), unit=lambda: _("yuan")),
        Setting(
            ("thresholds", "provisional_percent"),
            lambda: _("A grade is provisional under"),
            help=lambda: _("Share of the total weight that has to be answered."),
            unit=_percent,
        ),
        Setting(("thresholds", "new_customer_months"), lambda: _("A distributor is new for"), unit=_months),
    )


_OPTIONS: Mapping[Option, Text] = {
    Option.BEST: lambda: _("Best answer"),
    Option.MIDDLE: lambda: _("Middle answer"),
    Option.WORST: lambda: _("Worst answer"),
}
_RANGES: Mapping[str, tuple[Text, Text]] = {
    "years_best": (lambda: _("Years in business: best from"), _years),
    "years_middle": (lambda: _("Years in business: middle from"), _years),
    "growth_best": (lambda: _("Sales growth: best over"), _percent),
    "growth_middle": (lambda: _("Sales growth: middle from"), _percent),
    "focus_best": (lambda: _("Largest supplier's share: best from"), _percent),
    "focus_middle": (lambda: _("Largest supplier's share: middle from"), _percent),
}


def _tables() -> tuple[Setting, ...]:
    points = [
        Setting(("points", option), text, unit=_points, group=lambda: _("Points of an answer"))
        for option, text in _OPTIONS.items()
    ]
    weights = [
        Setting(
            ("weights", indicator),
            partial(wording.title, indicator),
            help=(lambda: _("Counts only while Privacy says that habits are asked.")) if indicator in OFF else None,
            group=lambda: _("Weights of the indicators"),
        )
        for indicator in Indicator
    ]
    ranges = [
        Setting(("ranges", name), text, unit=unit, group=lambda: _("Where an answer begins"))
        for name, (text, unit) in _RANGES.items()
    ]
    cuts = [
        Setting(
            ("cuts", grade), partial(_grade, grade), unit=_points, group=lambda: _("From which score a grade begins")
        )
        for grade in "ABC"
    ]
    caps = [
        Setting(
            ("caps", cap), partial(_cap_title, cap), options=_cap_options(cap), group=lambda: _("What caps a grade")
        )
        for cap in Cap
    ]
    terms = [
        Setting(("terms", grade), partial(_grade, grade), unit=_days, group=lambda: _("Term of a grade"))
        for grade in "ABC"
    ]
    coefficients = [
        Setting(
            ("coefficients", grade),
            partial(_grade, grade),
            unit=lambda: "×",
            group=lambda: _("Share of the sales within the term that is the limit"),
        )
        for grade in "ABC"
    ]
    return (*points, *weights, *ranges, *cuts, *caps, *terms, *coefficients)


def _complete(settings: Mapping[str, Any]) -> Settings:
    try:
        return GradingPolicy.from_settings(settings).to_settings()
    except GradingPolicyError as error:
        raise SettingsRefusedError(
            {key: _(remedy) % params for key, (remedy, params) in error.problems.items()}
        ) from None


SECTIONS = (Section("grading", lambda: _("Credit grade"), (*_numbers(), *_tables()), _complete),)
