"""The policy of temporary credit increases: its section of the policy page, and what holds on a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .credit_rules import CreditTerms, TermsError

NAME = "credit_terms"


def terms_on(day: date) -> tuple[CreditTerms, int]:
    """The terms that hold on a day, and the version of the policy they stand in."""
    policy = queries.on(day)
    return CreditTerms.from_settings(policy.settings.get(NAME, {})), policy.version


def _complete(settings: Mapping[str, Any]) -> Settings:
    try:
        return CreditTerms.from_settings(settings).to_settings()
    except TermsError as error:
        raise SettingsRefusedError(
            {name: _(remedy) % params for name, (remedy, params) in error.problems.items()}
        ) from None


SECTIONS = (
    Section(
        NAME,
        lambda: _("Temporary credit limits"),
        (
            Setting(
                ("increase_percent",),
                lambda: _("A temporary increase adds at most"),
                help=lambda: _("Percent of the limit; also while one runs, when the limit falls."),
                unit=lambda: "%",
            ),
            Setting(("increase_days",), lambda: _("A temporary increase holds for at most"), unit=lambda: _("days")),
        ),
        _complete,
    ),
)
