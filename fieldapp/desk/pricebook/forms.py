"""What is asked of the book, and what is typed of its changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money
from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, at_most, clean, required
from fieldapp.trade.pricing.actions import FIELDS, Edited, Typed
from fieldapp.trade.pricing.change_rules import PRICES, LineKind, Raise
from fieldapp.trade.pricing.models import REASON_LENGTH, TITLE_LENGTH
from fieldapp.trade.pricing.queries import Asked
from fieldapp.trade.retail.models import RIVAL_LENGTH
from fieldapp.trade.retail.rules import MOST_BAG, Unit

WHEN = ("now", "planned", "over", "all")
MOST_PAGES = 10_000
MOST_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of the book: the filter with the region as it was typed, and the number of the page, from 1."""

    asked: Asked
    region: str = ""
    page: int = 1

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {
            "product": self.asked.product,
            "line": self.asked.line,
            "region": self.region,
            "tier": self.asked.tier,
            "day": self.asked.day.isoformat(),
            "when": self.asked.when if self.asked.when != "now" else None,
            "page": None,
            **changes,
        }
        return {name: value for name, value in held.items() if value}


def read_book(given: Mapping[str, str], today: date, code_of: Callable[[str], str | None]) -> Wanted:
    """The request's arguments; what cannot be read counts as not given. `code_of`: the region that is meant."""
    text = {name: clean(given.get(name, ""))[:64] for name in ("product", "line", "region", "tier", "when", "page")}
    when = text["when"] if text["when"] in WHEN else "now"
    region = code_of(text["region"]) if text["region"] else ""
    # A region that there is not finds nothing, rather than everything.
    asked = Asked(day_of(given.get("day")) or today, when, text["product"], text["line"], region or "", text["tier"])
    if text["region"] and region is None:
        asked = Asked(asked.day, when, asked.product, asked.line, "-", asked.tier)
    return Wanted(asked, text["region"], page_of(text["page"]))


def page_of(text: str | None) -> int:
    """The number of a page; 1 for what is none."""
    plain = text or ""
    number = int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else 1
    return min(max(number, 1), MOST_PAGES)


def day_of(text: str | None) -> date | None:
    """An ISO date, or None."""
    try:
        return parse_day((text or "").strip())
    except ValueError:
        return None


def yuan(text: str | None) -> int | None:
    """Fen of typed yuan; None of nothing. ValueError for what is neither, or too much."""
    plain = (text or "").strip()
    if not plain:
        return None
    fen = money.parse_yuan(plain)
    if not 0 <= fen <= money.MAX_FEN:
        raise ValueError(text)
    return fen


class BeginForm(Form):
    """A new draft. `price`: the row of the book to take into it, `kind`: to change it or to end it."""

    title = StringField(validators=[at_most(TITLE_LENGTH)])
    price = HiddenField()
    kind = HiddenField()


class AboutForm(Form):
    """What a draft is called, why it is made, and from when its new lines hold."""

    title = StringField(validators=[required(), at_most(TITLE_LENGTH)])
    reason = TextAreaField(validators=[at_most(REASON_LENGTH)])
    starts = StringField()

    def validate_starts(self, field: StringField) -> None:
        """A date."""
        if day_of(field.data) is None:
            raise ValidationError(_("Give a date such as %(example)s.", example="2026-12-01"))

    @property
    def day(self) -> date:
        """From when its lines hold, of a valid form."""
        day = day_of(self.starts.data)
        if day is None:
            raise ValueError(self.starts.data)
        return day


class WordsForm(Form):
    """Why a draft is returned."""

    words = TextAreaField(validators=[required(), at_most(REASON_LENGTH)])


class ApprovalForm(Form):
    """`seen`: the fingerprint of what was shown."""

    seen = HiddenField()


class CopyForm(Form):
    """A row of the book to take into a draft."""

    price = HiddenField()
    kind = HiddenField()

    @property
    def price_id(self) -> UUID | None:
        """Its key."""
        return key_of(self.price.data)

    @property
    def how(self) -> LineKind:
        """To change it, or to end it."""
        return LineKind.END if self.kind.data == LineKind.END else LineKind.PRICE


