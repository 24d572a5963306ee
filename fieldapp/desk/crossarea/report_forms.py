"""What is typed to report a cross-area sale: what and where is enough, the rest helps."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core import money
from fieldapp.core.forms import Form, at_most, required
from fieldapp.desk.visits import products
from fieldapp.standing.crossarea.actions import NAME_LENGTH, NOTE_LENGTH, Found
from fieldapp.trade.ledger.rules import batch_key

from . import sources
from .sources import Source

BATCH_LENGTH = 64
MOST_AT_ONCE = 4  # photos that a new case brings; more are added on its page
MOST_TONNES = 1000
GRAMS_PER_TONNE = 1_000_000
UNITS = ("bag", "tonne")


class ReportForm(Form):
    """A report. `region`: chosen; `elsewhere`: typed instead, a name or code of any region. `seller`: a code that
    tracing the batch has offered; `seller_words`: who it may be. `unit`: of amount and price."""

    distributor = HiddenField()
    visit = HiddenField()
    product = StringField(validators=[required(), at_most(NAME_LENGTH)])
    region = StringField()
    elsewhere = StringField(validators=[at_most(60)])
    outlet = StringField(validators=[at_most(NAME_LENGTH)])
    batch = StringField(validators=[at_most(BATCH_LENGTH)])
    seller = StringField()
    seller_words = StringField(validators=[at_most(NAME_LENGTH)])
    quantity = StringField()
    price = StringField()
    unit = StringField(default="bag")
    note = TextAreaField(validators=[at_most(NOTE_LENGTH)])
    photos = MultipleFileField()

    def __init__(self, source: Source, bag_kg: int, **named: Any) -> None:
        super().__init__(**named)
        self._source = source
        self._product = products.meant(self.product.data or "")
        self._bag = (self._product.pack_grams if self._product else None) or bag_kg * 1000
        self._region = ""
        self._grams: int | None = None
        self._price: int | None = None

    def validate_region(self, field: StringField) -> None:
        """A place that was typed wins; else one of those offered."""
        if self.elsewhere.data:
            return
        if not field.data:
            raise ValidationError(_("Say where you found it: choose the county, or type a place below."))
        self._region = sources.region_of(field.data)
        if not self._region:
            raise ValidationError(_("Choose one of those shown."))

    def validate_elsewhere(self, field: StringField) -> None:
        """One region, or what there is to choose from."""
        if not field.data:
            return
        code, like = sources.meant_place(field.data)
        if code:
            self._region = code
        elif like:
            names = _(", ").join(like)
            raise ValidationError(_("Several places begin like that: %(names)s. Type more of the name.", names=names))
        else:
            raise ValidationError(_("No region is called “%(name)s”. Type its name or code.", name=field.data))

    def validate_unit(self, field: StringField) -> None:
        """Bags where nothing is said."""
        field.data = field.data or "bag"
        if field.data not in UNITS:
            raise ValidationError(_("Choose one of those shown."))

    def validate_quantity(self, field: StringField) -> None:
        """So many bags or tonnes, or not counted."""
        if not field.data:
            return
        try:
            number = money.parse_kilograms(field.data)  # three decimals: thousandths
        except ValueError:
            number = 0
        grams = number * (self._bag if self.unit.data == "bag" else GRAMS_PER_TONNE) // 1000
        if not 0 < grams <= MOST_TONNES * GRAMS_PER_TONNE:
            raise ValidationError(_("Give a number such as %(example)s, or leave it empty.", example="20"))
        self._grams = grams

    def validate_price(self, field: StringField) -> None:
        """Yuan for a bag or a tonne, or not seen."""
        if not field.data:
            return
        try:
            fen = money.parse_yuan(field.data)
        except ValueError:
            fen = -1
        if not 0 <= fen <= 10_000_000:
            raise ValidationError(_("Give yuan with at most two decimals, such as %(example)s.", example="135"))
        self._price = round(fen * GRAMS_PER_TONNE / self._bag) if self.unit.data == "bag" else fen

    def validate_photos(self, field: MultipleFileField) -> None:
        """Not too many at once."""
        if len(field.data or ()) > MOST_AT_ONCE:
            raise ValidationError(
                _("%(count)s photos at once are enough. Add the others on the case's page.", count=MOST_AT_ONCE)
            )

    @property
    def traced(self) -> tuple[str, Any]:
        """(batch, product's key or None) to trace, of a form that may not be valid yet."""
        return batch_key(self.batch.data or ""), self._product.id if self._product else None

    @property
    def line(self) -> str:
        """The product's line in lower case, '' where it is none of ours."""
        return self._product.line_key if self._product else ""

    @property
    def found(self) -> Found:
        """Of a valid form. A seller outside the patch, or that is unknown, counts as words."""
        seller = sources.seller(self._source.viewer, self.seller.data or "", self.seller_words.data or "")
        return Found(
            region=self._region,
            product_id=self._product.id if self._product else None,
            product_words="" if self._product else self.product.data or "",
            line=self.line,
            batch=self.batch.data or "",
            outlet=self.outlet.data or "",
            seller_id=seller,
            seller_words=self.seller_words.data or "",
            harmed_id=self._source.distributor.id if self._source.distributor else None,
            weight=self._grams,
            price=self._price,
            note=self.note.data or "",
            visit_id=self._source.visit_id,
        )
