"""What is typed of a conflict. Each form reads its texts into values, and names what cannot be read with a remedy."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import FileField, MultipleFileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, day_to_come, required
from fieldapp.fieldwork.conflicts.agreements import Promise
from fieldapp.fieldwork.conflicts.meetings import Sitting
from fieldapp.fieldwork.conflicts.models import PLACE_LENGTH, POINT_LENGTH, STORY_LENGTH, WORDS_LENGTH
from fieldapp.fieldwork.conflicts.rules import ConflictKind, Outcome

MOST_AT_ONCE = 6
POINTS = 4  # lines of an agreement that one form takes; more are added one by one
BACK = 366
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")


class OpenForm(Form):
    """A conflict: kind and story are enough. `with_`: the code of the other party, where he may see it; `others`: who
    else is in it, in words; `said`: what the first party says in confidence."""

    kind = StringField()
    with_ = StringField(name="with")
    others = StringField(validators=[at_most(POINT_LENGTH)])
    story = TextAreaField(validators=[required(), at_most(STORY_LENGTH)])
    said = TextAreaField(validators=[at_most(WORDS_LENGTH)])
    photos = MultipleFileField()

    def validate_kind(self, field: StringField) -> None:
        """One of them."""
        if field.data not in set(ConflictKind):
            raise ValidationError(_("Choose what it is about."))

    def validate_photos(self, field: MultipleFileField) -> None:
        """Not too many at once."""
        if len(field.data or ()) > MOST_AT_ONCE:
            raise ValidationError(
                _("%(count)s photos at once are enough. Add the others on the conflict's page.", count=MOST_AT_ONCE)
            )


class WordsForm(Form):
    """Words that are needed: a reason."""

    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])


class PartyField(StringField):
    """One of the parties that the viewer covers, or nobody of them."""

    def key(self) -> UUID | None:
        """Its key, None for nobody."""
        try:
            return UUID(self.data or "")
        except ValueError:
            return None


class _OfParties(Form):
    """A form that names a party: `allowed`, those that may be named."""

    def __init__(self, *arguments: Any, allowed: Collection[UUID] = (), today: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.allowed, self.today = allowed, today

    def validate_party(self, field: PartyField) -> None:
        """One of those shown."""
        if field.data and field.key() not in self.allowed:
            raise ValidationError(_("Choose one of those shown."))

    def read_day(self, text: str | None, *, back: int = 0) -> date:
        """A day from `back` days ago on, within a year. Raises ValidationError."""
        return day_to_come(text, self.today, back=back)


class NoteForm(_OfParties):
    """A note with a photo, or without; `party`: who said it in confidence."""

    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])
    party = PartyField()
    file = FileField()


class MeetingForm(_OfParties):
    """When and where they meet."""

    day = StringField()
    at_time = StringField()
    place = StringField(validators=[at_most(PLACE_LENGTH)])

    def validate_day(self, field: StringField) -> None:
        """From today."""
        self.read_day(field.data)

    def validate_at_time(self, field: StringField) -> None:
        """Such as 14:30, or nothing."""
        if field.data and not _TIME.fullmatch(field.data):
            raise ValidationError(_("Give a time such as %(example)s, or leave it empty.", example="14:30"))

    def sitting(self) -> Sitting:
        """What a valid form says."""
        return Sitting(parse_day(self.day.data or ""), self.at_time.data or "", self.place.data or "")


class HeldForm(MeetingForm):
    """What came of a meeting. `meeting`: the planned one, '' for one that nobody had planned; `next_day`: the next."""

    meeting = HiddenField()
    present = StringField(validators=[at_most(POINT_LENGTH)])
    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])
    next_day = StringField()

    def validate_day(self, field: StringField) -> None:
        """Not one to come."""
        if self.read_day(field.data, back=BACK) > self.today:
            raise ValidationError(_("That day is still to come. Plan the meeting instead."))

    def validate_next_day(self, field: StringField) -> None:
        """From today, or none."""
        if field.data:
            self.read_day(field.data)

    def sitting(self) -> Sitting:
        """What a valid form says."""
        of_it = (parse_day(self.day.data or ""), self.at_time.data or "", self.place.data or "")
        return Sitting(*of_it, self.present.data or "", self.words.data or "")

    def following(self) -> Sitting | None:
        """The next meeting, if there is one."""
        return Sitting(parse_day(self.next_day.data)) if self.next_day.data else None


class CancelForm(WordsForm):
    """Why a meeting does not take place."""

    meeting = HiddenField()


class PointForm(_OfParties):
    """A point of an agreement: who (`party`, '' our company) does what by when."""

    text = StringField(validators=[required(), at_most(POINT_LENGTH)])
    party = PartyField()
    due = StringField()

    def validate_due(self, field: StringField) -> None:
        """From today."""
        self.read_day(field.data)

    def promise(self) -> Promise:
        """What a valid form says."""
        return Promise(self.text.data or "", parse_day(self.due.data or ""), self.party.key())


class PostponeForm(_OfParties):
    """Another day for a point, and why."""

    due = StringField()
    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])

    def validate_due(self, field: StringField) -> None:
        """From today."""
        self.read_day(field.data)


class AgreementForm(_OfParties):
    """What the parties agreed on: up to POINTS points, and words about the whole. `wrong`: {field: what is wrong}."""

    words = TextAreaField(validators=[at_most(WORDS_LENGTH)])

    def __init__(self, *arguments: Any, given: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.given = {f"{name}-{n}": (given.get(f"{name}-{n}") or "").strip() for n in range(POINTS) for name in _LINE}
        self.wrong: dict[str, str] = {}
        self.promises: list[Promise] = []

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one line, and each with words and a day."""
        good = super().validate(extra_validators)
        for number in range(POINTS):
            self._read_line(number)
        if not self.promises and not self.wrong:
            self.wrong["text-0"] = _("Write down at least one point: who does what by when.")
        return bool(good) and not self.wrong

    def _read_line(self, number: int) -> None:
        text, party, due = (self.given[f"{name}-{number}"] for name in _LINE)
        if not text:
            if party and due:
                self.wrong[f"text-{number}"] = _("Fill this in.")
            return
        if len(text) > POINT_LENGTH:
            self.wrong[f"text-{number}"] = _("Use at most %(max)d characters.") % {"max": POINT_LENGTH}
        who = next((key for key in self.allowed if str(key) == party), None)
        if party and who is None:
            self.wrong[f"party-{number}"] = _("Choose one of those shown.")
        try:
            self.promises.append(Promise(text, self.read_day(due), who))
        except ValidationError as error:
            self.wrong[f"due-{number}"] = str(error)


