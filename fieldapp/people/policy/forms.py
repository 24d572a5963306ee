"""A draft as typed: the settings of one section, or from when and why it is published."""

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.db import uuid7
from fieldapp.core.forms import Form, at_most, clean, required

from .sections import Section, Settings, complete


class SeenForm(Form):
    """`seen`: the revision that the page was made from."""

    seen = HiddenField()

    @property
    def revision(self) -> int:
        """The revision started from; 0, which is none, when the field was tampered with."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


class NewDraftForm(Form):
    """`key`: the new draft's, made with the page. `copied`: the draft whose values are taken along, if any."""

    key = HiddenField()
    copied = HiddenField()

    @property
    def draft_id(self) -> UUID:
        """The key; a new one when the field holds none."""
        return as_uuid(self.key.data) or uuid7()


class RebaseForm(Form):
    """`onto`: the version whose changes were shown."""

    onto = HiddenField()

    def yielding(self) -> set[str]:
        """Dotted names of the values that are to be as published, where the draft has another one."""
        return {name.removeprefix("take.") for name, value in request.form.items() if value == "published"}


class AboutForm(SeenForm):
    """From when and why, for later: both may still be open."""

    valid_from = StringField(lazy_gettext("Valid from"))
    note = StringField(lazy_gettext("Reason"), [at_most(500)])

    def validate_valid_from(self, field: Any) -> None:
        """An ISO date, or nothing."""
        if field.data and self.day is None:
            raise ValidationError(_("Give a date such as %(example)s.", example="2026-11-23"))

    @property
    def day(self) -> date | None:
        """The date, None when it is not one."""
        try:
            return parse_day(self.valid_from.data or "")
        except ValueError:
            return None


class PublishForm(AboutForm):
    """From when and why, both needed."""

    valid_from = StringField(lazy_gettext("Valid from"), [required()])
    note = StringField(lazy_gettext("Reason"), [required(), at_most(500)])


def as_uuid(text: str | None) -> UUID | None:
    """A key as sent, None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def typed(settings: Mapping[str, Any], section: Section) -> Settings:
    """The settings with what the request's body says of a section; a field that is absent keeps its value."""
    result = copy.deepcopy(dict(settings))
    values = result.setdefault(section.name, {})
    for setting in section.settings:
        given = request.form.getlist(f"{section.name}.{setting.key}")
        if given:
            setting.put(values, [value for value in given if value] if setting.many else clean(given[-1]))
    return result


def reset(settings: Settings, section: Section, base: Mapping[str, Any]) -> Settings:
    """The settings with the one that the body names under `reset` as it is in `base`."""
    wanted = request.form.get("reset", "")
    for setting in section.settings:
        if wanted == f"{section.name}.{setting.key}":
            setting.put(settings[section.name], setting.value(complete(base)[section.name]))
    return settings
