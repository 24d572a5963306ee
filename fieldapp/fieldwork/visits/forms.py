"""What is typed on a visit: places, notes by section, photos, what is said at the end. Each form reads its texts into
values, and names what cannot be read with a remedy."""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money, outbox
from fieldapp.core.clock import SHANGHAI, parse_day
from fieldapp.core.db import uuid7
from fieldapp.core.forms import Form, at_most
from fieldapp.network.playbook.rules import SkillKey

from .rules import USES, NoteSection, PhotoPurpose, Place, PlaceProblem

TEXT_LENGTH = 1000
SUBJECT_LENGTH = 120
SUMMARY_LENGTH = 4000
CAPTION_LENGTH = 200
BAG, KG = UNITS = ("bag", "kg")
PER = ("40", "25", "20", "50", "1000")  # kg that a price is for; the first is what most bags weigh
LATEST_DAYS = 366
_MOST_BAGS = 10**7
_MOST_HEADS = 10**9
_MOST_ACCURACY = 100_000
_MOST_FEN = 10**9


def sent_key() -> UUID:
    """The key of the row to be made: the phone's, else the page's, else a new one."""
    return outbox.key() or uuid7()


class PlaceForm(Form):
    """The point at a check-in or check-out; filled in by the phone, so what cannot be read is no place."""

    lat = HiddenField()
    lng = HiddenField()
    accuracy = HiddenField()
    problem = HiddenField()

    @property
    def place(self) -> Place:
        """The place, or the problem; a browser that cannot ask for one has none available."""
        lat, lng = _degrees(self.lat.data, 90), _degrees(self.lng.data, 180)
        if lat is not None and lng is not None:
            return Place(lat, lng, _metres(self.accuracy.data))
        given = self.problem.data or ""
        known = given in set(PlaceProblem)
        return Place(problem=PlaceProblem(given) if known else PlaceProblem.UNAVAILABLE)


def _degrees(text: str | None, limit: int) -> float | None:
    if not text or not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,20})?", text) or abs(float(text)) > limit:
        return None
    return round(float(text), 6)


def _metres(text: str | None) -> int | None:
    if not text or not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,20})?", text):
        return None
    return min(round(float(text)), _MOST_ACCURACY)


class LeftForm(PlaceForm):
    """`left`: the time at which he left a visit that was still open, on the day on which he came."""

    left = StringField()

    def left_at(self, arrived_at: datetime, not_after: datetime) -> datetime | None:
        """The instant; None, and the field says why, if it is none."""
        try:
            clock = time.fromisoformat(self.left.data or "")
        except ValueError:
            clock = None
        if clock is None or clock.tzinfo is not None:
            self.left.errors = [_("Give the time at which you left, such as %(example)s.", example="10:15")]
            return None
        came = arrived_at.astimezone(SHANGHAI)
        left = datetime.combine(came.date(), clock, SHANGHAI)
        if left < came.replace(second=0, microsecond=0):
            self.left.errors = [_("You came at %(time)s: give that time or a later one.", time=f"{came:%H:%M}")]
            return None
        if left > not_after:
            self.left.errors = [_("That time is still to come. Give the time at which you left.")]
            return None
        return max(left, arrived_at)


class CheckInForm(LeftForm):
    """A check-in. `open`: the visit that the page showed to be still open, which he left at `left`."""

    open = HiddenField()

    @property
    def open_key(self) -> UUID | None:
        """The key of that visit."""
        try:
            return UUID(self.open.data or "")
        except ValueError:
            return None


class WordsForm(Form):
    """What is said of a visit, and whom he met."""

    summary = TextAreaField(validators=[at_most(SUMMARY_LENGTH)])
    contact = StringField()

    @property
    def contact_key(self) -> UUID | None:
        """The contact that was chosen."""
        try:
            return UUID(self.contact.data or "")
        except ValueError:
            return None


