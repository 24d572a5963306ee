"""How a value of a file reads, and how it stands in the input in which it is typed."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from fieldapp.core import money

from . import words
from .parts import Part, text_of

_UNITS = {"monthly_grams", "grams"}


def input_text(part: Part, name: str, value: Any) -> Any:  # noqa: ARG001
    """A stored value as its form field takes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if name in _UNITS:
        return money.format_tonnes(value)
    if name == "capital":
        return money.format_yuan(value)
    return text_of(value)


def shown_text(part: str, name: str, value: Any) -> str:
    """A value for reading, from a row or, as text, from the history. Empty: "—"."""
    if value is None or value == "":
        return "—"
    if name in {"main", "active", "ours"}:
        return _("yes") if value in (True, "yes") else _("no")
    if name == "role":
        return words.role_name(value)
    if name == "channel":
        return words.channel_name(value)
    if name == "kind":
        named = {
            "sites": words.site_name,
            "outlets": words.outlet_name,
            "vehicles": words.vehicle_name,
            "papers": words.paper_name,
        }
        return named[part](value)
    return _number(name, value) or (value.isoformat() if isinstance(value, date) else str(value))


def share_lines(shares: Iterable[tuple[date, Decimal]]) -> str:
    """Earlier shares of a brand in one line."""
    return " · ".join(f"{as_of.isoformat()} {text_of(percent)} %" for as_of, percent in shares)


def _number(name: str, value: Any) -> str:
    if name == "capital":
        return money.show_yuan(int(value))
    if name in _UNITS:
        return _("%(number)s t", number=money.format_tonnes(int(value)))
    if name == "percent":
        return f"{text_of(Decimal(value))} %"
    if name == "square_metres":
        return f"{int(value):,} m²"
    return f"{int(value):,}" if name in {"head", "count"} else ""
