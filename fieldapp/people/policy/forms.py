"""A new policy version as typed: from when, why, and every declared setting."""

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, clean, required

from .sections import SettingsRefusedError, declared


class PublishForm(Form):
    """From when and why; `seen`: the newest version when the page was made."""

    valid_from = StringField(lazy_gettext("Valid from"), [required()])
    note = StringField(lazy_gettext("Reason"), [required(), at_most(500)])
    seen = HiddenField()

    def validate_valid_from(self, _field: Any) -> None:
        """An ISO date."""
        if self.day is None:
            raise ValidationError(_("Give a date such as %(example)s.", example="2026-11-23"))

    @property
    def day(self) -> date | None:
        """The date, None when it is not one."""
        try:
            return parse_day(self.valid_from.data or "")
        except ValueError:
            return None

    @property
    def seen_version(self) -> int:
        """The version started from; 0, which is none, when the field was tampered with."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def complete(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings with every default filled in, section by section."""
    return {section.name: section.complete(settings.get(section.name, {})) for section in declared()}


def typed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what the request's body says instead; a field that is absent keeps its value."""
    result = copy.deepcopy(dict(settings))
    for section in declared():
        values = result.setdefault(section.name, {})
        for setting in section.settings:
            given = request.form.getlist(f"{section.name}.{setting.key}")
            if given:
                setting.put(values, [value for value in given if value] if setting.many else clean(given[-1]))
    return result


def check(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(completed settings, {"section.key": what is wrong}); the first is of use only when the second is empty."""
    checked: dict[str, Any] = dict(settings)
    problems: dict[str, str] = {}
    for section in declared():
        try:
            checked[section.name] = section.complete(settings.get(section.name, {}))
        except SettingsRefusedError as error:
            problems |= {f"{section.name}.{key}": text for key, text in error.problems.items()}
    return checked, problems
