"""The surveys' part of the policy page: how long one is open, how long a link works, how long words are kept,
and what a customer reads about us before he answers (PIPL, article 17)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

NAME = "surveys"
DUE_DAYS = 14
GRACE_DAYS = 14
LINK_DAYS = 14
KEEP_MONTHS = 24
_BOUNDS = {
    "due_days": (DUE_DAYS, 1, 180),
    "grace_days": (GRACE_DAYS, 0, 180),
    "link_days": (LINK_DAYS, 1, 90),
    "keep_months": (KEEP_MONTHS, 1, 120),
}


_TEXTS = {"company": 80, "contact": 200}


@dataclass(frozen=True, slots=True)
class SurveyPolicy:
    """Days until a survey is due, and after that until it counts as not answered; days that a link works; months after
    which words, photos and the person's name are deleted, while scores stay. `company`: whose name the customer reads;
    `contact`: whom he asks about his data. Both may be empty."""

    due_days: int
    grace_days: int
    link_days: int
    keep_months: int
    company: str
    contact: str


def on(day: date) -> SurveyPolicy:
    """What holds on a day."""
    held = _complete(queries.on(day).settings.get(NAME, {}))
    return SurveyPolicy(**held)


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}
    complete: Settings = {}
    for name, (default, least, most) in _BOUNDS.items():
        value = settings.get(name, default)
        text = str(value).strip()
        fits = text.isascii() and text.isdecimal() and len(text) < 6 and not isinstance(value, bool)
        if not fits or not least <= int(text) <= most:
            problems[name] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        else:
            complete[name] = int(text)
    for name, most in _TEXTS.items():
        complete[name] = str(settings.get(name, "")).strip()
        if len(complete[name]) > most:
            problems[name] = _("Use at most %(max)d characters.", max=most)
    if problems:
        raise SettingsRefusedError(problems)
    return complete


SECTIONS = (
    Section(
        NAME,
        lambda: _("Surveys"),
        (
            Setting(("due_days",), lambda: _("A survey is due after"), unit=lambda: _("days")),
            Setting(("grace_days",), lambda: _("It counts as not answered after another"), unit=lambda: _("days")),
            Setting(("link_days",), lambda: _("A link for the customer works for"), unit=lambda: _("days")),
            Setting(
                ("keep_months",),
                lambda: _("Words and photos are deleted after"),
                unit=lambda: _("months"),
                help=lambda: _("The customer reads this before he answers. Scores stay, without his name."),
            ),
            Setting(("company",), lambda: _("Name of the company, as customers know it"), text=True),
            Setting(
                ("contact",),
                lambda: _("Whom customers ask about their data"),
                text=True,
                help=lambda: _("A name with a phone number or an address."),
            ),
        ),
        _complete,
    ),
)
