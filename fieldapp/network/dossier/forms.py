"""What is typed into a file: each form reads its texts into values, and names what cannot be read with a remedy."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money
from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, required
from fieldapp.network.distributors.rules import Channel, ContactRole

from . import words
from .rules import AttachmentKind, OutletKind, SiteKind, VehicleKind, parse_birthday

_PHONE = re.compile(r"\+?[0-9(][0-9()\-/.\s#*+]{4,38}")
_MOST_GRAMS = 10**12  # a million tonnes
_MOST_NUMBER = 10**9


class Typed(StringField):
    """A text that is read into a value by `parse` (ValueError: it is none); `typed` holds it, None when empty."""

    def __init__(self, parse: Callable[[str], Any], remedy: Any, **given: Any) -> None:
        super().__init__(**given)
        self.parse = parse
        self.remedy = remedy
        self.typed: Any = None

    def pre_validate(self, _form: Any) -> None:
        """Read it."""
        self.typed = None
        if self.data:
            try:
                self.typed = self.parse(self.data)
            except ValueError:
                raise ValidationError(str(self.remedy)) from None


class Text(Typed):
    """Plain text; an empty one is None."""

    def __init__(self, length: int, **given: Any) -> None:
        validators = [at_most(length), *given.pop("validators", ())]
        super().__init__(str, "", validators=validators, **given)


class Choice(SelectField):
    """One value of a StrEnum; `optional`: or none."""

    def __init__(self, kind: type[StrEnum], naming: Callable[[str], str], optional: bool = False, **given: Any) -> None:
        super().__init__(choices=[one.value for one in kind], validate_choice=False, **given)
        self.kind = kind
        self.name_of = naming
        self.optional = optional
        self.typed: Any = None

    @property
    def shown(self) -> list[tuple[str, str]]:
        """(value, name) of each."""
        return [(one.value, self.name_of(one.value)) for one in self.kind]

    def pre_validate(self, _form: Any) -> None:
        """One of the values."""
        self.typed = None
        if self.data in set(self.kind):
            self.typed = self.kind(self.data)
        elif not (self.optional and not self.data):
            raise ValidationError(_("Choose one of those shown."))


class Flag(BooleanField):
    """Ticked or not."""

    @property
    def typed(self) -> bool:
        """The value."""
        return bool(self.data)


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError(text)
    return text


def _yuan(text: str) -> int:
    fen = money.parse_yuan(text)
    if fen < 0:
        raise ValueError(text)
    return fen


def _tonnes(text: str) -> int:
    grams = money.parse_kilograms(text) * 1000
    if not 0 <= grams <= _MOST_GRAMS:
        raise ValueError(text)
    return grams


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        plain = text.replace(",", "").replace("，", "")
        if not (plain.isascii() and plain.isdecimal() and len(plain) < 11 and least <= int(plain) <= most):
            raise ValueError(text)
        return int(plain)

    return parse


def _degrees(limit: int) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?", text) or abs(float(text)) > limit:
            raise ValueError(text)
        return round(float(text), 6)

    return parse


def _percent(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9])?", text.rstrip("%％ ")):
        raise ValueError(text)
    try:
        share = Decimal(text.rstrip("%％ "))
    except InvalidOperation:
        raise ValueError(text) from None
    if share > 100:
        raise ValueError(text)
    return share.normalize() if share else Decimal(0)


def _past_day(text: str) -> date:
    day = parse_day(text)
    if not 1900 <= day.year <= 2100:
        raise ValueError(text)
    return day


def _day(**given: Any) -> Typed:
    return Typed(_past_day, lazy_gettext("Give a date such as %(example)s.", example="2019-05-01"), **given)


def _phone_field() -> Typed:
    remedy = lazy_gettext(
        "Give a phone number: digits, with + or - where you like, such as %(example)s.", example="138 0000 0000"
    )
    return Typed(_phone, remedy)


def _degrees_field(limit: int) -> Typed:
    remedy = lazy_gettext(
        "Give degrees between -%(limit)s and %(limit)s, such as %(example)s.", limit=limit, example="34.74725"
    )
    return Typed(_degrees(limit), remedy)


def _tonnes_field() -> Typed:
    return Typed(_tonnes, lazy_gettext("Give tonnes with at most three decimals, such as %(example)s.", example="12.5"))


class FileForm(Form):
    """The base of what edits a file. `seen`: marks of what the form was made from; `key`: of a new entry, so that a
    double tap makes one."""

    seen = HiddenField()
    key = HiddenField()

    def values(self) -> dict[str, Any]:
        """{field: value} of what was typed, after validate()."""
        return {field.name: field.typed for field in self if hasattr(field, "typed")}

    @property
    def base(self) -> dict[str, str]:
        """{field: mark} of what the form was made from; what cannot be read is left out."""
        pairs = (pair.partition(":") for pair in (self.seen.data or "")[:4000].split(","))
        return {name: mark for name, colon, mark in pairs if colon}

    @property
    def new_key(self) -> UUID | None:
        """The key that the form's page made for a new entry."""
        try:
            return UUID(self.key.data or "")
        except ValueError:
            return None

    def check(self) -> bool:
        """validate(), and what several fields must hold together."""
        return self.validate() and self.together()

    def together(self) -> bool:
        """Overridden where fields depend on each other."""
        return True


