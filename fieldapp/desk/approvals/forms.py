"""The reason that a rep gives with a request, and a supervisor with a decision; the decision itself."""

from uuid import UUID

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from fieldapp.core.forms import Form, at_most

from .actions import REASON_LENGTH, Decision


class ReasonForm(Form):
    """A reason in the user's own words."""

    reason = TextAreaField(
        validators=[DataRequired(lazy_gettext("Give a reason: the other one decides by it.")), at_most(REASON_LENGTH)]
    )


def read_decision(given: MultiDict[str, str]) -> Decision | None:
    """What was decided; None when nothing, or nothing known, was pressed."""
    decision = given.get("decision", "")
    return Decision(decision) if decision in set(Decision) else None


def read_before(given: MultiDict[str, str]) -> UUID | None:
    """The key before which a page of a list begins."""
    try:
        return UUID(given.get("before", ""))
    except ValueError:
        return None