def key_of(text: str | None) -> UUID | None:
    """A key, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


Regions = Callable[[str], list[tuple[str, str]]]
_NAMED = 4


def _one_of(meant: list[tuple[str, str]]) -> str:
    """The code of the only region that a text may mean; ValidationError where it is none, or not clear which."""
    if not meant:
        raise ValidationError(_("There is no such region. Give its name or its code."))
    if len(meant) > 1:
        names = _(", ").join(f"{name} {code}" for code, name in meant[:_NAMED])
        more = "…" if len(meant) > _NAMED else ""
        raise ValidationError(_("Several regions are called so: %(names)s. Give the code.", names=names + more))
    return meant[0][0]


class LineForm(Form):
    """A new line of a draft. `product_of` and `regions_of`: which product and which regions may be meant."""

    product = StringField(validators=[required(), at_most(120)])
    region = StringField(validators=[required(), at_most(64)])
    tier = StringField(validators=[at_most(64)])
    valid_from = StringField()
    valid_to = StringField()
    list_price = StringField()
    floor_price = StringField()
    retail_price = StringField()

    def __init__(
        self,
        product_of: Callable[[str], UUID | None],
        regions_of: Regions,
        covers: Callable[[str | None], bool],
        *arguments: Any,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._product_of, self._regions_of, self._covers = product_of, regions_of, covers
        self._values: dict[str, Any] = {}

    def validate_product(self, field: StringField) -> None:
        """One of ours."""
        self._values["product_id"] = self._product_of(field.data or "")
        if self._values["product_id"] is None:
            raise ValidationError(
                _("No product of ours is called “%(name)s”. Choose one that the field offers.", name=field.data)
            )

    def validate_region(self, field: StringField) -> None:
        """A region of the viewer's patch."""
        meant = self._regions_of(field.data or "")
        if meant and not any(self._covers(code) for code, _name in meant):
            raise ValidationError(_("This region lies outside your patch."))
        self._values["region_code"] = _one_of([one for one in meant if self._covers(one[0])])

    def validate_tier(self, field: StringField) -> None:
        """One word; none is all tiers."""
        if " " in (field.data or ""):
            raise ValidationError(_("A tier holds no space. Leave it empty for all tiers."))
        self._values["tier"] = field.data or "*"

    def validate_valid_from(self, field: StringField) -> None:
        """A date."""
        self._read_day(field, needed=True)

    def validate_valid_to(self, field: StringField) -> None:
        """A date, or none."""
        self._read_day(field, needed=False)

    def validate_list_price(self, field: StringField) -> None:
        """Yuan, or nothing."""
        self._read_price(field)

    validate_floor_price = validate_list_price
    validate_retail_price = validate_list_price

    def _read_day(self, field: StringField, *, needed: bool) -> None:
        self._values[field.name] = day_of(field.data)
        if self._values[field.name] is None and (needed or field.data):
            raise ValidationError(_("Give a date such as %(example)s.", example="2026-12-01"))

    def _read_price(self, field: StringField) -> None:
        try:
            self._values[field.name] = yuan(field.data)
        except ValueError:
            raise ValidationError(
                _("Give yuan with at most two decimals, such as %(example)s.", example="3150")
            ) from None

    @property
    def typed(self) -> Typed:
        """What was typed, of a valid form."""
        return Typed(LineKind.PRICE, **self._values)