class Located(FileForm):
    """Latitude and longitude: both or none."""

    lat = _degrees_field(90)
    lng = _degrees_field(180)

    def together(self) -> bool:
        """Half a place is none."""
        if (self.lat.typed is None) != (self.lng.typed is None):
            empty = self.lat if self.lat.typed is None else self.lng
            empty.errors = [_("Give both latitude and longitude, or neither.")]
            return False
        return True


class CompanyForm(FileForm):
    """The company itself."""

    name = Text(200, validators=[required()])
    legal_person = Text(80)
    credit_code = Text(32, filters=[lambda text: text.upper().replace(" ", "") if text else text])
    bank_account = Text(64)
    capital = Typed(_yuan, lazy_gettext("Give yuan with at most two decimals, such as %(example)s.", example="500000"))
    business_since = _day()
    since = _day()


class PlaceForm(Located):
    """The address that the ERP holds, and where it is."""

    address = Text(300)


class ContactForm(FileForm):
    """A person."""

    name = Text(80, validators=[required()])
    role = Choice(ContactRole, words.role_name, optional=True)
    phone = _phone_field()
    wechat = Text(64)
    birthday = Typed(
        parse_birthday,
        lazy_gettext(
            "Give month and day, with or without the year: %(short)s or %(long)s.", short="05-17", long="1980-05-17"
        ),
    )
    channel = Choice(Channel, words.channel_name, optional=True)
    main = Flag()


class SiteForm(Located):
    """A further address."""

    kind = Choice(SiteKind, words.site_name)
    address = Text(300, validators=[required()])


class OutletForm(FileForm):
    """An outlet or a farm. `region`: as typed, resolved by the view into `region_code`."""

    kind = Choice(OutletKind, words.outlet_name)
    name = Text(200, validators=[required()])
    region_code = Text(40)
    contact = Text(80)
    phone = _phone_field()
    monthly_grams = _tonnes_field()
    head = Typed(_whole(0, _MOST_NUMBER), lazy_gettext("Give a whole number, such as %(example)s.", example="500"))
    since = _day()
    active = Flag()


class BrandForm(FileForm):
    """A brand, and its share on a day: both or neither."""

    name = Text(80, validators=[required()])
    ours = Flag()
    percent = Typed(
        _percent,
        lazy_gettext("Give percent from 0 to 100 with at most one decimal, such as %(example)s.", example="37.5"),
    )
    as_of = _day()

    def together(self) -> bool:
        """A share without a day says nothing."""
        if (self.percent.typed is None) != (self.as_of.typed is None):
            empty = self.percent if self.percent.typed is None else self.as_of
            empty.errors = [_("Give both the share and its day, or neither.")]
            return False
        return True


class VehicleForm(FileForm):
    """Vehicles of one kind."""

    kind = Choice(VehicleKind, words.vehicle_name)
    count = Typed(
        _whole(1, 9999),
        lazy_gettext("Give a whole number from 1, such as %(example)s.", example="2"),
        validators=[required()],
    )
    grams = _tonnes_field()


class WarehouseForm(FileForm):
    """A warehouse."""

    name = Text(80, validators=[required()])
    square_metres = Typed(
        _whole(0, 10_000_000), lazy_gettext("Give a whole number, such as %(example)s.", example="500")
    )
    grams = _tonnes_field()


class PaperForm(Form):
    """A document or photo."""

    file = FileField()
    kind = Choice(AttachmentKind, words.paper_name)

    def validate_file(self, field: FileField) -> None:
        """There must be one."""
        if field.data is None or not getattr(field.data, "filename", ""):
            raise ValidationError(_("Choose a photo or a PDF."))


class RemovePaperForm(Form):
    """Why a document is removed."""

    reason = StringField(validators=[required(), at_most(300)])


class NewDistributorForm(Form):
    """A prospect. `anyway` with a reason: in spite of look-alikes."""

    name = Text(200, validators=[required()])
    region = Text(40, validators=[required()])
    contact = Text(80, validators=[required()])
    phone = Typed(
        _phone,
        lazy_gettext(
            "Give a phone number: digits, with + or - where you like, such as %(example)s.", example="138 0000 0000"
        ),
        validators=[required()],
    )
    code = Text(64)
    address = Text(300)
    credit_code = Text(32, filters=[lambda text: text.upper().replace(" ", "") if text else text])
    anyway = HiddenField()
    reason = TextAreaField(validators=[at_most(300)])

    def validate_code(self, field: Text) -> None:
        """A code is one word."""
        if field.data and re.search(r"\s", field.data):
            raise ValidationError(_("A code has no blanks: %(example)s.", example="P-017"))


def choices_of(names: Sequence[str]) -> Mapping[str, str | None]:
    """{field: "mine", "stored" or None}, for the fields that the form asked a choice of."""
    asked = [name for name in request.form.get("asked", "")[:500].split(",") if name in names]
    return {name: request.form.get(f"choose.{name}") for name in asked}
