"""What is typed when an area is assigned or changed."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form, required
from fieldapp.network.territory.rules import ALL_LINES

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _likely(day: date | None) -> None:
    """A year outside these was mistyped: 0206, 20226."""
    if day is not None and not EARLIEST <= day <= LATEST:
        raise ValidationError(
            _("Give a day from %(first)s to %(last)s.", first=EARLIEST.isoformat(), last=LATEST.isoformat())
        )


class DaysForm(Form):
    """From when until when, and whether others sell there too. `seen`: the version that the page showed."""

    valid_from = StringField(validators=[required()])
    valid_to = StringField()
    shared = BooleanField()
    seen = HiddenField()

    def validate_valid_from(self, field: StringField) -> None:
        """A day."""
        if field.data and _day(field.data) is None:
            raise ValidationError(_("“%(text)s” is not a date. Write it like 2026-11-23.", text=field.data))
        _likely(_day(field.data))

    def validate_valid_to(self, field: StringField) -> None:
        """A day not before the first, or nothing."""
        if not field.data:
            return
        last, first = _day(field.data), _day(self.valid_from.data)
        if last is None:
            raise ValidationError(_("“%(text)s” is not a date. Write it like 2026-11-23.", text=field.data))
        _likely(last)
        if first is not None and last < first:
            raise ValidationError(_("The last day lies before the first one, %(day)s.", day=first.isoformat()))

    @property
    def days(self) -> tuple[date, date | None]:
        """First and last day of a valid form."""
        first = _day(self.valid_from.data)
        if first is None:
            raise ValueError("not a valid form")
        return first, _day(self.valid_to.data)


class AssignForm(DaysForm):
    """The lines too. `confirmed`: he has read what the area takes from others."""

    lines = SelectMultipleField(validators=[required()], validate_choice=False)
    confirmed = BooleanField()

    def __init__(self, known: Mapping[str, str], *arguments: Any, **named: Any) -> None:
        """`known`: the product lines there are, casefolded: as written."""
        super().__init__(*arguments, **named)
        self.known = known
        self.lines.errors = ()

    def validate_lines(self, field: SelectMultipleField) -> None:
        """All lines, or some that there are; not both."""
        chosen = field.data or []
        if len(chosen) > len(self.known) + 1 or any(
            line != ALL_LINES and line.casefold() not in self.known for line in chosen
        ):
            raise ValidationError(_("Choose one of those shown."))
        if ALL_LINES in chosen and len(set(chosen)) > 1:
            raise ValidationError(lazy_gettext("All lines hold the others already: choose either all or some."))

    @property
    def chosen(self) -> list[str]:
        """The lines, as they are written in the products."""
        found: Iterable[str] = dict.fromkeys(line.casefold() for line in self.lines.data or [])
        return [ALL_LINES if line == ALL_LINES else self.known[line] for line in found]
