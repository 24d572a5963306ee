"""What is typed when a hand-over is arranged."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form, at_most, required

from .actions import REASON_LENGTH
from .rules import AHEAD_DAYS


class LookForm(Form):
    """The day on which it is the new one's, and of an area the lines."""

    day = StringField(validators=[required()])
    line = SelectMultipleField(validate_choice=False)

    def __init__(self, today: date, known: frozenset[str], *arguments: Any, **named: Any) -> None:
        """`known`: the lines there are to hand over, casefolded; none for a patch."""
        super().__init__(*arguments, **named)
        self.today, self.known = today, known
        self.line.errors = ()

    def validate_day(self, field: StringField) -> None:
        """Today or later, within a year."""
        try:
            day = date.fromisoformat(field.data or "")
        except ValueError:
            raise ValidationError(_("“%(text)s” is not a date. Write it like 2026-11-23.", text=field.data)) from None
        if not self.today <= day <= self.today + timedelta(days=AHEAD_DAYS):
            raise ValidationError(_("Choose today or a day within a year: what is past stays as it was."))

    def validate_line(self, _field: SelectMultipleField) -> None:
        """Some of those that there are."""
        if self.known and not self.lines:
            raise ValidationError(_("Choose one of those shown."))

    @property
    def lines(self) -> frozenset[str]:
        """The lines chosen, casefolded; where there is one only, nothing is to choose."""
        chosen = frozenset(line.casefold() for line in self.line.data or []) & self.known
        return self.known if len(self.known) == 1 else chosen

    @property
    def on(self) -> date:
        """The day of a valid form."""
        return date.fromisoformat(self.day.data or "")


class ArrangeForm(LookForm):
    """With the reason, and a key that makes a double tap one hand-over. `seen`: the mark of the preview shown."""

    reason = StringField(validators=[required(), at_most(REASON_LENGTH)])
    key = HiddenField()
    seen = HiddenField()

    def validate_key(self, field: HiddenField) -> None:
        """A key of ours."""
        try:
            UUID(field.data or "")
        except ValueError:
            raise ValidationError(_("Load the page again.")) from None
