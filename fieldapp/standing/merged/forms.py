"""What is typed when a pair is decided, an account leaves its group, or a group gets another name."""

from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired

from fieldapp.core.forms import Form, at_most, required

from .rules import State, Verb

REASON_LENGTH = 500
NAME_LENGTH = 120
_BY_PERSON = (Verb.CONFIRM, Verb.DISMISS, Verb.WATCH, Verb.UNDO, Verb.RECONSIDER)


class ReasonForm(Form):
    """Why."""

    reason = TextAreaField(
        validators=[
            DataRequired(lazy_gettext("Give a reason: whoever looks at this pair later reads it.")),
            at_most(REASON_LENGTH),
        ]
    )


class DecisionForm(ReasonForm):
    """What is decided, and the state that the page showed."""

    verb = HiddenField()
    seen = HiddenField()

    @property
    def chosen(self) -> Verb | None:
        """The button that was pressed."""
        return next((verb for verb in _BY_PERSON if verb.value == self.verb.data), None)

    @property
    def state(self) -> State | None:
        """The state that the page showed; None when it is none."""
        return next((state for state in State if state.value == self.seen.data), None)


class NameForm(Form):
    """What a group is called."""

    name = StringField(validators=[required(), at_most(NAME_LENGTH)])
