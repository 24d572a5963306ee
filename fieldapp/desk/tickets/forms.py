"""What is typed on the page of a ticket. Each form reads its texts into values, and names what cannot be read with a
remedy."""

from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money
from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, day_to_come, required
from fieldapp.fieldwork.remediation.actions import CAPTION_LENGTH, WORDS_LENGTH
from fieldapp.fieldwork.remediation.policy import MOST_YUAN
from fieldapp.fieldwork.remediation.rules import RemedyKind, RootCause

PAID = frozenset({RemedyKind.CREDIT_NOTE, RemedyKind.DISCOUNT})  # nothing without an amount
DECISIONS = ("approve", "less", "return", "decline")
SOLVED = ("yes", "partly", "no")
_MOST_FEN = MOST_YUAN * 100


class WordsForm(Form):
    """Words that are needed: an answer, a step, a comment, a reason."""

    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])


class ProposalForm(WordsForm):
    """A remedy. `fen`: its amount, read by validate()."""

    kind = StringField()
    amount = StringField()
    by_day = StringField()

    def __init__(self, *arguments: Any, today: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.today, self.fen = today, 0

    def validate_kind(self, field: StringField) -> None:
        """One of those offered."""
        if field.data not in set(RemedyKind):
            raise ValidationError(_("Choose one of those shown."))

    def validate_amount(self, field: StringField) -> None:
        """Yuan; nothing is none."""
        self.fen = _fen(field.data)
        if not self.fen and self.kind.data in PAID:
            raise ValidationError(_("Give the amount: this remedy is nothing without one."))

    def validate_by_day(self, field: StringField) -> None:
        """From today, within a year."""
        day_to_come(field.data, self.today)

    @property
    def remedy(self) -> RemedyKind:
        """The kind of a valid form."""
        return RemedyKind(self.kind.data)

    @property
    def day(self) -> date:
        """The day of a valid form."""
        return parse_day(self.by_day.data or "")


class DecisionForm(Form):
    """A decision about the remedy `seen`. `fen`: what is approved instead of what was asked, read by validate()."""

    seen = HiddenField()
    decision = StringField()
    words = TextAreaField(validators=[at_most(WORDS_LENGTH)])
    amount = StringField()

    fen: int | None = None

    def validate_decision(self, field: StringField) -> None:
        """One of the buttons."""
        if field.data not in DECISIONS:
            raise ValidationError(_("Press one of the buttons."))

    def validate_words(self, field: TextAreaField) -> None:
        """The other one acts by them."""
        if not field.data and self.decision.data == "return":
            raise ValidationError(_("Ask your question: without it nobody knows what to change."))
        if not field.data and self.decision.data == "decline":
            raise ValidationError(_("Give a reason: the rep has to tell the customer."))

    def validate_amount(self, field: StringField) -> None:
        """Asked for only where less is approved."""
        if self.decision.data == "less":
            if not field.data:
                raise ValidationError(_("Give the amount that you approve."))
            self.fen = _fen(field.data)

    @property
    def remedy_id(self) -> UUID | None:
        """The remedy that was on the page."""
        try:
            return UUID(self.seen.data or "")
        except ValueError:
            return None


class ProofForm(WordsForm):
    """What was done, with a photo that shows it, or none."""

    file = FileField()


class PhotoForm(Form):
    """A photo with its caption."""

    file = FileField()
    caption = StringField(validators=[at_most(CAPTION_LENGTH)])

    def validate_file(self, field: FileField) -> None:
        """There must be one."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_("Take or choose a photo."))


class HeardForm(Form):
    """What the customer said when a rep asked him."""

    solved = StringField()
    satisfaction = StringField()
    words = TextAreaField(validators=[at_most(WORDS_LENGTH)])

    def validate_solved(self, field: StringField) -> None:
        """One of three."""
        if field.data not in SOLVED:
            raise ValidationError(_("Choose what he said."))

    def validate_satisfaction(self, field: StringField) -> None:
        """1 to 5."""
        if field.data not in {"1", "2", "3", "4", "5"}:
            raise ValidationError(_("Choose a number from 1 to 5."))

    @property
    def score(self) -> int:
        """The satisfaction of a valid form."""
        return int(self.satisfaction.data or "0")


class LessonForm(WordsForm):
    """What a ticket taught."""

    cause = StringField()
    standing = BooleanField()

    def validate_cause(self, field: StringField) -> None:
        """One of the list."""
        if field.data not in set(RootCause):
            raise ValidationError(_("Choose one of those shown."))


def _fen(text: str | None) -> int:
    """Typed yuan; nothing is none. Raises ValidationError."""
    if not text:
        return 0
    try:
        fen = money.parse_yuan(text)
    except ValueError:
        fen = -1
    if not 0 <= fen <= _MOST_FEN:
        raise ValidationError(_("Give yuan with at most two decimals, such as %(example)s.", example="480"))
    return fen