_LINE = ("text", "party", "due")


class ResultForm(Form):
    """Whether a promise was kept."""

    result = StringField()
    said = TextAreaField(validators=[at_most(POINT_LENGTH)])

    def validate_result(self, field: StringField) -> None:
        """One of two."""
        if field.data not in ("kept", "broken"):
            raise ValidationError(_("Press one of the buttons."))

    def validate_said(self, field: TextAreaField) -> None:
        """Of a broken one why."""
        if not field.data and self.result.data == "broken":
            raise ValidationError(_("Say what happened: the others decide by it."))


class VisitForm(_OfParties):
    """A follow-up visit: at whom, on which day, by whom."""

    party = PartyField()
    day = StringField()
    rep = StringField()

    def validate_party(self, field: PartyField) -> None:
        """One of those shown; there must be one."""
        if field.key() not in self.allowed:
            raise ValidationError(_("Choose one of those shown."))

    def validate_day(self, field: StringField) -> None:
        """From today."""
        self.read_day(field.data)


class FoundForm(VisitForm):
    """What was found at a party. `planned`: the follow-up that was meant for it; `visit`: on which visit."""

    planned = HiddenField()
    holds = StringField()
    visit = StringField()
    words = TextAreaField(validators=[required(), at_most(WORDS_LENGTH)])

    def validate_day(self, field: StringField) -> None:
        """None is asked for."""

    def validate_holds(self, field: StringField) -> None:
        """One of two."""
        if field.data not in ("yes", "no"):
            raise ValidationError(_("Choose one of those shown."))


class CloseForm(WordsForm):
    """How it ended."""

    outcome = StringField()

    def validate_outcome(self, field: StringField) -> None:
        """One of three."""
        if field.data not in set(Outcome):
            raise ValidationError(_("Choose one of those shown."))
