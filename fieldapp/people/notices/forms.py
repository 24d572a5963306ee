"""What is sent from the pages of notices."""

from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form


class PreferForm(Form):
    """Does he want his notices by mail too?"""

    mail = BooleanField()


class ReadForm(Form):
    """`until`: when the page was made, in milliseconds since 1970. What came later was not on it."""

    until = HiddenField()

    def validate_until(self, _field: Any) -> None:
        """It has to be there, as the page gave it."""
        if self.at is None:
            raise ValidationError(_("This form is incomplete. Load the page again and press the button there."))

    @property
    def at(self) -> datetime | None:
        """The instant; None when it is none."""
        text = str(self.until.data or "")
        if not text.isascii() or not text.isdecimal() or len(text) > 14:
            return None
        return datetime.fromtimestamp(int(text) / 1000, UTC)
