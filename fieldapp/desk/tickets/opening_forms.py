"""What is typed to open a ticket: two fields are enough, the others help."""

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import StringField, TextAreaField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form, at_most, required
from fieldapp.fieldwork.remediation.actions import BATCH_LENGTH, STORY_LENGTH, WISH_LENGTH
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind
from fieldapp.network.dossier.rules import OutletKind

from . import sources

MOST_AT_ONCE = 6  # photos that a new ticket brings; more are added on its page


class OpenForm(Form):
    """A complaint. `delivery`: the line of an invoice that it is about, which says product and batch; `product` (a
    code) and `batch` say otherwise."""

    kind = StringField()
    severity = StringField(default=Severity.NORMAL.value)
    delivery = StringField()
    product = StringField()
    batch = StringField(validators=[at_most(BATCH_LENGTH)])
    outlet = StringField()
    story = TextAreaField(validators=[required(), at_most(STORY_LENGTH)])
    wish = TextAreaField(validators=[at_most(WISH_LENGTH)])
    photos = MultipleFileField()

    def __init__(self, distributor_id: UUID, **named: Any) -> None:
        super().__init__(**named)
        self._distributor_id = distributor_id
        self._delivery: sources.Delivery | None = None
        self._product_id: UUID | None = None
        self._outlet: tuple[UUID, OutletKind] | None = None

    def validate_kind(self, field: StringField) -> None:
        """One of them."""
        if field.data not in set(TicketKind):
            raise ValidationError(_("Choose what it is about."))

    def validate_severity(self, field: StringField) -> None:
        """One of them; normal where nothing is said."""
        field.data = field.data or Severity.NORMAL.value
        if field.data not in set(Severity):
            raise ValidationError(_("Choose one of those shown."))

    def validate_delivery(self, field: StringField) -> None:
        """A line of an invoice of this distributor, or none."""
        if not field.data:
            return
        self._delivery = sources.find_delivery(self._distributor_id, field.data)
        if self._delivery is None:
            raise ValidationError(_("This delivery is no longer there. Choose another one, or none."))

    def validate_product(self, field: StringField) -> None:
        """One of our products, or none."""
        if not field.data:
            return
        product = sources.find_product(field.data)
        if product is None:
            raise ValidationError(_("There is no product “%(code)s”. Choose one of those shown.", code=field.data))
        self._product_id = product.id

    def validate_outlet(self, field: StringField) -> None:
        """An outlet or farm of this distributor, or none."""
        if not field.data:
            return
        self._outlet = sources.find_outlet(self._distributor_id, field.data)
        if self._outlet is None:
            raise ValidationError(_("This outlet is no longer there. Choose another one, or none."))

    def validate_photos(self, field: MultipleFileField) -> None:
        """Not too many at once."""
        if len(field.data or ()) > MOST_AT_ONCE:
            raise ValidationError(
                _("%(count)s photos at once are enough. Add the others on the ticket's page.", count=MOST_AT_ONCE)
            )

    @property
    def goods(self) -> tuple[UUID | None, str, UUID | None]:
        """(product, batch, invoice) of a valid form: what was typed, else what the delivery says."""
        typed = self.batch.data or ""
        line = self._delivery
        if line is None:
            return self._product_id, typed, None
        other = self._product_id not in (None, line.product_id)
        return self._product_id or line.product_id, typed or ("" if other else line.batch), line.invoice_id

    @property
    def place(self) -> tuple[UUID | None, UUID | None]:
        """(outlet, farm) of a valid form: one of them, or neither."""
        if self._outlet is None:
            return None, None
        key, kind = self._outlet
        return (None, key) if kind is OutletKind.FARM else (key, None)
