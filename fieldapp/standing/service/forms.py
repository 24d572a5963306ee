"""What a supervisor types into a service promise."""

from typing import Any, Self

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form

from .models import ServicePromise
from .rules import MOST_LEAD, MOST_PAYMENT, MOST_RHYTHM, Need, Template, Terms


class PromiseForm(Form):
    """The terms as typed; `version` is the one that the page showed."""

    version = HiddenField()
    lead_days = StringField()
    payment_days = StringField()
    visit_days = StringField()
    weekdays = SelectMultipleField(choices=[str(day) for day in range(7)], validate_choice=False)
    needs = SelectMultipleField(choices=[str(need) for need in Need], validate_choice=False)

    _BOUNDS = {"lead_days": (0, MOST_LEAD), "payment_days": (0, MOST_PAYMENT), "visit_days": (1, MOST_RHYTHM)}  # noqa: RUF012

    @classmethod
    def of(cls, held: ServicePromise | None) -> Self:
        """The form as the page shows it first."""
        if held is None:
            return cls(formdata=None, data={"version": "0", "weekdays": list("012345"), "needs": []})
        kept = {name: str(getattr(held, name)) for name in cls._BOUNDS}
        days = [str(day) for day in held.weekdays]
        return cls(formdata=None, data={"version": str(held.version), **kept, "weekdays": days, "needs": held.needs})

    def validate(self, template: Template | None = None) -> bool:
        """A template brings its own values: what is typed beside it does not count."""
        return template is not None or super().validate()

    def validate_lead_days(self, field: Any) -> None:
        """Within bounds; so the others."""
        if whole(field.data, *self._BOUNDS[field.name]) is None:
            least, most = self._BOUNDS[field.name]
            raise ValidationError(_("Give a whole number from %(least)s to %(most)s.", least=least, most=most))

    validate_payment_days = validate_visit_days = validate_lead_days

    def validate_weekdays(self, _field: Any) -> None:
        """At least one day on which goods come."""
        if not self.chosen_days():
            raise ValidationError(_("Choose at least one day."))

    @property
    def seen(self) -> int:
        """The version that the page showed; 0 for none, -1 when it is no number."""
        found = whole(self.version.data, 0, 1_000_000)
        return -1 if found is None else found

    def chosen_days(self) -> frozenset[int]:
        """Days of the week, 0 is Monday."""
        return frozenset(int(day) for day in self.weekdays.data or [] if day in set("0123456"))

    def chosen_needs(self) -> list[Need]:
        """What matters to the distributor, in the order of the enum."""
        return [need for need in Need if need.value in (self.needs.data or [])]

    def terms(self) -> Terms:
        """The terms of a valid form."""
        lead, payment, visit = (whole(self[name].data, *bounds) or 0 for name, bounds in self._BOUNDS.items())
        return Terms(lead, self.chosen_days(), payment, visit)


def whole(text: Any, least: int, most: int) -> int | None:
    """A typed whole number within bounds, else None."""
    typed = str(text or "").strip()
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 7:
        return None
    return int(typed) if least <= int(typed) <= most else None


def read_template(given: MultiDict[str, str]) -> Template | None:
    """The template whose button was pressed, None for the form's own values."""
    pressed = given.get("template", "")
    return Template(pressed) if pressed in {Template.LARGE, Template.SMALL} else None
