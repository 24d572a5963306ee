"""What a rep writes in his log, what is said about it, and which week of whom is asked for."""

from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, required

from .actions import COMMENT_LENGTH, REMARK_LENGTH, Decision, Remarks
from .rules import FIRST_WEEK, monday_of


class LogForm(Form):
    """The remarks of a week. `today`: a week that has not begun has no log."""

    week = HiddenField()
    went_well = TextAreaField(lazy_gettext("What went well"), [at_most(REMARK_LENGTH)])
    problems = TextAreaField(lazy_gettext("Problems"), [at_most(REMARK_LENGTH)])
    needs = TextAreaField(lazy_gettext("What I need"), [at_most(REMARK_LENGTH)])

    def __init__(self, today: date, **given: Any) -> None:
        super().__init__(**given)
        self._today = today

    def validate_week(self, field: Any) -> None:
        """The Monday of this week or one before."""
        if read_week(field.data, self._today) is None:
            raise ValidationError(lazy_gettext("A log is of this week or one before. Open the week again."))

    @property
    def monday(self) -> date:
        """The week of a valid form."""
        found = read_week(self.week.data, self._today)
        if found is None:
            raise ValueError(self.week.data)
        return found

    def remarks(self) -> Remarks:
        """What was written."""
        return Remarks(self.went_well.data or "", self.problems.data or "", self.needs.data or "")


class CommentForm(Form):
    """Something said about a log."""

    text = TextAreaField(lazy_gettext("Comment"), [required(), at_most(COMMENT_LENGTH)])


class DecisionForm(Form):
    """Accept or return; who returns says why."""

    text = TextAreaField(lazy_gettext("Comment"), [at_most(COMMENT_LENGTH)])
    decision = StringField()

    def validate_decision(self, field: Any) -> None:
        """One of the two."""
        if field.data not in set(Decision):
            raise ValidationError(lazy_gettext("Accept the log or return it."))

    def validate_text(self, field: Any) -> None:
        """A return needs words."""
        if self.decision.data == Decision.RETURN and not field.data:
            raise ValidationError(lazy_gettext("Say what is to be changed: the rep works by it."))


def read_week(text: str | None, today: date) -> date | None:
    """The Monday of the week of a typed day; None for what is no day, and for weeks that have not begun."""
    try:
        monday = monday_of(parse_day(text or ""))
    except (ValueError, OverflowError):
        return None
    return monday if FIRST_WEEK <= monday <= monday_of(today) else None


def week_of(given: MultiDict[str, str], today: date) -> date:
    """The week that an address asks for; this one when it names none."""
    return read_week(given.get("week"), today) or monday_of(today)


def rep_of(given: MultiDict[str, str]) -> UUID | None:
    """Whose log an address asks for; None for one's own, ValueError for what is no key."""
    text = given.get("rep", "")
    return UUID(text) if text else None
