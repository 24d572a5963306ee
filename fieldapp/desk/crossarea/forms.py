"""What is typed on the page of a case. Each form reads its texts into values, and names what cannot be read."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money
from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, day_to_come, required
from fieldapp.standing.crossarea.actions import NAME_LENGTH, WORDS_LENGTH
from fieldapp.standing.crossarea.rules import CaseVerb, MeasureKind

_MOST_FEN = 1_000_000_000
_PAID = frozenset({MeasureKind.COMPENSATION, MeasureKind.DEPOSIT, MeasureKind.REBATE})
HEARINGS = (CaseVerb.HEAR_SELLER, CaseVerb.HEAR_HARMED, CaseVerb.EXCUSE_SELLER, CaseVerb.EXCUSE_HARMED)
DECISIONS = (CaseVerb.BENIGN, CaseVerb.MALICIOUS, CaseVerb.DISMISS)
ON_APPEAL = (CaseVerb.UPHOLD, CaseVerb.CHANGE, CaseVerb.OVERTURN)


class WordsForm(Form):
    """Words that are needed unless `needed` is False."""

    words = TextAreaField(validators=[at_most(WORDS_LENGTH)])

    def __init__(self, *arguments: Any, needed: bool = True, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._needed = needed

    def validate_words(self, field: TextAreaField) -> None:
        """They stay in the thread: later nobody else knows."""
        if self._needed and not field.data:
            raise ValidationError(_("Fill this in."))


class ProofForm(WordsForm):
    """Words with a photo, or none."""

    file = FileField()


class SeenForm(WordsForm):
    """Words for a decision about a case in the version that was on the page."""

    seen = HiddenField()

    @property
    def version(self) -> int:
        """The version seen; -1, which none is, for anything else."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else -1


class NamingForm(SeenForm):
    """Who is to have sold, by its name or code."""

    code = StringField(validators=[required(), at_most(NAME_LENGTH)])


class HearingForm(ProofForm):
    """A statement, or why there is none."""

    side = StringField()

    def validate_side(self, field: StringField) -> None:
        """One of four."""
        if field.data not in HEARINGS:
            raise ValidationError(_("Choose who said it."))

    @property
    def verb(self) -> CaseVerb:
        """Of a valid form."""
        return CaseVerb(self.side.data)


class DecisionForm(SeenForm):
    """A decision with its reason."""

    decision = StringField()
    choices = DECISIONS

    def validate_decision(self, field: StringField) -> None:
        """One of the buttons."""
        if field.data not in self.choices:
            raise ValidationError(_("Press one of the buttons."))

    def validate_words(self, field: TextAreaField) -> None:
        """Both sides will ask."""
        if not field.data:
            raise ValidationError(_("Give the reason: both sides will ask for it."))

    @property
    def verb(self) -> CaseVerb:
        """Of a valid form."""
        return CaseVerb(self.decision.data)


class AppealForm(DecisionForm):
    """A decision about an appeal."""

    choices = ON_APPEAL


class MeasureForm(SeenForm):
    """What was agreed. `fen`: the amount, read by validate()."""

    kind = StringField()
    amount = StringField()
    by_day = StringField()

    def __init__(self, *arguments: Any, today: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.today, self.fen = today, 0

    def validate_kind(self, field: StringField) -> None:
        """One of those offered."""
        if field.data not in set(MeasureKind):
            raise ValidationError(_("Choose one of those shown."))

    def validate_amount(self, field: StringField) -> None:
        """Yuan; nothing is none."""
        if field.data:
            try:
                self.fen = money.parse_yuan(field.data)
            except ValueError:
                self.fen = -1
        if not 0 <= self.fen <= _MOST_FEN:
            raise ValidationError(_("Give yuan with at most two decimals, such as %(example)s.", example="480"))
        if not self.fen and self.kind.data in _PAID:
            raise ValidationError(_("Give the amount: this measure is nothing without one."))

    def validate_by_day(self, field: StringField) -> None:
        """From today, within a year."""
        day_to_come(field.data, self.today)

    @property
    def measure(self) -> MeasureKind:
        """The kind of a valid form."""
        return MeasureKind(self.kind.data)

    @property
    def day(self) -> date:
        """The day of a valid form."""
        return parse_day(self.by_day.data or "")
