"""What is typed on the page of a breach."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form, at_most, day_to_come, required

from .actions import WORDS
from .rules import DECISIONS, Verb


class WordsForm(Form):
    """Words that are needed."""

    words = TextAreaField(validators=[required(), at_most(WORDS)])


class DecisionForm(WordsForm):
    """A supervisor's answer. `day`: until when it is to be made good, read by validate(). `seen`: when what he looked
    at was judged."""

    decision = StringField()
    due_on = StringField()
    seen = HiddenField()

    def __init__(self, *arguments: Any, today: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.today = today
        self.day: date | None = None

    def validate_decision(self, field: StringField) -> None:
        """One of those offered."""
        if field.data not in {verb.value for verb in DECISIONS}:
            raise ValidationError(_("Choose one of those shown."))

    def validate_due_on(self, field: StringField) -> None:
        """From today, within a year, where something is to be made good."""
        if self.decision.data != Verb.RECOVER:
            return
        self.day = day_to_come(field.data, self.today)

    @property
    def verb(self) -> Verb:
        """The decision of a valid form."""
        return Verb(self.decision.data)
