"""What is typed of a remark and of what is done with it; what a list is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.forms import Form, at_most, required
from fieldapp.fieldwork.feedback.actions import Said
from fieldapp.fieldwork.feedback.models import TEXT_LENGTH, TOLD_LENGTH
from fieldapp.fieldwork.feedback.queries import Asked
from fieldapp.fieldwork.feedback.rules import EffectResult, RemarkKind, RemarkState, TellWay, Theme

BATCH_LENGTH = 64
ANIMAL_LENGTH = 60
NAME_LENGTH = 120
MOST_HEAD = 10**7
MOST_DAYS = 1000
_OF_EFFECT = ("animal", "head", "days", "result")


class RemarkForm(Form):
    """A remark. Of a product effect the product and its result must be there; `animal` to `result` count there only.

    `visit`: during which visit it was said.
    """

    distributor = HiddenField()
    visit = HiddenField()
    kind = StringField()
    theme = StringField()
    text = TextAreaField(validators=[required(), at_most(TEXT_LENGTH)])
    product = StringField(validators=[at_most(NAME_LENGTH)])
    batch = StringField(validators=[at_most(BATCH_LENGTH)])
    animal = StringField(validators=[at_most(ANIMAL_LENGTH)])
    head = StringField()
    days = StringField()
    result = StringField()
    file = FileField()

    def __init__(self, meant: Callable[[str], UUID | None], *arguments: Any, **named: Any) -> None:
        """`meant`: the product with a name or code."""
        super().__init__(*arguments, **named)
        self.product_id = meant(self.product.data) if self.product.data else None

    def validate_kind(self, field: StringField) -> None:
        """One of the four."""
        if field.data not in set(RemarkKind):
            raise ValidationError(_("Choose what it is."))

    def validate_theme(self, field: StringField) -> None:
        """One of ours, or none."""
        if field.data and field.data not in set(Theme):
            raise ValidationError(_("Choose one of those shown."))

    def validate_product(self, field: StringField) -> None:
        """One that we sell."""
        if field.data and self.product_id is None:
            raise ValidationError(
                _("No product of ours is called “%(name)s”. Choose one that the field offers.", name=field.data)
            )
        if not field.data and self.is_effect:
            raise ValidationError(_("Say which product it is about."))

    def validate_result(self, field: StringField) -> None:
        """Of a product effect."""
        if self.is_effect and field.data not in set(EffectResult):
            raise ValidationError(_("Say how the animals did."))

    def validate_head(self, field: StringField) -> None:
        """A whole number, or nothing."""
        _refuse_number(self.is_effect, field, MOST_HEAD)

    def validate_days(self, field: StringField) -> None:
        """The same."""
        _refuse_number(self.is_effect, field, MOST_DAYS)

    @property
    def is_effect(self) -> bool:
        """Is it about how a product did?"""
        return bool(self.kind.data == RemarkKind.EFFECT)

    @property
    def has_photo(self) -> bool:
        """Was one sent along?"""
        return bool(getattr(self.file.data, "filename", ""))

    @property
    def visit_key(self) -> UUID | None:
        """The key of the visit."""
        return _uuid(self.visit.data)

    @property
    def said(self) -> Said:
        """What was said, of a valid form."""
        more: dict[str, Any] = {}
        if self.is_effect:
            more = {
                "animal": self.animal.data,
                "head": _whole(self.head.data, MOST_HEAD),
                "days": _whole(self.days.data, MOST_DAYS),
                "result": EffectResult(self.result.data),
            }
        return Said(
            RemarkKind(self.kind.data),
            self.text.data or "",
            Theme(self.theme.data) if self.theme.data else None,
            self.product_id,
            self.batch.data or "",
            **more,
        )


def _refuse_number(wanted: bool, field: StringField, most: int) -> None:
    if wanted and field.data and _whole(field.data, most) is None:
        raise ValidationError(_("Give a whole number from %(least)s to %(most)s.", least=1, most=f"{most:,}"))


def _whole(text: Any, most: int) -> int | None:
    plain = str(text or "").replace(",", "").replace("\uff0c", "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        return None
    return int(plain) if 1 <= int(plain) <= most else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


class AnswerForm(Form):
    """What we say."""

    answer = TextAreaField(validators=[required(), at_most(TEXT_LENGTH)])


class TellForm(Form):
    """How the customer was told, and what he said to it."""

    how = StringField()
    told = TextAreaField(validators=[at_most(TOLD_LENGTH)])

    def validate_how(self, field: StringField) -> None:
        """One of the ways."""
        if field.data not in set(TellWay):
            raise ValidationError(_("Choose how the customer was told."))


class HandOverForm(Form):
    """Who answers from now on, and a word with it."""

    to = StringField()
    words = TextAreaField(validators=[at_most(TOLD_LENGTH)])

    def __init__(self, receivers: list[UUID], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.receivers = receivers

    def validate_to(self, _field: StringField) -> None:
        """Somebody who may see it."""
        if self.key not in self.receivers:
            raise ValidationError(_("Choose one of those shown."))

    @property
    def key(self) -> UUID | None:
        """Whose key it is."""
        return _uuid(self.to.data)


class ReopenForm(Form):
    """Why the customer is not content."""

    reason = TextAreaField(validators=[required(), at_most(TEXT_LENGTH)])


class MergeForm(Form):
    """With which remark."""

    into = HiddenField()

    @property
    def key(self) -> UUID | None:
        """Its key."""
        return _uuid(self.into.data)


# Lists ------------------------------------------------------------------------------------------------------------

PARTS = ("mine", "open", "tell", "closed", "all")


@dataclass(frozen=True, slots=True)
class AskedList:
    """What the list is asked for, as texts that were checked."""

    part: str
    text: str = ""
    kind: str = ""
    theme: str = ""
    month: str = ""
    distributor: str = ""

    def args(self, **changes: Any) -> dict[str, str]:
        """The query of this list with changes."""
        values = {
            "part": self.part,
            "q": self.text,
            "kind": self.kind,
            "theme": self.theme,
            "month": self.month,
            "distributor": self.distributor,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}

    def narrowed(self, distributor_id: UUID | None, after: tuple[datetime, UUID] | None) -> Asked:
        """For the domain."""
        since, until = bounds(self.month) or (None, None)
        states = {"open": RemarkState.OPEN, "tell": RemarkState.ANSWERED, "closed": RemarkState.CLOSED}
        return Asked(
            text=self.text,
            distributor_id=distributor_id,
            kind=RemarkKind(self.kind) if self.kind else None,
            theme=Theme(self.theme) if self.theme else None,
            state=states.get(self.part),
            mine=self.part == "mine",
            going_on=self.part == "mine",
            since=since,
            until=until,
            after=after,
        )


def read_list(given: MultiDict[str, str]) -> AskedList:
    """What cannot be read counts as not given."""

    def one_of(name: str, values: Any, default: str = "") -> str:
        value = given.get(name, "")
        return value if value in set(values) else default

    text = " ".join(given.get("q", "").replace("\0", "").split())[:100]
    month = given.get("month", "") if bounds(given.get("month", "")) else ""
    distributor = given.get("distributor", "").replace("\0", "").strip()[:64]
    found = text or month or distributor
    return AskedList(
        one_of("part", PARTS, "all" if found else "mine"),
        text,
        one_of("kind", RemarkKind),
        one_of("theme", Theme),
        month,
        distributor,
    )


def bounds(month: str) -> tuple[datetime, datetime] | None:
    """When a month such as 2026-11 begins and has ended, in Shanghai; None for what is no month."""
    if len(month) != 7 or month[4] != "-" or not (month[:4] + month[5:]).isdecimal() or not month.isascii():
        return None
    year, number = int(month[:4]), int(month[5:])
    if not 2000 <= year < 2200 or not 1 <= number <= 12:
        return None
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=SHANGHAI), datetime(*after, 1, tzinfo=SHANGHAI)


def month_of(day: date, back: int = 0) -> str:
    """The month of a day, or one `back` months earlier (later where it is negative), such as 2026-11."""
    index = day.year * 12 + day.month - 1 - back
    return f"{index // 12:04}-{index % 12 + 1:02}"
