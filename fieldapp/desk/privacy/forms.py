"""Why what is held about somebody is erased."""

from flask_babel import lazy_gettext
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from fieldapp.core.forms import Form, at_most

from .actions import REASON_LENGTH


class EraseForm(Form):
    """The reason."""

    reason = TextAreaField(
        validators=[
            DataRequired(lazy_gettext("Say who asked for it and why, without naming the person.")),
            at_most(REASON_LENGTH),
        ]
    )