class CheckOutForm(LeftForm, WordsForm):
    """A check-out, with the day of the next visit, or none. `written`: the business date on which it was. `left` is
    asked where that is not the visit's day."""

    next_on = StringField()

    def __init__(self, *arguments: Any, written: date, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.written = written

    def validate_next_on(self, field: StringField) -> None:
        """A later day, or none."""
        if not field.data:
            return
        day = self.next_day
        if day is None:
            raise ValidationError(_("Give a date such as %(example)s.", example="2026-12-07"))
        if day <= self.written:
            raise ValidationError(_("Give a day after today, or leave it empty."))
        if (day - self.written).days > LATEST_DAYS:
            raise ValidationError(_("Give a day within a year."))

    @property
    def next_day(self) -> date | None:
        """The day; None when it is none."""
        try:
            return parse_day(self.next_on.data or "")
        except ValueError:
            return None


class NoteForm(Form):
    """One note of a section. `amount` in `unit` (bags or kg), heads or percent; `price` for `per` kg; `step`: of
    the talk plan, `done` or skipped."""

    subject = StringField(validators=[at_most(SUBJECT_LENGTH)])
    amount = StringField()
    unit = StringField()
    price = StringField()
    per = StringField()
    on = StringField()
    text = TextAreaField(validators=[at_most(TEXT_LENGTH)])
    step = StringField()
    done = StringField()

    def __init__(self, section: NoteSection, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.section = section
        self.values: dict[str, Any] = {}

    def check(self) -> bool:
        """validate(), and read the section's own fields into `values` (attributes of VisitNote)."""
        valid = self.validate()
        self.values = {"text": self.text.data, "subject": ""}
        if self.section is NoteSection.TALK:
            return self._read_step() and valid
        if "subject" in USES[self.section]:
            self.values["subject"] = self.subject.data
            if not self.subject.data:
                self.subject.errors = [*self.subject.errors, _("Fill this in.")]
        elif not self.text.data:
            self.text.errors = [*self.text.errors, _("Fill this in.")]
        for name in USES[self.section]:
            if name != "subject":
                getattr(self, f"_read_{name}")()
        return valid and not any(field.errors for field in self)

    def _read_step(self) -> bool:
        if self.step.data not in set(SkillKey):
            self.step.errors = [_("Choose one of those shown.")]
            return False
        self.values |= {"subject": self.step.data, "count": 0 if self.done.data == "0" else 1}
        return True

    def _read_amount(self) -> None:
        text = self.amount.data or ""
        if self.section is NoteSection.BRAND:
            if text:
                self.values["count"] = self._whole(text.rstrip("%％ "), 100)
            return
        if self.section is NoteSection.LIVESTOCK:
            self.values["count"] = self._whole(text, _MOST_HEADS)
        elif self.unit.data == KG:
            self.values["weight"] = self._kilograms(text)
        else:
            self.values["count"] = self._whole(text, _MOST_BAGS)

    def _whole(self, text: str, most: int) -> int | None:
        plain = text.replace(",", "").replace("，", "")
        if plain.isascii() and plain.isdecimal() and len(plain) < 12 and int(plain) <= most:
            return int(plain)
        self.amount.errors = [
            _("Give a whole number from %(least)s to %(most)s.", least=0, most=f"{most:,}")
            if plain
            else _("Fill this in.")
        ]
        return None

    def _kilograms(self, text: str) -> int | None:
        try:
            grams = money.parse_kilograms(text)
        except ValueError:
            grams = -1
        if 0 <= grams <= money.MAX_GRAMS:
            return grams
        self.amount.errors = [_("Give kilograms, such as %(example)s.", example="5000")]
        return None

    def _read_price(self) -> None:
        self.values["weight"] = int(self.per.data if self.per.data in PER else PER[0]) * 1000
        try:
            fen = money.parse_yuan(self.price.data or "")
        except ValueError:
            fen = 0
        if 0 < fen <= _MOST_FEN:
            self.values["price"] = fen
        else:
            self.price.errors = [_("Give yuan with at most two decimals, such as %(example)s.", example="128")]

    def _read_on(self) -> None:
        if not self.on.data:
            return
        try:
            self.values["on"] = parse_day(self.on.data)
        except ValueError:
            self.on.errors = [_("Give a date such as %(example)s.", example="2026-12-07")]


class PhotoForm(Form):
    """A photo. `taken_at`: milliseconds since 1970 by the phone's clock."""

    file = FileField()
    caption = StringField(validators=[at_most(CAPTION_LENGTH)])
    purpose = StringField()
    taken_at = HiddenField()

    def validate_file(self, field: FileField) -> None:
        """There must be one."""
        if field.data is None or not getattr(field.data, "filename", ""):
            raise ValidationError(_("Take or choose a photo."))

    @property
    def what_for(self) -> PhotoPurpose:
        """What it shows: that he was there, or what a note speaks of."""
        return PhotoPurpose.ARRIVAL if self.purpose.data == PhotoPurpose.ARRIVAL else PhotoPurpose.NOTE

    def taken(self, at: datetime) -> datetime:
        """When it was taken; `at`, when it was sent off, where the phone does not say, or says later than that."""
        text = self.taken_at.data or ""
        if not (text.isascii() and text.isdecimal() and len(text) <= 15):
            return at
        try:
            return min(datetime.fromtimestamp(int(text) / 1000, UTC), at)
        except (OverflowError, OSError, ValueError):
            return at
