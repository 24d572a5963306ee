"""The buyers of a batch as a sheet."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell
from fieldapp.trade.ledger.queries import BatchBuyer


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Code"),
        _("Name"),
        _("Region code"),
        _("Region"),
        _("Contact"),
        _("Phone"),
        _("Kilograms"),
        _("Bought last"),
    ]


def rows(buyers: Iterable[BatchBuyer], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """One row for each distributor; kilograms as a number."""
    for one in buyers:
        region = one.region_code
        yield [
            one.code, one.name, region, place(region), one.contact, one.phone, Decimal(one.grams) / 1000, one.last,
        ]  # fmt: skip
