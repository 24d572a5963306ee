"""What visits are asked for: whose, of which days, as what kind of file."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField
from wtforms.validators import ValidationError

from fieldapp.core.clock import parse_day
from fieldapp.core.forms import Form, required
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import queries
from .models import ExportForm
from .queries import Asked, Rep

EVERYBODY = ""


class VisitsForm(Form):
    """A period, and a rep whom the viewer may ask for."""

    first = StringField(lazy_gettext("From"), [required()])
    last = StringField(lazy_gettext("To"), [required()])
    rep = SelectField(lazy_gettext("Whose visits"), validate_choice=False)

    def __init__(self, viewer: Viewer, **given: Any) -> None:
        super().__init__(**given)
        self._viewer = viewer
        self.rep.choices = [
            (EVERYBODY, lazy_gettext("Everybody in my patch")),
            *((str(rep.id), f"{rep.name} · {rep.username}") for rep in self._reps()),
        ]

    def _reps(self) -> list[Rep]:
        """Whom to choose from; who was asked for stands among them."""
        listed, wanted = queries.choices(self._viewer), read_rep(self.rep.data)
        if wanted is None or any(rep.id == wanted for rep in listed):
            return listed
        named = queries.named(self._viewer, wanted)
        return [named, *listed] if named else listed

    def validate_rep(self, field: Any) -> None:
        """Somebody who works within the viewer's patch."""
        if not field.data:
            return
        wanted = read_rep(field.data)
        if wanted is None or queries.named(self._viewer, wanted) is None:
            raise ValidationError(lazy_gettext("Choose somebody from the list."))

    def validate_first(self, field: Any) -> None:
        """A day."""
        _day_of(field)

    def validate_last(self, field: Any) -> None:
        """A day, not before the first."""
        last, first = _day_of(field), _read_day(self.first.data)
        if first is not None and last < first:
            raise ValidationError(lazy_gettext("This lies before the first day. Choose a later one."))

    def asked(self) -> Asked:
        """What a valid form asks for."""
        return Asked(parse_day(self.first.data), parse_day(self.last.data), read_rep(self.rep.data))


def own_or_everybody(viewer: Viewer) -> str:
    """What an export is of when nothing else is said: a rep's own visits, for others those of their patch."""
    return str(viewer.id) if viewer.role is Role.REP else EVERYBODY


def _read_day(text: str | None) -> date | None:
    try:
        return parse_day(text or "")
    except ValueError:
        return None


def _day_of(field: Any) -> date:
    day = _read_day(field.data)
    if day is None:
        raise ValidationError(lazy_gettext("Give a day, such as 2026-11-23."))
    return day


def read_rep(text: str | None) -> UUID | None:
    """Whose visits; None for everybody's."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def read_form(text: str) -> ExportForm | None:
    """The kind of file that was pressed."""
    return ExportForm(text) if text in set(ExportForm) else None


def periods(today: date) -> dict[str, tuple[date, date]]:
    """The usual periods by name: this week and the one before, this month and the one before."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    return {
        "week": (monday, monday + timedelta(days=6)),
        "week_before": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": (month, _last_of(month)),
        "month_before": (month_before, _last_of(month_before)),
    }


def _last_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def from_address(viewer: Viewer, given: MultiDict[str, str], today: date) -> VisitsForm:
    """The form as an address fills it; this week where it says nothing."""
    first, last = periods(today)["week"]
    values = {"first": first.isoformat(), "last": last.isoformat(), "rep": own_or_everybody(viewer)}
    return VisitsForm(viewer, formdata=MultiDict({**values, **{key: given[key] for key in values if key in given}}))
