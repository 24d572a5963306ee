"""What is typed of a task: a promise with its day, what came of it, why it is dropped."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most

TEXT_LENGTH = 500
LATEST_DAYS = 366  # a promise for later than that is none


class TaskForm(Form):
    """What is to be done, by when. `written`: the day on which it was, before which it cannot be due."""

    text = TextAreaField(validators=[DataRequired(lazy_gettext("Say what is to be done.")), at_most(TEXT_LENGTH)])
    due = StringField()

    def __init__(self, *arguments: Any, written: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.written = written

    def validate_due(self, _field: Any) -> None:
        """A day from the one on which it was written, within a year."""
        day = self.day
        if day is None:
            raise ValidationError(_("Give the day by which it is done."))
        if day < self.written:
            raise ValidationError(_("That day is past. Give today or a later one."))
        if (day - self.written).days > LATEST_DAYS:
            raise ValidationError(_("Give a day within a year."))

    @property
    def day(self) -> date | None:
        """The day, None when it is none."""
        try:
            return parse_day(self.due.data or "")
        except ValueError:
            return None


class PromiseForm(TaskForm):
    """To whom, too: the distributor itself, or one of its outlets and farms. `outlets`: their keys."""

    outlet = StringField()

    def __init__(self, *arguments: Any, outlets: Collection[UUID], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.outlets = {str(key): key for key in outlets}

    def validate_outlet(self, field: StringField) -> None:
        """One of the distributor's, or none."""
        if field.data and field.data not in self.outlets:
            raise ValidationError(_("This outlet is no longer there. Choose another one, or none."))

    @property
    def outlet_id(self) -> UUID | None:
        """The one of a valid form."""
        return self.outlets.get(self.outlet.data or "")


class OutcomeForm(Form):
    """What came of a task; nothing has to be said."""

    outcome = TextAreaField(validators=[at_most(TEXT_LENGTH)])


class DropForm(Form):
    """Why a task will not be done."""

    reason = TextAreaField(
        validators=[DataRequired(lazy_gettext("Say why it will not be done.")), at_most(TEXT_LENGTH)]
    )
