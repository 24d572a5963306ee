"""The policy of sensitive answers: its section of the policy page, and what holds on a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .privacy_rules import OFF, ON, PrivacyPolicy, PrivacyPolicyError
from .scoring import Indicator

NAME = "privacy"


def policy_on(day: date) -> PrivacyPolicy:
    """The policy of sensitive answers that holds on a day."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> PrivacyPolicy:
    """The same, of the whole settings of a version."""
    return PrivacyPolicy.from_settings(settings.get(NAME, {}))


def purpose(policy: PrivacyPolicy, indicator: Indicator) -> str:
    """Why a sensitive question is asked, in words for the person who is asked."""
    if indicator is Indicator.HABITS:
        return policy.habits_purpose
    return policy.residence_purpose or _(
        "It shows how firmly the business is rooted here, and counts in its credit grade."
    )


def _complete(settings: Mapping[str, Any]) -> Settings:
    try:
        return PrivacyPolicy.from_settings(settings).to_settings()
    except PrivacyPolicyError as error:
        raise SettingsRefusedError(
            {name: _(remedy) % params for name, (remedy, params) in error.problems.items()}
        ) from None


SECTIONS = (
    Section(
        NAME,
        lambda: _("Privacy"),
        (
            Setting(
                ("habits",),
                lambda: _("Ask about habits"),
                help=lambda: _(
                    "Sensitive by law: only with a purpose, and with each person's own consent. It also needs a weight."
                ),
                options=((OFF, lambda: _("Off")), (ON, lambda: _("On"))),
            ),
            Setting(("habits_purpose",), lambda: _("Why habits are asked"), text=True),
            Setting(
                ("residence_purpose",),
                lambda: _("Why residence is asked"),
                help=lambda: _("Empty: the standard purpose, how firmly the business is rooted here."),
                text=True,
            ),
            Setting(("months",), lambda: _("A sensitive answer counts for"), unit=lambda: _("months")),
        ),
        _complete,
    ),
)