class RaiseForm(Form):
    """Several at once: `field` of the rows that the filter finds goes up by `by` yuan or percent."""

    field = StringField()
    by = StringField()
    unit = StringField()
    whole = BooleanField()
    line = StringField(validators=[at_most(64)])
    product = StringField(validators=[at_most(120)])
    region = StringField(validators=[at_most(64)])
    tier = StringField(validators=[at_most(64)])

    def __init__(self, regions_of: Regions, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._regions_of = regions_of
        self._region = ""
        self._amount = Decimal(0)

    def validate_field(self, field: StringField) -> None:
        """One of the three prices."""
        if field.data not in PRICES:
            raise ValidationError(_("Choose one of those shown."))

    def validate_by(self, field: StringField) -> None:
        """A number other than 0, negative to lower."""
        text = (field.data or "").strip().replace("−", "-").lstrip("+")
        try:
            self._amount = Decimal(text) if len(text) <= 12 else Decimal("NaN")
        except InvalidOperation:
            self._amount = Decimal("NaN")
        most = MOST_PERCENT if self.unit.data == "percent" else 1_000_000
        if not self._amount.is_finite() or not 0 < abs(self._amount) <= most or self._amount != round(self._amount, 2):
            raise ValidationError(_("Give a number such as %(example)s; with a minus to lower.", example="20"))

    def validate_region(self, field: StringField) -> None:
        """A region, or none for all."""
        if field.data:
            self._region = _one_of(self._regions_of(field.data))

    @property
    def by_how_much(self) -> Raise:
        """Of a valid form."""
        name = self.field.data or ""
        if self.unit.data == "percent":
            return Raise(name, percent=self._amount, whole_yuan=self.whole.data)
        return Raise(name, fen=int(self._amount * 100), whole_yuan=self.whole.data)

    def asked(self, day: date) -> Asked:
        """The rows that it means."""
        return Asked(day, "now", self.product.data or "", self.line.data or "", self._region, self.tier.data or "")


# The grid of a draft ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """What was typed into a grid: `edited` lines, `errors` by (line, column), and the texts as they were typed."""

    edited: list[Edited]
    errors: dict[tuple[str, str], str]
    texts: dict[tuple[str, str], str]


def shown(values: Any) -> dict[str, str]:
    """A line's fields as the inputs of a grid hold them."""
    found: dict[str, str] = {}
    for name in FIELDS:
        value = getattr(values, name)
        if value is None:
            found[name] = ""
        else:
            found[name] = money.format_yuan(value) if isinstance(value, int) else value.isoformat()
    return found


def read_grid(given: Mapping[str, str], lines: Iterable[str]) -> Grid:
    """`<column>-<line>` for what was typed, `was-<line>` for what the page showed, its columns joined by `|`."""
    edited: list[Edited] = []
    errors: dict[tuple[str, str], str] = {}
    texts: dict[tuple[str, str], str] = {}
    for key in lines:
        was = dict(zip(FIELDS, given.get(f"was-{key}", "").split("|"), strict=False))
        line_id = key_of(key)
        if len(was) != len(FIELDS) or line_id is None:
            continue
        typed: dict[str, Any] = {}
        seen: dict[str, Any] = {}
        for name in FIELDS:
            text = clean(given.get(f"{name}-{key}", was[name]))[:40]
            texts[key, name] = text
            try:
                seen[name] = _value(name, was[name])
                typed[name] = _value(name, text)
            except ValueError:
                errors[key, name] = (
                    _("Give yuan with at most two decimals, such as %(example)s.", example="3150")
                    if name in PRICES
                    else _("Give a date such as %(example)s.", example="2026-12-01")
                )
        if len(typed) == len(FIELDS):
            edited.append(Edited(line_id, seen, typed))
    return Grid(edited, errors, texts)


def _value(name: str, text: str) -> Any:
    if name in PRICES:
        return yuan(text)
    if not text:
        if name == "valid_from":
            raise ValueError(text)
        return None
    return parse_day(text)


# Observed retail prices ---------------------------------------------------------------------------------------------


class ObservationForm(Form):
    """A price seen in a shop. `product`: one of ours by name or code, else it is a rival's.

    `meant` gives (key, grams of a bag) of a product of ours.
    """

    distributor = HiddenField()
    outlet = StringField()
    product = StringField(validators=[required(), at_most(RIVAL_LENGTH)])
    price = StringField()
    unit = StringField()
    bag = StringField()
    day = StringField()
    file = FileField()

    def __init__(
        self, meant: Callable[[str], tuple[UUID, int | None] | None], today: date, *arguments: Any, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self.found = meant(self.product.data) if self.product.data else None
        self._today = today
        self.fen = 0
        self.grams: int | None = None

    def validate_price(self, field: StringField) -> None:
        """Yuan above 0."""
        try:
            self.fen = yuan(field.data) or 0
        except ValueError:
            self.fen = 0
        if not 0 < self.fen <= 10**10:
            raise ValidationError(_("Give yuan with at most two decimals, such as %(example)s.", example="128"))

    def validate_unit(self, field: StringField) -> None:
        """A bag or a tonne."""
        if field.data not in set(Unit):
            raise ValidationError(_("Choose one of those shown."))

    def validate_bag(self, field: StringField) -> None:
        """Of a price per bag, what it weighs; of our own product what its file says where nothing is typed."""
        if self.unit.data != Unit.BAG:
            return
        if not field.data and self.found is not None and self.found[1]:
            self.grams = self.found[1]
            return
        try:
            self.grams = money.parse_kilograms(field.data or "40")
        except ValueError:
            self.grams = 0
        if not 0 < (self.grams or 0) <= MOST_BAG:
            raise ValidationError(_("Say what the bag weighs, in kg."))

    def validate_day(self, field: StringField) -> None:
        """Today, or a day of the last year."""
        day = day_of(field.data) if field.data else self._today
        if day is None or not 0 <= (self._today - day).days <= 366:
            raise ValidationError(_("Give today or an earlier day."))

    @property
    def seen_on(self) -> date:
        """The day, of a valid form."""
        return day_of(self.day.data) or self._today

    @property
    def outlet_key(self) -> UUID | None:
        """The key of the outlet."""
        return key_of(self.outlet.data)

    @property
    def has_photo(self) -> bool:
        """Was one sent along?"""
        return bool(getattr(self.file.data, "filename", ""))
