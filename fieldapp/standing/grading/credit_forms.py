"""What is typed on the credit page: a reason; an amount, days and a reason; a supervisor's decision."""

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from fieldapp.core.db import uuid7
from fieldapp.core.forms import Form, at_most, required
from fieldapp.core.money import MAX_FEN, parse_yuan

from .increases import Decision

REASON_LENGTH = 500


class KeyedForm(Form):
    """`id`: the key of what is made, given with the page, so that the same form sent twice makes one."""

    id = HiddenField()

    @property
    def key(self) -> UUID:
        """The key sent; a new one when it is none."""
        try:
            return UUID(self.id.data or "")
        except ValueError:
            return uuid7()


class ReasonForm(KeyedForm):
    """Why the credit is frozen, unfrozen, or an increase decided or ended."""

    reason = TextAreaField(
        validators=[
            DataRequired(lazy_gettext("Give a reason: whoever looks at this credit reads it.")),
            at_most(REASON_LENGTH),
        ]
    )


class IncreaseForm(ReasonForm):
    """How much more, for how long, and why."""

    amount = StringField(validators=[required()])
    days = StringField(validators=[required()])

    def validate_amount(self, _field: Any) -> None:
        """Yuan above zero."""
        if not 0 < self.fen <= MAX_FEN:
            raise ValidationError(_("Give an amount in yuan, such as %(example)s.", example="20000"))

    def validate_days(self, _field: Any) -> None:
        """A whole number of days."""
        if self.whole_days < 1:
            raise ValidationError(_("Give a whole number of days, such as %(example)s.", example="15"))

    @property
    def fen(self) -> int:
        """The amount; 0 when it is none."""
        try:
            return parse_yuan(self.amount.data or "")
        except ValueError:
            return 0

    @property
    def whole_days(self) -> int:
        """The days; 0 when they are none."""
        text = self.days.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def read_decision(given: MultiDict[str, str]) -> Decision | None:
    """What was decided; None when nothing, or nothing known, was pressed."""
    decision = given.get("decision", "")
    return Decision(decision) if decision in set(Decision) else None
