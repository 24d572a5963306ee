"""The base of every form: what a browser may send, cleaned; never a JSON body, never a CSRF token of its own."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from .clock import parse_day
from .concern import SAFE_METHODS

# Control characters have no business in a text; PostgreSQL refuses NUL altogether. Tab and line breaks stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(value: Any) -> Any:
    """A typed text without control characters and without space around it; a field that was not sent is empty."""
    if value is None:
        return ""
    return _CONTROL.sub("", value).strip() if isinstance(value, str) else value


class Form(FlaskForm):
    """`form = SomeForm(obj=row)`; `if not form.validate(): return page(…, status=422)`.

    Fields that a form does not declare are not read: a role or an owner added to the body changes nothing.
    """

    class Meta(FlaskForm.Meta):
        csrf = False  # the concern checks it, after access

        def wrap_formdata(self, _form: Any, formdata: Any) -> Any:
            """The fields and files of the body. A JSON body has neither: its numbers would break text validators."""
            if formdata is None or isinstance(formdata, Mapping):
                return formdata
            if request.method in SAFE_METHODS:
                return None
            return CombinedMultiDict([request.files, request.form]) if request.files else request.form

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Field:
            """Clean every text but a password, which may begin or end with a space."""
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                options = {**options, "filters": [clean, *unbound_field.kwargs.get("filters", ())]}
            return unbound_field.bind(form=form, **options)


AHEAD_DAYS = 366  # what is promised for later than that is no promise


def day_to_come(text: str | None, today: date, *, back: int = 0) -> date:
    """The day that somebody typed: from `back` days before today on, within a year. Raises ValidationError."""
    try:
        day = parse_day(text or "")
    except ValueError:
        raise ValidationError(_("Give a date such as %(example)s.", example=today.isoformat())) from None
    if (today - day).days > back:
        raise ValidationError(_("That day is over. Give today or a later day."))
    if (day - today).days > AHEAD_DAYS:
        raise ValidationError(_("Give a day within a year."))
    return day


def required() -> DataRequired:
    """The field must hold something besides space."""
    return DataRequired(lazy_gettext("Fill this in."))


def at_most(length: int) -> Length:
    """A text of at most so many characters."""
    return Length(max=length, message=lazy_gettext("Use at most %(max)d characters."))
